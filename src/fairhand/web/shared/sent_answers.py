"""Answers to tasks as a form sends them: one field for each question, `answer.<name>`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request

from fairhand.core.errors import MalformedError
from fairhand.model.project import Question
from fairhand.web.shared.strict import parse_strictly

_PREFIXES = ("answer.", "step.", "change.")
_MOST = 5_000

Sent = Mapping[str, list[str]]


async def _sent(request: Request) -> Sent:
    """Gather the fields whose names a page makes up as it goes; all others have names of theirs."""
    form = await request.form()
    found: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if name.startswith(_PREFIXES) and isinstance(value, str):
            if "\x00" in value or "\x00" in name:
                raise MalformedError("A field holds a character that is none.")
            found.setdefault(name, []).append(value)
        if len(found) > _MOST:
            raise MalformedError("The form has more fields than any page of ours.")
    return found


Fields = Annotated[Sent, Depends(_sent)]
"""What was sent under `answer.…` and `step.…`."""


def value_of(questions: Sequence[Question], sent: Sent) -> dict[str, Any]:
    """Read answers; a question without one is left out. What cannot be read stays as it is."""
    value: dict[str, Any] = {}
    for question in questions:
        given = [text for text in sent.get(f"answer.{question.name}", []) if text]
        if not given:
            continue
        if question.kind == "choice":
            value[question.name] = given if question.config.get("multiple") else given[0]
        else:
            value[question.name] = _json(given[0])
    return value


def _json(text: str) -> Any:  # noqa: ANN401  # any JSON value
    try:
        return parse_strictly(text.encode())
    except (json.JSONDecodeError, RecursionError):
        return text
