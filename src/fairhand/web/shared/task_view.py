"""A task as the page and the API show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fairhand.core.clock import iso
from fairhand.core.money import MICROS, Money
from fairhand.labels.conditions import columns_read
from fairhand.labels.registry import shows
from fairhand.model.project import ProjectVersion, Question
from fairhand.web.shared.talk import shown_data, talk_view
from fairhand.work.assignment.store import Lease, Place
from fairhand.work.projects.store import TaskSheet

SHOWN = frozenset({"text"})
"""The columns that contributors see whatever is asked. A question's kind, and its condition, may
need more; all others (an answer, somebody's name) stay with the owner."""


_OWNERS = frozenset({"removed"})
"""What is known of a file and concerns only who runs the project."""


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
        "tier": sheet.tier,
        "sensitive": place.project_tier > 0 or sheet.tier > 0,
        "lease": {
            "served_at": iso(lease.served_at),
            "expires_at": iso(lease.expires_at),
            "hold": lease.hold,
        },
        **item_view(sheet, version.questions, lease.person_id),
        "questions": [asdict(question) for question in version.questions],
        "prediction": _prediction(sheet),
        "draft": _draft(sheet),
        "revises": revises,
        "pay": {"currency": place.currency, "per_hour": per_hour(place)},
    }


def per_hour(place: Place) -> str:
    """Write the hourly rate as a number."""
    return Money(place.rate_micros_per_hour // MICROS, place.currency).decimal()


def item_view(sheet: TaskSheet, questions: Sequence[Question], person_id: int) -> dict[str, Any]:
    """Write what is looked at: data, talk, picture and sound, as this person meets them."""
    columns = SHOWN.union(
        columns_read(questions), *(shows(question.kind) for question in questions)
    )
    return {
        "data": shown_data(sheet.task.data, columns),
        **talk_view(sheet.task.data, columns, person_id, sheet.task.id),
        "image": _image(sheet),
        "sound": _sound(sheet),
    }


def _sound(sheet: TaskSheet) -> dict[str, Any] | None:
    media = sheet.task.media
    if media is None or not media.content_type.startswith("audio/"):
        return None
    url = f"/media/{media.sha256}"
    return {"url": f"{url}/sound", "peaks": f"{url}/peaks", **(media.details or {})}


def _image(sheet: TaskSheet) -> dict[str, Any] | None:
    media = sheet.task.media
    if media is None or not media.content_type.startswith("image/"):
        return None
    url = f"/media/{media.sha256}"
    details = {name: one for name, one in (media.details or {}).items() if name not in _OWNERS}
    # What browsers make of 16 bits is not what is meant: they are given a window of them.
    window = None if "levels" in details else details.get("window")
    return {
        "url": f"{url}/window/{window[0]}_{window[1]}" if window else url,
        "preview_url": f"{url}/preview",
        "width": media.width,
        "height": media.height,
        **({"details": details} if details else {}),
    }


def _prediction(sheet: TaskSheet) -> dict[str, Any] | None:
    if sheet.prediction is None:
        return None
    return {
        "id": sheet.prediction.id,
        "model": sheet.prediction.model,
        "score": sheet.prediction.score,
        "value": sheet.prediction.value,
        "ask": sheet.ask,
    }


def _draft(sheet: TaskSheet) -> dict[str, Any] | None:
    if sheet.draft is None or sheet.draft_saved_at is None:
        return None
    return {"value": sheet.draft, "saved_at": iso(sheet.draft_saved_at)}
