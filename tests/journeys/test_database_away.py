"""The database is away while somebody is at work: the page keeps the answers, and sends them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.engines import PostgresServer, start_postgres, why_no_postgres
from tests.journeys.conftest import Visitors, _let_in
from tests.journeys.desk import Desk
from tests.journeys.hall import Hall
from tests.journeys.pictures import DIGIT, digits
from tests.journeys.test_trouble import NO_NETWORK, hold_tasks_offline
from tests.journeys.watch import shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL that keeps what it acknowledges."""
    reason = why_no_postgres()
    if reason:
        pytest.skip(reason)
    server = start_postgres(durable=True)
    server.run("CREATE DATABASE hall")
    yield server
    server.stop()


@pytest.fixture
def hall_on_postgres(
    postgres: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Hall]:
    """A workspace of one journey on a database that may be ended."""
    monkeypatch.setenv("FAIRHAND_DATABASE_URL", postgres.url("hall"))
    served = Hall(tmp_path_factory.mktemp("away"))
    yield served
    served.close()


@pytest.fixture
def visit_there(
    chrome: Browser, hall_on_postgres: Hall, request: pytest.FixtureRequest
) -> Iterator[Visitors]:
    """Let people into that workspace."""
    yield from _let_in(chrome, hall_on_postgres, request)


def test_answers_given_while_the_database_is_away_arrive_once_when_it_is_back(
    postgres: PostgresServer, hall_on_postgres: Hall, visit_there: Visitors
) -> None:
    hall, visit = hall_on_postgres, visit_there
    amina = hall.person("Amina")
    project = hall.project(DIGIT, digits(8), [amina])
    page = visit(amina)
    visit.watch(page).expect(rf"{NO_NETWORK}|status of 503")
    desk = Desk(page)
    desk.open(project)
    hold_tasks_offline(page)
    held = "SELECT COUNT(*) FROM lease WHERE person_id = :person AND state = 'live'"
    hall.wait(lambda: hall.rows(held, person=amina)[0][0] >= 6)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.wait_for_function(
        "async () => (await (await caches.open('fairhand-images')).keys()).length >= 6"
    )

    postgres.crash()
    answered = {desk.answer("1"), desk.answer("2")}
    desk.says("2 saved on this device")
    shot(page, "database-away")
    page.reload()
    desk.ready()
    answered.add(desk.answer("3"))
    desk.says("3 saved on this device")
    other = page.context.new_page()
    other.goto(f"{hall.url}/earnings")
    expect(other.get_by_text("The database does not answer just now")).to_be_visible()
    shot(other, "database-away-page")
    postgres.start_again()

    answers = hall.await_annotations(project, 3)
    assert {one.task_id for one in answers} == answered
    assert [one.value["digit"] for one in answers] == ["1", "2", "3"]
    assert all(one.counted and one.revision == 1 for one in answers)
    other.get_by_role("link", name="Try again").click()
    expect(other.get_by_text("The database does not answer")).to_have_count(0)
    page.reload()
    desk.ready()
    assert desk.task_id not in answered
    assert len(hall.annotations(project)) == 3
    hall.wait(lambda: hall.paid_ms(amina) > 0)
