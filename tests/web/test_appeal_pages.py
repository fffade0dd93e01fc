"""Decisions and appeals on their pages: in the person's language, and blind."""

from __future__ import annotations

import re

import pytest

from fairhand.core.clock import DAY_MS
from fairhand.use_cases.give_role import GiveRole, give_role
from fairhand.use_cases.uphold_silent_appeals import uphold_silent_appeals
from tests.web.world import World

SUSPENSION = {
    "kind": "suspended",
    "days": "5",
    "reason": "Forty answers of Amina came within one minute.",
    "counterfactual": "Answers at the usual pace would not have led to this.",
    "evidence": "Annotations 1 to 40 and their times.",
}


def suspend(world: World, client_key: str = "decision-0001", **changes: str) -> str:
    """Carmen suspends Amina on the page; gives what the page answered."""
    carmen = world.client("Carmen")
    fields = {
        **SUSPENSION,
        "client_key": client_key,
        "person": str(world.people["Amina"]),
        "project": str(world.project),
        **changes,
    }
    answer = carmen.post("/conduct/decide", data=world.form(carmen, **fields))
    return f"{answer.status_code} {answer.text}"


def appeal(world: World) -> str:
    """Amina reads the decision and appeals it; gives the appeal's number."""
    amina = world.client("Amina")
    assert "/rights/decisions/1/appeal" in amina.get("/rights").text
    page = amina.get("/rights/decisions/1/appeal").text
    key = re.search(r'name="client_key" value="([^"]+)"', page)
    assert key is not None
    fields = world.form(
        amina, client_key=key[1], message="I am Amina, and it was a shared machine."
    )
    assert amina.post("/rights/decisions/1/appeal", data=fields).status_code == 303
    return "1"


def test_a_decision_is_made_read_contested_heard_blind_and_undone(world: World) -> None:
    """The whole way, on the pages alone."""
    assert suspend(world).startswith("303")
    assert suspend(world, "decision-0002").startswith("409")
    number = appeal(world)
    for name in ("Bao", "Esi", "Hana"):
        world.people.setdefault(name, world.cast.person(name.casefold()))
    now = world.cast.clock.now
    give_role(world.house.db, GiveRole(world.people["Hana"], "manager"), now)
    give_role(world.house.db, GiveRole(world.people["Esi"], "contributor"), now)
    assert "Amina" not in world.client("Carmen").get("/conduct/appeals").text
    for name, finding in (("Hana", "uphold"), ("Esi", "uphold")):
        reader = world.client(name)
        assert f"appeal {number}" in reader.get("/conduct/appeals").text
        take = reader.post(f"/conduct/appeals/{number}/take", data=world.form(reader))
        assert take.status_code == 303
        page = reader.get(f"/conduct/appeals/{number}").text
        assert "[the person], and it was a shared machine." in page
        assert "Amina" not in page
        fields = world.form(reader, finding=finding, reason="Many people use that machine.")
        found = reader.post(f"/conduct/appeals/{number}/find", data=fields)
        assert found.status_code == 303
    told = world.client("Amina").get("/rights/decisions/1").text
    assert "Many people use that machine." in told
    assert "you are right" in told


def test_who_decided_is_told_on_the_page_that_they_cannot_hear_it(world: World) -> None:
    suspend(world)
    appeal(world)
    answer = world.client("Carmen").get("/conduct/appeals/1")
    assert answer.status_code == 403
    assert "had a part in this decision" in answer.text
    assert "shared machine" not in answer.text
    assert "/conduct/appeals/1" not in world.client("Carmen").get("/conduct/appeals").text


def test_a_suspension_without_days_or_reason_keeps_what_was_typed(world: World) -> None:
    answer = suspend(world, days="", reason="bad")
    assert answer.startswith("422")
    assert "Say for how many days" in answer
    assert "Annotations 1 to 40" in answer


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("sw", "Maamuzi kunihusu"),
        ("fr", "Décisions me concernant"),
        ("es", "Decisiones sobre mí"),
        ("de", "Entscheidungen über mich"),
    ],
)
def test_people_read_decisions_and_appeal_in_their_language(
    world: World, language: str, words: str
) -> None:
    world.cast.change(
        "UPDATE person SET locale = :l WHERE id = :p", l=language, p=world.people["Amina"]
    )
    suspend(world)
    amina = world.client("Amina")
    page = amina.get("/rights").text
    assert f'lang="{language}"' in page
    assert words in page
    for path in ("/rights", "/rights/decisions/1", "/rights/decisions/1/appeal"):
        text = re.sub(r"<[^>]+>", " ", amina.get(path).text)
        for english in (
            "Appeal this",
            "Why is it wrong",
            "What was looked at",
            "You are suspended",
        ):
            assert english not in text, (path, english)


def test_silence_is_told_to_the_person(world: World) -> None:
    suspend(world)
    appeal(world)
    world.cast.clock.advance(7 * DAY_MS)
    uphold_silent_appeals(world.house.db, world.cast.clock.now)
    assert "nobody answered in time, so you are right" in world.client("Amina").get("/rights").text


@pytest.mark.parametrize("scope", ["manage", "work", "read"])
def test_no_token_decides_about_people_or_finds_on_appeals(world: World, scope: str) -> None:
    """Service accounts get 403 on suspension, whoever's they are."""
    secret = world.token("Carmen", scope)
    client = world.client()
    client.headers["authorization"] = f"Bearer {secret}"
    body = {
        **SUSPENSION,
        "days": 5,
        "client_key": "decision-0001",
        "person_id": world.people["Amina"],
        "project_id": world.project,
    }
    assert client.post("/api/v1/conduct/decisions", json=body).status_code == 403
    assert client.post("/conduct/decide", data={}).status_code == 403
    assert client.get("/api/v1/appeals").status_code == 403
    found = {"finding": "decline", "reason": "x" * 30}
    assert client.post("/api/v1/appeals/1/finding", json=found).status_code == 403
    assert world.cast.rows("SELECT count(*) FROM decision") == [(0,)]


def test_a_person_reads_and_contests_decisions_over_the_api(world: World) -> None:
    suspend(world)
    amina = world.bearer(world.token("Amina", "work"))
    (listed,) = amina.get("/api/v1/me/decisions").json()["decisions"]
    assert listed["kind"] == "suspended"
    assert listed["appeal"] is None
    body = {"client_key": "appeal-0001", "message": "It was a shared machine."}
    path = f"/api/v1/me/decisions/{listed['id']}/appeal"
    first, again = amina.post(path, json=body), amina.post(path, json=body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    twice = amina.post(path, json={**body, "client_key": "appeal-0002"})
    assert (twice.status_code, twice.json()["code"]) == (409, "already_appealed")
    dmitri = world.bearer(world.token("Dmitri", "work"))
    assert dmitri.get(f"/api/v1/me/decisions/{listed['id']}").status_code == 404
    shown = world.bearer(world.token("Carmen", "manage")).get("/api/v1/conduct/decisions").json()
    assert [one["appeal"] for one in shown["decisions"]] == [None], "an open appeal stays blind"
    gone = amina.post(f"/api/v1/me/appeals/{first.json()['id']}/withdraw")
    assert gone.json()["state"] == "withdrawn"
