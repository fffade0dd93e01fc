"""Reviews in any order: claims never overlap, one answer stands at the most, undo restores."""

from __future__ import annotations

import tempfile
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import text

from fairhand.core.clock import Instant
from fairhand.core.errors import FairhandError
from fairhand.storage import migrate
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.decide_review import DecideReview, decide_review
from fairhand.use_cases.open_review import OpenReview, open_review
from fairhand.use_cases.read_record_audit import audit_records
from fairhand.use_cases.refit_quality import refit_quality
from fairhand.use_cases.set_review_terms import SetReviewTerms, set_review_terms
from fairhand.use_cases.undo_review import UndoReview, undo_review
from fairhand.work.review.rules import CLAIM_MS, ReviewTerms
from tests.stories.quality_world import IDLE_CAP_MS, PETS, add_person, make_quality_world

REVIEWERS = st.integers(0, 2)
_SETTLED = ("accepted", "fixed")


class Reviews(RuleBasedStateMachine):
    """Three reviewers, four tasks; who has what, and what stands, is kept by hand beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.db = Database(f"sqlite:///{self.folder.name}/machine.sqlite", pool_size=2)
        migrate.upgrade(self.db)
        self.world = make_quality_world(self.db, tasks=4, people=2, max_overlap=2)
        self.world.work(lambda who, number: {"pet": PETS[(who + number) % 3]})
        self.project = self.world.project.id
        aggregate_labels(self.db, self.project, self.world.now)
        terms = SetReviewTerms(self.world.people[0], self.project, ReviewTerms(1_000))
        set_review_terms(self.db, terms, self.world.now)
        self.reviewers = [add_person(self.db, name) for name in ("Bao", "Carl", "Dora")]
        self.claims: dict[int, tuple[int, int]] = {}
        self.stands: dict[int, str | None] = {}
        self.done: list[tuple[int, int, str]] = []
        self.keys = 0

    def teardown(self) -> None:
        """What was found stands in the log too; close what was opened."""
        with self.db.read() as connection:
            assert list(audit_records(connection)) == []
        self.db.close()
        self.folder.cleanup()

    @rule(who=REVIEWERS, chosen=st.none() | st.integers(0, 3))
    def open(self, who: int, chosen: int | None) -> None:
        """Open a task: never one that another has open just now."""
        task_id = None if chosen is None else self.world.tasks[chosen]
        command = OpenReview(self.reviewers[who], self.project, task_id)
        try:
            opened = open_review(self.db, command, self.world.now, idle_cap_ms=IDLE_CAP_MS)
        except FairhandError:
            return
        self.claims = {task: one for task, one in self.claims.items() if one[0] != who}
        if opened is not None:
            found = opened.sheet.task.id
            holder, until = self.claims.get(found, (who, 0))
            assert holder == who or until <= self.world.now, "two reviewers have one task"
            assert found not in self.stands, "a settled task was given out"
            self.claims[found] = (who, self.world.now + CLAIM_MS)

    @rule(
        who=REVIEWERS,
        place=st.integers(0, 3),
        pet=st.sampled_from(PETS),
        verdict=st.sampled_from((*_SETTLED, "asked_again")),
    )
    def decide(self, who: int, place: int, pet: str, verdict: Any) -> None:  # noqa: ANN401
        """Say something of a task: it counts only for who has it open."""
        task_id = self.world.tasks[place]
        self.keys += 1
        value = {"pet": pet} if verdict == "fixed" else None
        command = DecideReview(
            self.reviewers[who], self.project, task_id, verdict, f"decision-{self.keys:05d}",
            None, value, "because", is_paid=False,
        )  # fmt: skip
        try:
            told = decide_review(self.db, command, self.world.now, idle_cap_ms=IDLE_CAP_MS)
        except FairhandError:
            return
        assert self.claims.pop(task_id)[0] == who, "somebody decided what another had open"
        self.done.append((who, task_id, verdict))
        if verdict in _SETTLED:
            assert task_id not in self.stands, "two answers stand"
            self.stands[task_id] = (told.value or {}).get("pet")
            assert pet == self.stands[task_id] or verdict == "accepted"

    @rule(who=REVIEWERS)
    def take_back(self, who: int) -> None:
        """Take the last review back: what stood by it stands no more."""
        try:
            last = undo_review(
                self.db, UndoReview(self.reviewers[who], self.project), self.world.now
            )
        except FairhandError:
            return
        mine = max(place for place, one in enumerate(self.done) if one[0] == who)
        assert self.done.pop(mine) == (who, last.task_id, last.verdict)
        if last.verdict in _SETTLED:
            del self.stands[last.task_id]
        holder, until = self.claims.get(last.task_id, (who, 0))
        if holder == who or until <= self.world.now:
            self.claims = {task: one for task, one in self.claims.items() if one[0] != who}
            self.claims[last.task_id] = (who, self.world.now + CLAIM_MS)

    @rule(minutes=st.integers(1, 11))
    def wait(self, minutes: int) -> None:
        """Let time pass; claims end, answers are looked at anew."""
        self.world.now = Instant(self.world.now + minutes * 60_000)
        refit_quality(self.db, self.project, self.world.now)

    @invariant()
    def what_stands_is_what_was_said(self) -> None:
        """One row for each settled task and none for others, and the consensus says the same."""
        with self.db.read() as connection:
            rows = connection.execute(
                text(
                    "SELECT a.task_id, c.value, c.method FROM adjudication AS a "
                    "JOIN consensus AS c ON c.task_id = a.task_id"
                )
            ).all()
            free = connection.execute(
                text(
                    "SELECT count(*) FROM consensus "
                    "WHERE method <> 'adjudicated' AND value IS NOT NULL"
                )
            ).scalar_one()
        assert {row.task_id: row.value.strip('"') for row in rows} == self.stands
        assert {row.method for row in rows} <= {"adjudicated"}
        assert free == len(self.world.tasks) - len(self.stands)


TestReviews = Reviews.TestCase
TestReviews.settings = settings(
    max_examples=5,
    stateful_step_count=20,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
