"""The server's clock jumps an hour, forward and back; leases, pay, statements, log stay right."""

from __future__ import annotations

import random

import pytest

from fairhand.core.clock import HOUR_MS, MINUTE_MS, SECOND_MS, Instant
from fairhand.core.errors import InvalidError
from fairhand.people.accounts import store as accounts
from fairhand.proof.log import store as log
from fairhand.proof.log.checkpoint import open_checkpoint
from fairhand.storage.database import Database
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.seal_log import seal_log
from tests.cast import LEASE_MS, MORNING, SIGNER, Cast
from tests.invariants import checks

JUMPS = (HOUR_MS, -HOUR_MS, -2 * HOUR_MS, 2 * HOUR_MS)


@pytest.fixture
def cast(db: Database) -> Cast:
    """A workspace with wage floors."""
    made = Cast(db)
    made.load_floors()
    return made


def paid_ms(cast: Cast) -> int:
    """How much time was paid in all."""
    return int(cast.rows("SELECT COALESCE(SUM(paid_ms), 0) FROM accrual")[0][0])


def check(cast: Cast) -> None:
    """What always holds, holds; the log grew and every signed root is one of the same log."""
    seal_log(cast.db, SIGNER, cast.clock.now)
    with cast.db.read() as connection:
        checks.check_always(connection)
        checks.check_consistent(connection, SIGNER)


def work(cast: Cast, project: int, name: str, seconds: int) -> None:
    """Take a task, work on it, submit."""
    person = cast.person(name)
    got = cast.next(person, project)
    if got.sheet is None:
        return
    cast.clock.advance(seconds * SECOND_MS)
    cast.submit(person, got.sheet.task.id)


@pytest.mark.parametrize("jump", JUMPS)
def test_a_jump_in_the_middle_of_a_task_is_neither_paid_nor_taken_away(
    cast: Cast, jump: int
) -> None:
    project = cast.project("Amina", tasks=6)
    amina = cast.person("Amina")
    for _ in range(2):
        work(cast, project, "Amina", 30)
    before = paid_ms(cast)
    task = cast.next_task(amina, project)
    cast.clock.advance(jump)
    cast.reap()
    cast.clock.advance(20 * SECOND_MS)
    cast.submit(amina, task)
    assert before <= paid_ms(cast) <= before + 11 * MINUTE_MS, "the idle cap, never the hour"
    check(cast)
    for _ in range(3):
        work(cast, project, "Amina", 30)
    assert paid_ms(cast) >= before + 60 * SECOND_MS, "work after the jump is paid as ever"
    check(cast)


def test_a_clock_that_jumps_ahead_frees_what_is_held_and_late_work_is_paid(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=2, overlap=1)
    amina, bao = cast.person("Amina"), cast.person("Bao")
    task = cast.next_task(amina, project)
    cast.clock.advance(HOUR_MS)
    cast.reap()
    assert cast.next_task(bao, project) == task, "minutes after the jump it is somebody else's"
    cast.clock.advance(20 * SECOND_MS)
    assert cast.submit(amina, task).reply["annotation_id"] > 0, "it is taken in all the same"
    assert cast.rows("SELECT count(*) FROM accrual WHERE person_id = :who", who=amina) == [(1,)]
    check(cast)


def test_a_task_held_when_the_clock_is_set_back_returns_later_by_as_much(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=1, overlap=1)
    cast.clock.advance(HOUR_MS)
    task = cast.next_task(cast.person("Amina"), project)
    cast.clock.advance(-HOUR_MS)
    cast.clock.advance(HOUR_MS + LEASE_MS - MINUTE_MS)
    cast.reap()
    assert cast.next(cast.person("Bao"), project).sheet is None
    cast.clock.advance(2 * MINUTE_MS)
    cast.reap()
    assert cast.next_task(cast.person("Bao"), project) == task
    check(cast)


def test_sessions_and_tokens_last_through_a_jump(cast: Cast) -> None:
    amina, now = cast.person("Amina"), cast.clock.now
    with cast.db.write() as connection:
        session = accounts.create_session(connection, amina, now, 30)
        for jump in JUMPS:
            there = Instant(now + jump)
            assert accounts.load_actor_by_session(connection, session, there) is not None
        gone = Instant(now + 31 * 24 * HOUR_MS)
        assert accounts.load_actor_by_session(connection, session, gone) is None


def test_a_statement_is_made_once_whatever_the_clock_says_next(cast: Cast) -> None:
    project = cast.project("Amina", tasks=6)
    work(cast, project, "Amina", 60)
    ends_at = cast.clock.advance(HOUR_MS)
    close_pay_period(cast.db, ClosePayPeriod(ends_at), ends_at)
    made = cast.rows("SELECT id, paid_ms FROM statement")
    cast.clock.advance(-HOUR_MS)
    work(cast, project, "Amina", 60)
    cast.clock.advance(MINUTE_MS)
    with pytest.raises(InvalidError) as said:
        close_pay_period(cast.db, ClosePayPeriod(cast.clock.now), cast.clock.now)
    assert "what is left goes into the next one" in said.value.message
    assert cast.rows("SELECT id, paid_ms FROM statement") == made
    ends_at = cast.clock.advance(3 * HOUR_MS)
    close_pay_period(cast.db, ClosePayPeriod(ends_at), ends_at)
    paid = cast.rows("SELECT SUM(paid_ms) FROM statement")[0][0]
    assert paid == paid_ms(cast), "what was done while the clock was back is in the next one"
    check(cast)


def test_checkpoints_only_grow_while_the_clock_goes_to_and_fro(cast: Cast) -> None:
    project = cast.project("Amina", "Bao", tasks=12)
    dice, sizes = random.Random(7), []
    for round_ in range(12):
        work(cast, project, ("Amina", "Bao")[round_ % 2], 20)
        cast.clock.advance(dice.choice(JUMPS))
        check(cast)
        with cast.db.read() as connection:
            newest = log.latest_checkpoint(connection)
            assert newest is not None
            sizes.append(open_checkpoint(newest.note, [SIGNER.verifier]).size)
    assert sizes == sorted(sizes)
    assert len(set(sizes)) >= 10
    assert cast.clock.now != MORNING
