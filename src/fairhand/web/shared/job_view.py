"""A durable job as the API shows it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fairhand.core.clock import iso
from fairhand.model.job import Job

JOB_NAMES = {
    "import_file": "Import",
    "import_source": "Import from elsewhere",
    "close_period": "Close of a period",
    "publish_release": "Release",
    "train_model": "Training of the model",
    "prelabel_next": "Proposals for the next tasks",
    "prelabel_project": "Proposals for all tasks",
    "evaluate_model": "Evaluation of a model",
    "measure_value": "Study of value",
    "export": "Export",
    "act_on_tasks": "Work on many tasks",
}
"""Kinds of jobs in words."""


def job_view(job: Job) -> dict[str, Any]:
    """Write how far a job is and what was wrong; where its files lie stays with us."""
    result = dict(job.result) if isinstance(job.result, dict) else job.result
    if isinstance(result, dict):
        result.pop("directory", None)
    return {
        "id": job.id,
        "kind": job.kind,
        "project_id": job.project_id,
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "issues": [asdict(issue) for issue in job.issues],
        "result": result,
        "error": job.error,
        "created_at": iso(job.created_at),
        "updated_at": iso(job.updated_at),
    }
