"""How a call of Label Studio's API comes in: who asks, whether they may, and how it is refused.

Only a token opens these doors (`Authorization: Token ...` or `Bearer ...`), never a browser's
session, so no page elsewhere can knock for somebody who is signed in. The one table of roles and
scopes decides, as at every door.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import orjson
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

import fairhand
from fairhand.core.clock import Instant
from fairhand.core.errors import (
    FairhandError,
    ForbiddenError,
    InvalidError,
    Issue,
    MalformedError,
    NotFoundError,
    NotSignedInError,
)
from fairhand.formats.json_text import parse_json
from fairhand.people.accounts import store as accounts
from fairhand.people.accounts.rules import Action, Actor, may
from fairhand.use_cases.house import House

MOST_A_PAGE: Final = 1_000
_BEYOND: Final = 2**63

router = APIRouter(tags=["label-studio"], include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One request: who asks for what, and when."""

    house: House
    actor: Actor
    query: QueryParams
    content: bytes
    host: str
    now: Instant

    def body(self) -> dict[str, Any]:
        """Read the body as a JSON object."""
        found = self.json() if self.content.strip() else {}
        if not isinstance(found, dict):
            raise MalformedError("The body must be a JSON object.")
        return found

    def json(self) -> Any:  # noqa: ANN401  # any JSON value
        """Read the body as JSON."""
        try:
            return parse_json(self.content)
        except MalformedError as error:
            raise MalformedError(f"The body {error.message}.") from None

    def need(self, action: Action, project_id: int) -> None:
        """Let the right people through; raises ForbiddenError for the others."""
        if not may(self.actor, action, project_id):
            raise ForbiddenError("Your account may not do this here.")

    def number(self, name: str, default: int, most: int = 2**40) -> int:
        """Read a whole number from the address."""
        given = self.query.get(name, str(default))
        if not (given.isascii() and given.isdigit() and len(given) < 14):
            raise invalid(name, "A valid integer is required.")
        return min(int(given), most)

    def page(self) -> tuple[int, int]:
        """Read which page is asked for, from 1, and how long one is."""
        size = self.number("page_size", 100, MOST_A_PAGE)
        return max(1, self.number("page", 1)), max(1, size)


Answer = Callable[..., Any]


def door(
    method: str, path: str, action: Action | None, status: int = 200
) -> Callable[[Answer], Answer]:
    """Open a door `(call, **numbers of the path)`; None as the action: any valid token passes.

    Where the path names no project, any role that may do this somewhere passes, and the endpoint
    asks again for the project that it finds.
    """

    def decorate(answer: Answer) -> Answer:
        async def endpoint(request: Request) -> Response:
            try:
                entered = await run_in_threadpool(_enter, request, action)
                content = await request.body()  # not before it is known whose it is
                return await run_in_threadpool(_open, request, content, answer, entered, status)
            except FairhandError as error:
                return refusal(error)

        endpoint.__name__, endpoint.__doc__ = answer.__name__, answer.__doc__
        endpoint.fairhand_action = action or "token"  # type: ignore[attr-defined]
        router.add_api_route(path, endpoint, methods=[method])
        return answer

    return decorate


def _enter(request: Request, action: Action | None) -> tuple[Actor, dict[str, int]]:
    """Say who asks, and about which numbers; refuses whoever may not."""
    numbers = {name: int(value) for name, value in request.path_params.items()}
    if any(value >= _BEYOND for value in numbers.values()):
        raise NotFoundError("There is nothing of this number.")
    house: House = request.app.state.house
    actor = _who(house, request)
    places = [numbers["project_id"]] if "project_id" in numbers else [0, *actor.roles]
    if actor.scope_project_id and "project_id" not in numbers:
        places.append(actor.scope_project_id)
    if action is not None and not any(may(actor, action, place) for place in places):
        raise ForbiddenError("Your account may not do this here.")
    return actor, numbers


def _open(
    request: Request,
    content: bytes,
    answer: Answer,
    entered: tuple[Actor, dict[str, int]],
    status: int,
) -> Response:
    actor, numbers = entered
    house: House = request.app.state.house
    host = str(request.base_url).rstrip("/")
    call = Call(house, actor, request.query_params, content, host, house.clock())
    found = answer(call, **numbers)
    if isinstance(found, Response):
        return found
    return written(found, status)


def _who(house: House, request: Request) -> Actor:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("token", "bearer") and token.strip():
        with house.db.read() as connection:
            found = accounts.load_actor_by_token(connection, token.strip(), house.clock())
        if found is not None:
            return found
    raise NotSignedInError("Invalid token.")


def written(content: object, status: int = 200) -> Response:
    """Write a JSON answer that nobody caches."""
    return Response(
        b"" if status == 204 else orjson.dumps(content),  # no content
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def streamed(items: Iterable[object]) -> StreamingResponse:
    """Write a JSON list piece by piece: however long it is, no more than a piece is held."""

    def pieces() -> Iterator[bytes]:
        lead = b"["
        for item in items:
            yield lead + orjson.dumps(item)
            lead = b","
        yield b"[]" if lead == b"[" else b"]"

    return StreamingResponse(
        pieces(), media_type="application/json", headers={"Cache-Control": "no-store"}
    )


def invalid(field: str, message: str) -> InvalidError:
    """Refuse one field of a request."""
    return InvalidError("Validation error", issues=[Issue(field, message)])


def number_in(given: dict[str, Any], name: str) -> int:
    """Read the number of a task or a project from a body."""
    found = given.get(name)
    if type(found) is not int or not 0 <= found < _BEYOND:
        raise invalid(name, "This field is required, as a number.")
    return found


def refusal(error: FairhandError) -> Response:
    """Write a refusal as Label Studio's clients read it."""
    wrong: dict[str, list[str]] = {}
    for issue in error.issues:
        wrong.setdefault(issue.place, []).append(issue.message)
    is_input = isinstance(error, InvalidError | MalformedError)
    status = 400 if is_input else error.status
    content = {
        "id": str(uuid4()),
        "status_code": status,
        "version": fairhand.__version__,
        "detail": error.message,
        "exc_info": None,
        **({"validation_errors": wrong} if wrong else {}),
    }
    answer = written(content, status)
    if error.retry_after_s:
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer
