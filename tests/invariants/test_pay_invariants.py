"""Invariants 3, 4, 5 under any order of events: each minute paid, books right, nobody too low."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import ClassVar, get_args

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from fairhand.core.clock import HOUR_MS, Instant
from fairhand.core.errors import ConflictError, InvalidError
from fairhand.core.money import MICROS, Money
from fairhand.pay.audit.store import check_clock, load_ledger_check
from fairhand.pay.earnings.store import load_earnings, pay_facts
from fairhand.pay.paid_time.rules import EventKind
from fairhand.pay.store import accrue, credit_time
from fairhand.storage.database import Connection, Database
from fairhand.storage.tables.pay import person_clock
from fairhand.use_cases.accrue_pending_time import accrue_pending_time
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.fund_project import FundProject, fund_project
from fairhand.use_cases.load_wage_floors import LoadWageFloors, load_wage_floors
from tests.engines import Templates
from tests.stores.pay_world import GBP_12, MORNING, add_person, add_project

KINDS: list[EventKind] = [kind for kind in get_args(EventKind) if kind not in ("submit", "skip")]
RATES = (GBP_12 // 3, GBP_12, 2 * GBP_12)  # below the floor, just below it, above it

_MOST = 100
"""Histories in one run at most: of a hundred steps each, every step with an audit of all books."""

WHO = st.integers(0, 1)
WHERE = st.sampled_from([0, 0, 0, 1, 2])
AFTER = st.integers(0, 300_000)


class PayMachine(RuleBasedStateMachine):
    """Two people, three projects, a clock that may jump, and everything may be sent twice."""

    templates: ClassVar[Templates]
    engine: ClassVar[str]
    steps: ClassVar[int] = 0

    @initialize()
    def begin(self) -> None:
        self._fresh = self.templates.fresh(self.engine)
        self.db = Database(self._fresh.__enter__(), pool_size=2)
        self.now = MORNING
        self.submits = 0
        self.funded: dict[tuple[int, int], int] = {}
        with self.db.write() as connection:
            carmen = add_person(connection, "Carmen")
            self.people = [add_person(connection, name) for name in ("Amina", "Esi")]
            self.projects = [
                add_project(connection, carmen, f"project-{number}", rate=rate)
                for number, rate in enumerate(RATES)
            ]
        self.rate = dict(zip(self.projects, RATES, strict=True))
        self.owner = carmen
        load_wage_floors(self.db, LoadWageFloors(), self.now)

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.close()
            self._fresh.__exit__(None, None, None)

    @rule(milliseconds=st.integers(1, 5_000))
    def the_clock_jumps_back(self, milliseconds: int) -> None:
        self.now = Instant(self.now - milliseconds)

    @rule(who=WHO, where=WHERE, kind=st.sampled_from(KINDS), after=AFTER)
    def something_is_heard(self, who: int, where: int, kind: EventKind, after: int) -> None:
        self.now = Instant(self.now + after)
        with self.db.write() as connection:
            self._hear(connection, self.people[who], self.projects[where], kind)

    @rule(who=WHO, where=WHERE, after=AFTER, again=st.integers(0, 2))
    def an_answer_is_submitted_and_the_call_repeated(
        self, who: int, where: int, after: int, again: int
    ) -> None:
        self.now = Instant(self.now + after)
        self.submits += 1
        person, project = self.people[who], self.projects[where]
        with self.db.write() as connection:
            pending = self._hear(connection, person, project, "submit")
            earned = {
                accrue(
                    connection,
                    person_id=person,
                    project_id=project,
                    activity="annotate",
                    rate_micros_per_hour=self.rate[project],
                    currency="GBP",
                    paid_ms=pending,
                    started_at=Instant(self.now - pending),
                    now=self.now,
                    idem_key=f"submit:{self.submits}",
                )
                for _ in range(again + 1)
            }
        assert len(earned) == 1

    @rule(where=WHERE, minor=st.integers(1, 40), key=st.integers(0, 5))
    def an_owner_funds(self, where: int, minor: int, key: int) -> None:
        """A key funds once; it comes back with the same amount, or is refused."""
        command = FundProject(self.projects[where], self.owner, Money(minor, "GBP"), str(key))
        funded = self.funded.setdefault((where, key), minor)
        if funded == minor:
            fund_project(self.db, command, self.now)
            return
        with pytest.raises(ConflictError, match="used for something else"):
            fund_project(self.db, command, self.now)

    @rule(quiet=st.integers(0, 60_000))
    def quiet_people_are_reaped(self, quiet: int) -> None:
        accrue_pending_time(self.db, self.now, quiet_ms=quiet)

    @rule(after=st.integers(1, 600_000))
    def a_period_closes(self, after: int) -> None:
        self.now = Instant(self.now + after)
        command = ClosePayPeriod(self.now)
        try:
            first = close_pay_period(self.db, command, self.now)
        except InvalidError:  # the clock jumped back behind the last period
            return
        again = close_pay_period(self.db, command, self.now)
        assert again.statements == 0
        if first.period_id is not None:
            self._nobody_settled_is_below_the_floor()

    @invariant()
    def the_books_are_right(self) -> None:
        if not hasattr(self, "db"):
            return
        PayMachine.steps += 1
        with self.db.read() as connection:
            check = load_ledger_check(connection)
            assert check.is_right, check
            assert [check_clock(connection, person) for person in self.people] == [0, 0]
            assert (
                min(connection.execute(select(person_clock.c.pending_ms)).scalars(), default=0) >= 0
            )

    def _nobody_settled_is_below_the_floor(self) -> None:
        with self.db.read() as connection:
            for project in self.projects:
                for person in pay_facts(connection, project):
                    assert (
                        person.floor_micros is None or person.amount_micros >= person.floor_micros
                    )
            for who in self.people:
                for row in load_earnings(connection, who).statements:
                    gross = Fraction(row.accrued_micros + row.top_up_micros, MICROS)
                    assert gross >= Fraction(1271 * row.paid_ms, HOUR_MS)

    def _hear(
        self, connection: Connection, person_id: int, project_id: int, kind: EventKind
    ) -> int:
        return credit_time(
            connection,
            person_id=person_id,
            project_id=project_id,
            task_id=None,
            kind=kind,
            now=self.now,
            idle_cap_ms=120_000,
        )


@contextmanager
def machine_on(templates: Templates, engine: str) -> Iterator[type[PayMachine]]:
    PayMachine.templates, PayMachine.engine = templates, engine
    yield PayMachine


def test_pay_holds_under_any_order_of_events(
    templates: Templates, engine_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    examples = min(settings().max_examples, _MOST) // (5 if engine_name == "sqlite" else 10)
    _run(templates, engine_name, capsys, examples, 30)


@pytest.mark.slow
def test_pay_holds_over_long_histories(
    templates: Templates, engine_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    most = min(settings().max_examples, _MOST)
    is_long = os.environ.get("FAIRHAND_HYPOTHESIS") == "long"  # as `make invariants-long` sets it
    share = {"sqlite": 2, "postgresql": 4} if is_long else {"sqlite": 4, "postgresql": 12}
    examples = most // share[engine_name]
    _run(templates, engine_name, capsys, examples, 100)


def _run(
    templates: Templates,
    engine: str,
    capsys: pytest.CaptureFixture[str],
    examples: int,
    steps: int,
) -> None:
    """Run the machine; what is slow in it is its audit after every step, so steps are counted."""
    chosen = int(os.environ.get("FAIRHAND_SEED") or random.SystemRandom().randrange(2**32))
    PayMachine.steps = 0
    with machine_on(templates, engine) as machine:

        @seed(chosen)
        def make() -> PayMachine:
            return machine()

        profile = settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(make, settings=profile)  # type: ignore[arg-type]
    if os.environ.get("FAIRHAND_HYPOTHESIS"):
        with capsys.disabled():
            print(f"\npay on {engine}: seed {chosen}, {PayMachine.steps} steps", file=sys.stderr)  # noqa: T201
    assert PayMachine.steps > examples
