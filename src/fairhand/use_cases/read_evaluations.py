"""What is known of how models do; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fairhand.core.errors import NotFoundError
from fairhand.quality.evaluation.claims import Claim, report_claims
from fairhand.quality.evaluation.slices import slice_value
from fairhand.storage.database import Connection, Database
from fairhand.work.prelabel import evaluation_store as store
from fairhand.work.prelabel import store as assistance
from fairhand.work.prelabel.evaluation_store import StoredEvaluation, StoredFailure
from fairhand.work.prelabel.store import ModelVersion
from fairhand.work.projects import store as projects

PAGE = 50
_SUPPORT = "support"


@dataclass(frozen=True, slots=True)
class EvaluationPage:
    """An evaluation with its report (of claims: as people have answered until now)."""

    evaluation: StoredEvaluation
    report: dict[str, Any]
    version: ModelVersion | None


@dataclass(frozen=True, slots=True)
class FailurePage:
    """Some failures of an evaluation, and where the next ones start; None after the last."""

    failures: tuple[StoredFailure, ...]
    start: int
    total: int
    asked: int
    next: int | None


def list_evaluations(db: Database, project_id: int) -> list[StoredEvaluation]:
    """List a project's evaluations, newest first; raises NotFoundError for no project."""
    with db.read() as connection:
        _need(connection, project_id)
        return store.list_evaluations(connection, project_id)


def list_model_versions(db: Database, project_id: int) -> list[ModelVersion]:
    """List the versions that can be measured, newest first."""
    with db.read() as connection:
        return assistance.list_versions(connection, project_id)


def read_evaluation(db: Database, project_id: int, evaluation_id: int) -> EvaluationPage:
    """Read one evaluation; raises NotFoundError when the project has none of that number."""
    with db.read() as connection:
        found = _find(connection, project_id, evaluation_id)
        report = found.report
        if report.get("kind") == "claims":
            report = report | _claims(connection, report)
        version = (
            assistance.load_version(connection, found.version_id) if found.version_id else None
        )
    return EvaluationPage(found, report, version)


def read_failures(
    db: Database, project_id: int, evaluation_id: int, *, start: int = 0, most: int = PAGE
) -> FailurePage:
    """Read failures, the costliest first, from place `start` on."""
    with db.read() as connection:
        found = _find(connection, project_id, evaluation_id)
        rows = store.list_failures(connection, evaluation_id, start=start, most=most)
    end = start + len(rows)
    more = end if rows and end < found.failures else None
    return FailurePage(tuple(rows), start, found.failures, found.asked, more)


def newest_by_model(evaluations: Sequence[StoredEvaluation]) -> dict[str, StoredEvaluation]:
    """Pick the newest evaluation of answers of each model; they come newest first."""
    found: dict[str, StoredEvaluation] = {}
    for one in evaluations:
        if one.report.get("kind") == "answers":
            found.setdefault(one.model, one)
    return found


def _find(connection: Connection, project_id: int, evaluation_id: int) -> StoredEvaluation:
    found = store.load_evaluation(connection, project_id, evaluation_id)
    if found is None:
        raise NotFoundError(f"There is no evaluation {evaluation_id} in this project.")
    return found


def _need(connection: Connection, project_id: int) -> None:
    if projects.load_project(connection, project_id) is None:
        raise NotFoundError(f"There is no project {project_id}.")


def _claims(connection: Connection, report: dict[str, Any]) -> dict[str, Any]:
    """Sum up what people have said of the claims until now."""
    fields = report["fields"]
    claims = []
    words: dict[int, list[tuple[int, str, str]]] = {}
    for row in store.iter_verdicts(connection, int(report["claims_project_id"]), _SUPPORT):
        about = int(row.data["about_task"])
        named = {name: slice_value(row.data.get(name)) for name in fields}
        kept = {name: value for name, value in named.items() if value is not None}
        claims.append(Claim(about, row.verdict, kept))
        if row.verdict in ("contradicted", "not_in_source"):
            known = words.setdefault(about, [])
            known.append((int(row.data["claim_number"]), row.verdict, row.data["claim"]))
    found = report_claims(claims, fields)
    worst = [
        {**asdict(one), "claims": [list(said) for said in words.get(one.task_id, [])]}
        for one in found.worst
    ]
    return asdict(found) | {"worst": worst}
