"""One's own time in the browser and over the API: what was paid, what was cut, what to say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.world import TestClient, World

TASK_KEY = "6f1c1a52-0000-4000-8000-0000000000aa"


def quiet(world: World, client: TestClient, minutes: int, **more: object) -> dict[str, Any]:
    """Open a task, be quiet for some minutes, answer; gives the reply."""
    task = world.next_task(client)["task_id"]
    world.cast.clock.advance(minutes * 60_000)
    body = {"client_key": world.cast.key(), "value": {"pet": "cat"}, **more}
    answer = client.post(f"/api/v1/tasks/{task}/submit", json=body)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_before_any_work_the_page_says_what_will_count(world: World) -> None:
    page = world.client("Amina").get("/earnings/time").text
    assert "Your clock begins with the first task you open" in page
    assert world.client("Amina").get("/api/v1/me/time").json()["days"] == []


def test_a_cut_is_shown_and_a_form_brings_it_back(world: World) -> None:
    client = world.client("Amina")
    cut = quiet(world, client, 16)["cut"]
    assert cut["milliseconds"] == 840_000
    page = client.get("/earnings/time").text
    assert "<strong>14 min 0 s</strong> were cut" in page
    assert 'value="14"' in page
    fields = {"cut": str(cut["id"]), "minutes": "14", "activity": "read", "note": "the guide"}
    sent = client.post("/earnings/time/claims", data=world.form(client, **fields))
    assert sent.status_code == 303, sent.text
    after = client.get(sent.headers["location"]).text
    assert "14 min 0 s more are paid." in after
    assert "and are paid by now" in after
    assert "your word" in after
    mine = client.get("/api/v1/me/time").json()
    assert mine["days"][0]["paid_ms"] == 960_000
    assert mine["days"][0]["cuts"][0]["left_ms"] == 0


@pytest.mark.parametrize("minutes", ["", "0", "-3", "many", "1.5", "٣", "9" * 30, "1e3"])
def test_minutes_that_make_no_sense_are_told_beside_their_field(world: World, minutes: str) -> None:
    client = world.client("Amina")
    cut = quiet(world, client, 16)["cut"]["id"]
    fields = {"cut": str(cut), "minutes": minutes, "activity": "read"}
    sent = client.post("/earnings/time/claims", data=world.form(client, **fields))
    assert sent.status_code == 422
    assert 'aria-invalid="true"' in sent.text
    assert client.get("/api/v1/me/time").json()["days"][0]["cuts"][0]["claimed_ms"] == 0


@pytest.mark.parametrize("cut", ["", "x", "999999", "9" * 25, "-1"])
def test_a_quiet_stretch_that_is_not_theirs_is_refused_with_a_way_on(
    world: World, cut: str
) -> None:
    client = world.client("Amina")
    fields = {"cut": cut, "minutes": "5", "activity": "read"}
    sent = client.post("/earnings/time/claims", data=world.form(client, **fields))
    assert sent.status_code in (404, 422)
    assert 'role="alert"' in sent.text


def test_more_than_the_weeks_allowance_points_to_a_person(world: World) -> None:
    client = world.client("Amina")
    cut = quiet(world, client, 400)["cut"]["id"]
    body = {"cut": cut, "milliseconds": 390 * 60_000, "activity": "read"}
    told = client.post("/api/v1/me/time/claims", json=body).json()
    assert told["paid"]["milliseconds"] == 300 * 60_000
    form = f"/earnings/disputes/new?project={world.project}"
    assert told["beyond"] == {"milliseconds": 90 * 60_000, "dispute": form}
    fields = {"cut": str(cut), "minutes": "390", "activity": "read"}
    sent = client.post("/earnings/time/claims", data=world.form(client, **fields))
    page = client.get(sent.headers["location"]).text
    assert "That is no refusal" in page
    assert f'href="{form}"' in page
    assert client.get(form).status_code == 200


def test_breaks_and_faults_begin_and_end_with_a_button(world: World) -> None:
    client = world.client("Amina")
    refused = client.post("/earnings/time/notes", data=world.form(client, what="break"))
    assert refused.status_code == 409
    quiet(world, client, 1)
    begun = client.post("/earnings/time/notes", data=world.form(client, what="break"))
    page = client.get(begun.headers["location"]).text
    assert "Have a good break. The next 15 minutes of it are paid." in page
    assert "Back to work" in page
    world.cast.clock.advance(300_000)
    client.post("/earnings/time/notes", data=world.form(client, what="back"))
    told = client.post("/api/v1/me/time/notes", json={"what": "fault", "note": "no sound"})
    assert told.status_code == 200
    assert client.get("/api/v1/me/time").json()["doing"] == "fault"
    stretches = client.get("/api/v1/me/time").json()["days"][0]["stretches"]
    assert [one["activity"] for one in stretches] == ["annotate", "break"]
    nonsense = client.post("/earnings/time/notes", data=world.form(client, what="party"))
    assert nonsense.status_code == 422


@pytest.mark.parametrize("until", ["2026-13-40", "yesterday", "9999-12-31", "0001-01-01", "٢"])
def test_a_day_that_is_none_shows_this_week(world: World, until: str) -> None:
    assert world.client("Amina").get("/earnings/time", params={"until": until}).status_code == 200
    answer = world.client("Amina").get("/api/v1/me/time", params={"until": until})
    assert answer.status_code in (200, 422)


@pytest.mark.parametrize(
    "body",
    [
        {"cut": "1", "milliseconds": 5},
        {"cut": 1},
        {"cut": 1, "milliseconds": -5},
        {"cut": 1, "milliseconds": 10**15},
        {"cut": 2**64, "milliseconds": 5},
        {"cut": 1, "milliseconds": 60_000, "activity": "sleep"},
        {"cut": 1, "milliseconds": 60_000, "note": "x" * 501},
        {"cut": 1, "milliseconds": 60_000, "more": 1},
        {"cut": 1, "milliseconds": 60_000},
    ],
    ids=repr,
)
def test_claims_over_the_api_are_checked(world: World, body: dict[str, Any]) -> None:
    answer = world.client("Amina").post("/api/v1/me/time/claims", json=body)
    assert answer.status_code in (400, 404, 422)
    assert answer.json()["detail"]


@pytest.mark.parametrize("worked", [-1, 10**12, "5", 1.5, True])
def test_measured_time_that_makes_no_sense_is_refused(world: World, worked: object) -> None:
    client = world.client("Amina")
    task = world.next_task(client)["task_id"]
    body = {"client_key": TASK_KEY, "value": {"pet": "cat"}, "worked_ms": worked}
    assert client.post(f"/api/v1/tasks/{task}/submit", json=body).status_code == 422
    skip = {"client_key": TASK_KEY, "worked_ms": worked}
    assert client.post(f"/api/v1/tasks/{task}/skip", json=skip).status_code == 422


def test_measured_time_is_paid_within_what_passed(world: World) -> None:
    told = quiet(world, world.client("Amina"), 30, worked_ms=25 * 60_000)
    assert told["paid"]["milliseconds"] == 25 * 60_000
    assert told["cut"]["milliseconds"] == 5 * 60_000


def test_only_who_is_signed_in_has_a_time_record(world: World) -> None:
    assert world.client().get("/api/v1/me/time").status_code == 401
    assert world.client("Dmitri").get("/earnings/time").status_code == 200
