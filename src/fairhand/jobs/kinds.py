"""The kinds of durable jobs: each body tells one story in steps that may come again.

Asking for one is `job_store.ask(connection, NewJob(id, kind, command), now)` with these commands:

- `import_file`: project_id, source (a path, or `blob:` and a SHA-256), name, options, person_id
- `import_source`: project_id, person_id, source (a name, or empty for addresses), prefix, pattern,
  urls, takes_changed, options
- `close_period`: ends_at, closed_by
- `publish_release`: project_id, directory, published_by, licence, media, and of a campaign what it
  is for; licence_id where a licence waits for it
- `train_model`, `prelabel_next`: project_id, work (train, rank or propose)
- `prelabel_project`: project_id, assistant_id, person_id
- `evaluate_model`: project_id, version_id, question, slice_fields, person_id
- `measure_value`: project_id, study_id, person_id
- `export`: project_id, name; the export of the job's id says the rest
- `act_on_tasks`: person_id, project_id, act, wanted, query, blind, at
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue, NotFoundError
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from fairhand.jobs.act_on_tasks import ActOnTasks
from fairhand.jobs.assist_kinds import assist_kinds
from fairhand.jobs.evaluate import EvaluateVersion
from fairhand.jobs.export import MakeExport
from fairhand.jobs.import_source import ImportSource
from fairhand.jobs.prelabel_kind import PrelabelWholeProject
from fairhand.jobs.steps import Kinds, Step
from fairhand.jobs.value import MeasureStudy
from fairhand.model.job import Outcome
from fairhand.pay.statement.store import ToSettle
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.ask_export import EXPORT
from fairhand.use_cases.ask_import_from import IMPORT_SOURCE
from fairhand.use_cases.ask_prelabel import PRELABEL_PROJECT
from fairhand.use_cases.ask_task_act import ACT_ON_TASKS
from fairhand.use_cases.ask_value import MEASURE
from fairhand.use_cases.close_pay_period import (
    ClosePayPeriod,
    close_people,
    count_settled,
    count_statements,
    finish_period,
    in_batches,
    open_period,
    people_left,
    read_terms,
)
from fairhand.use_cases.deliver_licence import deliver_licence
from fairhand.use_cases.house import House
from fairhand.use_cases.import_tasks import ImportTasks, import_tasks, start_import
from fairhand.use_cases.publish_release import (
    Press,
    PublishRelease,
    begin_release,
    finish_release,
)
from fairhand.use_cases.reading_options import reading_options
from fairhand.use_cases.release_credentials import credentials_of
from fairhand.use_cases.settle_quality import settle_quality
from fairhand.work.projects import store as projects
from fairhand.work.projects.store import ImportRun

_PEOPLE_PER_STEP = 1_000
_BLOB = "blob:"


def kinds_of(house: House) -> Kinds:
    """List the kinds of jobs of a workspace by name."""
    return {
        "import_file": ImportFile(house),
        "close_period": ClosePeriod(house),
        "publish_release": Publish(house),
        **assist_kinds(house),
        PRELABEL_PROJECT: PrelabelWholeProject(house),
        "evaluate_model": EvaluateVersion(house),
        MEASURE: MeasureStudy(house),
        EXPORT: MakeExport(house),
        ACT_ON_TASKS: ActOnTasks(house),
        IMPORT_SOURCE: ImportSource(house),
    }


@dataclass(frozen=True, slots=True)
class ImportFile:
    """Opens an import run, then takes in every row; the run itself knows how far it is."""

    house: House

    def __call__(self, step: Step) -> Outcome:
        """Open the run at first, carry it on afterwards."""
        if step.cursor is None:
            return step.commit(lambda database: self._open(database, step.job.command))
        return self._carry_on(step, _number(step.cursor))

    def _open(self, database: Database, command: Mapping[str, Any]) -> Outcome:
        run = start_import(database, command["project_id"], command["name"], self.house.clock())
        return Outcome(next=run.id)

    def _carry_on(self, step: Step, run_id: int) -> Outcome:
        command, house = step.job.command, self.house
        with house.db.read() as connection:
            run = projects.load_import(connection, run_id)
        if run is None:
            raise NotFoundError(f"There is no import {run_id}.")
        if run.state != "done":
            with _source(house.blobs, command["source"]) as path:
                rows = read_tasks(path, _options(house, command))
                asked = ImportTasks(run_id, rows, command["person_id"])
                run = import_tasks(
                    house.db, house.blobs, asked, house.clock(), lambda now: _report(step, now)
                )
        return Outcome(None, run.rows_read, run.rows_read, _issues(run), _result(run))


@dataclass(frozen=True, slots=True)
class ClosePeriod:
    """Opens a pay period, settles a thousand people a step, and closes it when nobody is left.

    A step starts after the person where the one before it ended. What is settled is never settled
    again, so a step that was cut off goes on in its middle.
    """

    house: House

    def __call__(self, step: Step) -> Outcome:
        """Take the next stretch of the close."""
        command = step.job.command
        asked = ClosePayPeriod(Instant(command["ends_at"]), command.get("closed_by"))
        if step.cursor is None:
            return step.commit(lambda database: self._open(database, asked))
        period_id, after = _numbers(step.cursor)
        people = people_left(self.house.db, period_id, after=after, limit=_PEOPLE_PER_STEP)
        if people:
            return self._settle(step, period_id, people)
        if after:  # somebody before may have earned something meanwhile
            return self._further(step, period_id, 0)
        return self._finish(step, period_id, asked)

    def _open(self, database: Database, asked: ClosePayPeriod) -> Outcome:
        period_id = open_period(database, asked, self.house.clock())
        if period_id is None:
            return Outcome(result={"period_id": None, "people": 0, "statements": 0})
        done, left = count_settled(database, period_id), len(people_left(database, period_id))
        return Outcome([period_id, 0], done, done + left)

    def _settle(self, step: Step, period_id: int, people: Sequence[ToSettle]) -> Outcome:
        database = self.house.db
        terms, done = read_terms(database, period_id), step.job.done
        for batch in in_batches(people):
            close_people(database, period_id, batch, self.house.clock(), terms)
            done += len(batch)
            step.report(done, step.job.total)
        return self._further(step, period_id, people[-1].person_id)

    def _further(self, step: Step, period_id: int, after: int) -> Outcome:
        done = count_settled(self.house.db, period_id)
        return Outcome([period_id, after], done, max(done, step.job.total or 0))

    def _finish(self, step: Step, period_id: int, asked: ClosePayPeriod) -> Outcome:
        database, now = self.house.db, self.house.clock()
        finish_period(database, period_id, now, closed_by=asked.closed_by)
        if people_left(database, period_id, limit=1):
            return self._further(step, period_id, 0)
        done = count_settled(database, period_id)
        made = count_statements(database, period_id)
        result = {"period_id": period_id, "people": done, "statements": made}
        return Outcome(None, done, done, result=result)


@dataclass(frozen=True, slots=True)
class Publish:
    """Reserves a version, then writes, logs, proves and places it."""

    house: House

    def __call__(self, step: Step) -> Outcome:
        """Begin the release at first, finish it afterwards."""
        command, now = _publish_command(step.job.command), self.house.clock()
        house = self.house
        folder = house.settings.workspace / "releases"
        engine = house.settings.release_engine
        press = Press(
            folder,
            house.blobs,
            house.signer,
            house.secret,
            step.report,
            engine,
            credentials=partial(credentials_of, house.content_signer, house.clock),
        )
        if step.cursor is None:
            return step.commit(
                lambda database: Outcome(next=begin_release(database, command, now, press))
            )
        settle_quality(house.db, command.project_id, house.clock)
        made = finish_release(house.db, _number(step.cursor), command, now, press)
        licence_id = step.job.command.get("licence_id")
        if licence_id is not None:
            deliver_licence(house.db, licence_id, made.release_id, house.clock())
        result = {
            "release_id": made.release_id,
            "version": made.version,
            "directory": str(made.directory),
            "manifest_sha256": made.manifest_sha256,
        }
        done = int(made.stats.get("rows", 0))
        return Outcome(None, done, done, result=result)


def _publish_command(command: Mapping[str, Any]) -> PublishRelease:
    given = dict(command)
    directory = given.pop("directory", None)
    given.pop("licence_id", None)
    return PublishRelease(directory=Path(directory) if directory else None, **given)


@contextmanager
def _source(blobs: BlobStore, source: str) -> Iterator[Path]:
    """Give the path of a source; an uploaded one is taken out of the blob store for the time."""
    if not source.startswith(_BLOB):
        yield Path(source)
        return
    with tempfile.NamedTemporaryFile(prefix="fairhand-import-") as file:
        for chunk in blobs.stream(source.removeprefix(_BLOB), check=True):
            file.write(chunk)
        file.flush()
        yield Path(file.name)


def _options(house: House, command: Mapping[str, Any]) -> ReadOptions:
    """Read a job's options; an upload has no folder of pictures beside it."""
    uploaded = command["source"].startswith(_BLOB)
    root = None if uploaded else Path(command["source"]).parent
    given = command.get("options") or {}
    return reading_options(house, command["project_id"], given, name=command["name"], root=root)


def _report(step: Step, run: ImportRun) -> None:
    step.report(run.rows_read)


def _issues(run: ImportRun) -> tuple[Issue, ...]:
    return tuple(
        Issue(each["place"], each["message"], "error" if each["severity"] == "error" else "warning")
        for each in run.issues
    )


def _result(run: ImportRun) -> dict[str, int]:
    return {
        "import_id": run.id,
        "rows_read": run.rows_read,
        "added": run.added,
        "already_there": run.already_there,
        "rejected": run.rejected,
    }


def _numbers(cursor: object) -> tuple[int, int]:
    first, second = cast("Sequence[int]", cursor)
    return first, second


def _number(cursor: object) -> int:
    return int(str(cursor))
