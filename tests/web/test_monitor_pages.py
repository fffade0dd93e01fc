"""The pages and the API of the register, monitors, conditions and self-scores."""

from __future__ import annotations

from fairhand.core.clock import DAY_MS
from fairhand.use_cases.watch_conduct import watch_conduct
from tests.planted import Planted, plant_rubber_stamper
from tests.web.world import World

NOTE = "I read the appeals again with Carmen, and four are reopened."
WHY = "The figures look odd since Monday."


def test_an_incident_is_read_and_closed_with_a_note(world: World) -> None:
    plant_rubber_stamper(Planted(world.cast, 8, tasks=0), world.people["Bao"])
    (incident,) = watch_conduct(world.house.db, world.cast.clock.now)
    carmen = world.client("Carmen")

    page = carmen.get("/conduct/monitors").text
    assert "confirmed 40 of 40 decisions" in page
    assert "The reviewer: Bao" in page
    path = f"/conduct/monitors/{incident}/close"
    short = carmen.post(path, data=world.form(carmen, note="fine"))
    assert (short.status_code, "20 to 4,000 letters" in short.text) == (422, True)
    assert carmen.post(path, data=world.form(carmen, note=NOTE)).status_code == 303
    assert NOTE in carmen.get("/conduct/monitors").text
    again = carmen.post(f"/api/v1/conduct/incidents/{incident}/close", json={"note": NOTE})
    assert again.status_code == 409


def test_no_token_switches_a_system_or_closes_an_incident(world: World) -> None:
    script = world.bearer(world.token("Carmen", "manage"))

    off = {"is_on": False, "reason": WHY}
    assert script.put("/api/v1/conduct/systems/watch.drift", json=off).status_code == 403
    assert script.post("/api/v1/conduct/incidents/1/close", json={"note": NOTE}).status_code == 403
    assert script.get("/api/v1/conduct/systems").status_code == 200


def test_a_system_is_switched_off_on_its_page(world: World) -> None:
    carmen = world.client("Carmen")
    fields = world.form(carmen, name="watch.drift", is_on="off", reason=WHY)

    assert carmen.post("/conduct/systems", data=fields).status_code == 303

    assert "switched off" in carmen.get("/conduct/systems").text
    listed = carmen.get("/api/v1/conduct/systems").json()["systems"]
    (drift,) = [one for one in listed if one["name"] == "watch.drift"]
    assert drift["is_on"] is False
    assert drift["switched"]["by"] == "Carmen"


def test_scores_show_their_queries_and_claim_nothing(world: World) -> None:
    carmen = world.client("Carmen")
    world.cast.clock.advance(DAY_MS)

    page = carmen.get("/conduct/scores").text
    told = carmen.get("/api/v1/conduct/self-scores").json()

    assert "not a score of Fairwork" in page
    assert "SELECT" in page
    lines = {one["name"]: one["lines"] for one in told["frameworks"]}
    assert all(line["query"] and line["evidence"] for each in lines.values() for line in each)
    assert not any(line["read_in_full"] for line in lines["c193"] + lines["pwd"])


def test_what_a_person_says_of_themselves_is_for_their_own_page_alone(world: World) -> None:
    amina = world.client("Amina")
    fields = world.form(amina, gender="woman", caring="yes")
    assert amina.post("/rights/groups", data=fields).status_code == 303
    assert '<option value="woman" selected>' in amina.get("/rights/groups").text

    wrong = amina.post("/rights/groups", data=world.form(amina, gender="tall"))
    assert wrong.status_code == 422
    kept = amina.put("/api/v1/me/groups", json={"groups": {"caring": ""}}).json()
    assert kept == {"groups": {"gender": "woman"}}
    carmen = world.client("Carmen")
    for path in ("/conduct/monitors", "/api/v1/conduct/monitors", "/conduct/conditions"):
        assert "woman" not in carmen.get(path).text


def test_council_pages_are_for_those_who_sit_there(world: World) -> None:
    for who in ("Carmen", "Amina"):
        assert world.client(who).get("/council/monitors").status_code == 403
