"""Hurt exports and configurations of Label Studio, scans and archives: issues, or one refusal."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from fairhand.core.errors import MalformedError
from fairhand.formats.exports.dicom_seg import FOLDER
from fairhand.formats.label_studio.infer import infer_config
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import formats, read_tasks
from fairhand.labels.brush_rle import encode_brush
from fairhand.model.label_studio.config import read_config
from tests.rules.formats.drawn import HEIGHT, WIDTH
from tests.rules.formats.reading import split
from tests.rules.formats.scans import scan
from tests.rules.formats.test_dicom_seg import block, exported, item, slices
from tests.rules.formats.test_hostile_files import (
    PICTURE,
    READERS,
    drawings,
    lay,
    mutants,
    read_to_its_end,
)
from tests.rules.formats.test_hostile_words import FILES

TAGS: Final = """<View><Image name="i" value="$image"/><Text name="t" value="$text"/>
<RectangleLabels name="box" toName="i"><Label value="cat"/></RectangleLabels>
<PolygonLabels name="line" toName="i"><Label value="cat"/></PolygonLabels>
<BrushLabels name="paint" toName="i"><Label value="cat"/></BrushLabels>
<KeyPointLabels name="dot" toName="i"><Label value="eye"/></KeyPointLabels>
<Labels name="who" toName="t"><Label value="Person"/></Labels>
<Relations><Relation value="near"/></Relations>
<Taxonomy name="topic" toName="t"><Choice value="a"><Choice value="b"/></Choice></Taxonomy>
<Choices name="mood" toName="t"><Choice value="good" hotkey="g"/></Choices>
<Rating name="stars" toName="t" maxRating="5"/><TextArea name="why" toName="t"/>
<View visibleWhen="choice-selected" whenTagName="mood" whenChoiceValue="good">
<TextArea name="more" toName="t"/></View></View>"""


def part(name: str, kind: str, value: dict[str, Any], number: str = "r") -> dict[str, Any]:
    return {"id": number, "from_name": name, "to_name": "i", "type": kind, "value": value}


PLACE: Final = {"x": 10, "y": 20, "width": 30, "height": 40}
PARTS: Final = [
    part("box", "rectanglelabels", {**PLACE, "rotation": 0, "rectanglelabels": ["cat"]}),
    part("line", "polygonlabels", {"points": [[1, 1], [9, 1], [9, 9]], "polygonlabels": ["cat"]}),
    part(
        "paint",
        "brushlabels",
        {"format": "rle", "rle": encode_brush(np.ones((HEIGHT, WIDTH), np.bool_))},
    ),
    part("dot", "keypointlabels", {**PLACE, "keypointlabels": ["eye"]}),
    part("who", "labels", {"start": 0, "end": 3, "text": "Ann", "labels": ["Person"]}, "a"),
    part("who", "labels", {"start": 4, "end": 7, "text": "Ben", "labels": ["Person"]}, "b"),
    {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right", "labels": ["near"]},
    part("topic", "taxonomy", {"taxonomy": [["a", "b"]]}),
    part("mood", "choices", {"choices": ["good"]}),
    part("stars", "rating", {"rating": 4}),
    part("why", "textarea", {"text": ["It rained."]}),
]
EXPORT: Final = [
    {
        "id": 7,
        "data": {"image": "/data/upload/1/one.png", "text": "Ann Ben"},
        "annotations": [{"id": 1, "result": PARTS, "completed_by": 1, "ground_truth": False}],
        "predictions": [{"id": 2, "result": PARTS[:1], "score": 0.5, "model_version": "m"}],
        "drafts": [{"id": 3, "result": PARTS[-1:]}],
        "meta": {},
    }
]
MOVED: Final = json.dumps(EXPORT).encode()
FOUND_ELSEWHERE: Final = {"dicom-seg", "image_archive", "image_folder"}


def cuts(good: bytes) -> list[bytes]:
    """Cut a file off in many places, and change a byte in more."""
    ends = [good[: len(good) * at // 12] for at in range(12)]
    places = range(0, len(good), max(1, len(good) // 24))
    return [*ends, *(good[:at] + bytes([good[at] ^ 0x5A]) + good[at + 1 :] for at in places)]


def says_what(message: str) -> None:
    assert 4 < len(message) < 400, message


def test_every_reader_is_hurt_somewhere() -> None:
    here = {one.name.split()[0] for one in READERS} | set(FILES) | FOUND_ELSEWHERE
    assert set(formats()) == here


def test_a_hurt_move_gives_issues_or_one_refusal(tmp_path: Path) -> None:
    def read(folder: Path) -> Any:  # noqa: ANN401  # tasks and issues
        questions = read_config(TAGS).questions
        options = ReadOptions(
            format="label_studio", questions=questions, label_config=TAGS, media_root=folder
        )
        return read_tasks(folder / "export.json", options)

    lay(tmp_path, {"export.json": MOVED, "one.png": PICTURE})
    (task,), issues = split(read(tmp_path))
    assert issues == []
    assert len(task.predictions[-1].value) == 9
    for bad in mutants(MOVED):
        (tmp_path / "export.json").write_bytes(bad)
        read_to_its_end(read, tmp_path)


def test_a_hurt_export_tells_its_questions_or_why_not(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    for bad in (MOVED, *mutants(MOVED)):
        path.write_bytes(bad)
        try:
            found = read_config(infer_config(path))
        except MalformedError as error:
            says_what(error.message)
        else:
            assert found.questions or found.issues


def test_a_hurt_configuration_is_read_or_refused() -> None:
    assert len(read_config(TAGS).questions) == 10
    for bad in mutants(TAGS.encode()):
        try:
            found = read_config(bad.decode("utf-8", "replace"))
        except MalformedError as error:
            says_what(error.message)
        else:
            for one in found.issues:
                says_what(one.message)


@pytest.mark.parametrize("name", ["a.png", "a.dcm"])
def test_hurt_pictures_are_told_and_the_others_come(name: str, tmp_path: Path) -> None:
    def read(folder: Path) -> Any:  # noqa: ANN401  # tasks and issues
        return read_tasks(folder, ReadOptions(format="image_folder"))

    good = {"a.png": PICTURE, "a.dcm": scan(np.full((8, 8), 5, np.uint16))}[name]
    lay(tmp_path, {"in/other.png": PICTURE})
    for bad in (good, *cuts(good)):
        (tmp_path / "in" / name).write_bytes(bad)
        tasks, _ = split(read(tmp_path / "in"))
        assert "other.png" in [one.data["file_name"] for one in tasks]
        read_to_its_end(read, tmp_path / "in")


def test_a_hurt_archive_gives_issues_or_one_refusal(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("in/one.png", PICTURE)
        archive.writestr("../two.png", PICTURE)
        archive.writestr("C:\\three.png", PICTURE)
        archive.writestr("in/one.png/four.png", PICTURE)
    path = tmp_path / "a.zip"
    for bad in (made.getvalue(), *cuts(made.getvalue())):
        path.write_bytes(bad)
        for form in ("image_archive", "coco", "yolo", "voc", "cvat"):
            read_to_its_end(drawings(form), path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.zip"]


def test_a_hurt_segmentation_gives_issues_or_one_refusal(tmp_path: Path) -> None:
    about = slices(tmp_path / "scans", 1)
    made = exported(
        tmp_path / "out", [item(0, about[0], [("nucleus", block(0, 0))])], tmp_path / "scans"
    )
    assert made.written == 1
    (file,) = (tmp_path / "out" / FOLDER).iterdir()
    good, place = file.read_bytes(), tmp_path / "scans" / file.name
    for bad in (good, *cuts(good)):
        place.write_bytes(bad)
        read_to_its_end(drawings("dicom-seg"), tmp_path / "scans")
