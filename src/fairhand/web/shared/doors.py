"""Every door says which action it needs; the one table of roles decides who may pass.

`@guard("work")` wraps an endpoint `(house, actor, ...)`: it finds out who asks, checks the table
and the CSRF token, and calls the endpoint in a worker thread. `PUBLIC` endpoints are `@public`.
A test walks over all routes and fails on one that is neither.
"""

from __future__ import annotations

import hmac
import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_type_hints

from fastapi import Form
from starlette.requests import Request

from fairhand.core.errors import (
    ForbiddenError,
    InvalidError,
    MalformedError,
    NotFoundError,
    NotSignedInError,
)
from fairhand.core.words import later as _
from fairhand.people.accounts import store as accounts
from fairhand.people.accounts.rules import OF_THE_WORKSPACE, Action, Actor, may
from fairhand.use_cases.backend_access import TOKEN_PREFIX, find_backend
from fairhand.use_cases.house import House

SESSION_COOKIE = "fh_session"
LARGEST_ID = 2**63 - 1
_FILES = "/data/upload/"  # a model server's token may stand in these addresses alone
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def house_of(request: Request) -> House:
    """The workspace that this server has open."""
    house: House = request.app.state.house
    return house


def find_actor(house: House, request: Request) -> Actor | None:
    """Find out who asks, by token or session; None when nobody is signed in."""
    now = house.clock()
    header = request.headers.get("authorization", "")
    scheme, _space, token = header.partition(" ")
    if header:
        if scheme.lower() not in ("bearer", "token") or not token:
            return None
        if token.startswith(TOKEN_PREFIX):
            return find_backend(house.db, token.strip(), now)
        with house.db.read() as connection:
            return accounts.load_actor_by_token(connection, token.strip(), now)
    if request.url.path.startswith(_FILES) and "token" in request.query_params:
        return find_backend(house.db, request.query_params["token"], now)
    cookie = request.cookies.get(SESSION_COOKIE)
    if not cookie:
        return None
    with house.db.read() as connection:
        return accounts.load_actor_by_session(connection, cookie, now)


def require(
    house: House,
    request: Request,
    action: Action,
    form_token: str | None,
    *,
    everywhere: bool = False,
) -> Actor:
    """Let the right people through; raises NotSignedInError or ForbiddenError for the others."""
    if any(_is_beyond(value) for value in request.path_params.values()):
        raise NotFoundError(_("There is nothing of this number."))
    actor = find_actor(house, request)
    if actor is None:
        raise NotSignedInError(_("Sign in first, or send a valid token."))
    request.state.actor = actor  # a refusal is said in their language
    if request.method not in _SAFE and actor.csrf_token is not None:
        sent = form_token if form_token is not None else request.headers.get("x-csrf-token", "")
        if not hmac.compare_digest(sent.encode(), actor.csrf_token.encode()):
            raise ForbiddenError(
                _("This form is out of date. Reload the page and try again."), code="csrf"
            )
    if not _passes(actor, action, request.path_params.get("project_id"), everywhere=everywhere):
        raise ForbiddenError(_("Your account may not do this here."))
    return actor


def need(actor: Actor, action: Action, project_id: int) -> None:
    """Ask again about the project that a body names; raises ForbiddenError."""
    if not may(actor, action, project_id):
        where = "in that project" if project_id else "for the whole workspace"
        raise ForbiddenError(f"Your account may not do this {where}.")


def _is_beyond(value: object) -> bool:
    """Say whether no database has this: a number too large, or the zero character in a text."""
    if isinstance(value, int):
        return abs(value) > LARGEST_ID
    text = str(value)
    digits = text.removeprefix("-")
    is_number = digits.isascii() and digits.isdigit()
    return "\x00" in text or (is_number and int(digits[:40]) > LARGEST_ID)


def _is_too_large(value: object) -> bool:
    """Say whether a parameter is a number, or a list with one, that no database holds."""
    if isinstance(value, list):
        return any(_is_too_large(one) for one in value)
    return isinstance(value, int) and abs(value) > LARGEST_ID


def _passes(actor: Actor, action: Action, project_id: object, *, everywhere: bool) -> bool:
    if project_id is not None:
        return may(actor, action, int(str(project_id)))
    if everywhere or action in OF_THE_WORKSPACE:
        return may(actor, action)
    # A route without a project: a project's role opens it, and the story checks the rest.
    return any(may(actor, action, place) for place in {0, *actor.roles})


def guard(
    action: Action, *, form: bool = False, everywhere: bool = False
) -> Callable[[Callable[..., Any]], Any]:
    """Wrap an endpoint `(house, actor, ...)`; with `form`, its CSRF token is a form field.

    `everywhere` asks for a role in the whole workspace: one in a project is not enough.
    """

    def decorate(endpoint: Callable[..., Any]) -> Callable[..., Any]:
        wants_request = "request" in inspect.signature(endpoint).parameters

        def door(request: Request, **given: Any) -> Any:  # noqa: ANN401
            house = house_of(request)
            token = given.pop("csrf_token", None) if form else None
            actor = require(house, request, action, token, everywhere=everywhere)
            if form and any(isinstance(value, str) and "\x00" in value for value in given.values()):
                raise MalformedError(_("A field holds a character that is none."))
            if any(_is_too_large(value) for value in given.values()):
                raise InvalidError(_("A number is too large."))
            if wants_request:
                given["request"] = request
            return endpoint(house, actor, **given)

        door.__signature__ = _outer_signature(endpoint, form)  # type: ignore[attr-defined]
        door.__name__, door.__doc__ = endpoint.__name__, endpoint.__doc__
        door.fairhand_action = action  # type: ignore[attr-defined]
        door.fairhand_everywhere = everywhere  # type: ignore[attr-defined]
        return door

    return decorate


def public(endpoint: Endpoint) -> Endpoint:
    """Mark an endpoint that anybody may open."""
    endpoint.fairhand_action = "public"  # type: ignore[attr-defined]
    return endpoint


def _outer_signature(endpoint: Callable[..., Any], form: bool) -> inspect.Signature:
    """Show FastAPI the endpoint's own parameters, resolved in the endpoint's own module."""
    hints = get_type_hints(endpoint, include_extras=True)
    inner = inspect.signature(endpoint).parameters.values()
    keep = [
        parameter.replace(annotation=hints[parameter.name], kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in inner
        if parameter.name not in ("house", "actor", "request")
    ]
    if form:
        keep.append(
            inspect.Parameter(
                "csrf_token",
                inspect.Parameter.KEYWORD_ONLY,
                annotation=Annotated[str, Form()],
                default="",
            )
        )
    request = inspect.Parameter(
        "request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request
    )
    return inspect.Signature([request, *keep], return_annotation=hints.get("return", Any))
