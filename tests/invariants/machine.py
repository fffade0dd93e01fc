"""A machine that does what people, workers and clocks do, in any order it likes.

It keeps its own book of what it was told (replies, drafts, checkpoints) and after every step holds
the database to it. The book is deliberately simple: dictionaries, and no cursor or counter.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError
from fairhand.people.consent import store as consent
from fairhand.storage.database import Database
from fairhand.storage.schema import whole_metadata
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.hand_out_task import HandedOut
from fairhand.use_cases.refit_quality import refit_quality
from fairhand.use_cases.seal_log import seal_log
from tests.cast import LABELS, LEASE_MS, Cast
from tests.invariants import checks

WHO = st.integers(0, 3)
WHERE = st.sampled_from([0, 0, 0, 1])
PICK = st.integers(0, 30)
ANSWER = st.sampled_from(LABELS)
WHILES = st.sampled_from(
    [0, 1, 900, 12_345, 119_999, 120_001, 599_999, 600_000, 3_600_000, DAY_MS, -5_000, -700_000]
)
DEEDS = st.lists(st.sampled_from([*LABELS, "cat", "skip", "later"]), min_size=2, max_size=6)
NAMES = ("Amina", "Bao", "Esi", "Farid")


class Bench:
    """A database that is emptied for each run of the machine: quicker than a new one."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def clear(self) -> Database:
        """Empty every table, past the triggers that forbid it to everybody else."""
        with self.db.write() as connection:
            if self.db.is_sqlite:
                connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
                query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
                triggers = connection.exec_driver_sql(query).all()
                for name, _ in triggers:
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
            else:
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
                triggers = []
            for table in whole_metadata().tables.values():
                connection.execute(table.delete())
            for _, sql in triggers:
                connection.exec_driver_sql(sql)
        return self.db


class Workshop(RuleBasedStateMachine):
    """Two small projects and up to four people on one database."""

    steps = 0

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self.db = bench.clear()
        self.told: dict[tuple[int, str], dict[str, Any]] = {}
        self.skips: dict[tuple[int, str], dict[str, Any]] = {}
        self.sent: dict[tuple[int, str], tuple[int, str]] = {}
        self.drafts: dict[tuple[int, int], str] = {}
        self.closed_until: Instant | None = None

    @initialize(
        overlap=st.integers(1, 3),
        extra=st.integers(0, 2),
        tasks=st.integers(1, 4),
        people=st.integers(2, 4),
        funded=st.sampled_from([100_000, 100_000, 20, 1]),
        deeds=DEEDS,
        thinking=WHILES,
    )
    def open_the_workshop(
        self,
        overlap: int,
        extra: int,
        tasks: int,
        people: int,
        funded: int,
        deeds: list[str],
        thinking: int,
    ) -> None:
        self.cast = Cast(self.db)
        self.cast.load_floors()
        names = NAMES[:people]
        self.projects = [
            self.cast.project(
                *names, tasks=tasks, overlap=overlap, max_overlap=overlap + extra, funded=funded
            ),
            self.cast.project(*names[:2], tasks=2, overlap=1, max_overlap=2, rate=123_456_789),
        ]
        self.people = [self.cast.person(name) for name in NAMES]
        for who in range(2):
            self.work_a_while(who, 0, deeds, thinking)

    # What people do

    @rule(who=WHO, where=WHERE, ahead=st.booleans(), offline=st.booleans(), exclude=st.booleans())
    def ask_for_work(self, who: int, where: int, ahead: bool, offline: bool, exclude: bool) -> None:
        person, project = self.people[who], self.projects[where]
        held = self._held(person, project)
        unknown = frozenset(held) if exclude else frozenset()
        left = self._left(project)
        if not self._is_enrolled(person, project):
            with pytest.raises(ForbiddenError):
                self.cast.next(person, project, ahead=ahead)
            return
        hold = "offline" if offline else "online"
        got = self.cast.next(person, project, ahead=ahead, hold=hold, exclude=unknown)  # type: ignore[arg-type]
        if got.sheet is None:
            self._check_refusal(got, person, project, len(held), left)
            return
        task = got.sheet.task.id
        assert self._state(person, task) == "live"
        assert got.lease is not None
        assert got.lease.expires_at == self._expiry(person, task)
        assert got.sheet.draft == self._draft_of(person, task)
        if held and not ahead and not exclude:
            assert task == held[0], "asking again without finishing gives the same task"
        else:
            assert task not in held

    @rule(who=WHO, where=WHERE, deeds=DEEDS, thinking=WHILES)
    def work_a_while(self, who: int, where: int, deeds: list[str], thinking: int) -> None:
        person, project = self.people[who], self.projects[where]
        for deed in deeds:
            self.ask_for_work(who, where, ahead=False, offline=False, exclude=False)
            held = self._held(person, project)
            self.cast.clock.advance(thinking)
            if not held:
                return
            pick = -1 - self._had(person).index(held[0])
            if deed == "skip":
                self.skip(who, pick)
            elif deed == "later":
                return
            else:
                self.submit(who, pick, deed)

    @rule(who=WHO, pick=PICK, answer=ANSWER)
    def submit(self, who: int, pick: int, answer: str) -> None:
        person = self.people[who]
        if (task := self._picked(person, pick)) is None:
            return
        state, free = self._state(person, task), self._has_place(task)
        key = self.cast.key()
        if state == "submitted":
            with pytest.raises(ConflictError):
                self.cast.submit(person, task, answer, key=key)
            return
        late = state != "live" or self.cast.clock.now > self._expiry(person, task)
        done = self.cast.submit(person, task, answer, key=key)
        assert not done.again
        assert done.reply["late"] == late
        assert done.reply["counted"] == (state == "live" or free)
        self._remember(person, task, key, answer, done.reply)

    @rule(who=WHO, pick=PICK)
    def make_mistakes(self, who: int, pick: int) -> None:
        person = self.people[who]
        tasks = [task for (task,) in self.cast.rows("SELECT id FROM task ORDER BY id")]
        strange = [task for task in tasks if task not in self._had(person)]
        if strange:
            with pytest.raises(ForbiddenError):
                self.cast.submit(person, strange[pick % len(strange)])
        if (task := self._picked(person, pick)) is not None:
            with pytest.raises(InvalidError):
                self.cast.submit(person, task, "unicorn")

    @precondition(lambda self: bool(self.told))
    @rule(pick=PICK)
    def send_again(self, pick: int) -> None:
        (person, key), reply = list(self.told.items())[pick % len(self.told)]
        task, answer = self.sent[person, key]
        done = self.cast.submit(person, task, answer, key=key)
        assert done.again
        assert done.reply == reply
        other = [had for had in self._had(person) if had != task]
        if other:
            with pytest.raises(ConflictError):
                self.cast.submit(person, other[0], answer, key=key)

    @precondition(lambda self: bool(self.told))
    @rule(pick=PICK, answer=ANSWER, finish=st.booleans())
    def take_back(self, pick: int, answer: str, finish: bool) -> None:
        (person, sent), reply = list(self.told.items())[pick % len(self.told)]
        annotation, (task, before) = reply["annotation_id"], self.sent[person, sent]
        query = "SELECT superseded FROM annotation WHERE id = :id"
        if self.cast.rows(query, id=annotation)[0][0]:
            for attempt in (self.cast.revise, self._revise_blindly(task)):
                with pytest.raises(ConflictError):
                    attempt(person, annotation)
            return
        again = self.cast.revise(person, annotation)
        assert again.sheet.draft == {"pet": before}
        self.drafts[person, task] = before
        if finish:
            key = self.cast.key()
            done = self.cast.submit(person, task, answer, key=key, revises=annotation)
            assert done.reply["counted"] == reply["counted"]
            assert done.reply["revision"] == reply["revision"] + 1
            self._remember(person, task, key, answer, done.reply)

    @rule(who=WHO, pick=PICK)
    def skip(self, who: int, pick: int) -> None:
        person, key = self.people[who], self.cast.key()
        if (task := self._picked(person, pick)) is None:
            return
        if self._state(person, task) in ("submitted", "skipped"):
            with pytest.raises(ConflictError):
                self.cast.skip(person, task, key=key)
            return
        self.skips[person, key] = reply = self.cast.skip(person, task, key=key)
        assert self.cast.skip(person, task, key=key) == reply
        self.drafts.pop((person, task), None)

    @rule(who=WHO, pick=PICK, answer=st.none() | ANSWER)
    def pause_to_think(self, who: int, pick: int, answer: str | None) -> None:
        person = self.people[who]
        if (task := self._picked(person, pick)) is None:
            return
        until = self.cast.draft(person, task, answer)
        if answer is not None:
            self.drafts[person, task] = answer
        if self._state(person, task) == "live":
            assert until == self._expiry(person, task)
            assert until > self.cast.clock.now

    @rule(who=WHO, where=WHERE, back=st.booleans())
    def leave_and_come_back(self, who: int, where: int, back: bool) -> None:
        person, project = self.people[who], self.projects[where]
        if self._is_enrolled(person, project):
            with self.db.write() as connection:
                assert consent.leave(connection, person, project, self.cast.clock.now)
            with pytest.raises(ForbiddenError):
                self.cast.next(person, project)
        if back:
            assert self.cast.join(person, project)

    # What Carmen does

    @rule(where=WHERE, number=st.integers(0, 2), again=st.integers(0, 2), pence=st.integers(0, 50))
    def bring_tasks_and_money(self, where: int, number: int, again: int, pence: int) -> None:
        self.cast.add_tasks(self.projects[where], number, again=again)
        if pence:
            self.cast.fund(self.projects[where], pence)

    @rule(who=WHO, where=WHERE)
    def pause_and_go_on(self, who: int, where: int) -> None:
        person, project = self.people[who], self.projects[where]
        self.cast.set_mode(project, "paused")
        if self._is_enrolled(person, project):
            assert self.cast.next(person, project, ahead=True).reason == "paused"
        self.cast.set_mode(project, "draft")

    @rule()
    def close_the_period(self) -> None:
        ends_at = self.cast.clock.now
        try:
            closed = close_pay_period(self.db, ClosePayPeriod(ends_at, self.cast.carmen), ends_at)
        except InvalidError:
            assert self.closed_until is not None
            assert ends_at <= self.closed_until, "only a period before another is refused"
            return
        if closed.period_id is not None:
            self.closed_until = max(ends_at, self.closed_until or ends_at)
            with self.db.read() as connection:
                checks.check_settled(connection, ends_at)

    # What workers and clocks do

    @rule(milliseconds=WHILES)
    def time_passes(self, milliseconds: int) -> None:
        self.cast.clock.advance(milliseconds)

    @rule(who=WHO, where=WHERE, asleep=st.sampled_from([0, LEASE_MS - 1, LEASE_MS, LEASE_MS + 1]))
    def fall_asleep_over_a_task(self, who: int, where: int, asleep: int) -> None:
        self.ask_for_work(who, where, ahead=False, offline=False, exclude=False)
        self.cast.clock.advance(asleep)
        self.cast.reap()
        overdue = "SELECT id FROM lease WHERE state = 'live' AND expires_at <= :now"
        assert not self.cast.rows(overdue, now=self.cast.clock.now)

    @precondition(lambda self: bool(self.told))
    @rule(where=WHERE, anew=st.booleans())
    def make_labels(self, where: int, anew: bool) -> None:
        aggregate_labels(self.db, self.projects[where], self.cast.clock.now)
        fresh = "SELECT id FROM annotation WHERE NOT aggregated AND project_id = :project"
        assert not self.cast.rows(fresh, project=self.projects[where])
        if anew:
            refit_quality(self.db, self.projects[where], self.cast.clock.now)

    @rule()
    def seal(self) -> None:
        seal_log(self.db, self.cast.signer, self.cast.clock.now)
        with self.db.read() as connection:
            checks.check_sealed(connection, self.cast.signer, self._promises())
            checks.check_consistent(connection, self.cast.signer)

    # What always holds

    @invariant()
    def the_books_are_right(self) -> None:
        type(self).steps += 1
        if not hasattr(self, "projects"):
            return
        with self.db.read() as connection:
            checks.check_always(connection)
            checks.check_replies(connection, self.told)
            kept = {
                (person, task): value
                for person, task, value in checks.rows(
                    connection, "SELECT person_id, task_id, value FROM draft"
                )
            }
        assert kept == {who: f'{{"pet":"{answer}"}}' for who, answer in self.drafts.items()}

    def teardown(self) -> None:
        if hasattr(self, "projects"):
            self.seal()

    # The machine's own eyes

    def _check_refusal(
        self, got: HandedOut, person: int, project: int, held: int, left: int
    ) -> None:
        assert got.message
        assert got.reason is not None
        if got.reason == "nothing_free":
            with self.db.read() as connection:
                free = checks.free_tasks(connection, person, project)
            assert not free, f"told that nothing is free, but {free} are"
        elif got.reason == "holding_enough":
            assert held >= 2
        else:
            assert got.reason == "unfunded"
            assert left <= 0

    def _revise_blindly(self, task: int) -> Any:  # noqa: ANN401  # a callable like Cast.revise
        return lambda person, annotation: self.cast.submit(person, task, revises=annotation)

    def _remember(
        self, person: int, task: int, key: str, answer: str, reply: dict[str, Any]
    ) -> None:
        assert reply["annotation_id"] not in {old["annotation_id"] for old in self.told.values()}
        self.told[person, key] = reply
        self.sent[person, key] = (task, answer)
        self.drafts.pop((person, task), None)

    def _promises(self) -> list[tuple[int, dict[str, Any]]]:
        replies = [*self.told.values(), *self.skips.values()]
        return [(reply["event_id"], reply["promise"]) for reply in replies]

    def _draft_of(self, person: int, task: int) -> dict[str, str] | None:
        answer = self.drafts.get((person, task))
        return None if answer is None else {"pet": answer}

    def _had(self, person: int) -> list[int]:
        query = "SELECT task_id FROM lease WHERE person_id = :person ORDER BY id"
        return [task for (task,) in self.cast.rows(query, person=person)]

    def _picked(self, person: int, pick: int) -> int | None:
        had = self._had(person)
        if not had and self._is_enrolled(person, self.projects[0]):
            self.cast.next(person, self.projects[0])
            had = self._had(person)
        return had[(-1 - pick) % len(had)] if had else None

    def _held(self, person: int, project: int) -> list[int]:
        query = (
            "SELECT task_id FROM lease WHERE person_id = :person AND project_id = :project "
            "AND state = 'live' ORDER BY served_at, id"
        )
        return [task for (task,) in self.cast.rows(query, person=person, project=project)]

    def _state(self, person: int, task: int) -> str:
        query = "SELECT state FROM lease WHERE person_id = :person AND task_id = :task"
        return str(self.cast.rows(query, person=person, task=task)[0][0])

    def _expiry(self, person: int, task: int) -> int:
        query = "SELECT expires_at FROM lease WHERE person_id = :person AND task_id = :task"
        return int(self.cast.rows(query, person=person, task=task)[0][0])

    def _has_place(self, task: int) -> bool:
        query = "SELECT task_id FROM queue WHERE task_id = :task AND taken < wanted"
        return bool(self.cast.rows(query, task=task))

    def _left(self, project: int) -> int:
        query = "SELECT left_micros FROM escrow WHERE project_id = :project"
        found = self.cast.rows(query, project=project)
        return int(found[0][0]) if found else 1

    def _is_enrolled(self, person: int, project: int) -> bool:
        with self.db.read() as connection:
            return consent.is_enrolled(connection, person, project)
