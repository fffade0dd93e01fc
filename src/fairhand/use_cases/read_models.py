"""The models of a project: every version, how it did, which one people are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.model.project import Project
from fairhand.storage import job_store
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.ask_assist_work import ASSIST_KINDS
from fairhand.work.prelabel import store
from fairhand.work.prelabel.store import Assistant, AssistPolicy, ModelVersion
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class Model:
    """A version with the assistant it is of, and how many tasks it has proposed for."""

    version: ModelVersion
    assistant: Assistant
    proposed: int
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Models:
    """All versions of a project, newest first; `work` is the job under way, if any."""

    project: Project
    policy: AssistPolicy | None
    models: tuple[Model, ...]
    work: str | None
    may_roll_back: bool

    @property
    def is_on(self) -> bool:
        """Whether assistance is ticked."""
        return self.policy is not None and self.policy.is_on


def read_models(db: Database, project_id: int) -> Models:
    """Read the models of a project; raises NotFoundError for an unknown one."""
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        return Models(
            project,
            store.load_policy(connection, project_id),
            tuple(_models(connection, project_id)),
            job_store.find_unfinished(connection, project_id, ASSIST_KINDS),
            store.promoted_before(connection, project_id) is not None,
        )


def read_model(db: Database, project_id: int, version_id: int) -> Model:
    """Read one version; raises NotFoundError when the project has none of that number."""
    with db.read() as connection:
        if projects.load_project(connection, project_id) is None:
            raise NotFoundError(f"There is no project {project_id}.")
        for model in _models(connection, project_id):
            if model.version.id == version_id:
                return model
    raise NotFoundError(f"Project {project_id} has no version {version_id}.")


def read_card(db: Database, project_id: int, version_id: int) -> dict[str, Any]:
    """Write a version's model card as JSON: what it is, what it learnt from, how it did, limits."""
    model = read_model(db, project_id, version_id)
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
    if project is None:
        raise NotFoundError(f"There is no project {project_id}.")
    version, report = model.version, model.version.report
    return {
        "model": version.model,
        "project": {"id": project.id, "title": project.title, "purpose": project.purpose},
        "kind": model.assistant.kind,
        "source": model.assistant.name,
        "why_this_model": model.assistant.config.get("why", {}),
        "trained_on_tasks": version.trained_on,
        "answers": report.get("answers"),
        "seed": report.get("seed"),
        "checkpoint_sha256": version.checkpoint_sha256,
        "weights_sha256": version.weights_sha256,
        "features": report.get("features", {}),
        "held_out_tasks": version.held_out,
        "measured": {
            name: report.get(name)
            for name in ("basis", "tasks", "score", "low", "high", "rival", "rival_score")
        },
        "questions": report.get("questions", {}),
        "verdict": version.verdict,
        "state": version.state,
        "is_shown": model.is_shown,
        "proposed_tasks": model.proposed,
        "created_at": _at(version.created_at),
        "promoted_at": _at(version.promoted_at),
        "limits": _limits(project, version),
    }


def _models(connection: Connection, project_id: int) -> list[Model]:
    assistants = {one.id: one for one in store.list_assistants(connection, project_id, ended=True)}
    shown = store.load_shown(connection, project_id).version_id
    proposed = store.count_predictions(connection, project_id)
    return [
        Model(one, assistants[one.assistant_id], proposed.get(one.id, 0), one.id == shown)
        for one in store.list_versions(connection, project_id)
    ]


def _limits(project: Project, version: ModelVersion) -> list[str]:
    """Say plainly what this model must not be taken for."""
    found = [
        "It proposes answers for people to accept or change; it decides nothing by itself.",
        f"It learnt from answers of the project “{project.title}” alone.",
    ]
    if version.report.get("basis") == "cross_validated":
        found.append("It was cross-validated on training answers: too few were held out.")
    if project.mode in ("draft", "demo"):
        found.append("The project is a trial; simulated people may have answered.")
    return found


def _at(moment: Instant | None) -> int | None:
    return None if moment is None else int(moment)
