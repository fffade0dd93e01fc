"""The pages and the JSON of one's own wellbeing: one's own alone."""

from __future__ import annotations

import base64
import re

import httpx
import pytest

from fairhand.client import Client, FairhandError
from fairhand.core.clock import DAY_MS
from fairhand.use_cases.lay_aside_aftercare import lay_aside_aftercare
from tests.web.world import TestClient, World

JSON = "/api/v1/me/wellbeing"


def agree(client: TestClient, world: World, tier: int) -> int:
    page = client.get("/wellbeing").text
    sha256 = re.search(r'name="disclosure_sha256" value="(\w+)"', page)
    assert sha256 is not None
    form = world.form(client, disclosure_sha256=sha256[1])
    return int(client.post(f"/wellbeing/tiers/{tier}", data=form).status_code)


def test_a_person_reads_what_a_tier_is_agrees_and_takes_it_back(world: World) -> None:
    amina = world.client("Amina")
    page = amina.get("/wellbeing").text
    assert "Nothing hard so far" in page
    assert "Read what tier 1 is" in page
    assert "Read what tier 2 is" not in page

    assert agree(amina, world, 1) == 303
    assert amina.get(JSON).json()["max_tier"] == 1
    assert "Read what tier 2 is" in amina.get("/wellbeing").text
    assert amina.post("/wellbeing/tiers/1/end", data=world.form(amina)).status_code == 303
    assert amina.get(JSON).json()["max_tier"] == 0
    wrong = amina.post("/wellbeing/tiers/1", data=world.form(amina, disclosure_sha256="no"))
    assert wrong.status_code == 422
    assert "Read what this tier is first" in wrong.text


def test_limits_are_set_on_the_page_and_one_above_the_cap_says_what_the_cap_is(
    world: World,
) -> None:
    amina = world.client("Amina")
    form = world.form(amina, hour="7,5", day="30", chronic="200")
    assert amina.post("/wellbeing/limits", data=form).status_code == 303
    assert amina.get(JSON).json()["limits"] == {"hour": 7.5, "day": 30.0, "chronic": 200.0}

    high = amina.post("/wellbeing/limits", data=form | {"hour": "21"})
    assert high.status_code == 422
    assert "At most 20 severity-minutes" in high.text
    words = amina.post("/wellbeing/limits", data=form | {"day": "much"})
    assert words.status_code == 422
    assert "Give a number of severity-minutes" in words.text

    body = {"hour": 10, "day": 30, "chronic": 200}
    waiting = amina.put(f"{JSON}/limits", json=body).json()
    assert waiting["limits"]["hour"] == 7.5
    assert waiting["waiting"]["limits"] == {"hour": 10.0}
    assert "10 from" in amina.get("/wellbeing").text
    world.cast.clock.advance(DAY_MS)
    assert amina.get(JSON).json()["limits"]["hour"] == 10.0


def test_what_was_seen_is_listed_and_rated_by_its_person_alone(world: World) -> None:
    amina, bao = world.client("Amina"), world.client("Bao")
    for tier in (1, 2):
        agree(amina, world, tier)
    world.cast.change("UPDATE queue SET tier = 2, dose = 3000")
    world.cast.change("UPDATE project SET tier = 2")
    task = world.next_task(amina)["task_id"]
    world.cast.clock.advance(60_000)
    body = {"client_key": world.cast.key(), "value": {"pet": "cat"}, "visible_ms": 20_000}
    assert amina.post(f"/api/v1/tasks/{task}/submit", json=body).status_code == 201

    page = amina.get("/wellbeing/content").text
    assert "In view for 20 s" in page
    rated = amina.post(f"/wellbeing/content/{task}", data=world.form(amina, tier="3"))
    assert rated.status_code == 303
    (seen,) = amina.get(f"{JSON}/content").json()["seen"]
    assert (seen["own_tier"], seen["visible_ms"]) == (3, 20_000)
    assert seen["severity_minutes"] == 3.334
    assert "%" in amina.get("/wellbeing").text
    assert bao.put(f"{JSON}/content/{task}", json={"tier": 1}).status_code == 404
    assert bao.get(f"{JSON}/content").json()["seen"] == []


def test_the_way_of_showing_is_a_taste(world: World) -> None:
    amina = world.client("Amina")
    form = world.form(amina, style="drawing")
    assert amina.post("/wellbeing/content", data=form).status_code == 303
    view = amina.get(f"{JSON}/content").json()
    assert view["view"] == {"style": "drawing", "offers_breaks": False}
    assert view["break"]["is_due"] is False
    wrong = amina.post("/wellbeing/content", data=form | {"style": "sepia"})
    assert wrong.status_code == 422
    assert amina.put(f"{JSON}/view", json={"style": "plain"}).status_code == 200


def test_nobody_else_is_let_in(world: World) -> None:
    for path in ("", "/content", "/tiers/1"):
        assert world.client().get(JSON + path).status_code == 401
    token = world.bearer(world.token("Carmen", "read"))
    assert token.get(JSON).status_code == 403


KEY = {
    "salt": base64.b64encode(b"s" * 16).decode(),
    "rounds": 600_000,
    "nonce": base64.b64encode(b"n" * 12).decode(),
    "key": base64.b64encode(b"k" * 48).decode(),
}


def test_check_ins_are_kept_as_the_bytes_that_came_and_go_when_their_person_says(
    world: World,
) -> None:
    amina, sealed = world.client("Amina"), base64.b64encode(bytes(range(60))).decode()
    note = {"client_key": "one", "sealed": sealed}
    assert amina.post(f"{JSON}/check-ins", json=note).json()["code"] == "no_key"
    weak = amina.put(f"{JSON}/check-ins/key", json=KEY | {"rounds": 1_000})
    assert weak.status_code == 422
    assert amina.put(f"{JSON}/check-ins/key", json=KEY).status_code == 200
    assert amina.put(f"{JSON}/check-ins/key", json=KEY).json()["code"] == "has_key"
    assert amina.put(f"{JSON}/check-ins/key", json=KEY | {"again": True}).status_code == 200

    for _ in range(2):
        kept = amina.post(f"{JSON}/check-ins", json=note)
    assert [one["sealed"] for one in kept.json()["notes"]] == [sealed]
    assert sealed in amina.get("/wellbeing/check-ins").text
    assert world.client("Bao").get(f"{JSON}/check-ins").json() == {"key": None, "notes": []}
    number = kept.json()["notes"][0]["id"]
    assert world.client("Bao").delete(f"{JSON}/check-ins/{number}").status_code == 404
    assert amina.delete(f"{JSON}/check-ins/{number}").json()["notes"] == []
    assert amina.delete(f"{JSON}/check-ins").json() == {"deleted": 0}
    assert amina.get(f"{JSON}/check-ins").json()["key"] is None
    assert world.cast.rows("SELECT count(*) FROM event WHERE kind LIKE '%check%'") == [(0,)]


def test_what_is_laid_aside_is_shown_and_more_than_there_is_cannot_be_taken(world: World) -> None:
    amina = world.client("Amina")
    assert "Nothing yet" in amina.get("/wellbeing/care").text
    world.cast.change(
        "INSERT INTO aftercare (person_id, project_id, micros, currency, at) "
        "VALUES (:p, :q, 250000000, 'GBP', 0)",
        p=world.people["Amina"],
        q=world.project,
    )
    world.cast.clock.advance(DAY_MS)
    lay_aside_aftercare(world.house.db, world.cast.clock.now)

    assert "Laid aside for me, in GBP" in amina.get("/wellbeing/care").text
    form = world.form(amina, amount="2.51", currency="GBP", client_key="a")
    refused = amina.post("/wellbeing/care", data=form)
    assert refused.status_code == 422
    assert "at most GBP 2.50" in refused.text
    assert amina.post("/wellbeing/care", data=form | {"amount": "1.00"}).status_code == 303
    body = {"client_key": "a", "amount": "1.00", "currency": "GBP"}
    mine = amina.post(f"{JSON}/care", json=body).json()
    assert mine["funds"][0]["usable"] == "1.50"
    assert [one["amount"] for one in mine["used"]] == ["1.00"]
    assert world.client("Bao").get(f"{JSON}/care").json()["funds"] == []


def _through(world: World) -> httpx.MockTransport:
    """Let the SDK speak to the app without a network."""
    inner = world.client()

    def answer(request: httpx.Request) -> httpx.Response:
        headers = {"authorization": request.headers["authorization"]}
        if request.content:
            headers["content-type"] = "application/json"
        said = inner.request(
            request.method, request.url.path, content=request.content, headers=headers
        )
        return httpx.Response(said.status_code, content=said.content, headers=dict(said.headers))

    return httpx.MockTransport(answer)


def test_the_sdk_says_the_same(world: World) -> None:
    amina = Client("http://testserver", world.token("Amina", "work"), transport=_through(world))
    mine = amina.wellbeing
    tier = mine.disclosure(1)
    assert mine.agree(1, tier["sha256"]) == 1
    assert mine.set_limits(5, 10, 50)["limits"] == {"hour": 5.0, "day": 10.0, "chronic": 50.0}
    assert mine.set_view("blur")["style"] == mine.content()["view"]["style"] == "blur"
    assert mine.end(1) == 0
    assert mine.check_ins() == {"key": None, "notes": []}
    assert mine.care()["funds"] == []
    with pytest.raises(FairhandError, match="not been shown"):
        mine.rate(1, 2)
