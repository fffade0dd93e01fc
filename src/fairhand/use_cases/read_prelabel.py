"""What pages, the API and commands read of runs that pre-label a project."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.errors import NotFoundError
from fairhand.storage.database import Database
from fairhand.work.prelabel import run_store, store
from fairhand.work.prelabel.run_store import PrelabelRun
from fairhand.work.prelabel.store import Assistant, ModelVersion


@dataclass(frozen=True, slots=True)
class RunView:
    """A run with the assistant and the version that it is of."""

    run: PrelabelRun
    assistant: Assistant
    version: ModelVersion


def list_runs(db: Database, project_id: int, most: int = 50) -> list[RunView]:
    """List a project's runs, newest first."""
    with db.read() as connection:
        runs = run_store.list_runs(connection, project_id, most)
        known = {one.id: one for one in store.list_assistants(connection, project_id, ended=True)}
        versions = {id_: store.load_version(connection, id_)
                    for id_ in {run.model_version_id for run in runs}}  # fmt: skip
    found = [(run, known.get(run.assistant_id), versions[run.model_version_id]) for run in runs]
    return [RunView(run, one, version) for run, one, version in found if one and version]


def read_run(db: Database, project_id: int, run_id: int) -> RunView:
    """Read a run; raises NotFoundError when the project has no such run."""
    with db.read() as connection:
        run = run_store.load_run(connection, run_id)
        one = store.load_assistant(connection, run.assistant_id) if run else None
        version = store.load_version(connection, run.model_version_id) if run else None
    if run is None or one is None or version is None or run.project_id != project_id:
        raise NotFoundError("This project has no such run.")
    return RunView(run, one, version)


def list_able(db: Database, project_id: int) -> list[Assistant]:
    """List the assistants of a project that can be asked to pre-label it."""
    with db.read() as connection:
        found = store.list_assistants(connection, project_id)
    return [one for one in found if one.kind != "file" and one.state != "off"]
