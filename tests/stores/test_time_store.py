"""Time events on both engines: accruals and the clock are what a replay of them gives."""

from __future__ import annotations

import random
from typing import get_args

import pytest
from sqlalchemy import func, select

from fairhand.core.clock import Instant
from fairhand.pay.audit.store import check_clock
from fairhand.pay.paid_time.caps_store import caps_in_force, latest_heard
from fairhand.pay.paid_time.hours_store import list_at_work, load_worked, set_rest
from fairhand.pay.paid_time.record import record_of
from fairhand.pay.paid_time.record_store import load_events
from fairhand.pay.paid_time.rules import Activity, EventKind, TimeEvent, total_paid_ms
from fairhand.pay.store import flush_pending, hear
from fairhand.storage.database import Database
from fairhand.storage.tables.pay import accrual, person_clock
from tests.stores.pay_world import CAP, MORNING, add_person, make_world

KINDS: list[EventKind] = [*get_args(EventKind), "claim", "submit", "submit", "heartbeat"]


@pytest.mark.parametrize("seed", range(4))
def test_any_stream_with_claims_and_offline_work_replays_to_the_millisecond(
    db: Database, seed: int
) -> None:
    dice = random.Random(seed)
    with db.write() as connection:
        world = make_world(connection)
        now = MORNING
        for _ in range(60):
            now = Instant(now + dice.choice((500, 20_000, 200_000, 2_000_000)))
            kind = dice.choice(KINDS)
            worked = dice.choice((None, 0, 60_000, 900_000, 5_000_000))
            activity: Activity | None = "read" if kind == "claim" else None
            project = dice.choice((world.digits, world.tissue))
            event = TimeEvent(project, kind, now, CAP, worked, activity)
            hear(connection, world.amina, None, event, now)
            if dice.random() < 0.1:
                flush_pending(connection, world.amina, now)
            assert check_clock(connection, world.amina) == 0
        rows = load_events(connection, world.amina, MORNING)
        clock = connection.execute(select(person_clock)).one()
        accrued = connection.execute(select(func.sum(accrual.c.paid_ms))).scalar_one()
    total = total_paid_ms(row.event for row in rows)
    assert len(rows) == 60
    assert accrued + clock.pending_ms == total <= now - MORNING
    record = record_of(rows)
    assert sum(one.paid_ms for one in record.stretches) == total
    assert sum(one.left_ms for one in record.cuts) == clock.cut_ms


def test_events_since_an_instant_are_ones_own_and_in_the_order_they_were_heard(
    db: Database,
) -> None:
    with db.write() as connection:
        world = make_world(connection)
        esi = add_person(connection, "Esi")
        for who, second in ((world.amina, 0), (esi, 1), (world.amina, 2), (world.amina, 1)):
            at = Instant(MORNING + second * 1000)
            hear(connection, who, None, TimeEvent(world.digits, "heartbeat", at, CAP), at)
        found = load_events(connection, world.amina, Instant(MORNING + 500))
        assert [row.event.at - MORNING for row in found] == [2000, 1000]
        heard = latest_heard(connection, 3)
        assert [(one.person_id, one.at - MORNING) for one in heard] == [
            (esi, 1000),
            (world.amina, 2000),
            (world.amina, 1000),
        ]
        assert caps_in_force(connection, [world.digits, 999]) == {world.digits: None}


def test_who_rests_is_not_asked_to_rest_again(db: Database) -> None:
    now = Instant(MORNING + 60_000)
    with db.write() as connection:
        world = make_world(connection)
        for at in (MORNING, now):
            hear(connection, world.amina, None, TimeEvent(world.digits, "next", at, CAP), at)
        (person,) = list_at_work(connection, MORNING, now)
        assert (person.person_id, person.country, person.pending_ms) == (world.amina, "GB", 60_000)
        (worked,) = load_worked(connection, [person], now)[world.amina]
        assert (worked.started_at, worked.ended_at, worked.paid_ms) == (MORNING, now, 60_000)
        turns = [list_at_work(connection, MORNING, now, turn, 5) for turn in range(5)]
        assert sorted(len(one) for one in turns) == [0, 0, 0, 0, 1]
        assert set_rest(connection, world.amina, Instant(now + 1000), now)
        assert not set_rest(connection, world.amina, Instant(now + 9000), now)
        assert list_at_work(connection, MORNING, now) == []
        assert len(list_at_work(connection, MORNING, Instant(now + 1000))) == 1
