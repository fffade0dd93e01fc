"""A task as the page and the API show it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fairhand.core.clock import iso
from fairhand.core.money import MICROS, Money
from fairhand.model.project import ProjectVersion
from fairhand.work.assignment.store import Lease, Place
from fairhand.work.projects.store import TaskSheet

SHOWN = ("text",)
"""The columns that contributors see; others (an answer, somebody's name) stay with the owner."""


def task_view(
    place: Place,
    sheet: TaskSheet,
    lease: Lease,
    version: ProjectVersion,
    revises: int | None = None,
) -> dict[str, Any]:
    """Write all that a person needs to answer a task."""
    return {
        "task_id": sheet.task.id,
        "project_id": sheet.task.project_id,
        "version": version.version,
        "mode": place.mode,
        "sensitive": place.project_tier > 0,
        "lease": {
            "served_at": iso(lease.served_at),
            "expires_at": iso(lease.expires_at),
            "hold": lease.hold,
        },
        "data": {name: sheet.task.data[name] for name in SHOWN if name in sheet.task.data},
        "image": _image(sheet),
        "questions": [asdict(question) for question in version.questions],
        "prediction": _prediction(sheet),
        "draft": _draft(sheet),
        "revises": revises,
        "pay": {"currency": place.currency, "per_hour": per_hour(place)},
    }


def per_hour(place: Place) -> str:
    """Write the hourly rate as a number."""
    return Money(place.rate_micros_per_hour // MICROS, place.currency).decimal()


def _image(sheet: TaskSheet) -> dict[str, Any] | None:
    media = sheet.task.media
    if media is None:
        return None
    url = f"/media/{media.sha256}"
    return {
        "url": url,
        "preview_url": f"{url}/preview",
        "width": media.width,
        "height": media.height,
    }


def _prediction(sheet: TaskSheet) -> dict[str, Any] | None:
    if sheet.prediction is None:
        return None
    return {
        "id": sheet.prediction.id,
        "model": sheet.prediction.model,
        "score": sheet.prediction.score,
        "value": sheet.prediction.value,
    }


def _draft(sheet: TaskSheet) -> dict[str, Any] | None:
    if sheet.draft is None or sheet.draft_saved_at is None:
        return None
    return {"value": sheet.draft, "saved_at": iso(sheet.draft_saved_at)}
