"""Signing in and out. A link is used by pressing its button, not by opening it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import ForbiddenError, NotSignedInError
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.sign_in import (
    peek_link,
    sign_in_by_link,
    sign_in_by_password,
    sign_out,
)
from fairhand.web.shared.doors import SESSION_COOKIE, guard, house_of, public
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
@public
def form(request: Request, next: str = "") -> Response:  # the query's name
    """Show the sign-in form."""
    return render(request, "signin.html", {"next": _local(next), "csrf_token": ""})


@router.get("/sign-in/{token}")
@public
def link(request: Request, token: str) -> Response:
    """Show whose link this is, with the button that uses it."""
    house = house_of(request)
    name = peek_link(house.db, token, house.clock())
    if name is None:
        return _again(
            request,
            "This sign-in link is not valid any more: a link works once and for a limited time. "
            "Ask whoever sent it for a new one.",
        )
    context = {"next": "", "csrf_token": "", "link_token": token, "link_name": name}
    return render(request, "signin.html", context)


@router.post("/sign-in")
@public
def sign_in(
    request: Request,
    next: Annotated[str, Form()] = "",  # the field's name
    link_token: Annotated[str, Form(max_length=100)] = "",
    email: Annotated[str, Form(max_length=320)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Open a session by link or by password."""
    _check_origin(request)
    house = house_of(request)
    days = house.settings.session_days
    try:
        if link_token:
            secret = sign_in_by_link(house.db, link_token, house.clock(), days=days)
        else:
            secret = sign_in_by_password(house.db, email, password, house.clock(), days=days)
    except NotSignedInError as error:
        return _again(request, error.message, email=email, status=401)
    answer = RedirectResponse(_local(next) or "/", status_code=303)
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=days * 86_400,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


@router.post("/sign-out")
@guard("own", form=True)
def leave(house: House, actor: Actor, request: Request) -> Response:
    """Close the session."""
    sign_out(house.db, request.cookies.get(SESSION_COOKIE, ""))
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(SESSION_COOKIE)
    return answer


def _again(request: Request, error: str, *, email: str = "", status: int = 200) -> Response:
    context = {"next": "", "csrf_token": "", "error": error, "email": email}
    return render(request, "signin.html", context, status=status)


def _local(path: str) -> str:
    """Keep only a path of this site: a link must not lead a person elsewhere after signing in."""
    starts_elsewhere = path.startswith(("//", "/\\"))
    return path if path.startswith("/") and not starts_elsewhere and path.isprintable() else ""


def _check_origin(request: Request) -> None:
    """Refuse a sign-in posted from another site (there is no session yet to hold a token)."""
    origin = request.headers.get("origin")
    if origin not in (None, "null") and origin.split("://")[-1] != request.headers.get("host"):
        raise ForbiddenError("This form was sent from another site.", code="csrf")
