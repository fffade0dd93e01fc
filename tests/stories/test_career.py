"""A reviewer is paid the step from the hour they hold it, and keeps it when it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairhand.core.clock import DAY_MS, MINUTE_MS
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.core.money import MICROS
from fairhand.people.talent.career import Needs
from fairhand.storage.database import Database
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.end_career_step import end_career_step
from fairhand.use_cases.give_role import GiveRole, give_role
from fairhand.use_cases.read_path import read_path, read_steps
from fairhand.use_cases.set_career_step import SetCareerStep, set_career_step
from tests.cast import Cast
from tests.stories.terminal import Terminal

MINUTE = MINUTE_MS


def work(cast: Cast, who: int, project: int) -> None:
    """Answer one task in a minute."""
    task = cast.next_task(who, project)
    cast.clock.advance(MINUTE)
    cast.submit(who, task)


def premiums(cast: Cast, who: int) -> list[tuple[Any, ...]]:
    """List what was paid on top: milliseconds and micros."""
    return cast.rows(
        "SELECT quantity, amount_micros FROM accrual WHERE person_id = :who AND basis = 'premium'",
        who=who,
    )


def close(cast: Cast) -> None:
    close_pay_period(cast.db, ClosePayPeriod(cast.clock.now, closed_by=cast.carmen), cast.clock.now)


def test_a_step_is_paid_from_the_role_on_and_kept_when_it_ends(db: Database) -> None:
    cast = Cast(db)
    cast.load_floors()
    rate = 15 * 100 * MICROS
    project = cast.project("Amina", "Bao", tasks=8, rate=rate)
    amina = cast.people["Amina"]
    command = SetCareerStep(cast.carmen, "reviewer", "Reviewer", Needs(answers=1), 100)
    step = set_career_step(cast.db, command, cast.clock.now)
    ahead = read_path(cast.db, amina, cast.clock.now).steps[0]
    assert (ahead.state, ahead.missing[0].want) == ("ahead", 1)

    work(cast, amina, project)
    assert read_path(cast.db, amina, cast.clock.now).steps[0].state == "ready"
    give_role(cast.db, GiveRole(amina, "reviewer", 0), cast.clock.now)
    end_career_step(cast.db, step, cast.carmen, cast.clock.advance(1))
    assert read_path(cast.db, amina, cast.clock.now).steps[0].state == "held"
    assert read_steps(cast.db).steps == ()
    work(cast, amina, project)
    work(cast, cast.people["Bao"], project)
    cast.clock.advance(DAY_MS)
    close(cast)

    ((paid_ms, amount),) = premiums(cast, amina)
    assert paid_ms >= MINUTE
    assert amount == -(-rate // 10 * paid_ms // 3_600_000)
    assert premiums(cast, cast.people["Bao"]) == []
    with pytest.raises(NotFoundError):
        end_career_step(cast.db, step, cast.carmen, cast.clock.now)


def test_a_step_names_only_what_there_is(sqlite_db: Database) -> None:
    cast = Cast(sqlite_db)

    unknown = SetCareerStep(cast.carmen, "reviewer", "", Needs(skills=(9,)))
    elsewhere = SetCareerStep(cast.carmen, "reviewer", "Reviewer", project_id=9)

    with pytest.raises(InvalidError) as refused:
        set_career_step(cast.db, unknown, cast.clock.now)
    assert [one.place for one in refused.value.issues] == ["title", "skills"]
    with pytest.raises(NotFoundError):
        set_career_step(cast.db, elsewhere, cast.clock.now)


def test_the_terminal_sets_steps_and_finds_people(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "workspace")
    terminal.init()
    terminal.ok("talent", "add-skill", "Swahili", "--kind", "language")
    step = ("talent", "set-step", "reviewer", "Reviewer", "--skill", "swahili", "--pay", "7.5")
    terminal.ok(*step, "--answers", "50")

    (mine,) = terminal.ok("talent", "path", "1", "--json").json["steps"]
    assert (mine["state"], mine["pay_permille"], len(mine["missing"])) == ("ahead", 75, 2)
    assert terminal.run("talent", "search", "--skill", "Finnish").code == 2
    found = terminal.ok("talent", "search", "--skill", "Swahili", "--json").json
    assert found == {"found": [], "listed": 0}
