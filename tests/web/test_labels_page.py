"""The Labels page and its API: first what it touches, then the change."""

from __future__ import annotations

from typing import Any

from tests.web.world import World


def test_the_page_shows_what_a_change_touches_and_then_makes_it(world: World) -> None:
    task = world.cast.next_task(world.people["Amina"], world.project)
    world.cast.submit(world.people["Amina"], task, "owl")
    carmen, place = world.client("Carmen"), f"/projects/{world.project}/labels"
    page = carmen.get(place)
    assert page.status_code == 200
    assert "What this touches" not in page.text
    sent = {
        "change.title.pet.0": "House cat",
        "change.do.pet.2": "split",
        "change.into.pet.2": "barn owl, eagle owl",
        "change.add.pet": "newt",
        "version": "1",
        "people": "2",
    }
    seen = carmen.post(place, data=world.form(carmen, do="preview", **sent))
    assert seen.status_code == 200, seen.text
    assert "What this touches" in seen.text
    assert "Nobody could choose pet.newt before" in seen.text
    assert "1</span> task, 2 answers" in seen.text
    assert carmen.get(f"/api/v1/projects/{world.project}").json()["version"] == 1
    made = carmen.post(place, data=world.form(carmen, do="apply", ask="touched", **sent))
    assert made.status_code == 303, made.text
    assert "again about 1 task" in carmen.get(made.headers["location"]).text
    again = carmen.post(place, data=world.form(carmen, do="apply", **sent))
    assert again.status_code in (409, 422)


def test_what_cannot_be_changed_is_said_on_the_page(world: World) -> None:
    carmen, place = world.client("Carmen"), f"/projects/{world.project}/labels"
    wrong: list[dict[str, str]] = [
        {"change.do.pet.0": "merge", "change.into.pet.0": ""},
        {"change.do.pet.0": "split", "change.into.pet.0": "one"},
        {"change.drop.pet": "yes"},
        {"change.new.name": "no name", "change.new.kind": "text"},
        {"change.new.name": "x", "change.new.kind": "nothing"},
        {"people": "many"},
        {"do": "apply", "version": "one", "change.add.pet": "newt"},
    ]
    for fields in wrong:
        answer = carmen.post(place, data=world.form(carmen, **{"do": "preview", **fields}))
        assert answer.status_code == 422, fields
        assert 'role="alert"' in answer.text


def test_the_api_previews_and_changes(world: World) -> None:
    carmen, base = world.client("Carmen"), f"/api/v1/projects/{world.project}/labels"
    changes = [{"do": "merge", "question": "pet", "labels": ["cat", "dog"], "into": "mammal"}]
    seen = carmen.post(f"{base}/preview", json={"changes": changes}).json()
    assert seen["labels"] == {"pet": {"cat": "mammal", "dog": "mammal"}}
    body: dict[str, Any] = {"changes": changes, "version": seen["version"], "ask": "none"}
    assert carmen.post(base, json=body).json()["version"] == 2
    assert carmen.post(base, json=body).status_code == 409
    assert world.client("Bao").post(base, json=body).status_code == 403
    assert carmen.post(base, json={**body, "changes": [[]]}).status_code == 422
    assert carmen.post(base, json={**body, "version": 2, "ask": "some"}).status_code == 422
