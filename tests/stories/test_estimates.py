"""Estimates are told, scored by what follows, and told anew; on both databases."""

from __future__ import annotations

import pytest

from fairhand.core.clock import Instant
from fairhand.pay.estimates import store
from fairhand.pay.estimates.rules import Score
from fairhand.storage.database import Database
from fairhand.use_cases.refresh_estimates import refresh_estimates
from tests.cast import Cast


@pytest.fixture
def cast(db: Database) -> Cast:
    made = Cast(db)
    made.load_floors()
    return made


def answer(cast: Cast, who: str, project: int, seconds: list[int]) -> None:
    """Answer tasks one after the other, each taking so many seconds."""
    for each in seconds:
        task_id = cast.next_task(cast.person(who), project)
        cast.clock.advance(each * 1_000)
        cast.submit(cast.person(who), task_id)


def test_a_new_project_tells_the_owners_guess_and_says_so_in_the_log(cast: Cast) -> None:
    project = cast.project("Amina", tasks=3)

    assert refresh_estimates(cast.db, cast.clock.now) == 1
    assert refresh_estimates(cast.db, cast.clock.now) == 0

    with cast.db.read() as connection:
        told = store.load_latest(connection, [project, 999])[project].told
        assert store.load_latest(connection, []) == {}
    assert (told.p50_ms, told.p90_ms, told.basis) == (20_000, 50_000, "kind")
    assert cast.rows("SELECT count(*) FROM event WHERE kind = 'pay.estimates_told'") == [(1,)]


def test_after_thirty_answers_the_measured_times_are_told_and_scored(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=70, overlap=2)
    refresh_estimates(cast.db, cast.clock.now)
    for who in ("Amina", "Bao"):
        answer(cast, who, project, [8, 9, 10, 11, 12] * 4)

    assert refresh_estimates(cast.db, cast.clock.now) == 1
    with cast.db.read() as connection:
        first = store.load_latest(connection, [project])[project]
    assert (first.told.basis, first.told.items) == ("measured", 40)
    assert 8_500 <= first.told.p50_ms <= 11_500
    assert first.told.p90_ms >= 11_000

    # Her first answer after a while holds the paid time since her last one, two minutes at most.
    answer(cast, "Amina", project, [9, 9, 100])
    assert refresh_estimates(cast.db, cast.clock.now) == 0, "three answers change nothing told"
    with cast.db.read() as connection:
        assert store.load_latest(connection, [project])[project].score == Score(3, 1, 1)

    answer(cast, "Amina", project, [9] * 10)
    assert refresh_estimates(cast.db, cast.clock.now) == 1
    with cast.db.read() as connection:
        assert store.load_latest(connection, [project])[project].told.items == 53
        found = store.load_calibration(connection, project)
    assert (found.estimates, found.score.scored) == (1, 10)
    assert found.score.within_p90 == 10, "the latest ten answers of the one person"


def test_a_changed_guess_is_told_anew_while_nothing_is_measured(cast: Cast) -> None:
    project = cast.project("Amina")
    refresh_estimates(cast.db, cast.clock.now)
    cast.change("UPDATE project SET expected_ms = 45000")

    assert refresh_estimates(cast.db, Instant(cast.clock.now + 1)) == 1
    with cast.db.read() as connection:
        assert store.load_latest(connection, [project])[project].told.p50_ms == 45_000


def test_nobody_is_told_about_a_closed_project(cast: Cast) -> None:
    project = cast.project("Amina")
    cast.set_mode(project, "closed")

    assert refresh_estimates(cast.db, cast.clock.now) == 0
