"""The forecast page, its API and command, and what offers tell: the same numbers everywhere."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import event

from fairhand.client import Client, FairhandError
from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.money import MICROS
from fairhand.pay.policies.store import add_policy, load_policy_at
from fairhand.people.accounts import store as accounts
from fairhand.use_cases.read_offers import list_offers
from fairhand.use_cases.refresh_estimates import refresh_estimates
from tests.readied import make_ready
from tests.web.test_pages import answer_tasks
from tests.web.world import World

PAGE = "/projects/1/forecast"
API = "/api/v1/projects/1/forecast"


def test_the_page_says_what_is_missing_and_leads_to_funding(world: World) -> None:
    world.cast.add_tasks(world.project, 30_000)

    page = world.client("Carmen").get(PAGE)

    assert page.status_code == 200
    assert "more should be set aside" in page.text
    assert 'href="/projects/1#do"' in page.text
    assert "seconds an answer takes" in page.text
    assert "your guess" in page.text
    assert "With 30 more measured answers the range shrinks" in page.text


def test_supposing_something_shows_it_beside_what_is(world: World) -> None:
    world.cast.add_tasks(world.project, 50)
    client = world.client("Carmen")

    page = client.get(f"{PAGE}?overlap=1&per_hour=14.00&people=7&target=95+%25")

    assert page.status_code == 200
    assert "supposing" in page.text
    assert "with 7 people" in page.text
    assert "Nothing has been changed by looking" in page.text
    assert 'value="14.00"' in page.text


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("overlap=none", "overlap"),
        ("overlap=99999999999999999999", "overlap"),
        ("overlap=-1", "overlap"),
        ("overlap=51", "overlap"),
        ("target=2", "target"),
        ("target=nan", "target"),
        ("target=0.3", "target"),
        ("per_hour=1e9", "per_hour"),
        ("per_hour=0", "per_hour"),
        ("per_hour=-3", "per_hour"),
        ("people=%F0%9F%8C%8D", "people"),
        ("people=1000000", "people"),
        ("people=%D9%A3", "people"),
        ("overlap=%00", "overlap"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(world: World, query: str, place: str) -> None:
    client = world.client("Carmen")

    page, answer = client.get(f"{PAGE}?{query}"), client.get(f"{API}?{query}")

    assert page.status_code == answer.status_code == 422
    assert f'id="{place}-wrong"' in page.text
    assert [issue["place"] for issue in answer.json()["issues"]] == [place]


def test_a_long_text_is_cut_and_refused(world: World) -> None:
    assert world.client("Carmen").get(f"{PAGE}?overlap={'9' * 5_000}").status_code == 422


def test_only_who_runs_a_project_sees_its_forecast(world: World) -> None:
    for who, status in (("Amina", 403), ("Esi", 403), ("Carmen", 200), ("a manager", 200)):
        assert world.client(who).get(PAGE).status_code == status
        assert world.client(who).get(API).status_code == status
    assert world.client("Carmen").get("/projects/999/forecast").status_code == 404


def test_page_and_api_tell_the_same(world: World) -> None:
    client = world.client("Carmen")

    found = client.get(API).json()
    page = client.get(PAGE).text

    assert f"{found['currency']} {found['to_spend']['p90']}" in page
    assert found["tasks_left"] == 5
    assert found["levers"][0]["input"] == "seconds an answer takes"
    assert set(found["hours"]) == {"p10", "p50", "p90"}


def test_an_empty_project_says_where_to_begin(world: World) -> None:
    empty = world.cast.project(tasks=0)

    page = world.client("Carmen").get(f"/projects/{empty}/forecast")

    assert page.status_code == 200
    assert "There are no tasks yet" in page.text
    assert world.client("Carmen").get(f"/api/v1/projects/{empty}/forecast").status_code == 200


def test_what_was_told_and_what_came_of_it_is_on_the_page(world: World) -> None:
    world.cast.add_tasks(world.project, 60)
    answer_tasks(world, world.client("Amina"), 35)
    refresh_estimates(world.house.db, world.cast.clock.now)
    answer_tasks(world, world.client("Amina"), 12)
    refresh_estimates(world.house.db, world.cast.clock.now)

    page = world.client("Carmen").get(PAGE).text

    assert "measured on 47 answers" in page
    assert re.search(r"<strong>\d+ %</strong> did", page)


def test_the_gate_warns_of_too_little_money_and_blocks_nothing(world: World) -> None:
    world.cast.add_tasks(world.project, 30_000)
    client = world.client("Carmen")

    page = client.get("/projects/1").text

    assert "Nine times in ten the project costs less than" in page
    assert "This does not keep the project from opening" in page
    assert 'href="/projects/1/forecast"' in page
    make_ready(world.house.db, 1, world.cast.carmen, world.cast.clock.now)
    assert client.post("/api/v1/projects/1/mode", json={"mode": "open"}).status_code == 200
    opened = client.get("/projects/1").text
    assert "GBP 1000.00 are set aside" in opened, "it still holds the project up"
    assert "This does not keep the project from opening" not in opened
    assert "When the project opened" in client.get(PAGE).text


def test_an_offer_tells_pay_time_floor_and_what_is_left(world: World) -> None:
    home = world.client("Amina").get("/").text
    offers = world.client("Amina").get("/api/v1/me/offers").json()["offers"]

    assert "Half of the tasks take less than 20 s, nine in ten less than 50 s (a first " in home
    assert "5 tasks left" in home
    assert "Your floor is GBP 12.71 an hour" in home
    assert "Money comes after each pay period is closed" in home
    mine = next(one for one in offers if one["project_id"] == world.project)
    assert mine["your_floor"]["per_hour"] == "12.71"
    assert (mine["half_less_than_s"], mine["nine_in_ten_less_than_s"]) == (20.0, 50.0)
    assert (mine["tasks_left"], mine["tasks_left_at_least"]) == (5, False)
    assert mine["joined"] is True
    assert mine["coming"] == []


def test_a_planned_change_of_pay_is_told_on_the_offer(world: World) -> None:
    later = Instant(world.cast.clock.now + 14 * DAY_MS)
    with world.house.db.write() as connection:
        now = load_policy_at(connection, world.project, world.cast.clock.now)
        assert now is not None
        better = replace(
            now, version=2, rate_micros_per_hour=1_400 * MICROS, valid_from=later, reason="More."
        )
        add_policy(connection, better)

    home = world.client("Amina").get("/").text
    offers = world.client("Amina").get("/api/v1/me/offers").json()["offers"]

    assert "From 5 Dec 2026: GBP 14.00 for each hour" in home
    (coming,) = next(one["coming"] for one in offers if one["project_id"] == world.project)
    assert coming["from"].startswith("2026-12-05")
    assert coming["reason"] == "More."


def test_any_number_of_offers_takes_the_same_few_queries(world: World) -> None:
    queries_for_offers(world)
    few = queries_for_offers(world)
    for _ in range(8):
        world.cast.project("Amina", tasks=1)

    queries_for_offers(world)  # reads what the new projects ask, which is kept
    assert queries_for_offers(world) == few


def queries_for_offers(world: World) -> int:
    """Count the statements that Amina's offers take."""
    with world.house.db.read() as connection:
        amina = accounts.load_actor_by_session(
            connection, world.session("Amina")[0], world.cast.clock.now
        )
    assert amina is not None
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(world.house.db.engine, "before_cursor_execute", note)
    try:
        assert list_offers(world.house.db, amina, world.cast.clock.now)
    finally:
        event.remove(world.house.db.engine, "before_cursor_execute", note)
    return len(seen)


def test_both_databases_forecast_and_offer(world_on_both: World) -> None:
    assert world_on_both.client("Carmen").get(PAGE).status_code == 200
    assert world_on_both.client("Amina").get("/").status_code == 200


def test_the_sdk_forecasts_and_lists_offers(world: World) -> None:
    """The client against the app itself: what it asks is what the server understands."""
    with Client("http://test", world.token("Carmen", "read"), transport=_into(world)) as carmen:
        found = carmen.forecast(world.project, overlap=1, target=0.9, per_hour="14.00", people=3)
        with pytest.raises(FairhandError) as refused:
            carmen.forecast(world.project, overlap=99)
    with Client("http://test", world.token("Amina", "work"), transport=_into(world)) as amina:
        offers = amina.offers()

    assert (found["people"], found["otherwise"]) == (3, True)
    assert refused.value.issues[0].place == "overlap"
    assert {one["project_id"] for one in offers} >= {world.project}


def _into(world: World) -> httpx.MockTransport:
    """Hand the client's requests to the app."""
    app = world.client()

    def answer(request: httpx.Request) -> httpx.Response:
        given = app.request(
            request.method,
            str(request.url),
            content=request.content,
            headers=dict(request.headers),
        )
        return httpx.Response(given.status_code, content=given.content)

    return httpx.MockTransport(answer)
