"""Signing in and out. A link is used by pressing its button, not by opening it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import NotSignedInError, TooManyError
from fairhand.core.words import later as _
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_sign_on import buttons
from fairhand.use_cases.sign_in import (
    peek_link,
    sign_in_by_link,
    sign_in_by_password,
    sign_out,
)
from fairhand.use_cases.sign_on_parts import label_of
from fairhand.web.shared.doors import SESSION_COOKIE, guard, house_of, public
from fairhand.web.shared.pages import render, words_of
from fairhand.web.shared.sessions import PROVIDER_COOKIE, check_origin, local_path, signed_in
from fairhand.web.shared.tries import guessing

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
@public
def form(request: Request, next: str = "", left: str = "") -> Response:  # the query's names
    """Show the sign-in form; `left` is the provider of whoever has just signed out."""
    context = {**_ways(request), "next": local_path(next)}
    if left in house_of(request).settings.sign_on:
        context["left"] = (left, label_of(house_of(request), left))
    return render(request, "signin.html", context)


@router.get("/sign-in/{token}")
@public
def link(request: Request, token: str) -> Response:
    """Show whose link this is, with the button that uses it."""
    house = house_of(request)
    name = peek_link(house.db, token, house.clock())
    if name is None:
        return again(
            request,
            _(
                "This sign-in link is not valid any more: a link works once and for a limited "
                "time. Ask whoever sent it for a new one."
            ),
        )
    context = {
        "_": words_of(request),
        "next": "",
        "csrf_token": "",
        "link_token": token,
        "link_name": name,
    }
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
    check_origin(request)
    house = house_of(request)
    days = house.settings.session_days
    try:
        if link_token:
            secret = sign_in_by_link(house.db, link_token, house.clock(), days=days)
        elif not house.settings.password_sign_in:
            raise NotSignedInError(
                _(
                    "Nobody signs in with a password here. Use one of the buttons, or a one-time "
                    "link."
                )
            )
        else:
            secret = _by_password(request, email, password)
    except (NotSignedInError, TooManyError) as error:
        return again(request, error.message, email=email, status=error.status)
    return signed_in(request, secret, next)


@router.post("/sign-out")
@guard("own", form=True)
def leave(house: House, actor: Actor, request: Request) -> Response:
    """Close the session."""
    sign_out(house.db, request.cookies.get(SESSION_COOKIE, ""))
    left = request.cookies.get(PROVIDER_COOKIE, "")
    known = left in house.settings.sign_on
    answer = RedirectResponse(f"/sign-in?left={left}" if known else "/sign-in", status_code=303)
    answer.delete_cookie(SESSION_COOKIE)
    answer.delete_cookie(PROVIDER_COOKIE)
    return answer


def _by_password(request: Request, email: str, password: str) -> str:
    house = house_of(request)
    with guessing(request, email=email):
        days = house.settings.session_days
        return sign_in_by_password(house.db, email, password, house.clock(), days=days)


def again(
    request: Request, error: str, *, email: str = "", status: int = 200, next_path: str = ""
) -> Response:
    """Show the sign-in form again, with what went wrong."""
    context = {**_ways(request), "next": next_path, "error": error, "email": email}
    return render(request, "signin.html", context, status=status)


def _ways(request: Request) -> dict[str, Any]:
    """By what one may sign in here."""
    house = house_of(request)
    return {
        "_": words_of(request),
        "csrf_token": "",
        "providers": buttons(house),
        "password_sign_in": house.settings.password_sign_in,
    }
