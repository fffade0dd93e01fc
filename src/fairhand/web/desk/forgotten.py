"""A forgotten password, and an end to letters: pages for whoever is not signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import InvalidError, NotSignedInError
from fairhand.use_cases.ask_reset import ask_reset
from fairhand.use_cases.choose_letters import stop_letters
from fairhand.use_cases.put_letters import outbox_of
from fairhand.use_cases.reset_password import is_reset_open, reset_password
from fairhand.web.shared.doors import house_of, public
from fairhand.web.shared.pages import render, words_of
from fairhand.web.shared.sessions import check_origin
from fairhand.web.shared.tries import key_of, tries_of

router = APIRouter(include_in_schema=False)


@router.get("/forgot")
@public
def forgot(request: Request) -> Response:
    """Ask for the address of whoever forgot their password."""
    return _page(request, "ask" if _can_mail(request) else "no_mail")


@router.post("/forgot")
@public
def ask(request: Request, email: Annotated[str, Form(max_length=320)] = "") -> Response:
    """Mail a link, if there is such an account; the answer is the same either way."""
    check_origin(request)
    house, tries = house_of(request), tries_of(request)
    outbox = outbox_of(house)
    if outbox is None or not house.settings.password_sign_in:
        return _page(request, "no_mail")
    key = key_of(request, "forgotten passwords")  # for all accounts together, from one place
    tries.take(key, house.clock())
    answer = _page(request, "asked")
    # After the answer has gone: how long it took says nothing of whether there is such an account.
    answer.background = BackgroundTask(ask_reset, house.db, outbox, email, house.clock())
    return answer


@router.get("/reset/{token}")
@public
def form(request: Request, token: str) -> Response:
    """Show the form for a new password; looking does not use the link."""
    house = house_of(request)
    return _page(request, "set" if is_reset_open(house.db, token, house.clock()) else "over", token)


@router.post("/reset/{token}")
@public
def reset(
    request: Request,
    token: str,
    new_password: Annotated[str, Form(max_length=200)] = "",
    end_tokens: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Set the new password, and end every session."""
    check_origin(request)
    house = house_of(request)
    try:
        ends = end_tokens == "yes"
        reset_password(house.db, token, new_password, house.clock(), end_tokens=ends)
    except InvalidError as error:
        said = " ".join(one.message for one in error.issues)
        return _page(request, "set", token, error=said, status=error.status)
    except NotSignedInError:
        return _page(request, "over", status=401)
    return RedirectResponse("/sign-in", status_code=303)


@router.get("/letters/stop/{token}")
@public
def stop_form(request: Request, token: str) -> Response:
    """Show the button that ends one kind of letter; programs that look at links press nothing."""
    return _page(request, "stop", token)


@router.post("/letters/stop/{token}")
@public
def stop(request: Request, token: str) -> Response:
    """End one kind of letter (RFC 8058: mail programs post this, signed in nowhere)."""
    house = house_of(request)
    done = stop_letters(house.db, house.secret, token, house.clock())
    return _page(request, "stopped" if done else "no_stop", status=200 if done else 404)


def _can_mail(request: Request) -> bool:
    settings = house_of(request).settings
    return bool(settings.mail.host) and settings.password_sign_in


def _page(
    request: Request, what: str, token: str = "", *, error: str = "", status: int = 200
) -> Response:
    context = {
        "_": words_of(request),
        "csrf_token": "",
        "what": what,
        "secret": token,
        "error": error,
    }
    return render(request, "forgotten.html", context, status=status)
