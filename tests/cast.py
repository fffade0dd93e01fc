"""The cast at work: Carmen's workspace, her projects about pets, and people who answer.

Everything goes through the real stories, so a test that begins here begins where a user would.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from fairhand.core.clock import DAY_MS, Instant, ManualClock, parse_iso
from fairhand.core.errors import Issue
from fairhand.core.money import MICROS, Money
from fairhand.model.project import Mode, Question
from fairhand.model.task import NewTask
from fairhand.proof.log.note import Signer
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.fund_project import FundProject, fund_project
from fairhand.use_cases.hand_out_task import HandedOut, HandOutTask, hand_out_task
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.init_workspace import InitWorkspace, init_workspace
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.load_wage_floors import LoadWageFloors, load_wage_floors
from fairhand.use_cases.open_project import OpenProject, open_project
from fairhand.use_cases.reap_leases import reap_leases
from fairhand.use_cases.revise_annotation import Reopened, ReviseAnnotation, revise_annotation
from fairhand.use_cases.save_draft import SaveDraft, save_draft
from fairhand.use_cases.skip_task import SkipTask, skip_task
from fairhand.use_cases.submit_annotation import SubmitAnnotation, Submitted, submit_annotation
from fairhand.work.assignment.rules import Hold, LeaseTerms
from fairhand.work.projects.rules import ProjectPolicy
from tests.readied import make_ready

MORNING = parse_iso("2026-11-21T09:30:00Z")
SIGNER = Signer("log.example/carmen", Ed25519PrivateKey.from_private_bytes(b"c" * 32))
IDLE_CAP_MS = 120_000
TERMS = LeaseTerms(online_ttl_ms=600_000, offline_ttl_ms=8 * 3_600_000, offline_max=20)
LEASE_MS = 600_000
LABELS = ("cat", "dog", "owl")
PET = Question(
    "pet",
    "choice",
    "Which animal is it?",
    {"labels": [{"value": label, "title": label.title()} for label in LABELS]},
)
GBP_6 = 6 * 100 * MICROS
"""GBP 6 per hour: below the floor of GBP 12.71, so a close has to top up."""


@dataclass(slots=True)
class Cast:
    """A workspace with Carmen in it; the others come when they are named."""

    db: Database
    clock: ManualClock = field(default_factory=lambda: ManualClock(MORNING))
    signer: Signer = SIGNER
    terms: LeaseTerms = TERMS
    carmen: int = 0
    people: dict[str, int] = field(default_factory=dict)
    _keys: count[int] = field(default_factory=lambda: count(1))
    _rows: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        command = InitWorkspace("pets", "Carmen", "carmen@example.org", "GB")
        self.carmen = init_workspace(self.db, command, self.clock.now)

    def again(self, db: Database) -> Cast:
        """The same cast on a copy of their database; what one does, the other does not see."""
        twin = copy(self)
        twin.db, twin.clock, twin.people = db, ManualClock(self.clock.now), dict(self.people)
        twin._keys, twin._rows = copy(self._keys), copy(self._rows)
        return twin

    def load_floors(self) -> None:
        """Load the wage floors that come with the product."""
        load_wage_floors(self.db, LoadWageFloors(), self.clock.now)

    def person(self, name: str, country: str = "GB") -> int:
        """Give a person's id, inviting them when they are new."""
        if name not in self.people:
            command = InvitePerson(None, name, country=country)
            invited = invite_person(self.db, command, self.clock.now, link_hours=72)
            self.people[name] = invited.person_id
        return self.people[name]

    def project(
        self,
        *people: str,
        tasks: int = 5,
        overlap: int = 2,
        max_overlap: int | None = None,
        rate: int = GBP_6,
        funded: int = 100_000,
        tier: int = 0,
    ) -> int:
        """Make a project of `tasks` pets that these people have joined; `funded` in pence."""
        policy = ProjectPolicy(
            title=f"Pets {next(self._rows)}",
            purpose="To tell cats from dogs.",
            guidelines="Look closely.",
            questions=(PET,),
            currency="GBP",
            rate_micros_per_hour=rate,
            min_overlap=overlap,
            max_overlap=max_overlap or overlap,
            tier=tier,
        )
        command = CreateProject(self.carmen, policy, lease_ttl_ms=LEASE_MS)
        project_id = create_project(self.db, command, self.clock.now).id
        if tasks:
            self.add_tasks(project_id, tasks)
        if funded:
            self.fund(project_id, funded)
        for name in people:
            self.join(self.person(name), project_id)
        return project_id

    def add_tasks(self, project_id: int, number: int, *, again: int = 0) -> int:
        """Import `number` new tasks, and `again` rows that may be there already."""
        names = [f"row {next(self._rows)}" for _ in range(number)]
        names += [f"again {index}" for index in range(again)]
        rows: list[NewTask | Issue] = [NewTask({"text": name}, name, name) for name in names]
        run = start_import(self.db, project_id, "pets.jsonl", self.clock.now)
        command = ImportTasks(run.id, rows, self.carmen)
        return import_tasks(self.db, BlobStore("memory://"), command, self.clock.now).added

    def join(self, person_id: int, project_id: int) -> bool:
        """Take part in a project."""
        return join_project(self.db, JoinProject(person_id, project_id), self.clock.now)

    def fund(self, project_id: int, pence: int) -> None:
        """Put money into a project's escrow."""
        key = f"cheque-{next(self._keys)}"
        command = FundProject(project_id, self.carmen, Money(pence, "GBP"), key)
        fund_project(self.db, command, self.clock.now)

    def set_mode(self, project_id: int, mode: Mode) -> None:
        """Pause a project, or let it go on; what opens is made ready first."""
        if mode == "open":
            make_ready(self.db, project_id, self.carmen, self.clock.now)
        open_project(self.db, OpenProject(self.carmen, project_id, mode), self.clock.now)

    def key(self) -> str:
        """Make a client key that nobody has used."""
        return str(UUID(int=next(self._keys)))

    def next(
        self,
        person_id: int,
        project_id: int,
        *,
        ahead: bool = False,
        hold: Hold = "online",
        exclude: frozenset[int] = frozenset(),
    ) -> HandedOut:
        """Ask for work."""
        command = HandOutTask(person_id, project_id, ahead, hold, exclude)
        return hand_out_task(
            self.db, command, self.clock.now, terms=self.terms, idle_cap_ms=IDLE_CAP_MS
        )

    def next_task(self, person_id: int, project_id: int, *, ahead: bool = False) -> int:
        """Ask for work where there must be some; give the task's id."""
        got = self.next(person_id, project_id, ahead=ahead)
        assert got.sheet is not None, f"told {got.reason}"
        return got.sheet.task.id

    def submit(
        self,
        person_id: int,
        task_id: int,
        answer: str = "cat",
        *,
        key: str | None = None,
        revises: int | None = None,
        worked_ms: int | None = None,
    ) -> Submitted:
        """Submit an answer, under a new key unless one is given."""
        command = SubmitAnnotation(
            person_id,
            task_id,
            key or self.key(),
            {"pet": answer},
            revises=revises,
            worked_ms=worked_ms,
        )
        return submit_annotation(
            self.db, command, self.clock.now, signer=self.signer, idle_cap_ms=IDLE_CAP_MS
        )

    def skip(self, person_id: int, task_id: int, *, key: str | None = None) -> dict[str, Any]:
        """Pass a task on."""
        command = SkipTask(person_id, task_id, key or self.key())
        return skip_task(
            self.db, command, self.clock.now, signer=self.signer, idle_cap_ms=IDLE_CAP_MS
        )

    def draft(self, person_id: int, task_id: int, answer: str | None) -> Instant:
        """Keep what was entered so far; with None, only say that somebody is still there."""
        value = None if answer is None else {"pet": answer}
        command = SaveDraft(person_id, task_id, value)
        kept = save_draft(
            self.db, command, self.clock.now, terms=self.terms, idle_cap_ms=IDLE_CAP_MS
        )
        return kept.expires_at

    def revise(self, person_id: int, annotation_id: int) -> Reopened:
        """Take the last answer back onto the desk."""
        command = ReviseAnnotation(person_id, annotation_id)
        return revise_annotation(self.db, command, self.clock.now, idle_cap_ms=IDLE_CAP_MS)

    def reap(self) -> int:
        """Free what has lapsed."""
        return reap_leases(self.db, self.clock.now)

    def rows(self, query: str, **given: object) -> list[tuple[Any, ...]]:
        """Look into the database."""
        with self.db.read() as connection:
            return [tuple(row) for row in connection.execute(text(query), given)]

    def change(self, statement: str, **given: object) -> None:
        """Set up in the database what no story of this part of the product sets up yet."""
        with self.db.write() as connection:
            connection.execute(text(statement), given)


def a_day_later(clock: ManualClock) -> Instant:
    """Let a day go by."""
    return clock.advance(DAY_MS)
