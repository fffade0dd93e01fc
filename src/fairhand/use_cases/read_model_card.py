"""The model card of an evaluation, as facts that are written as Markdown or JSON."""

from __future__ import annotations

from typing import Any

from fairhand.core.clock import iso
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.quality.evaluation.card import CardFacts
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_evaluations import list_evaluations, read_evaluation
from fairhand.work.prelabel import evaluation_store as evaluations
from fairhand.work.prelabel import store
from fairhand.work.prelabel.evaluation_store import StoredEvaluation
from fairhand.work.prelabel.store import ModelVersion
from fairhand.work.projects import store as projects


def read_model_card(db: Database, project_id: int, evaluation_id: int) -> CardFacts:
    """Gather a card's facts; the newest check of the same model's claims goes along.

    Raises NotFoundError for what is not there, ConflictError for an evaluation of claims alone.
    """
    page = read_evaluation(db, project_id, evaluation_id)
    if page.report.get("kind") != "answers":
        raise ConflictError("A check of claims goes into the card of an evaluation of answers.")
    found = page.evaluation
    same = [
        one
        for one in list_evaluations(db, project_id)
        if one.model == found.model and one.report.get("kind") == "claims"
    ]
    claims = read_evaluation(db, project_id, same[0].id).report if same else None
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        assisted = evaluations.count_assisting(connection, project_id).get(found.model, 0)
        model = _model(connection, found, page.version)
    return CardFacts(
        evaluation_id=found.id,
        evaluated_at=iso(found.created_at),
        question=found.question,
        model=model,
        project={"title": project.title, "purpose": project.purpose, "mode": project.mode},
        report=page.report,
        claims=claims,
        assisted_annotations=assisted,
    )


def _model(
    connection: Connection, found: StoredEvaluation, version: ModelVersion | None
) -> dict[str, Any]:
    if version is None:
        file = found.report.get("file", {})
        return {"name": found.model, "kind": "a file of outputs", "file_sha256": file.get("sha256")}
    assistant = store.load_assistant(connection, version.assistant_id)
    return {
        "name": found.model,
        "kind": assistant.kind if assistant else None,
        "number": version.number,
        "trained_on": version.trained_on,
        "checkpoint_sha256": version.checkpoint_sha256,
        "weights_sha256": version.weights_sha256,
        "state": version.state,
        "verdict": version.verdict,
    }
