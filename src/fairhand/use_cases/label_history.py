"""Answers that were given before labels changed, said in the labels of today."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from fairhand.core.errors import ConflictError
from fairhand.proof.release.source import Given, TaskSheet
from fairhand.quality import store as quality
from fairhand.storage.database import Connection
from fairhand.work.projects import change_store, store
from fairhand.work.projects.changes import translate
from fairhand.work.review import store as reviews
from fairhand.work.review.store import SeenAnswer

History = Sequence[tuple[int, Mapping[str, Any]]]


def said_now(
    connection: Connection, project_id: int
) -> Callable[[int, dict[str, Any]], dict[str, Any]]:
    """Say answers in today's labels; what was removed or split says nothing and is left out."""
    history = store.list_changes(connection, project_id)
    return lambda version, value: _through(history, version, value, keeps=False)


def said_before(
    connection: Connection, project_id: int, version: int
) -> Callable[[int, dict[str, Any]], dict[str, Any]]:
    """Say answers in the labels that were in force before a version."""
    history = [one for one in store.list_changes(connection, project_id) if one[0] < version]
    return lambda given, value: _through(history, given, value, keeps=False)


def answers_now(connection: Connection, project_id: int, task_id: int) -> list[SeenAnswer]:
    """List the answers to a task as a reviewer looks at them: in the labels of today."""
    now_said = said_now(connection, project_id)
    answers = reviews.list_answers(connection, task_id)
    return [replace(one, value=now_said(one.version, one.value)) for one in answers]


def retold(connection: Connection, project_id: int) -> Callable[[TaskSheet], TaskSheet]:
    """Say the answers of a release's sheets in today's labels.

    A release is a record too: what no label of today says stays in it as it was said.
    """
    history = store.list_changes(connection, project_id)
    if not history:
        return lambda sheet: sheet
    newest = history[-1][0]

    def now(one: Given) -> Given:
        if one.version >= newest:
            return one
        value = _through(history, one.version, orjson.loads(one.value), keeps=True)
        return replace(one, value=orjson.dumps(value).decode())

    return lambda sheet: replace(sheet, given={key: now(one) for key, one in sheet.given.items()})


def refuse_while_retold(connection: Connection, project_id: int) -> None:
    """Refuse a release while what stands is still said in the labels of before a change.

    Raises ConflictError: a moment later it is worked out anew.
    """
    history = store.list_changes(connection, project_id)
    if not history:
        return
    is_running = change_store.load_carrying(connection, project_id) is not None
    if is_running or quality.has_fresh_before(connection, project_id, history[-1][0]):
        raise ConflictError(
            "Labels were changed, and answers are being worked out anew; try again in a moment.",
            code="not_aggregated",
        )


def _through(
    history: History, version: int, value: dict[str, Any], *, keeps: bool
) -> dict[str, Any]:
    for number, changes in history:
        if number > version:
            found, lost = translate(value, changes["labels"], changes["removed"])
            value = {**found, **{name: value[name] for name in lost}} if keeps else found
    return value
