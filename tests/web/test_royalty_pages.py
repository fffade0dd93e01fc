"""Royalties in the browser and over the API: who sees what, and what the forms say."""

from __future__ import annotations

import re

import pytest

from tests.web.world import World


@pytest.fixture
def answered(world: World) -> World:
    """Amina has answered two tasks of a project that promises a share."""
    client = world.client("Amina")
    for _ in range(2):
        task = world.next_task(client)["task_id"]
        world.cast.clock.advance(6_000)
        body = {"client_key": world.cast.key(), "value": {"pet": "cat"}}
        assert client.post(f"/api/v1/tasks/{task}/submit", json=body).status_code == 201
    world.cast.clock.advance(1_000)
    return world


def promise(world: World, **changed: str) -> int:
    manager = world.client("a manager")
    fields = {"share": "15", "training_run": "10.00", "seconds": "60", "equal": "40", "value": "0"}
    sent = world.form(manager, **{**fields, **changed})
    return manager.post(f"/pay/royalties/{world.project}/terms", data=sent).status_code


def test_a_manager_promises_previews_and_writes_down_and_the_contributor_sees_it(
    answered: World,
) -> None:
    assert promise(answered) == 303
    answered.cast.clock.advance(60_000)
    manager = answered.client("a manager")
    fields = {"kind": "training_run", "licensee": "Example Lab", "key": "run-7"}
    where = f"/pay/royalties/{answered.project}/uses"
    seen = manager.post(where, data=answered.form(manager, **fields))
    assert seen.status_code == 200
    assert "GBP 10.00</strong> for 1 person" in seen.text
    assert answered.client("Amina").get("/api/v1/me/royalties").json() == {"royalties": []}
    done = manager.post(where, data=answered.form(manager, **fields, then="record"))
    assert done.status_code == 303, done.text
    assert "Example Lab" in manager.get(done.headers["location"]).text
    page = answered.client("Amina").get("/earnings/royalties").text
    assert "GBP 10.00" in page
    assert "by your accepted time" in page
    shares = answered.client("Amina").get("/api/v1/me/royalties").json()["royalties"]
    assert [one["amount_micros"] for one in shares] == [1_000_000_000]


def test_before_any_use_the_pages_say_what_will_stand_here(world: World) -> None:
    assert "No royalties yet" in world.client("Amina").get("/earnings/royalties").text
    office = world.client("Farid").get("/pay/royalties").text
    assert "Nothing has been licensed or trained on yet" in office
    assert "Promise royalties" not in office, "an auditor looks and changes nothing"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"share": "lots"}, "Give a percentage"),
        ({"share": "-1"}, "Give a percentage"),
        ({"share": "120"}, "A share is from 0 to 1000"),
        ({"equal": "50"}, "must add up to a thousand"),
        ({"seconds": "60", "equal": "10", "value": "30"}, "at most"),
        ({"training_run": "ten"}, "is not an amount"),
    ],
)
def test_a_promise_that_cannot_be_is_refused_beside_its_field(
    world: World, changed: dict[str, str], words: str
) -> None:
    manager = world.client("a manager")
    fields = {"share": "15", "seconds": "60", "equal": "40", "value": "0", **changed}
    sent = world.form(manager, **fields)
    answer = manager.post(f"/pay/royalties/{world.project}/terms", data=sent)
    assert answer.status_code == 422
    assert words in answer.text


def test_the_api_tells_promises_and_uses(answered: World) -> None:
    manager = answered.client("a manager")
    base = f"/api/v1/projects/{answered.project}"
    body = {"share_permille": 150, "training_run": "10.00", "split": {"equal": 1000}}
    assert manager.post(f"{base}/royalty-terms", json=body).status_code == 201
    answered.cast.clock.advance(60_000)
    sent = {"key": "a", "kind": "licence", "licensee": "Lab", "revenue": "100.00"}
    made = manager.post(f"{base}/usages", json=sent)
    assert (made.status_code, made.json()["pool_micros"]) == (201, 1_500_000_000)
    assert manager.post(f"{base}/usages", json=sent).status_code == 200
    listed = manager.get("/api/v1/pay/usages").json()["usages"]
    assert [one["licensee"] for one in listed] == ["Lab"]
    one = manager.get(f"/api/v1/pay/usages/{listed[0]['id']}").json()
    assert [share["display_name"] for share in one["shares"]] == ["Amina"]
    assert manager.get(f"{base}/royalty-terms").json()["terms"][0]["share_permille"] == 150
    assert answered.client("Amina").get("/api/v1/pay/usages").status_code == 403


def test_a_promise_is_part_of_the_offer_and_of_what_is_agreed(world: World) -> None:
    assert promise(world) == 303
    joined = world.client("Bao")
    page = joined.get("/").text
    words = "share 15 % of what each licence brings in and GBP 10.00 for each training run"
    assert page.count(words) == 2, "in the offer and in what one agrees to"
    notice = re.search(r'name="notice_sha256" value="([0-9a-f]{64})"', page)
    assert notice
    sent = world.form(joined, notice_sha256=notice[1])
    assert joined.post(f"/projects/{world.project}/join", data=sent).status_code == 303
    kept = world.cast.rows("SELECT notice FROM consent_grant ORDER BY id DESC LIMIT 1")
    assert "Later uses" in kept[0][0]
