"""Signing in by an identity provider: there, back again, and proving whose account it is."""

from __future__ import annotations

import hmac
from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, ForbiddenError, NotSignedInError, TooManyError
from fairhand.core.ids import new_token
from fairhand.people.accounts.rules import Actor
from fairhand.people.sign_on.rules import Said, SignOnError
from fairhand.use_cases.begin_sign_on import BeginSignOn, begin_sign_on, leaving_address
from fairhand.use_cases.finish_sign_on import FinishSignOn, finish_sign_on
from fairhand.use_cases.house import House
from fairhand.use_cases.prove_identity import ProveIdentity, prove_identity, see_proof
from fairhand.use_cases.read_people import read_account
from fairhand.use_cases.sign_on_parts import WAIT_MS, label_of
from fairhand.web.desk.sign_in import again
from fairhand.web.shared.doors import find_actor, house_of, public
from fairhand.web.shared.pages import render
from fairhand.web.shared.sessions import (
    PROVIDER_COOKIE,
    check_origin,
    is_secure,
    local_path,
    signed_in,
)
from fairhand.web.shared.tries import count_beginning, guessing

router = APIRouter(include_in_schema=False)
_log = structlog.get_logger("fairhand.web")

BROWSER_COOKIE = "fh_sign_on"
_LONGEST_NEXT = 500
Word = Annotated[str, Query(max_length=4096)]


@router.get("/sign-on/{name}")
@public
def begin(request: Request, name: str, next: Word = "") -> Response:  # the query's name
    """Send the browser to the provider, and remember in the browser that it was sent."""
    house = house_of(request)
    browser = request.cookies.get(BROWSER_COOKIE, "")[:100] or new_token()
    path = local_path(next) if len(next) <= _LONGEST_NEXT else ""
    try:
        count_beginning(request, house.clock())
        command = BeginSignOn(name, browser, path)
        address = begin_sign_on(house, command, house.clock())
    except (SignOnError, TooManyError) as error:
        return _refused(request, name, error)
    answer = RedirectResponse(address, status_code=303)
    answer.set_cookie(
        BROWSER_COOKIE,
        browser,
        max_age=WAIT_MS // 1_000,
        path="/sign-on",
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
    return answer


@router.get("/sign-on/{name}/callback")
@public
def callback(  # the parameters of OpenID Connect
    request: Request,
    name: str,
    state: Word = "",
    code: Word = "",
    error: Word = "",
    iss: Word = "",
) -> Response:
    """Take what the provider sent back."""
    house = house_of(request)
    actor = _session(house, request)
    command = FinishSignOn(
        provider=name,
        browser=request.cookies.get(BROWSER_COOKIE, ""),
        state=state,
        code=code,
        error=error,
        issuer=iss,
        signed_in=actor.person_id if actor else None,
    )
    days = house.settings.session_days
    try:
        done = finish_sign_on(house, command, house.clock(), days=days)
    except (SignOnError, TooManyError) as failed:
        return _refused(request, name, failed)
    if done.proof:
        return RedirectResponse(f"/sign-on/{name}/prove?proof={done.proof}", status_code=303)
    return _opened(request, name, done.session, done.next)


@router.get("/sign-on/{name}/prove")
@public
def ask(request: Request, name: str, proof: Word = "") -> Response:
    """Ask whose account this is, of somebody whom the provider has named for the first time."""
    return _ask(request, name, proof)


@router.post("/sign-on/{name}/prove")
@public
def prove(
    request: Request,
    name: str,
    proof: Annotated[str, Form(max_length=100)] = "",
    email: Annotated[str, Form(max_length=320)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    csrf_token: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Link the identity once the password fits, and sign in."""
    check_origin(request)
    house = house_of(request)
    actor = _session(house, request)
    if actor and not hmac.compare_digest(csrf_token.encode(), (actor.csrf_token or "").encode()):
        raise ForbiddenError("This form is out of date. Reload the page.", code="csrf")
    browser = request.cookies.get(BROWSER_COOKIE, "")
    command = ProveIdentity(
        name, proof, browser, password, email, actor.person_id if actor else None
    )
    days = house.settings.session_days
    try:
        with guessing(request, email=email, person_id=command.signed_in):
            secret, next_path = prove_identity(house, command, house.clock(), days=days)
    except (SignOnError, TooManyError) as error:
        return _refused(request, name, error)
    except NotSignedInError:
        return _ask(request, name, proof, email=email, error="The password does not fit.")
    return _opened(request, name, secret, next_path)


@router.get("/sign-on/{name}/leave")
@public
def leave(request: Request, name: str) -> Response:
    """Go on to the provider's own sign-out."""
    house = house_of(request)
    try:
        count_beginning(request, house.clock())  # it too asks the provider, for anybody
        return RedirectResponse(leaving_address(house, name), status_code=303)
    except (SignOnError, TooManyError) as error:
        return _refused(request, name, error)


def _session(house: House, request: Request) -> Actor | None:
    actor = find_actor(house, request)
    return actor if actor is not None and actor.csrf_token is not None else None


def _opened(request: Request, name: str, secret: str, next_path: str) -> Response:
    answer = signed_in(request, secret, next_path)
    answer.delete_cookie(BROWSER_COOKIE, path="/sign-on")
    answer.set_cookie(
        PROVIDER_COOKIE,
        name,
        max_age=house_of(request).settings.session_days * 86_400,
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
    return answer


def _ask(request: Request, name: str, proof: str, *, email: str = "", error: str = "") -> Response:
    house = house_of(request)
    actor = _session(house, request)
    browser = request.cookies.get(BROWSER_COOKIE, "")
    try:
        said = see_proof(house, name, proof, browser, house.clock())
    except SignOnError as refused:
        return _refused(request, name, refused)
    context = {
        "name": name,
        "label": label_of(house, name),
        "proof": proof,
        "who": _who(said),
        "email": email or said.verified_email or "",
        "error": error,
        "mine": read_account(house.db, actor.person_id) if actor else None,
        "csrf_token": actor.csrf_token if actor else "",
    }
    return render(request, "prove.html", context, actor=actor, status=401 if error else 200)


def _who(said: Said) -> str:
    return f"{said.name} ({said.email})" if said.name and said.email else said.name or said.email


def _refused(request: Request, name: str, error: FairhandError) -> Response:
    """Say what went wrong on the sign-in page; the server's log has where, and nobody's name."""
    hop = error.hop if isinstance(error, SignOnError) else error.code
    _log.warning("sign_on_refused", provider=name, hop=hop, code=error.code)
    return again(request, error.message, status=error.status)
