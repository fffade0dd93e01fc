"""The job of an import from elsewhere: count, open a run, take in what is new."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.errors import Issue, NotFoundError
from fairhand.jobs.steps import Step
from fairhand.model.job import Outcome
from fairhand.storage.database import Database
from fairhand.use_cases.ask_import_from import AskImportFrom, asked_of, check_ask
from fairhand.use_cases.house import House
from fairhand.use_cases.import_tasks import start_import
from fairhand.use_cases.run_import_from import (
    count_meant,
    result_of,
    run_import_from,
    title_of,
)
from fairhand.work.projects import store as projects
from fairhand.work.projects.store import ImportRun


@dataclass(frozen=True, slots=True)
class ImportSource:
    """Opens a run once the place was listed; the run and its files know how far it is."""

    house: House

    def __call__(self, step: Step) -> Outcome:
        """Open the run at first, carry it on afterwards."""
        command = asked_of(step.job.command)
        if step.cursor is None:
            with self.house.db.read() as connection:
                check_ask(connection, self.house.settings.sources, command)
            total = count_meant(self.house, command)
            return step.commit(lambda database: self._open(database, command, total))
        return self._carry_on(step, command, int(str(step.cursor)))

    def _open(self, database: Database, command: AskImportFrom, total: int) -> Outcome:
        run = start_import(database, command.project_id, title_of(command), self.house.clock())
        return Outcome(next=run.id, total=total)

    def _carry_on(self, step: Step, command: AskImportFrom, run_id: int) -> Outcome:
        house, total = self.house, step.job.total
        with house.db.read() as connection:
            run = projects.load_import(connection, run_id)
        if run is None:
            raise NotFoundError(f"There is no import {run_id}.")
        if run.state != "done":
            run = run_import_from(
                house,
                command,
                run_id,
                lambda seen, _run: step.report(min(seen, total or seen), total),
            )
        done = total or 0
        return Outcome(None, done, total, _issues(run), result_of(house, run))


def _issues(run: ImportRun) -> tuple[Issue, ...]:
    return tuple(
        Issue(each["place"], each["message"], "error" if each["severity"] == "error" else "warning")
        for each in run.issues
    )
