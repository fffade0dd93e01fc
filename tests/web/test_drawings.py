"""What was drawn elsewhere comes in by the form and by the API, as one ZIP."""

from __future__ import annotations

import io
import zipfile

import numpy as np

from tests.cast import LABELS
from tests.rules.formats.reading import saved
from tests.web.test_pages import run_jobs
from tests.web.world import World

XML = b"""<annotations><version>1.1</version>
<image id="0" name="%s.png" width="8" height="6"><tag label="Hund"/></image></annotations>"""


def packed(name: str, shade: int) -> bytes:
    """A ZIP of CVAT with one picture, tagged in other words than ours."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("annotations.xml", XML % name.encode())
        archive.writestr(f"images/{name}.png", saved(np.full((6, 8, 3), shade, np.uint8)))
    return out.getvalue()


def test_a_zip_of_drawings_comes_in_by_form_and_by_api_with_its_names_mapped(world: World) -> None:
    carmen, path, label = world.client("Carmen"), f"/projects/{world.project}", LABELS[-1]
    assert "Drawings: COCO, YOLO, VOC, CVAT" in carmen.get(path).text
    before = world.cast.rows("SELECT count(*) FROM prediction")[0][0]
    fields = world.form(carmen, label_map=f"Hund={label}\n")
    sent = carmen.post(f"{path}/import", data=fields, files={"file": ("a.zip", packed("a", 40))})
    assert sent.status_code == 303
    sent = carmen.post(
        f"/api/v1{path}/import",
        data={"label_map": f"Hund={label}"},
        files={"file": ("b.zip", packed("b", 90))},
    )
    assert sent.status_code == 202
    assert [job.state for job in run_jobs(world)] == ["done", "done"]
    rows = world.cast.rows("SELECT value, model FROM prediction ORDER BY id")[before:]
    assert [model for _, model in rows] == ["cvat-import", "cvat-import"]
    assert all(label in value for value, _ in rows)


def test_names_that_are_no_pairs_and_drawings_without_pictures_are_told(world: World) -> None:
    carmen, path = world.client("Carmen"), f"/projects/{world.project}"
    fields = world.form(carmen, label_map="Hund")
    sent = carmen.post(f"{path}/import", data=fields, files={"file": ("a.zip", packed("a", 40))})
    assert sent.status_code == 422
    assert "theirs, an equals sign, ours" in sent.text
    alone = {"file": ("annotations.xml", XML % b"a")}
    assert carmen.post(f"/api/v1{path}/import", files=alone).status_code == 202
    (job,) = run_jobs(world)
    assert job.state == "failed"
    assert "pack them and this file into one ZIP" in (job.error or "")
