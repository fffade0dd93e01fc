"""The pages and the API of disputes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fairhand.core.clock import DAY_MS, HOUR_MS
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.uphold_silent_disputes import uphold_silent_disputes
from tests.web.world import TestClient, World

WORDS = "I read the guidelines again on Tuesday."
TWENTY = {"kind": "time", "minutes": "20", "message": WORDS}
NO = "The log shows four minutes of reading, not twenty."


def earn(world: World) -> None:
    """Amina answers one task."""
    client = world.client("Amina")
    task = world.next_task(client)["task_id"]
    world.cast.clock.advance(60_000)
    body = {"client_key": world.cast.key(), "value": {"pet": "cat"}}
    assert client.post(f"/api/v1/tasks/{task}/submit", json=body).status_code == 201


def close(world: World) -> int:
    """Close a period; gives Amina's newest statement."""
    now = world.cast.clock.advance(HOUR_MS)
    close_pay_period(world.house.db, ClosePayPeriod(now), now)
    ((number,),) = world.cast.rows("SELECT max(id) FROM statement")
    return int(number)


def key_of(page: str) -> str:
    found = re.search(r'name="client_key" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def opened(world: World, statement: int, **fields: str) -> TestClient:
    """Amina sends the form about the first line."""
    client = world.client("Amina")
    page = client.get(f"/earnings/disputes/new?statement={statement}&line=1").text
    about = {"statement": str(statement), "line": "1", "client_key": key_of(page)}
    form = world.form(client, **{**TWENTY, **about, **fields})
    sent = client.post("/earnings/disputes", data=form)
    assert (sent.status_code, sent.headers.get("location")) == (303, "/earnings/disputes")
    return client


def test_a_line_is_disputed_upheld_and_seen_as_a_correction(world: World) -> None:
    earn(world)
    statement = close(world)
    amina, manager = world.client("Amina"), world.client("a manager")
    page = amina.get(f"/earnings/disputes/new?statement={statement}&line=1").text
    assert f"line 1 of statement {statement}" in page
    assert "GBP\u00a06.00 an hour" in page
    opened(world, statement)
    page = amina.get("/earnings/disputes").text
    assert "waiting for an answer" in page
    assert WORDS in page
    queue = manager.get("/pay/disputes").text
    assert "20 minutes" in queue
    assert "Time left" in queue
    evidence = manager.get("/pay/disputes/1").text
    assert WORDS in evidence
    assert "GBP 2.00" in evidence
    form = world.form(manager, outcome="upheld", reason="The gap in the log is real.")
    sent = manager.post("/pay/disputes/1/decide", data=form)
    assert (sent.status_code, sent.headers["location"]) == (303, "/pay/disputes/1")
    assert "ledger entry" in manager.get("/pay/disputes/1").text
    page = amina.get("/earnings/disputes").text
    assert "GBP\u00a02.00" in page
    assert "The gap in the log is real." in page
    assert "1 dispute was opened here: 1 upheld" in page
    newest = close(world)
    document = amina.get(f"/api/v1/pay/statements/{newest}").json()["statement"]
    assert "correction" in [line["kind"] for line in document["lines"]]


def test_what_was_typed_stays_where_something_is_wrong(world: World) -> None:
    earn(world)
    client = world.client("Amina")
    page = client.get("/earnings/disputes/new").text
    form = world.form(
        client, **{**TWENTY, "minutes": "many", "client_key": key_of(page), "project": "1"}
    )
    sent = client.post("/earnings/disputes", data=form)
    assert sent.status_code == 422
    assert WORDS in sent.text
    assert "how many minutes are missing" in sent.text
    assert key_of(sent.text) == key_of(page)
    form = world.form(client, kind="money", amount="2.5.1", message=WORDS, project="1")
    sent = client.post("/earnings/disputes", data={**form, "client_key": key_of(page)})
    assert "Say how much is missing" in sent.text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 422),
        ({"message": "x" * 30_000}, 422),
        ({"message": WORDS, "minutes": "9" * 300}, 422),
        ({"message": WORDS, "minutes": "²"}, 422),
        ({"message": WORDS, "minutes": "-5"}, 422),
        ({"message": WORDS, "minutes": "20", "kind": "gold"}, 422),
        ({"message": WORDS, "minutes": "20", "client_key": "ключ-ключ-ключ"}, 422),
        ({"message": WORDS, "minutes": "20", "statement": "999", "line": "1"}, 404),
        ({"message": WORDS, "minutes": "20", "statement": "9" * 60, "line": "1"}, 303),
        ({"message": WORDS, "minutes": "20", "project": "999"}, 303),
        ({"message": WORDS + "\x00", "minutes": "20"}, 400),
    ],
)
def test_a_bad_form_is_answered_clearly(world: World, fields: dict[str, str], status: int) -> None:
    """A number that is none falls back to the one project in which Amina has earned."""
    earn(world)
    client = world.client("Amina")
    form = {"client_key": "a-key-of-mine", "kind": "time", **fields}
    assert client.post("/earnings/disputes", data=world.form(client, **form)).status_code == status


@pytest.mark.parametrize(
    "query", ["statement=999&line=1", "statement=1&line=99", "statement=-1&line=0", "statement=1"]
)
def test_a_form_about_what_is_not_there_is_not_found(world: World, query: str) -> None:
    earn(world)
    close(world)
    assert world.client("Amina").get(f"/earnings/disputes/new?{query}").status_code == 404


def test_the_form_is_filled_in_for_who_comes_from_their_time_record(world: World) -> None:
    earn(world)
    client = world.client("Amina")
    page = client.get("/earnings/disputes/new?project=1&minutes=45&activity=read").text
    assert 'value="45"' in page
    assert '<option value="read" selected>' in page
    strange = client.get("/earnings/disputes/new?minutes=999999999&activity=%3Cscript%3E").text
    assert "999999999" not in strange
    assert '<option value="annotate" selected>' in strange


def test_a_dispute_is_its_persons_own(world: World) -> None:
    earn(world)
    statement = close(world)
    client = opened(world, statement)
    esi = world.client("Esi")
    assert esi.get(f"/earnings/disputes/new?statement={statement}&line=1").status_code == 404
    assert WORDS not in esi.get("/earnings/disputes").text
    assert esi.post("/earnings/disputes/1/withdraw", data=world.form(esi)).status_code == 404
    assert client.get("/pay/disputes").status_code == 403
    assert client.get("/pay/disputes/1").status_code == 403
    farid = world.client("Farid")
    assert farid.get("/pay/disputes/1").status_code == 200
    answer = world.form(farid, outcome="upheld", reason="Yes.")
    assert farid.post("/pay/disputes/1/decide", data=answer).status_code == 403
    assert client.post("/earnings/disputes/1/withdraw", data=world.form(client)).status_code == 303
    assert "taken back" in client.get("/earnings/disputes").text


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"outcome": "declined", "reason": "no"}, "at least 20 letters"),
        ({"outcome": "partly", "reason": NO, "minutes": "20"}, "less than 20 minutes"),
        ({"outcome": "partly", "reason": NO, "minutes": ""}, "less than 20 minutes"),
        ({"outcome": "", "reason": NO}, "Choose one of"),
        ({}, "Choose one of"),
    ],
)
def test_an_answer_without_sense_is_refused_beside_the_evidence(
    world: World, fields: dict[str, str], message: str
) -> None:
    earn(world)
    opened(world, close(world))
    manager = world.client("a manager")
    sent = manager.post("/pay/disputes/1/decide", data=world.form(manager, **fields))
    assert sent.status_code == 422
    assert message in sent.text
    assert WORDS in sent.text
    assert world.cast.rows("SELECT state FROM pay_dispute") == [("open",)]


def test_the_owner_who_set_the_pay_sees_why_they_cannot_answer(world: World) -> None:
    earn(world)
    opened(world, close(world))
    carmen = world.client("Carmen")
    page = carmen.get("/pay/disputes/1").text
    assert "You set the pay that is disputed here" in page
    assert "Answer under my name" not in page
    form = world.form(carmen, outcome="declined", reason=NO)
    assert carmen.post("/pay/disputes/1/decide", data=form).status_code == 403


def test_silence_is_told_to_both_sides(world: World) -> None:
    earn(world)
    client = opened(world, close(world))
    now = world.cast.clock.advance(7 * DAY_MS)
    assert uphold_silent_disputes(world.house.db, now) == 1
    assert "Nobody answered in time, so you are right." in client.get("/earnings/disputes").text
    assert "nobody in time" in world.client("a manager").get("/pay/disputes").text


def test_the_api_opens_once_lists_decides_and_withdraws(world_on_both: World) -> None:
    world = world_on_both
    earn(world)
    statement = close(world)
    amina, manager = world.client("Amina"), world.client("a manager")
    body: dict[str, Any] = {
        "client_key": "a-key-of-mine",
        "message": WORDS,
        "amount": "2.50",
        "statement_id": statement,
        "line": 1,
    }
    first = amina.post("/api/v1/me/disputes", json=body)
    again = amina.post("/api/v1/me/disputes", json=body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["claimed"] == "2.50"
    other = {**body, "client_key": "another-key"}
    assert amina.post("/api/v1/me/disputes", json=other).json()["code"] == "already_disputed"
    (waiting,) = manager.get("/api/v1/pay/disputes").json()["disputes"]
    assert (waiting["person"], waiting["state"]) == ("Amina", "open")
    answer = {"outcome": "partly", "amount": "1.25", "reason": NO}
    done = manager.post(f"/api/v1/pay/disputes/{waiting['id']}/decide", json=answer).json()
    assert (done["state"], done["granted"]) == ("partly", "1.25")
    assert (
        manager.post(f"/api/v1/pay/disputes/{waiting['id']}/decide", json=answer).json()["code"]
        == "answered"
    )
    second = amina.post("/api/v1/me/disputes", json=other).json()["id"]
    assert amina.post(f"/api/v1/me/disputes/{second}/withdraw").json()["state"] == "withdrawn"
    mine = amina.get("/api/v1/me/disputes").json()
    assert [one["state"] for one in mine["disputes"]] == ["withdrawn", "partly"]
    assert mine["counter"]["upheld"] == 1


@pytest.mark.parametrize(
    "change",
    [
        {"minutes": 5},
        {"amount": None},
        {"amount": "NaN"},
        {"amount": "-1.00"},
        {"amount": "0.001"},
        {"amount": "9" * 30},
        {"amount": None, "minutes": 0},
        {"amount": None, "minutes": -3},
        {"amount": None, "minutes": 10**7},
        {"message": ""},
        {"message": 7},
        {"client_key": ""},
        {"project_id": None},
        {"project_id": 999},
        {"project_id": -1},
        {"statement_id": 999, "line": 1},
        {"statement_id": 2**63},
        {"more": 1},
    ],
    ids=str,
)
def test_a_bad_body_is_refused(world_on_both: World, change: dict[str, Any]) -> None:
    world = world_on_both
    earn(world)
    body = {"client_key": "a-key-of-mine", "message": WORDS, "amount": "2.50", "project_id": 1}
    answer = world.client("Amina").post("/api/v1/me/disputes", json={**body, **change})
    assert answer.status_code in (400, 404, 422), answer.text
    assert world.cast.rows("SELECT count(*) FROM pay_dispute") == [(0,)]


@pytest.mark.parametrize("path", ["/pay/disputes/999", "/api/v1/pay/disputes/999/decide"])
def test_a_dispute_that_is_not_there(world: World, path: str) -> None:
    client = world.client("a manager")
    answer = {"outcome": "upheld", "reason": "Yes.", "amount": "1.00"}
    sent = client.post(path, json=answer) if "api" in path else client.get(path)
    assert sent.status_code == 404
