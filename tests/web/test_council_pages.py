"""The council in the browser and over the API: from an election to a signature and a contract."""

from __future__ import annotations

import re
from typing import Any

from fairhand.core.clock import DAY_MS
from fairhand.people.council.contracts import DEFAULT
from fairhand.use_cases.apply_signed_policies import apply_signed_policies
from fairhand.use_cases.keep_elections import keep_elections
from tests.web.world import TestClient, World


def post(world: World, client: TestClient, path: str, **fields: Any) -> Any:  # noqa: ANN401  # a response
    return client.post(path, data=world.form(client, **fields))


def elect(world: World, amina: TestClient) -> None:
    """Amina and Esi contribute; Amina calls an election, stands, and both approve of her."""
    assert post(world, amina, "/council/elections", seats="1").status_code == 303
    assert "Stand until" in amina.get("/council").text
    stood = post(world, amina, "/council/elections/1/stand", statement="Time to read.")
    assert stood.status_code == 303
    world.cast.clock.advance(7 * DAY_MS)
    number = str(world.people["Amina"])
    for client in (amina, world.client("Esi")):
        vote = post(world, client, "/council/elections/1/vote", approves=number)
        assert vote.status_code == 303
    world.cast.clock.advance(7 * DAY_MS)
    assert keep_elections(world.house.db, world.cast.clock.now) == 1


def test_a_council_is_elected_and_signs_on_its_page(world: World) -> None:
    amina, carmen = world.client("Amina"), world.client("Carmen")
    assert "Nobody sits yet" in amina.get("/council").text
    wrong = post(world, amina, "/council/elections", seats="99", term_days="x")
    assert wrong.status_code == 422
    assert "Choose 1 to 25 seats" in wrong.text
    elect(world, amina)
    assert "Counted: 2 of" in carmen.get("/council").text
    assert "What the council is told" in amina.get("/council").text
    assert "What the council is told" not in carmen.get("/council").text

    asked = post(world, carmen, "/conduct/policies", name="appeals.answer_days", value="14")
    assert asked.status_code == 303
    page = amina.get("/council").text
    assert "days to answer: 7 becomes 14" in page
    sha256 = re.findall(r'name="sha256" value="([0-9a-f]{64})"', page)[0]
    refused = post(world, amina, "/council/proposals/1", vote="refuse", sha256=sha256)
    assert refused.status_code == 422
    assert "Say why you refuse it" in refused.text
    other = post(world, carmen, "/council/proposals/1", vote="sign", sha256=sha256)
    assert other.status_code == 403
    assert post(world, amina, "/council/proposals/1", vote="sign", sha256=sha256).status_code == 303
    assert apply_signed_policies(world.house.db, world.cast.clock.now) == 1
    holds = carmen.get("/conduct/policies").text
    assert "It has taken effect." in holds
    assert post(world, amina, "/council/leave").status_code == 303
    assert "No council can decide now" in carmen.get("/conduct/policies").text


def test_the_api_tells_the_same_and_a_proposal_is_taken_back(world: World) -> None:
    amina = world.client("Amina")
    carmen = world.bearer(world.token("Carmen", "manage"))
    called = amina.post("/api/v1/council/elections", json={"seats": 1})
    assert (called.status_code, called.json()["phase"]) == (201, "standing")
    assert amina.post("/api/v1/council/elections", json={}).status_code == 409
    words = {"statement": "Time to read."}
    amina.post("/api/v1/council/elections/1/stand", json=words)
    world.cast.clock.advance(7 * DAY_MS)
    ballot = {"approves": [world.people["Amina"]]}
    assert amina.post("/api/v1/council/elections/1/vote", json=ballot).json()["voted"]
    again = amina.post("/api/v1/council/elections/1/vote", json=ballot)
    assert (again.status_code, again.json()["code"]) == (409, "voted")
    world.cast.clock.advance(7 * DAY_MS)
    keep_elections(world.house.db, world.cast.clock.now)
    cut = {"reason": "Less.", "per_hour": "5.00", "valid_from": "2027-01-05"}
    path = f"/api/v1/projects/{world.project}/pay-policy"
    below = carmen.post(path, json=cut)
    assert below.status_code == 422  # the floor holds whoever signs
    carmen.post(path, json={"reason": "Up.", "per_hour": "20.00"})
    proposed = carmen.post(path, json=cut | {"per_hour": "15.00"})

    assert proposed.status_code == 202, proposed.text
    number = proposed.json()["proposal_id"]
    (waits,) = amina.get("/api/v1/council").json()["waiting"]
    assert waits["body"]["asked"]["rate_micros_per_hour"] == 1_500_000_000
    withdrawn = carmen.post(f"/api/v1/council/proposals/{number}/withdraw", json={})
    assert withdrawn.status_code == 200, withdrawn.text
    late = amina.post(
        f"/api/v1/council/proposals/{number}", json={"vote": "sign", "sha256": waits["sha256"]}
    )
    assert (late.status_code, late.json()["code"]) == (409, "decided")
    assert amina.get(f"/api/v1/council/proposals/{number}").json()["state"] == "withdrawn"


def test_a_contract_is_checked_proposed_and_accepted(world: World) -> None:
    carmen, amina = world.client("Carmen"), world.client("Amina")
    assert "this holds by default" in amina.get("/rights/contract").text
    gag = DEFAULT + "\nYou shall not discuss your pay."
    checked = post(world, carmen, "/conduct/contracts", body=gag, do="check")
    assert "kept from talking about pay" in checked.text
    banned = post(world, carmen, "/conduct/contracts", body=gag, do="propose", summary="Hush.")
    assert banned.status_code == 422
    clean = {"body": DEFAULT, "do": "propose", "summary": "Our words.", "project": "0"}
    assert post(world, carmen, "/conduct/contracts", **clean).status_code == 303
    apply_signed_policies(world.house.db, world.cast.clock.now)

    page = amina.get("/rights/contract").text
    sha256 = re.findall(r'name="sha256" value="([0-9a-f]{64})"', page)[0]
    assert post(world, amina, "/rights/contract/1", sha256="0" * 64).status_code == 409
    assert post(world, amina, "/rights/contract/1", sha256=sha256).status_code == 303
    assert "You accepted version 1" in amina.get("/rights/contract").text
    assert "1 person has accepted it" in carmen.get("/conduct/contracts").text
    assert world.client("Amina").get("/conduct/contracts").status_code == 403
