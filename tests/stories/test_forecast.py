"""A project is forecast before it opens, while it runs and when it is done; on both databases."""

from __future__ import annotations

import json

import pytest

from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.core.money import MICROS
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.read_forecast import ProjectForecast, WhatIf, read_forecast
from fairhand.use_cases.read_project import read_status
from tests.cast import Cast

GBP_13 = 13 * 100 * MICROS
FLOOR = 1_271 * MICROS


@pytest.fixture
def cast(db: Database) -> Cast:
    made = Cast(db)
    made.load_floors()
    return made


def forecast(cast: Cast, project: int, **what_if: object) -> ProjectForecast:
    return read_forecast(cast.db, project, cast.clock.now, WhatIf(**what_if))  # type: ignore[arg-type]


def answer(cast: Cast, who: str, project: int, tasks: int, seconds: int = 20) -> None:
    for _ in range(tasks):
        task_id = cast.next_task(cast.person(who), project)
        cast.clock.advance(seconds * 1_000)
        cast.submit(cast.person(who), task_id)


def test_a_project_without_answers_is_forecast_from_its_owners_guess(cast: Cast) -> None:
    project = cast.project("Amina", tasks=100, overlap=2, max_overlap=4, rate=GBP_13)

    found = forecast(cast, project)

    assert found.forecast.tasks_left == 100
    assert 200 <= found.forecast.answers.p10 <= found.forecast.answers.p90 <= 400
    assert found.forecast.measured == 0
    assert "your guess of 20 s" in found.assumptions[0]
    assert found.forecast.escrow_micros == 100_000 * MICROS
    assert found.forecast.top_up_share.p90 == 0, "13.00 is above the floor of 12.71"
    assert (found.estimate, found.said) == (None, None)
    assert found == forecast(cast, project), "the same data give the same forecast"


def test_a_rate_below_the_floor_shows_as_top_ups(cast: Cast) -> None:
    project = cast.project("Amina", tasks=50, rate=6 * 100 * MICROS)

    assert forecast(cast, project).forecast.top_up_share.p50 == pytest.approx(
        12.71 / 6 - 1, rel=1e-3
    )


def test_supposing_something_else_changes_the_forecast_and_nothing_besides(cast: Cast) -> None:
    project = cast.project("Amina", tasks=100, overlap=2, max_overlap=5, rate=GBP_13)
    as_it_is = forecast(cast, project)

    fewer = forecast(cast, project, overlap=2)
    dearer = forecast(cast, project, rate_micros_per_hour=2 * GBP_13)
    surer = forecast(cast, project, target=0.999)
    more = forecast(cast, project, people=10)

    assert fewer.forecast.answers.p90 == 200
    assert fewer.is_otherwise
    assert not as_it_is.is_otherwise
    assert dearer.forecast.money.p50 == pytest.approx(2 * as_it_is.forecast.money.p50, rel=0.01)
    assert surer.forecast.answers.p50 > as_it_is.forecast.answers.p50
    assert more.forecast.days.p50 < as_it_is.forecast.days.p50 / 5
    assert forecast(cast, project) == as_it_is


@pytest.mark.parametrize(
    ("what_if", "place"),
    [
        (WhatIf(overlap=0), "overlap"),
        (WhatIf(overlap=51), "overlap"),
        (WhatIf(target=1.0), "target"),
        (WhatIf(rate_micros_per_hour=0), "per_hour"),
        (WhatIf(rate_micros_per_hour=10**16), "per_hour"),
        (WhatIf(people=0), "people"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    sqlite_db: Database, what_if: WhatIf, place: str
) -> None:
    cast = Cast(sqlite_db)
    project = cast.project()

    with pytest.raises(InvalidError) as refused:
        read_forecast(cast.db, project, cast.clock.now, what_if)

    assert [issue.place for issue in refused.value.issues] == [place]
    with pytest.raises(NotFoundError):
        read_forecast(cast.db, 999, cast.clock.now)


def test_answers_that_came_are_measured_and_what_is_left_shrinks(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=40, overlap=2, rate=GBP_13)
    before = forecast(cast, project)
    for who in ("Amina", "Bao"):
        answer(cast, who, project, 20, seconds=10)
    aggregate_labels(cast.db, project, cast.clock.now)

    found = forecast(cast, project)

    assert found.finished_tasks == 20
    assert found.forecast.tasks_left == 20
    assert found.forecast.measured == 40
    assert 9 < found.forecast.seconds.p50 < 13
    assert found.forecast.money.p50 < before.forecast.money.p50 / 3
    width, was = found.forecast.money, before.forecast.money
    assert width.p90 / width.p50 < was.p90 / was.p50
    spent = read_status(cast.db, project, cast.clock.now).spent
    assert found.forecast.spent_micros // MICROS == round(float(spent) * 100)


def test_the_forecast_is_kept_when_a_project_opens(cast: Cast) -> None:
    project = cast.project("Amina", tasks=30, rate=GBP_13)
    before = forecast(cast, project)
    cast.set_mode(project, "open")

    said = forecast(cast, project).said
    assert said is not None
    assert (said.total_p50, said.tasks) == (round(before.forecast.total.p50), 30)
    body = json.loads(cast.rows("SELECT body FROM forecast_made")[0][0])
    assert body["currency"] == "GBP"
    assert len(body["assumptions"]) >= 3

    cast.set_mode(project, "paused")
    assert cast.rows("SELECT count(*) FROM forecast_made") == [(1,)], "kept at openings only"


def test_a_finished_project_costs_nothing_more(cast: Cast) -> None:
    project = cast.project("Amina", tasks=3, overlap=1, rate=GBP_13)
    answer(cast, "Amina", project, 3)
    aggregate_labels(cast.db, project, cast.clock.now)

    found = forecast(cast, project).forecast

    assert found.tasks_left == 0
    assert found.money.p90 == 0
    assert found.spent_micros > 0


def test_top_ups_that_work_done_waits_for_are_counted(cast: Cast) -> None:
    project = cast.project("Amina", tasks=3, overlap=1, rate=6 * 100 * MICROS)
    answer(cast, "Amina", project, 3, seconds=100)
    aggregate_labels(cast.db, project, cast.clock.now)

    owed = forecast(cast, project).forecast.money

    hours = 300 / 3_600
    assert owed.p50 == pytest.approx(hours * (FLOOR - 6 * 100 * MICROS), rel=0.01)
