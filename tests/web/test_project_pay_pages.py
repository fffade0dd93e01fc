"""A project's pay page, a person's hours and terms, and the same over the API."""

from __future__ import annotations

from typing import Any

import pytest

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant, iso
from fairhand.use_cases.apply_policies import apply_policies
from tests.councils import agree, newcomers, seat_council
from tests.web.world import TestClient, World


@pytest.fixture
def pay(world: World) -> str:
    """The path of the page; the project pays GBP 6 and the floor of its people is 12.71."""
    return f"/projects/{world.project}/pay"


def change(world: World, client: TestClient, **fields: str) -> Any:  # noqa: ANN401  # a response
    path = f"/projects/{world.project}/pay"
    return client.post(path, data=world.form(client, reason="For the season.", **fields))


def in_days(world: World, days: int) -> str:
    return iso(Instant(world.cast.clock.now + days * DAY_MS))[:10]


def test_the_page_says_what_is_paid_and_the_floor_that_it_must_reach(
    world: World, pay: str
) -> None:
    page = world.client("a manager").get(pay).text

    assert "GBP 6.00 for each hour, by the clock." in page
    assert "GBP 12.71" in page
    assert "An hour of work pays GBP 6.00." in page
    assert f'href="/projects/{world.project}/forecast"' in page
    assert f'href="{pay}"' in world.client("Carmen").get(f"/projects/{world.project}").text
    assert f'href="{pay}"' not in world.client("Bao").get(f"/projects/{world.project}").text


def test_a_preview_shows_the_new_words_and_changes_nothing(world: World, pay: str) -> None:
    client = world.client("a manager")

    page = change(world, client, basis="piece", unit="0.10", per_hour="13.00")

    assert page.status_code == 200
    assert "GBP 0.10 for each answer, and never less than GBP 13.00 for each hour." in page.text
    assert "Nobody gets less by it." in page.text
    assert 'value="0.10"' in page.text
    assert "GBP 6.00 for each hour, by the clock." in client.get(pay).text


def test_a_raise_is_made_and_stands_in_the_history(world: World, pay: str) -> None:
    client = world.client("a manager")

    done = change(world, client, do="change", per_hour="13.00", hazard="2")

    assert (done.status_code, done.headers["location"]) == (303, pay)
    page = client.get(pay).text
    assert "GBP 13.00 for each hour, by the clock. GBP 2.00 more per hour" in page
    assert "For the season." in page


def test_a_guarantee_below_the_floor_is_refused_beside_its_field(world: World) -> None:
    page = change(world, world.client("a manager"), do="change", per_hour="12.70")

    assert page.status_code == 422
    assert "below the floor of GBP 12.71 an hour of people in GB" in page.text
    assert 'aria-invalid="true"' in page.text
    assert 'value="12.70"' in page.text


def test_a_cut_is_refused_without_notice_and_told_to_everybody_with_it(world: World) -> None:
    client = world.client("a manager")
    change(world, client, do="change", per_hour="15.00")

    early = change(world, client, do="change", per_hour="13.00", valid_from=in_days(world, 3))
    assert early.status_code == 422
    assert "People are told 7 days before" in early.text
    cut = {"do": "change", "per_hour": "13.00", "valid_from": in_days(world, 9)}
    alone = change(world, client, **cut)
    assert alone.status_code == 422
    assert "No council has been elected" in alone.text
    now = world.cast.clock.now
    seat_council(world.house.db, newcomers(world.house.db, 1, now), now)
    assert change(world, client, **cut).status_code == 303
    assert "waits for the council" in client.get(f"/projects/{world.project}/pay").text
    agree(world.house.db, 1, now)

    told = world.client("Amina").get("/earnings/bookings").text
    assert "GBP 15.00 for each hour" in told
    assert "From 30 Nov 2026: GBP 13.00 for each hour" in told
    assert "For the season." in told
    world.cast.clock.advance(9 * DAY_MS)
    apply_policies(world.house.db, world.cast.clock.now)
    assert "From 30 Nov" not in world.client("Amina").get("/earnings/bookings").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"per_hour": "much"}, "is not an amount"),
        ({"per_hour": "13.001"}, "more than 2 digits"),
        ({"per_hour": "9" * 40}, "is not an amount"),
        ({"basis": "wish", "per_hour": "13"}, "Pay by time, piece or audio"),
        ({"basis": "piece", "per_hour": "13"}, "more than nothing"),
        ({"min_block": "-5", "per_hour": "13"}, "whole minutes"),
        ({"min_block": "9999", "per_hour": "13"}, "0 to 480"),
        ({"cancel": "101", "per_hour": "13"}, "0 to 100"),
        ({"valid_from": "soon", "per_hour": "13"}, "Give a date"),
        ({"valid_from": "0001-01-01", "per_hour": "13"}, "has passed"),
        ({"valid_from": "9999-12-31", "per_hour": "13"}, "within two years"),
        ({"reprices_itself": "perhaps", "per_hour": "13"}, "Say yes or no"),
        ({"reason": "", "per_hour": "13"}, "reason"),
    ],
)
def test_what_cannot_be_a_policy_is_said_and_keeps_what_was_typed(
    world: World, fields: dict[str, str], said: str
) -> None:
    client = world.client("a manager")
    data = world.form(client, do="change", **{"reason": "For the season.", **fields})

    page = client.post(f"/projects/{world.project}/pay", data=data)

    assert page.status_code == 422
    assert said in page.text
    assert world.cast.rows("SELECT max(version) FROM pay_policy") == [(1,)]


def book(world: World, client: TestClient, after_ms: int = HOUR_MS) -> int:
    """Offer Amina two hours; give the booking's number."""
    starts_at = Instant(world.cast.clock.now + after_ms)
    body = {
        "person_id": world.people["Amina"],
        "starts_at": iso(starts_at),
        "ends_at": iso(Instant(starts_at + 2 * HOUR_MS)),
    }
    answer = client.post(f"/api/v1/projects/{world.project}/bookings", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["booking"]["id"])


def test_hours_are_offered_accepted_and_called_off_late_with_pay(world: World, pay: str) -> None:
    manager, amina = world.client("a manager"), world.client("Amina")
    fields = {"starts_at": "2026-11-22T08:00", "ends_at": "2026-11-22T10:00"}
    who = str(world.people["Amina"])
    made = manager.post(f"{pay}/bookings", data=world.form(manager, person_id=who, **fields))
    assert made.status_code == 303
    number = world.cast.rows("SELECT max(id) FROM booking")[0][0]
    assert "Offered to you" in amina.get("/earnings/bookings").text

    said = amina.post(f"/earnings/bookings/{number}", data=world.form(amina, answer="accept"))
    assert said.status_code == 303
    assert "accepted" in manager.get(pay).text
    gone = manager.post(f"{pay}/bookings/{number}/cancel", data=world.form(manager))

    assert gone.status_code == 303
    assert "called off" in amina.get("/earnings/bookings").text
    assert world.cast.rows("SELECT basis, amount_micros FROM accrual") == [
        ("cancellation", 600_000_000)
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"person_id": "nobody", "starts_at": "2026-11-22T08:00", "ends_at": "2026-11-22T10:00"},
        {"person_id": "9" * 60, "starts_at": "2026-11-22T08:00", "ends_at": "2026-11-22T10:00"},
        {"person_id": "2", "starts_at": "then", "ends_at": "2026-11-22T10:00"},
        {"person_id": "2", "starts_at": "2020-11-22T08:00", "ends_at": "2020-11-22T10:00"},
        {"person_id": "2", "starts_at": "2026-11-22T08:00", "ends_at": "2026-11-22T07:00"},
    ],
)
def test_hours_that_cannot_be_booked_are_refused_in_words(
    world: World, pay: str, fields: dict[str, str]
) -> None:
    client = world.client("a manager")

    page = client.post(f"{pay}/bookings", data=world.form(client, **fields))

    assert page.status_code in (404, 422)
    assert 'role="alert"' in page.text
    assert world.cast.rows("SELECT count(*) FROM booking") == [(0,)]


def test_nobody_answers_for_another_and_a_strange_answer_is_refused(world: World) -> None:
    number = book(world, world.client("a manager"))
    dmitri, amina = world.client("Dmitri"), world.client("Amina")

    for client, answer, status in (
        (dmitri, "accept", 404),
        (amina, "perhaps", 422),
        (amina, "cancel", 303),
        (amina, "accept", 409),
    ):
        sent = client.post(f"/earnings/bookings/{number}", data=world.form(client, answer=answer))
        assert sent.status_code == status
    assert (
        dmitri.post(f"/api/v1/me/bookings/{number}", json={"answer": "accept"}).status_code == 404
    )


def test_the_api_shows_and_changes_the_policy(world: World) -> None:
    client = world.bearer(world.token("a manager", "manage"))
    path = f"/api/v1/projects/{world.project}/pay-policy"
    asked = {"reason": "Pay by the answer.", "basis": "piece", "unit": "0.10", "per_hour": "13.00"}

    seen = client.post(path, json={**asked, "preview": True})
    assert (seen.status_code, seen.json()["lowers"]) == (200, [])
    made = client.post(path, json={**asked, "min_block": 15, "reprices_itself": True})

    assert made.status_code == 201, made.text
    shown = client.get(path).json()
    assert shown["policy"]["version"] == 2
    assert shown["policy"]["unit"] == "0.10"
    assert shown["policy"]["min_block"] == 15
    assert shown["policy"]["reprices_itself"] is True
    assert shown["top_up"]["alarm"] is False
    assert len(shown["versions"]) == 2


def test_a_token_cannot_lower_a_rate_without_notice(world: World) -> None:
    """Row 14 of the requirements: no automated pay cut; a script is held to the same notice."""
    client = world.bearer(world.token("a manager", "manage"))
    path = f"/api/v1/projects/{world.project}/pay-policy"
    client.post(path, json={"reason": "Up.", "per_hour": "15.00"})

    refused = client.post(path, json={"reason": "Down.", "per_hour": "14.00"})

    assert refused.status_code == 422
    assert refused.json()["issues"][0]["place"] == "valid_from"
    for scope in ("read", "work"):
        weak = world.bearer(world.token("a manager", scope))
        assert weak.post(path, json={"reason": "Up.", "per_hour": "16.00"}).status_code == 403


@pytest.mark.parametrize("who", ["Amina", "Bao", "Dmitri"])
def test_only_those_who_pay_see_and_change_pay(world: World, pay: str, who: str) -> None:
    client = world.client(who)

    assert client.get(pay).status_code in (403, 404)
    assert change(world, client, do="change", per_hour="13.00").status_code in (403, 404)
    assert client.get(f"/api/v1/projects/{world.project}/bookings").status_code in (403, 404)


def test_an_auditor_reads_and_does_not_change(world: World, pay: str) -> None:
    client = world.client("Farid")

    page = client.get(pay)

    assert page.status_code == 200
    assert "Change the pay" not in page.text
    assert change(world, client, do="change", per_hour="13.00").status_code == 403
