"""Runs durable jobs inside a server process or `fairhand worker`, on DBOS.

Jobs are asked for by writing a row (`storage.job_store.ask`), in whatever transaction asks. A
runtime notices the row and starts a workflow of the same id; DBOS remembers which steps are done
in `jobs.db` beside the SQLite database, or in a schema of its own on PostgreSQL. Each process
holds a numbered slot; the jobs of a slot whose process died are taken up by the others.
"""

from __future__ import annotations

import os
import random
import sqlite3
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from fairhand.core.errors import UnavailableError
from fairhand.jobs.steps import Kinds, Services, take_step
from fairhand.jobs.ticker import Tick, Ticker
from fairhand.storage import job_store
from fairhand.storage.database import Database, load_whole_engine
from fairhand.storage.slots import Slot, take_slot

if TYPE_CHECKING:
    from dbos import DBOSConfig

_QUEUE = "fairhand"
_PG_SCHEMA = "fairhand_jobs"
_PROTOCOL = "1"  # raise it when a workflow calls other steps than before
_MOST_PROCESSES = 1_000
_JOBS_AT_ONCE = 2
_POLL_S = 0.5
_LONGEST_RETRY_S = 60.0
_GIVEN_UP = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_STOP_TIMEOUT_S = 15.0
_log = structlog.get_logger("fairhand.jobs")


class _Stopping(BaseException):
    """The process ends; the workflow stays pending and goes on in the next one."""


class JobRuntime:
    """Durable jobs and ticks of one process; at most one is running in a process."""

    def __init__(
        self,
        services: Services,
        kinds: Kinds,
        ticks: Sequence[Tick] = (),
        *,
        adopt_every_s: float = 5.0,
    ) -> None:
        self.services = services
        self.kinds = kinds
        self._ticks = (
            Tick("dispatch", _POLL_S, self.dispatch),
            Tick("adopt", adopt_every_s, self.adopt),
            Tick("keep_slot", adopt_every_s / 2, self.keep_slot, everywhere=True),
            Tick("mend", adopt_every_s, self.mend, everywhere=True),
            *ticks,
        )
        self._stopping = threading.Event()
        self._at_work: list[str] = []
        self._idle = threading.Condition()
        self._lost: set[str] = set()
        self._orphans: set[str] | None = None
        self._dispatched: set[str] | None = None
        self._slot: Slot | None = None
        self._ticker: Ticker | None = None
        self._starter: threading.Thread | None = None

    def start(self) -> None:
        """Take a slot, resume what this slot left undone, and begin to take up jobs."""
        if _running:
            raise RuntimeError("a job runtime is already running in this process")
        database = self.services.database
        self._slot = _first_free_slot(database)
        _running.append(self)
        try:
            _launch(database, self._slot.number)
            self.adopt()
        except BaseException:
            self._leave()
            raise
        self._ticker = Ticker(database, self._ticks, random.Random(os.getpid()))  # noqa: S311
        self._ticker.start()

    def start_soon(self, after_s: float = 1.0) -> None:
        """Start when the server has answered its first visitors: DBOS takes a second to import.

        A start that fails is logged and tried again.
        """
        load_whole_engine()
        self._starter = threading.Thread(
            target=self._start_when_it_works, args=(after_s,), name="jobs-start"
        )
        self._starter.start()

    def stop(self) -> None:
        """Stop after the steps that are running; unfinished jobs go on at the next start."""
        self._stopping.set()
        if self._starter is not None:
            self._starter.join()
        if self._ticker is not None:
            self._ticker.stop()
        with self._idle:
            self._idle.wait_for(lambda: not self._at_work, _STOP_TIMEOUT_S)
        if self in _running:
            self._leave()

    def _start_when_it_works(self, wait_s: float) -> None:
        while not self._stopping.wait(wait_s):
            try:
                self.start()
            except Exception:
                _log.exception("jobs did not start")
                wait_s = min(max(wait_s, 1.0) * 2, _LONGEST_RETRY_S)
            else:
                return

    def _leave(self) -> None:
        from dbos import DBOS

        DBOS.destroy()
        if self._slot is not None:
            self._slot.release()
        _running.remove(self)

    def dispatch(self) -> None:
        """Start a workflow for every job that was asked for and not taken up."""
        with self.services.database.read() as connection:
            if self._dispatched is None:  # the first look: also jobs that DBOS may have lost
                wanted = job_store.list_unfinished(connection)
            else:
                wanted = job_store.list_queued(connection)
        for job_id in set(wanted) - (self._dispatched or set()):
            self._enqueue(job_id)
        self._dispatched = set(wanted)

    def adopt(self) -> None:
        """Take up the jobs of processes that died.

        After the first look only of those that were gone at the last one too: when the database
        comes back, a process may need a moment to take its slot again.
        """
        from dbos import DBOS

        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        owners = {str(each.executor_id) for each in pending}
        orphans = set()
        for executor in owners - {_executor_name(self._own_slot.number)}:
            slot = take_slot(self.services.database, "jobs", int(executor.removeprefix("slot-")))
            if slot is None:
                continue
            try:
                if self._orphans is None or executor in self._orphans:
                    DBOS._recover_pending_workflows([executor])
                else:
                    orphans.add(executor)
            finally:
                slot.release()
        self._orphans = orphans

    def keep_slot(self) -> None:
        """Take the slot again when the database was away and has let it go."""
        if self._own_slot.is_held():
            return
        again = take_slot(self.services.database, "jobs", self._own_slot.number)
        if again is not None:  # else another looks after its jobs just now: asked again soon
            self._own_slot.release()
            self._slot = again

    def mend(self) -> None:
        """Begin anew what DBOS gave up, or believes to run here when it does not.

        A disk or a database that fails while DBOS takes its own notes ends a workflow before its
        job. What the steps did is written with them, so none is done again.
        """
        from dbos import DBOS

        unfinished = self._unfinished()
        if not unfinished:
            return
        mine = _executor_name(self._own_slot.number)
        found = DBOS.list_workflows(
            workflow_ids=sorted(unfinished),
            executor_id=mine,
            status=["PENDING", *_GIVEN_UP],
            load_input=False,
            load_output=False,
        )
        lost = {each.workflow_id for each in found} - set(self._at_work)
        for job_id in lost & self._lost & self._unfinished():  # also at the last look
            _log.warning("job begins anew", job=job_id)
            DBOS.delete_workflow(job_id)
            self._enqueue(job_id)
        self._lost = lost

    def _unfinished(self) -> set[str]:
        with self.services.database.read() as connection:
            return set(job_store.list_unfinished(connection))

    def _enqueue(self, job_id: str) -> None:
        from dbos import DBOS, SetWorkflowID

        with SetWorkflowID(job_id):  # known to DBOS already: nothing happens
            DBOS.enqueue_workflow(_QUEUE, _workflow(), job_id)

    @property
    def _own_slot(self) -> Slot:
        if self._slot is None:
            raise RuntimeError("the job runtime is not running")
        return self._slot

    def run_to_end(self, job_id: str) -> None:
        """Take the steps of one job, each under DBOS's eye, until it is over."""
        from dbos import DBOS

        with self._idle:
            self._at_work.append(job_id)
        try:
            number, cursor = 0, DBOS.run_step({"name": "step-0"}, self._step, job_id, 0, None)
            while cursor is not None:
                number += 1
                name = f"step-{number}"
                cursor = DBOS.run_step({"name": name}, self._step, job_id, number, cursor)
        finally:
            with self._idle:
                self._at_work.remove(job_id)
                self._idle.notify_all()

    def _step(self, job_id: str, number: int, cursor: object) -> object:
        """Take one step; wait and try again for as long as the database or the disk is away."""
        wait_s = 0.5
        while True:
            self._leave_when_stopping()
            try:
                return take_step(self.services, self.kinds, job_id, number, cursor)
            except UnavailableError as error:
                _log.warning("job waits", job=job_id, step=number, reason=error.code)
            self._stopping.wait(wait_s)
            wait_s = min(wait_s * 2, _LONGEST_RETRY_S)

    def _leave_when_stopping(self) -> None:
        if self._stopping.is_set():
            raise _Stopping


_running: list[JobRuntime] = []  # DBOS calls a function by name: this is how it finds us


def _run_job(job_id: str) -> None:
    if not _running:
        raise _Stopping
    _running[0].run_to_end(job_id)


@cache
def _workflow() -> Any:  # noqa: ANN401  # DBOS wraps it
    from dbos import DBOS

    return DBOS.workflow(name="run_job")(_run_job)


def _launch(database: Database, slot: int) -> None:
    from dbos import DBOS

    _workflow()
    DBOS(config=_config(database, slot))
    DBOS.launch()
    DBOS.register_queue(
        _QUEUE,
        worker_concurrency=_JOBS_AT_ONCE,
        polling_interval_sec=_POLL_S,
        on_conflict="always_update",
    )


def _config(database: Database, slot: int) -> DBOSConfig:
    """Configure DBOS to stay at home: no telemetry, no console, no control plane."""
    return {
        "name": "fairhand",
        "system_database_url": _system_url(database),
        "dbos_system_schema": _PG_SCHEMA,
        "sys_db_pool_size": 5,
        "use_listen_notify": False,
        "application_version": _PROTOCOL,
        "executor_id": _executor_name(slot),
        "enable_otlp": False,
        "log_level": "ERROR",
    }


def _system_url(database: Database) -> str:
    if not database.is_sqlite:
        return database.url
    path = Path(database.url.removeprefix("sqlite:///")).with_name("jobs.db")
    with sqlite3.connect(path) as connection:  # the mode stays with the file
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    return f"sqlite:///{path}"


def _executor_name(slot: int) -> str:
    return f"slot-{slot}"


def _first_free_slot(database: Database) -> Slot:
    for number in range(_MOST_PROCESSES):
        slot = take_slot(database, "jobs", number)
        if slot is not None:
            return slot
    raise UnavailableError(f"More than {_MOST_PROCESSES} processes run jobs on this workspace.")
