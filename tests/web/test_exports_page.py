"""The doors of exports: the page, its list, and the API."""

from __future__ import annotations

from pathlib import Path

from fairhand.storage.database import Database
from tests.stories.test_label_studio_moves import move_in, project_of
from tests.studio import EXPORT
from tests.web.world import make_world


def test_an_owner_asks_for_a_file_and_sees_it_on_its_way(db: Database, tmp_path: Path) -> None:
    world = make_world(db, tmp_path)
    carmen, page = world.client("Carmen"), f"/projects/{world.project}/exports"
    assert "Nothing was exported yet" in carmen.get(page).text
    assert carmen.post(page, data=world.form(carmen, format="coco")).status_code == 303
    assert "COCO" in carmen.get(f"{page}/panel").text
    refused = carmen.post(page, data=world.form(carmen, format="docx"))
    assert refused.status_code == 422
    assert "is no format to export to" in refused.text
    assert carmen.post(page, data=world.form(carmen, format="csv", source="x")).status_code == 422
    api = f"/api/v1{page}"
    asked = carmen.post(api, json={"format": "jsonl"})
    assert asked.status_code == 202
    shown = carmen.get(asked.json()["href"]).json()
    assert (shown["state"], shown["is_release"]) == ("making", False)
    assert carmen.get(f"{asked.json()['href']}/file").status_code == 404
    assert len(carmen.get(api).json()["exports"]) == 2
    for stranger in ("Bao", "Amina", "Dmitri"):
        assert world.client(stranger).get(api).status_code == 403


def test_the_page_offers_answers_from_elsewhere_where_there_are_any(
    db: Database, tmp_path: Path
) -> None:
    world = make_world(db, tmp_path)
    carmen, page = world.client("Carmen"), f"/projects/{world.project}/exports"
    assert "answers from elsewhere" not in carmen.get(page).text
    moved = project_of(world.cast)
    page = f"/projects/{moved}/exports"
    move_in(world.cast, moved, tmp_path, EXPORT)
    assert "1 task was answered in another tool and by nobody here" in carmen.get(page).text
    assert "Label Studio: the project as it stands" in carmen.get(page).text
    assert (
        carmen.post(page, data=world.form(carmen, format="label-studio", source="1")).status_code
        == 422
    )
    sent = world.form(carmen, format="csv", elsewhere="yes")
    assert carmen.post(page, data=sent).status_code == 303
    (asked,) = carmen.get(f"/api/v1{page}").json()["exports"]
    assert asked["elsewhere"] is True
    refused = carmen.post(f"/api/v1{page}", json={"format": "csv", "release": 1, "elsewhere": True})
    assert refused.status_code == 422
