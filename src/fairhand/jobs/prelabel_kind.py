"""The durable job that pre-labels a project: asked for in the browser, carried on after a kill."""

from __future__ import annotations

import os
from dataclasses import dataclass

from fairhand.core.errors import Issue, NotFoundError
from fairhand.jobs.prelabel_project import PrelabelProject, check_runner, prelabel_project
from fairhand.jobs.steps import Step
from fairhand.model.job import Outcome
from fairhand.storage.database import Database
from fairhand.use_cases.house import House
from fairhand.use_cases.open_source import model_of
from fairhand.use_cases.start_prelabel import StartPrelabel, start_prelabel
from fairhand.work.prelabel import store
from fairhand.work.prelabel.run_store import PrelabelRun


@dataclass(frozen=True, slots=True)
class PrelabelWholeProject:
    """Opens the run at first, then carries it on; the run itself knows how far it is."""

    house: House

    def __call__(self, step: Step) -> Outcome:
        """Open the run, or carry it on to its end."""
        if step.cursor is None:
            return self._open(step)
        run = prelabel_project(
            self.house,
            PrelabelProject(int(step.job.command["project_id"]), int(str(step.cursor))),
            lambda now: step.report(now.done + now.failed, now.total),
        )
        done = run.done + run.failed
        return Outcome(None, done, run.total, _issues(run), _result(run))

    def _open(self, step: Step) -> Outcome:
        given, house = step.job.command, self.house
        with house.db.read() as connection:
            one = store.load_assistant(connection, int(given["assistant_id"]))
        if one is None:
            raise NotFoundError("There is no such assistant any more.")
        elsewhere = os.environ.get("FAIRHAND_RAY_ADDRESS") and one.kind not in (
            "openai",
            "label_studio",
        )
        runner = "ray" if elsewhere else "native"
        check_runner(one.kind, runner)
        model = model_of(house.db, house.blobs, one, house.clock())
        command = StartPrelabel(
            int(given["person_id"]), int(given["project_id"]), one.id, model, runner
        )

        def effect(database: Database) -> Outcome:
            run = start_prelabel(database, command, house.clock())
            return Outcome(run.id, run.done + run.failed, run.total)

        return step.commit(effect)


def _issues(run: PrelabelRun) -> tuple[Issue, ...]:
    lines = (run.problem or "").split("\n")
    return tuple(Issue("proposals", line, "warning") for line in lines if line)


def _result(run: PrelabelRun) -> dict[str, int | str | None]:
    return {
        "run_id": run.id,
        "state": run.state,
        "done": run.done,
        "failed": run.failed,
        "cost_micros": run.cost_micros,
        "currency": run.cost_currency,
    }
