"""A project with gold tasks and a live course, for tests of learning."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from pathlib import Path

from fairhand.core.clock import DAY_MS
from fairhand.people.learning.rules import CoursePlan
from fairhand.people.talent.keys import Issuer
from fairhand.use_cases.answer_exam import AnswerExam, Examined, answer_exam
from fairhand.use_cases.answer_lesson import AnswerLesson, StepDone, answer_lesson
from fairhand.use_cases.begin_exam import begin_exam
from fairhand.use_cases.draft_course import DraftCourse, draft_course
from fairhand.use_cases.mark_gold import MarkGold, mark_gold
from fairhand.use_cases.open_exam import ExamRoom, open_exam
from fairhand.use_cases.open_lesson import Opened, OpenLesson, open_lesson
from fairhand.use_cases.publish_course import publish_course
from fairhand.use_cases.save_course import SaveCourse, save_course
from tests.cast import IDLE_CAP_MS, Cast

GOLD = 24
RIGHT = {True: {"pet": "cat"}, False: {"pet": "owl"}}


@dataclass
class School:
    """Carmen's project of pets: every gold task shows a cat, and the course says why."""

    cast: Cast
    folder: Path
    project: int = 0
    course: int = 0
    number: int = 1
    rng: random.Random = field(default_factory=lambda: random.Random(5))

    def __post_init__(self) -> None:
        if not self.project:
            self.project = self.cast.project(tasks=GOLD + 6)
        for task_id in self.tasks()[:GOLD]:
            told = MarkGold(self.cast.carmen, self.project, task_id, {"pet": "cat"}, "It purrs.")
            mark_gold(self.cast.db, told, self.cast.clock.now)
        self.draft()

    @property
    def issuer(self) -> Issuer:
        """Who signs credentials here."""
        return Issuer("pets", "https://pets.example", self.folder / "keys" / "credentials")

    def tasks(self) -> list[int]:
        """List the project's tasks."""
        query = "SELECT id FROM task WHERE project_id = :project ORDER BY id"
        return [row[0] for row in self.cast.rows(query, project=self.project)]

    def draft(self, *, copy: bool = False, **change: object) -> CoursePlan:
        """Draft a course that asks ten questions, nine of which must be right."""
        command = DraftCourse(self.cast.carmen, self.project, copy=copy)
        made = draft_course(self.cast.db, command, self.cast.clock.now)
        self.course, self.number = made.id, made.number
        steps = tuple(one for one in made.plan.steps if one.kind != "practice")[:2]
        practice = [one for one in made.plan.steps if one.kind == "practice"][:2]
        plan = replace(made.plan, steps=(*steps, *practice), exam_asks=10, **change)  # type: ignore[arg-type]
        self.save(plan)
        return plan

    def save(self, plan: CoursePlan) -> None:
        """Write the draft."""
        command = SaveCourse(self.cast.carmen, self.project, self.number, plan)
        save_course(self.cast.db, command, self.cast.clock.now)

    def publish(self) -> None:
        """Let newcomers learn first from now on."""
        now = self.cast.clock.now
        publish_course(self.cast.db, self.project, self.number, self.cast.carmen, now)

    def open(self, person_id: int, step: int | None = None) -> Opened:
        """Open the lesson."""
        command = OpenLesson(person_id, self.course, step)
        return open_lesson(self.cast.db, command, self.cast.clock.now, idle_cap_ms=IDLE_CAP_MS)

    def step(self, person_id: int, step: int, *, right: bool = True) -> StepDone:
        """Do a step, half a minute later."""
        now = self.cast.clock.advance(30_000)
        command = AnswerLesson(person_id, self.course, step, RIGHT[right])
        return answer_lesson(self.cast.db, command, now, idle_cap_ms=IDLE_CAP_MS)

    def learn(self, person_id: int) -> None:
        """Go through the whole lesson."""
        steps = len(self.open(person_id).place.course.plan.steps)
        for number in range(steps):
            self.step(person_id, number)

    def begin(self, person_id: int) -> int:
        """Begin an exam."""
        now, cap = self.cast.clock.now, IDLE_CAP_MS
        return begin_exam(self.cast.db, person_id, self.course, now, rng=self.rng, idle_cap_ms=cap)

    def room(self, person_id: int) -> ExamRoom:
        """Look at the exam."""
        now = self.cast.clock.now
        return open_exam(self.cast.db, person_id, self.course, now, idle_cap_ms=IDLE_CAP_MS)

    def answer(
        self, person_id: int, attempt: int, *, right: bool = True, key: str | None = None
    ) -> Examined:
        """Answer the next question, half a minute later."""
        asked = self.room(person_id).asked
        assert asked is not None
        now = self.cast.clock.advance(30_000)
        command = AnswerExam(
            person_id, attempt, asked.sheet.task.id, key or self.cast.key(), RIGHT[right]
        )
        return answer_exam(self.cast.db, command, now, issuer=self.issuer, idle_cap_ms=IDLE_CAP_MS)

    def sit(self, person_id: int, right: int, of: int = 10) -> Examined:
        """Sit an exam with so many right answers."""
        attempt = self.begin(person_id)
        done = [self.answer(person_id, attempt, right=at < right) for at in range(of)]
        return done[-1]

    def wait(self) -> None:
        """Let the time before a retake go by."""
        self.cast.clock.advance(DAY_MS)
