"""Tasks as lists show them, for pages, the API and files of them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

import orjson

from fairhand.core.clock import iso
from fairhand.use_cases.read_task_story import WHY_BLIND, TaskStory
from fairhand.use_cases.read_tasks import TaskPage
from fairhand.work.tasks.browse_store import Joint, TaskRow
from fairhand.work.tasks.view_store import SavedView

_EXCERPT: Final = 160
_COLUMNS: Final = (
    "id", "state", "answers", "wanted", "answer", "confidence", "tied", "even", "imported",
)  # fmt: skip


def row_json(row: TaskRow) -> dict[str, Any]:
    """Write a task as the API lists it."""
    return {
        "id": row.id,
        "state": row.state,
        "answers": row.answers,
        "wanted": row.wanted,
        "at_work": row.at_work,
        "tier": row.tier,
        "imported_at": iso(row.created_at),
        "set_aside_at": None if row.set_aside_at is None else iso(row.set_aside_at),
        "place": row.place,
        "data": row.data,
        "media_sha256": row.media_sha256,
        "remarks": row.remarks,
        "assisted": row.assisted,
        "hidden_from_you": row.is_blind,
        "consensus": {
            one.question: {
                "value": one.value,
                "confidence": one.confidence,
                "answers": one.answers,
                "tied": list(one.tied),
                "even": list(one.even),
            }
            for one in row.joint
        },
    }


def page_json(page: TaskPage) -> dict[str, Any]:
    """Write a page of a list; `after` is where to go on, null at the end."""
    return {
        "tasks": [row_json(row) for row in page.rows],
        "after": None if page.after is None else page.after.text(),
        "looked_at": page.looked,
        "stopped_early": page.stopped,
        "count": None
        if page.count is None
        else {"tasks": page.count.tasks, "is_exact": page.count.is_exact},
    }


def view_json(view: SavedView, person_id: int) -> dict[str, Any]:
    """Write a saved view."""
    return {
        "id": view.id,
        "name": view.name,
        "query": view.query,
        "shared": view.shared,
        "own": view.person_id == person_id,
        "created_at": iso(view.created_at),
    }


def joint_of(row: TaskRow, question: str) -> Joint | None:
    """Find the joint answer to one question."""
    return next((one for one in row.joint if one.question == question), None)


def words_of(rows: Sequence[TaskRow]) -> dict[int, str]:
    """Say what tasks are about in a few words: what differs between them, the longest first."""
    texts = Counter(value for row in rows for value in row.data.values() if isinstance(value, str))
    found = {}
    for row in rows:
        own = [
            value
            for value in row.data.values()
            if isinstance(value, str) and (texts[value] == 1 or len(rows) == 1)
        ]
        words = " ".join(max(own, key=len, default="").split())
        found[row.id] = words if len(words) <= _EXCERPT else words[: _EXCERPT - 1] + "…"
    return found


def as_lines(pieces: Iterable[list[TaskRow]], question: str) -> Iterator[str]:
    """Write tasks as JSON lines, without their data."""
    for piece in pieces:
        for row in piece:
            yield orjson.dumps(_cells(row, question)).decode() + "\n"


def as_csv(pieces: Iterable[list[TaskRow]], question: str) -> Iterator[str]:
    """Write tasks as CSV, without their data."""
    yield ",".join(_COLUMNS) + "\r\n"
    for piece in pieces:
        kept = io.StringIO()
        writer = csv.writer(kept)
        for row in piece:
            writer.writerow([_plain(value) for value in _cells(row, question).values()])
        yield kept.getvalue()


def _cells(row: TaskRow, question: str) -> dict[str, Any]:
    joint = joint_of(row, question)
    values = (
        row.id,
        row.state,
        row.answers,
        row.wanted,
        None if joint is None else joint.value,
        None if joint is None else round(joint.confidence, 6),
        list(joint.tied) if joint is not None and joint.tied else None,
        list(joint.even) if joint is not None and joint.even else None,
        iso(row.created_at),
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _plain(value: Any) -> str:  # noqa: ANN401  # any cell
    """Write a cell; a text that a spreadsheet would take for a formula is kept from that."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return orjson.dumps(value).decode()
    return f"'{value}" if value[:1] in ("=", "+", "-", "@") else value


def story_json(story: TaskStory) -> dict[str, Any]:
    """Write one task's story; `story` is null where it is kept from the viewer."""
    told = story.told
    return row_json(story.row if told else replace(story.row, joint=(), is_blind=True)) | {
        "releases": list(story.releases),
        "people": {str(key): name for key, name in sorted(story.names.items())},
        "story": None if told is None else asdict(told),
        "why_hidden": WHY_BLIND if told is None else None,
    }
