"""A demo project that asks about pets, people who answer, and looks into the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from fairhand.core.clock import Instant, parse_iso
from fairhand.model.project import Project, Question
from fairhand.model.task import NewTask
from fairhand.people.accounts import store as accounts
from fairhand.proof.log.note import Signer
from fairhand.storage.database import Database
from fairhand.storage.tables.work import annotation, queue
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from fairhand.work.assignment.rules import LeaseTerms
from fairhand.work.projects import store as projects
from fairhand.work.projects.rules import ProjectPolicy

MORNING = parse_iso("2026-11-21T09:30:00Z")
IDLE_CAP_MS = 120_000
PETS = ("cat", "dog", "cow")
PET = Question("pet", "choice", "Which pet is it?", {"labels": [{"value": pet} for pet in PETS]})

TERMS = LeaseTerms(600_000, 28_800_000, 20)
_SIGNER = Signer("log.example/carmen", Ed25519PrivateKey.from_private_bytes(b"k" * 32))

Answer = Callable[[int, int], dict[str, Any]]
"""The answer of a person (by place in the cast) to a task (by its number)."""


@dataclass(slots=True)
class QualityWorld:
    """Carmen's project, its tasks in order, and the people who joined."""

    db: Database
    project: Project
    tasks: list[int]
    people: list[int]
    now: Instant = MORNING
    _keys: count[int] = field(default_factory=count)

    def submit_next(self, who: int, answer: Answer) -> int | None:
        """Let a person take the next task and answer it; give the task, None when none is free."""
        person_id = self.people[who]
        self.now = Instant(self.now + 5_000)
        asked = HandOutTask(person_id, self.project.id)
        handed = hand_out_task(self.db, asked, self.now, terms=TERMS, idle_cap_ms=IDLE_CAP_MS)
        if handed.lease is None:
            return None
        task_id = handed.lease.task_id
        self.submit(who, task_id, answer(who, self.tasks.index(task_id)))
        return task_id

    def submit(
        self,
        who: int,
        task_id: int,
        value: dict[str, Any],
        revises: int | None = None,
        version: int | None = None,
    ) -> int:
        """Let a person submit an answer to a task they hold; give the annotation."""
        self.now = Instant(self.now + 5_000)
        key = f"key-{next(self._keys):08d}"
        command = SubmitAnnotation(
            self.people[who], task_id, key, value, revises=revises, version=version
        )
        told = submit_annotation(
            self.db, command, self.now, signer=_SIGNER, idle_cap_ms=IDLE_CAP_MS
        )
        return int(told.reply["annotation_id"])

    def work(self, answer: Answer) -> int:
        """Let everybody work, in turns, until nothing is free; give the number of answers."""
        done, busy = 0, True
        while busy:
            taken = [self.submit_next(who, answer) for who in range(len(self.people))]
            done += sum(task_id is not None for task_id in taken)
            busy = any(task_id is not None for task_id in taken)
        return done

    def overlaps(self) -> dict[int, tuple[int, int]]:
        """Tell (wanted, counted answers) of each task."""
        with self.db.read() as connection:
            wanted = {
                row.task_id: row.wanted
                for row in connection.execute(select(queue.c.task_id, queue.c.wanted))
            }
            counted = connection.execute(
                select(annotation.c.task_id).where(annotation.c.counted, ~annotation.c.superseded)
            ).scalars()
            found = list(counted)
        return {task_id: (number, found.count(task_id)) for task_id, number in wanted.items()}


def make_quality_world(
    db: Database,
    *,
    tasks: int = 10,
    people: int = 5,
    questions: tuple[Question, ...] = (PET,),
    size: tuple[int, int] | None = None,
    min_overlap: int = 2,
    max_overlap: int = 4,
    target_confidence: float = 0.9,
) -> QualityWorld:
    """Fill a fresh database."""
    policy = ProjectPolicy(
        title="Pets",
        purpose="to learn what people keep",
        guidelines="Look closely.",
        questions=questions,
        currency="GBP",
        rate_micros_per_hour=1_500_000_000,
        min_overlap=min_overlap,
        max_overlap=max_overlap,
        target_confidence=target_confidence,
    )
    carmen = add_person(db, "Carmen")
    project = create_project(db, CreateProject(carmen, policy, mode="demo"), MORNING)
    task_ids = _add_tasks(db, project, tasks, size)
    found = [add_person(db, f"Contributor {number}") for number in range(people)]
    for person_id in found:
        join_project(db, JoinProject(person_id, project.id), MORNING)
    return QualityWorld(db, project, task_ids, found)


def add_person(db: Database, name: str) -> int:
    """Add somebody who lives in Britain."""
    with db.write() as connection:
        person_id = accounts.create_person(
            connection,
            email=None,
            display_name=name,
            locale="en",
            country="GB",
            region="",
            is_simulated=False,
            now=MORNING,
        )
    assert person_id is not None
    return person_id


def _add_tasks(
    db: Database, project: Project, number: int, size: tuple[int, int] | None
) -> list[int]:
    new = [NewTask({"name": f"pet {i}"}, f"{i:064d}", f"row {i}") for i in range(number)]
    with db.write() as connection:
        projects.add_tasks(connection, project, new, [None] * number, MORNING)
        if size is not None:
            connection.exec_driver_sql(f"UPDATE task SET height = {size[0]}, width = {size[1]}")
        ids = connection.execute(select(queue.c.task_id).order_by(queue.c.rank)).scalars()
        return list(ids)
