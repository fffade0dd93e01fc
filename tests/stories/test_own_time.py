"""Offline minutes, claims, breaks, learned caps and rest, told from end to end on both engines."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.pay.audit.store import check_clock, load_ledger_check
from fairhand.pay.paid_time.record import WEEKLY_ALLOWANCE_MS
from fairhand.pay.paid_time.rules import BREAK_MS, MIN_IDLE_CAP_MS, WAIT_BLOCK_MS
from fairhand.storage.database import Database
from fairhand.storage.tables.pay import accrual, person_clock
from fairhand.storage.tables.pay_office import idle_cap_fit
from fairhand.storage.tables.work import project as project_table
from fairhand.use_cases.claim_time import ClaimedTime, ClaimTime, claim_time
from fairhand.use_cases.keep_hours import keep_hours
from fairhand.use_cases.learn_idle_caps import learn_idle_caps
from fairhand.use_cases.note_time import NoteTime, What, note_time
from fairhand.use_cases.read_time import OwnTime, read_time
from tests.cast import IDLE_CAP_MS, Cast


@pytest.fixture
def cast(db: Database) -> Cast:
    """Carmen's workspace on either engine."""
    return Cast(db)


def record(cast: Cast, who: int, days: int = 7) -> OwnTime:
    return read_time(cast.db, who, cast.clock.now, days=days)


def paid_ms(cast: Cast, who: int) -> int:
    with cast.db.read() as connection:
        chosen = select(func.coalesce(func.sum(accrual.c.paid_ms), 0))
        return int(connection.execute(chosen.where(accrual.c.person_id == who)).scalar_one())


def books_are_right(cast: Cast, *people: int) -> None:
    with cast.db.read() as connection:
        assert load_ledger_check(connection).is_right
        assert [check_clock(connection, person) for person in people] == [0] * len(people)


def claim(cast: Cast, who: int, cut: int, minutes: float, activity: str = "read") -> ClaimedTime:
    command = ClaimTime(who, cut, round(minutes * MINUTE_MS), activity, "the guidelines")
    return claim_time(cast.db, command, cast.clock.now)


def quiet(cast: Cast, who: int, project: int, minutes: float) -> dict[str, int]:
    """Open a task, be quiet for so long, answer: gives what the reply tells of the cut."""
    task = cast.next_task(who, project)
    cast.clock.advance(round(minutes * MINUTE_MS))
    told: dict[str, int] = cast.submit(who, task).reply["cut"]
    return told


def note(cast: Cast, who: int, what: What) -> int:
    command = NoteTime(who, what, "the microphone")
    return note_time(cast.db, command, cast.clock.now, idle_cap_ms=IDLE_CAP_MS).promised_ms


def test_a_batch_done_without_network_is_paid_for_its_minutes(cast: Cast) -> None:
    project = cast.project("Amina", tasks=20, overlap=1)
    amina = cast.people["Amina"]
    held: list[int] = []
    for _ in range(20):
        got = cast.next(amina, project, ahead=bool(held), hold="offline", exclude=frozenset(held))
        assert got.lease is not None
        held.append(got.lease.task_id)
    cast.clock.advance(HOUR_MS)  # the train ride: forty minutes of work in it
    told = []
    for task in held:
        cast.clock.advance(50)
        told.append(cast.submit(amina, task, worked_ms=2 * MINUTE_MS).reply["paid"]["milliseconds"])

    assert 40 * MINUTE_MS - 1000 <= sum(told) <= 40 * MINUTE_MS + MIN_IDLE_CAP_MS
    assert paid_ms(cast, amina) == sum(told)
    (day,) = record(cast, amina).days
    assert [cut.left_ms for cut in day.cuts] == [HOUR_MS + 1000 - sum(told)]
    books_are_right(cast, amina)


def test_what_a_device_measured_never_reaches_back_before_the_task_was_given(cast: Cast) -> None:
    project = cast.project("Amina", tasks=3, overlap=1)
    amina = cast.people["Amina"]
    quiet(cast, amina, project, 60)
    task = cast.next_task(amina, project)
    cast.clock.advance(10_000)
    reply = cast.submit(amina, task, worked_ms=7 * DAY_MS).reply
    assert reply["paid"]["milliseconds"] == 10_000
    books_are_right(cast, amina)


def test_a_reply_tells_of_a_cut_only_when_there_is_one_worth_asking_about(cast: Cast) -> None:
    project = cast.project("Amina", tasks=4, overlap=1)
    amina = cast.people["Amina"]
    for seconds, told in ((30, None), (150, None), (960, 840_000)):
        task = cast.next_task(amina, project)
        cast.clock.advance(seconds * 1000)
        cut = cast.submit(amina, task).reply.get("cut")
        assert (cut and cut["milliseconds"]) == told


def test_somebodys_word_brings_back_what_was_cut_once_and_in_its_own_name(cast: Cast) -> None:
    project = cast.project("Amina", tasks=3, overlap=1)
    amina = cast.people["Amina"]
    cut = quiet(cast, amina, project, 16)
    assert cut["milliseconds"] == 14 * MINUTE_MS
    part = claim(cast, amina, cut["id"], 5)
    assert (part.paid_ms, part.beyond_ms) == (5 * MINUTE_MS, 0)
    assert part.micros > 0
    assert claim(cast, amina, cut["id"], 5).paid_ms == 0, "said twice, paid once"
    assert claim(cast, amina, cut["id"], 999).paid_ms == 9 * MINUTE_MS
    assert paid_ms(cast, amina) == 16 * MINUTE_MS
    (day,) = record(cast, amina).days
    assert sorted((one.activity, one.paid_ms, one.ended_by) for one in day.stretches) == [
        ("annotate", 2 * MINUTE_MS, "submit"),
        ("read", 5 * MINUTE_MS, "claim"),
        ("read", 9 * MINUTE_MS, "claim"),
    ]
    assert [(one.cut_ms, one.left_ms, one.claimed_ms) for one in day.cuts] == [
        (14 * MINUTE_MS, 0, 14 * MINUTE_MS)
    ]
    books_are_right(cast, amina)


def test_beyond_five_hours_a_week_a_person_looks_and_nothing_is_refused(cast: Cast) -> None:
    project = cast.project("Amina", tasks=4, overlap=1)
    amina = cast.people["Amina"]
    first, second = (quiet(cast, amina, project, 182)["id"] for _ in range(2))
    assert claim(cast, amina, first, 180).paid_ms == 3 * HOUR_MS
    beyond = claim(cast, amina, second, 180)
    assert (beyond.paid_ms, beyond.beyond_ms) == (2 * HOUR_MS, HOUR_MS)
    assert record(cast, amina).allowance_left_ms == 0
    again = claim(cast, amina, second, 180)
    assert (again.paid_ms, again.beyond_ms) == (0, HOUR_MS)
    cast.clock.advance(7 * DAY_MS)
    assert record(cast, amina).allowance_left_ms == WEEKLY_ALLOWANCE_MS
    books_are_right(cast, amina)


def test_nobody_claims_what_is_anothers_or_was_not_cut(cast: Cast) -> None:
    project = cast.project("Amina", "Esi", tasks=4, overlap=1)
    cut = quiet(cast, cast.people["Amina"], project, 30)
    with pytest.raises(NotFoundError):
        claim(cast, cast.people["Esi"], cut["id"], 5)
    with pytest.raises(NotFoundError):
        claim(cast, cast.people["Amina"], cut["id"] - 1, 5)
    for minutes, activity in ((0, "read"), (-5, "read"), (5, "break"), (5, "sleep")):
        with pytest.raises(InvalidError):
            claim(cast, cast.people["Amina"], cut["id"], minutes, activity)
    assert paid_ms(cast, cast.people["Amina"]) == MIN_IDLE_CAP_MS


def test_a_break_is_paid_for_a_quarter_of_an_hour_and_the_next_with_the_next_hour(
    cast: Cast,
) -> None:
    project = cast.project("Amina", tasks=4, overlap=1)
    amina = cast.people["Amina"]
    with pytest.raises(ConflictError):
        note(cast, amina, "break")
    task = cast.next_task(amina, project)
    cast.clock.advance(MINUTE_MS)
    cast.submit(amina, task)
    assert note(cast, amina, "break") == BREAK_MS
    assert record(cast, amina).doing == "break"
    cast.clock.advance(40 * MINUTE_MS)
    note(cast, amina, "back")
    assert note(cast, amina, "break") == 0, "one for each hour begun"
    cast.clock.advance(10 * MINUTE_MS)
    note(cast, amina, "back")
    (day,) = record(cast, amina).days
    assert [(one.activity, one.paid_ms) for one in day.stretches] == [
        ("annotate", MINUTE_MS),
        ("break", BREAK_MS),
    ]
    assert day.cuts == ()
    books_are_right(cast, amina)


def test_time_with_something_broken_is_paid_and_its_cut_may_be_claimed(cast: Cast) -> None:
    project = cast.project("Amina", tasks=2, overlap=1)
    amina = cast.people["Amina"]
    cast.next_task(amina, project)
    note(cast, amina, "fault")
    cast.clock.advance(20 * MINUTE_MS)
    note(cast, amina, "back")
    (day,) = record(cast, amina).days
    assert [(one.activity, one.paid_ms) for one in day.stretches] == [("fault", MIN_IDLE_CAP_MS)]
    (cut,) = day.cuts
    assert claim(cast, amina, cut.event_id, 18, "fault").paid_ms == 18 * MINUTE_MS
    books_are_right(cast, amina)


def test_waiting_is_paid_up_to_what_the_project_promises(cast: Cast) -> None:
    project = cast.project("Amina", tasks=0)
    amina = cast.people["Amina"]
    for _ in range(40):
        assert cast.next(amina, project).reason == "nothing_free"
        cast.clock.advance(MINUTE_MS)
    (day,) = record(cast, amina).days
    assert [(one.activity, one.paid_ms) for one in day.stretches] == [("wait", WAIT_BLOCK_MS)]
    books_are_right(cast, amina)


def test_a_cap_is_learned_from_a_projects_gaps_and_holds_from_then_on(cast: Cast) -> None:
    project = cast.project("Amina", tasks=45, overlap=1)
    amina = cast.people["Amina"]
    for number in range(40):
        task = cast.next_task(amina, project)
        cast.clock.advance((60 + 15 * (number % 9)) * 1000)
        cast.submit(amina, task)
    assert learn_idle_caps(cast.db, cast.clock.now) == 1
    assert learn_idle_caps(cast.db, cast.clock.now) == 0, "the same gaps teach nothing new"
    with cast.db.read() as connection:
        cap = connection.execute(
            select(project_table.c.idle_cap_ms).where(project_table.c.id == project)
        ).scalar_one()
        fits = connection.execute(select(idle_cap_fit.c.cap_ms, idle_cap_fit.c.gaps)).all()
    assert fits == [(cap, 40)]
    assert cap > 3 * MINUTE_MS
    task = cast.next_task(amina, project)
    cast.clock.advance(cap - 1000)
    assert cast.submit(amina, task).reply["paid"]["milliseconds"] == cap - 1000
    books_are_right(cast, amina)


def work_hours(cast: Cast, who: int, project: int, hours: int) -> None:
    """Work in stretches of an hour, each answered within a cap of an hour."""
    for _ in range(hours):
        task = cast.next_task(who, project)
        cast.clock.advance(HOUR_MS)
        cast.submit(who, task)


def test_after_ten_hours_over_two_projects_no_new_task_comes_before_a_rest(cast: Cast) -> None:
    projects = [cast.project("Amina", tasks=12, overlap=1) for _ in range(2)]
    amina = cast.people["Amina"]
    with cast.db.write() as connection:
        connection.execute(update(project_table).values(idle_cap_ms=HOUR_MS))
    work_hours(cast, amina, projects[0], 5)
    assert keep_hours(cast.db, cast.clock.now) == 0
    work_hours(cast, amina, projects[1], 4)
    held = cast.next_task(amina, projects[1])
    cast.clock.advance(HOUR_MS)
    cast.draft(amina, held, None)
    assert keep_hours(cast.db, cast.clock.now) == 1
    assert keep_hours(cast.db, cast.clock.now) == 0, "a rest is set once"

    again = cast.next(amina, projects[1])
    assert again.lease is not None
    assert again.lease.task_id == held, "what is held can be finished"
    assert cast.submit(amina, held).reply["paid"]["milliseconds"] > 0
    for project in projects:
        told = cast.next(amina, project)
        assert (told.sheet, told.reason) == (None, "rest")
        assert "rest" in told.message
    cast.clock.advance(11 * HOUR_MS + MINUTE_MS)
    assert cast.next(amina, projects[0]).sheet is not None
    assert keep_hours(cast.db, cast.clock.now) == 0
    books_are_right(cast, amina)


def test_who_worked_a_short_day_is_never_stopped(cast: Cast) -> None:
    project = cast.project("Amina", tasks=12, overlap=1)
    with cast.db.write() as connection:
        connection.execute(update(project_table).values(idle_cap_ms=HOUR_MS))
    work_hours(cast, cast.people["Amina"], project, 9)
    assert sum(keep_hours(cast.db, cast.clock.now, turn=turn) for turn in range(5)) == 0
    with cast.db.read() as connection:
        assert connection.execute(select(person_clock.c.rest_until)).scalars().all() == [None]


def test_a_week_without_events_shows_no_day(cast: Cast) -> None:
    cast.project("Amina", tasks=1)
    amina = cast.people["Amina"]
    mine = record(cast, amina)
    assert (mine.days, mine.doing, mine.rest_until) == ((), None, None)
    later = read_time(cast.db, amina, cast.clock.now, until=Instant(cast.clock.now - 30 * DAY_MS))
    assert later.days == ()
