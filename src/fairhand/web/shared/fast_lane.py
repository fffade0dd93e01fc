"""A short way for the five requests that people wait for.

Next, submit, draft, heartbeat and skip make up nearly all requests of a working day. FastAPI spends
more CPU on finding and calling such an endpoint than the story itself takes, so these paths are
recognised in front of it and call the very same guarded endpoints with the very same bodies. The
routes stay registered with FastAPI (for OpenAPI and for everybody who reads them there); a test
holds the answers of both ways against each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fairhand.core.errors import FairhandError
from fairhand.web.shared.problems import invalid_request, problem
from fairhand.web.shared.strict import parse_strictly

_PREFIX = "/api/v1/"
_ID_DIGITS_MAX = 18  # what a 64-bit key holds; longer numbers take the ordinary way and its answer


@dataclass(frozen=True, slots=True)
class Express:
    """An endpoint behind its guard, the name of its id, its body (None: no body)."""

    endpoint: Callable[..., Response]
    id_name: str
    body: type[BaseModel] | None


Timetable = Mapping[tuple[str, str, str], Express]
"""(method, collection, verb) to endpoint, as ("POST", "tasks", "submit")."""


class FastLane:
    """ASGI middleware that answers the paths of its timetable and passes all others on."""

    def __init__(self, app: ASGIApp, *, timetable: Timetable, threads: int) -> None:
        self.app = app
        self.timetable = timetable
        self.threads = ThreadPoolExecutor(threads, "fast-lane")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        found = self._find(scope)
        if found is None:
            await self.app(scope, receive, send)
            return
        express, number = found
        body = await _read(receive)
        if body is None:
            return
        loop = asyncio.get_running_loop()
        response = await loop.run_in_executor(
            self.threads, self._answer, scope, express, number, body
        )
        await response(scope, receive, send)

    def _find(self, scope: Scope) -> tuple[Express, int] | None:
        if scope["type"] != "http" or not scope["path"].startswith(_PREFIX):
            return None
        parts = scope["path"][len(_PREFIX) :].split("/")
        if len(parts) != 3 or not parts[1].isdecimal() or not parts[1].isascii():
            return None
        express = self.timetable.get((scope["method"], parts[0], parts[2]))
        is_json = (b"content-type", b"application/json") in scope["headers"]
        if express is None or len(parts[1]) > _ID_DIGITS_MAX or (express.body and not is_json):
            return None
        # For the measures: the template of FastAPI's own route to the same endpoint.
        scope["fast_route"] = f"{_PREFIX}{parts[0]}/{{{express.id_name}}}/{parts[2]}"
        return express, int(parts[1])

    def _answer(self, scope: Scope, express: Express, number: int, body: bytes) -> Response:
        request = Request({**scope, "path_params": {express.id_name: number}})
        given: dict[str, Any] = {express.id_name: number}
        if express.body is not None and not body:
            missing = {"type": "missing", "loc": ("body",), "msg": "Field required"}
            return invalid_request(request, [missing])
        try:
            if express.body is not None:
                given["body"] = express.body.model_validate(parse_strictly(body))
            return express.endpoint(request, **given)
        except JSONDecodeError:
            found = [{"type": "json_invalid", "loc": ("body",), "msg": "JSON decode error"}]
            return invalid_request(request, found)
        except ValidationError as error:
            described = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
            return invalid_request(request, described)
        except FairhandError as error:
            return problem(error)


async def _read(receive: Receive) -> bytes | None:
    """Read a whole body; None when the client has gone."""
    chunks: list[bytes] = []
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)
