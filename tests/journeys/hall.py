"""A workspace that is served on this machine, with people and projects for one journey each."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import text

from fairhand.core.clock import Instant, system_now
from fairhand.core.money import MICROS, Money
from fairhand.core.settings import load_settings
from fairhand.jobs.kinds import kinds_of
from fairhand.jobs.runtime import JobRuntime
from fairhand.jobs.steps import Services
from fairhand.jobs.ticker import Tick
from fairhand.model.project import Mode, Question
from fairhand.model.task import NewTask
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.fund_project import FundProject, fund_project
from fairhand.use_cases.house import House, open_database, open_house
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.init_workspace import InitWorkspace, init_workspace
from fairhand.use_cases.invite_person import InvitePerson, invite_person
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.keep_conversations import keep_conversations
from fairhand.use_cases.keep_up_assistance import keep_up_assistance
from fairhand.use_cases.keep_up_quality import keep_up_quality
from fairhand.use_cases.load_wage_floors import LoadWageFloors, load_wage_floors
from fairhand.use_cases.open_project import OpenProject, open_project
from fairhand.use_cases.reap_leases import reap_leases
from fairhand.use_cases.renew_link import renew_link
from fairhand.use_cases.seal_log import seal_log
from fairhand.work.projects.rules import ProjectPolicy
from tests.readied import make_ready

START_S = 15.0
TICK_S = 0.4
LONG_TICK_S = 3.0


class MovableClock:
    """The machine's clock, set forward when a journey needs a later hour."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def __call__(self) -> Instant:
        return Instant(system_now() + self.ahead_ms)


@dataclass
class Hall:
    """A served workspace; `works` says whether jobs and ticks run beside the pages."""

    folder: Path
    works: bool = True
    clock: MovableClock = field(default_factory=MovableClock)
    numbers: count[int] = field(default_factory=lambda: count(1))
    carmen: int = 0

    def __post_init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        settings = load_settings(self.folder, host="127.0.0.1", port=self.port)
        db = open_database(settings)
        command = InitWorkspace("journeys", "Carmen", "carmen@example.org", "GB")
        self.carmen = init_workspace(db, command, self.clock())
        load_wage_floors(db, LoadWageFloors(), self.clock())
        db.close()
        self.house: House = open_house(settings, self.clock)
        self.open()

    @property
    def url(self) -> str:
        """Where the pages are."""
        return self.house.settings.base_url

    def open(self) -> None:
        """Start serving; returns when the first page answers."""
        from fairhand.web.app import create_app

        app = create_app(self.house, _background(self.house) if self.works else None)
        self._server = uvicorn.Server(_config(app, self.port))
        self._thread = threading.Thread(target=self._server.run, name="hall", daemon=True)
        self._thread.start()
        self.wait(lambda: self._server.started, START_S)

    def shut(self) -> None:
        """Stop serving, as a server that is taken down for an update."""
        self._server.should_exit = True
        self._thread.join(START_S)
        assert not self._thread.is_alive(), "the server did not stop"

    def close(self) -> None:
        """Stop for good."""
        self.shut()
        self.house.close()

    def wait(self, done: Callable[[], object], within_s: float = 90.0) -> None:
        """Wait for what happens in the background."""
        until = time.monotonic() + within_s
        while not done():
            assert time.monotonic() < until, f"still not so after {within_s} s"
            time.sleep(0.02)

    def person(self, name: str, country: str = "GB") -> int:
        """Invite somebody; a journey has people of its own."""
        command = InvitePerson(None, name, country=country)
        invited = invite_person(self.house.db, command, self.clock(), link_hours=72)
        return invited.person_id

    def link(self, person_id: int) -> str:
        """Make a one-time sign-in link."""
        return f"{self.url}/sign-in/{renew_link(self.house.db, person_id, self.clock(), hours=1)}"

    def project(
        self,
        asked: Question | Sequence[Question],
        tasks: Iterable[NewTask],
        people: Sequence[int] = (),
        *,
        pounds: int = 1_000,
        title: str = "",
        overlap: int = 2,
        currency: str = "GBP",
    ) -> int:
        """Make a paid project that these people have joined."""
        policy = ProjectPolicy(
            title=title or f"Journey {next(self.numbers)}",
            purpose="To learn how the pages behave.",
            guidelines="# Look closely\n\nThen decide. **Skip** what you cannot tell; it is paid.",
            questions=(asked,) if isinstance(asked, Question) else tuple(asked),
            currency=currency,
            rate_micros_per_hour=1_500 * MICROS,
            min_overlap=overlap,
            max_overlap=overlap,
        )
        slug = f"journey-{next(self.numbers)}"
        made = create_project(
            self.house.db, CreateProject(self.carmen, policy, slug=slug), self.clock()
        )
        self.add_tasks(made.id, tasks)
        self.fund(made.id, pounds, currency)
        self.set_mode(made.id, "open")
        for person_id in people:
            join_project(self.house.db, JoinProject(person_id, made.id), self.clock())
        return made.id

    def add_tasks(self, project_id: int, tasks: Iterable[NewTask]) -> None:
        """Import tasks by the real story."""
        db, now = self.house.db, self.clock()
        run = start_import(db, project_id, "journey", now)
        import_tasks(db, self.house.blobs, ImportTasks(run.id, tasks, self.carmen), now)

    def fund(self, project_id: int, pounds: int, currency: str = "GBP") -> None:
        """Set money aside."""
        key = f"cheque-{next(self.numbers)}"
        command = FundProject(project_id, self.carmen, Money(pounds * 100, currency), key)
        fund_project(self.house.db, command, self.clock())

    def seal(self) -> None:
        """Seal what happened so far."""
        seal_log(self.house.db, self.house.signer, self.clock())

    def set_mode(self, project_id: int, mode: Mode) -> None:
        """Pause a project, or let it go on; what opens is made ready first."""
        if mode == "open":
            make_ready(self.house.db, project_id, self.carmen, self.clock())
        open_project(self.house.db, OpenProject(self.carmen, project_id, mode), self.clock())

    def end_sessions(self, person_id: int) -> None:
        """Sign a person out everywhere."""
        self.change("DELETE FROM session WHERE person_id = :person", person=person_id)

    def rows(self, query: str, **given: object) -> list[tuple[Any, ...]]:
        """Look into the database."""
        with self.house.db.read() as connection:
            return [tuple(row) for row in connection.execute(text(query), given)]

    def change(self, statement: str, **given: object) -> None:
        """Set up what no story of this part of the product sets up."""
        with self.house.db.write() as connection:
            connection.execute(text(statement), given)

    def annotations(self, project_id: int) -> list[Stored]:
        """Give what is stored of a project, in the order it came."""
        found = self.rows(
            "SELECT id, task_id, person_id, revision, value, counted, late, superseded, "
            "prediction_id, prediction_shown, prediction_changed "
            "FROM annotation WHERE project_id = :project ORDER BY id",
            project=project_id,
        )
        return [_stored(row) for row in found]

    def await_annotations(self, project_id: int, number: int) -> list[Stored]:
        """Wait until so many answers have arrived."""
        self.wait(lambda: len(self.annotations(project_id)) >= number)
        return self.annotations(project_id)

    def paid_ms(self, person_id: int) -> int:
        """Give how much time a person has been paid for."""
        query = "SELECT COALESCE(SUM(paid_ms), 0) FROM accrual WHERE person_id = :person"
        return int(self.rows(query, person=person_id)[0][0])


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored answer."""

    id: int
    task_id: int
    person_id: int
    revision: int
    value: dict[str, Any]
    counted: bool
    late: bool
    superseded: bool
    prediction_id: int | None
    prediction_shown: bool
    prediction_changed: bool


def _stored(row: tuple[Any, ...]) -> Stored:
    id_, task_id, person_id, revision, value, *facts = row
    counted, late, superseded, prediction_id, shown, changed = facts
    return Stored(
        id_,
        task_id,
        person_id,
        revision,
        json.loads(value),
        bool(counted),
        bool(late),
        bool(superseded),
        prediction_id,
        bool(shown),
        bool(changed),
    )


def _config(app: Any, port: int) -> uvicorn.Config:  # noqa: ANN401  # any ASGI app
    return uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )


def _background(house: House) -> AbstractAsyncContextManager[None]:
    """Do the house's own background work, at the pace of an impatient test."""
    import asyncio

    db, clock = house.db, house.clock
    ticks = (
        Tick("seal", TICK_S, lambda: seal_log(db, house.signer, clock())),
        Tick("aggregate", TICK_S, lambda: keep_up_quality(db, clock)),
        Tick("conversations", TICK_S, lambda: keep_conversations(db, clock)),
        Tick("assist", TICK_S, lambda: keep_up_assistance(db, clock)),
        Tick("reap", LONG_TICK_S, lambda: reap_leases(db, clock(), 500)),
    )
    runtime = JobRuntime(Services(db, house.blobs, clock), kinds_of(house), ticks)

    @asynccontextmanager
    async def run() -> Any:  # noqa: ANN401  # an async generator
        runtime.start_soon()
        try:
            yield
        finally:
            await asyncio.to_thread(runtime.stop)

    return run()
