"""JSON bodies read strictly: one meaning each, and nothing in them that a database cannot hold."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, NoReturn

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

_LARGE = re.compile(r"\d{19}|\d[eE]\+?\d\d")
_LARGEST = 2.0**63 - 1024  # the largest double below what 64 bits hold


def parse_strictly(body: bytes) -> Any:  # noqa: ANN401  # any JSON value
    """Read JSON (RFC 8259); raises json.JSONDecodeError for what has no one meaning.

    A key named twice, NaN and infinities, numbers beyond 64 bits, half a surrogate pair and the
    zero character are refused.
    """
    try:
        text = body.decode()
        value = json.loads(text, object_pairs_hook=_one_of_each, parse_constant=_refuse_constant)
        if _LARGE.search(text):  # seldom: looking at every number would cost large masks dearly
            json.loads(text, parse_int=_refuse_large, parse_float=_refuse_large)
    except (UnicodeDecodeError, RecursionError) as error:
        raise json.JSONDecodeError(type(error).__name__, "", 0) from None
    lowered = text.lower()
    if "\\ud" in lowered or "\\u0000" in text:
        for each in _strings(value):
            if "\x00" in each or any("\ud800" <= char <= "\udfff" for char in each):
                raise json.JSONDecodeError("a text holds a character that is none", "", 0)
    return value


class StrictRoute(APIRoute):
    """A route whose JSON bodies are read strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's own handler."""
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return strictly


class _StrictRequest(Request):
    async def json(self) -> Any:  # noqa: ANN401  # any JSON value
        return parse_strictly(await self.body())


def _one_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise json.JSONDecodeError("an object names a key twice", "", 0)
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not JSON", "", 0)


def _refuse_large(text: str) -> None:
    if not -_LARGEST <= float(text) <= _LARGEST:
        raise json.JSONDecodeError(f"{text[:40]} is too large a number", "", 0)


def _strings(value: Any) -> Iterator[str]:  # noqa: ANN401  # any JSON value
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _strings(each)
