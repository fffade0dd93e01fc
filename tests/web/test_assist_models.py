"""Models on a page and over the API: versions, promotion, rolling back, cards, for owners alone."""

from __future__ import annotations

from typing import Any

from fairhand.core.clock import Instant
from fairhand.storage.job_store import find_unfinished
from fairhand.use_cases.ask_assist_work import ASSIST_KINDS
from fairhand.work.prelabel import store
from fairhand.work.prelabel.store import NewVersion
from tests.web.assist_world import switch_on
from tests.web.world import World

REPORT = {
    "basis": "held_out",
    "tasks": 40,
    "score": 0.8,
    "low": 0.65,
    "high": 0.9,
    "rival": "shown",
    "rival_score": 0.7,
    "questions": {
        "pet": {
            "measure": "accuracy",
            "score": 0.8,
            "low": 0.65,
            "high": 0.9,
            "slices": {"language=sw": {"n": 12, "score": 0.6, "low": 0.3, "high": 0.8}},
        }
    },
}


def add_second(world: World) -> int:
    with world.house.db.write() as connection:
        one = store.list_assistants(connection, world.project)[0]
        new = NewVersion(
            world.project,
            one.id,
            "text-linear@9f8e",
            checkpoint_sha256="9f8e" * 16,
            trained_on=80,
            held_out=40,
            report=REPORT,
            verdict="On 40 held-out tasks it scores 80 %.",
        )
        return store.add_version(connection, new, world.cast.clock.now)


def models_of(world: World) -> dict[str, Any]:
    found = world.client("Carmen").get(f"/api/v1/projects/{world.project}/assist/models")
    assert found.status_code == 200, found.text
    content: dict[str, Any] = found.json()
    return content


def test_a_page_without_models_says_how_to_begin(world: World) -> None:
    page = world.client("Carmen").get(f"/projects/{world.project}/assist/models").text
    assert "No models yet" in page
    assert "Switch assistance on" in page


def test_versions_show_their_score_as_a_picture_and_can_be_promoted(world: World) -> None:
    first = switch_on(world)
    second = add_second(world)
    client, base = world.client("Carmen"), f"/projects/{world.project}/assist/models"

    page = client.get(base).text
    assert "On 40 held-out tasks it scores 80 %." in page
    assert "<svg" in page
    assert "80 % (65 to 90)" in page

    world.cast.clock.now = Instant(world.cast.clock.now + 1)
    sent = client.post(f"{base}/{second}/promote", data=world.form(client))
    assert sent.status_code == 303
    assert [one["is_shown"] for one in models_of(world)["models"]] == [True, False]
    assert models_of(world)["may_roll_back"]

    world.cast.clock.now = Instant(world.cast.clock.now + 1)
    assert client.post(f"{base}/rollback", data=world.form(client)).status_code == 303
    shown = {one["id"]: one["state"] for one in models_of(world)["models"]}
    assert shown == {first: "promoted", second: "retired"}


def test_rolling_back_twice_does_not_bring_the_bad_version_back(world: World) -> None:
    first = switch_on(world)
    second = add_second(world)
    client, base = world.client("Carmen"), f"/projects/{world.project}/assist/models"
    world.cast.clock.now = Instant(world.cast.clock.now + 1)
    client.post(f"{base}/{second}/promote", data=world.form(client))
    asked = f'name="instead_of" value="{second}"'
    assert asked in client.get(base).text

    world.cast.clock.now = Instant(world.cast.clock.now + 1)
    form = world.form(client, instead_of=str(second))
    assert client.post(f"{base}/rollback", data=form).status_code == 303
    again = client.post(f"{base}/rollback", data=form)
    assert again.status_code == 409
    assert "nothing was changed" in again.text
    api = f"/api/v1/projects/{world.project}/assist/rollback"
    refused = client.post(api, json={"instead_of": second})
    assert (refused.status_code, refused.json()["code"]) == (409, "shown_changed")
    assert client.post(api, content=b"{").status_code == 422
    shown = {one["id"]: one["state"] for one in models_of(world)["models"]}
    assert shown == {first: "promoted", second: "retired"}


def test_the_card_of_a_version_names_what_it_learnt_from_and_its_limits(world: World) -> None:
    switch_on(world)
    second = add_second(world)
    client = world.client("Bao")
    page = client.get(f"/projects/{world.project}/assist/models/{second}").text
    assert "language=sw" in page
    assert "9f8e" * 16 in page

    api = client.get(f"/api/v1/projects/{world.project}/assist/models/{second}").json()
    assert api["card"]["trained_on_tasks"] == 80
    assert any("decides nothing" in limit for limit in api["card"]["limits"])
    assert client.get(f"/projects/{world.project}/assist/models/999").status_code == 404


def test_training_is_asked_for_once(world: World) -> None:
    switch_on(world)
    client = world.client("Carmen")
    path = f"/api/v1/projects/{world.project}/assist/work"
    asked = client.post(path, json={"work": "train"})
    assert asked.status_code == 202
    assert asked.json()["job"]
    assert client.post(path, json={"work": "rank"}).json()["job"] is None
    with world.house.db.read() as connection:
        assert find_unfinished(connection, world.project, ASSIST_KINDS) == asked.json()["job"]
    assert "at work now" in client.get(f"/projects/{world.project}/assist/models").text


def test_the_policy_can_be_changed_over_the_api(world: World) -> None:
    switch_on(world)
    client, path = world.client("Carmen"), f"/api/v1/projects/{world.project}/assist"
    changed = client.put(path, json={"reorders": False, "blind_share": 0.05, "target_quality": 0.9})
    assert changed.status_code == 200, changed.text
    assert changed.json()["reorders"] is False
    with world.house.db.read() as connection:
        assert store.load_shown(connection, world.project).blind_permille == 50

    wrong = client.put(path, json={"is_on": True, "holdout_share": 0.9})
    assert wrong.status_code == 422
    assert wrong.json()["issues"][0]["place"] == "holdout_permille"


def test_without_the_tick_nothing_is_trained_or_promoted(world: World) -> None:
    client = world.client("Carmen")
    base = f"/projects/{world.project}/assist"
    assert client.post(f"/api/v1{base}/work", json={}).status_code == 409
    assert client.post(f"/api/v1{base}/rollback", json={}).status_code == 409
    sent = client.post(f"{base}/models/work", data=world.form(client))
    assert sent.status_code == 409
    assert "tick it first" in sent.text


def test_a_reviewer_sees_models_and_cannot_change_them(world: World) -> None:
    second = switch_on(world)
    client, base = world.client("Bao"), f"/projects/{world.project}/assist"
    assert "Train now" not in client.get(f"{base}/models").text
    assert client.post(f"/api/v1{base}/models/{second}/promote", json={}).status_code == 403
