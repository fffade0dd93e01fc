"""JSON of servers that do not write it well: NaN is read, depth is not trusted."""

from __future__ import annotations

import json
from typing import Any

import orjson

from fairhand.compute.assistants.contract import AssistantError


def read_json(content: bytes) -> Any:  # noqa: ANN401  # any JSON value
    """Read a JSON value; NaN and the infinities become None. Raises AssistantError (`shape`).

    Both readers refuse what is nested about a thousand deep, before the stack is in danger.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        if "depth" in str(error):
            raise _too_deep() from None
    try:
        return json.loads(content.decode(), parse_constant=lambda _word: None)
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        start = content[:60].decode("utf-8", "replace").strip()
        raise AssistantError(
            f"Its answer is not JSON: it begins with {start!r}.", hop="shape", code="not_json"
        ) from None


def _too_deep() -> AssistantError:
    return AssistantError("Its answer is nested too deeply.", hop="shape", code="too_deep")
