"""The page of letters: whether the mail server takes them, what is on its way, what each says."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError
from fairhand.core.words import LANGUAGES
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.check_mail import check_mail, send_test
from fairhand.use_cases.house import House
from fairhand.use_cases.letter_words import SAID
from fairhand.use_cases.read_letters import page_of_outbox, preview_letter
from fairhand.use_cases.try_letter_again import cancel_letter, try_letter_again
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

Number = Annotated[int, Path(ge=1, le=2**53)]
Kind = Annotated[str, Query(max_length=40)]
Locale = Annotated[str, Query(max_length=20)]
_STATES = {"waiting": "wait", "sent": "sent", "given_up": "given up"}


@router.get("/admin/mail")
@guard("mail.keep")
def mail(
    house: House,
    actor: Actor,
    request: Request,
    state: Annotated[str, Query(max_length=20)] = "",
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    kind: Kind = "invitation",
    language: Locale = "en",
) -> Response:
    """Show the settings, the outbox, and one letter as it reads."""
    return _show(house, actor, request, state=state, before=before, kind=kind, language=language)


@router.post("/admin/mail/check")
@guard("mail.keep", form=True)
def check(house: House, actor: Actor, request: Request) -> Response:
    """Connect to the mail server, and send nothing."""
    found, words = check_mail(house)
    return _show(house, actor, request, ok=found == "ok", words=words)


@router.post("/admin/mail/test")
@guard("mail.keep", form=True)
def send_one(
    house: House,
    actor: Actor,
    request: Request,
    address: Annotated[str, Field(max_length=320)] = "",
    language: Annotated[str, Field(max_length=20)] = "en",
) -> Response:
    """Send a test letter at once."""
    try:
        went = send_test(house, address.strip(), language)
    except FairhandError as error:
        return _show(house, actor, request, ok=False, words=error.message, status=error.status)
    if went.outcome == "sent":
        words = f"The mail server took a letter to {address.strip()}."
        return _show(house, actor, request, ok=True, words=words)
    return _show(house, actor, request, ok=False, words=went.words, address=address, status=422)


@router.post("/admin/mail/{number}/retry")
@guard("mail.keep", form=True)
def retry(house: House, actor: Actor, number: Number) -> Response:
    """Have a letter that waits tried at once."""
    try_letter_again(house.db, number, house.clock())
    return RedirectResponse("/admin/mail?state=waiting#outbox", status_code=303)


@router.post("/admin/mail/{number}/cancel")
@guard("mail.keep", form=True)
def cancel(house: House, actor: Actor, number: Number) -> Response:
    """Call off a letter that waits."""
    cancel_letter(house.db, number, house.clock())
    return RedirectResponse("/admin/mail?state=waiting#outbox", status_code=303)


def _show(
    house: House,
    actor: Actor,
    request: Request,
    *,
    state: str = "",
    before: int | None = None,
    kind: str = "invitation",
    language: str = "en",
    status: int = 200,
    ok: bool = True,
    words: str = "",
    address: str = "",
) -> Response:
    now = house.clock()
    outbox = page_of_outbox(house, now, state, before)
    subject, text = preview_letter(house, kind, language, now)
    context = {
        "mail": house.settings.mail,
        "outbox": outbox,
        "state": state,
        "states": _STATES,
        "kinds": tuple(SAID),
        "kind": kind,
        "language": language if language in LANGUAGES else "en",
        "languages": LANGUAGES,
        "subject": subject,
        "text": text,
        "ok": ok,
        "words": words,
        "address": address,
        "request_path": "/admin/mail",
    }
    return render(request, "mail_admin.html", context, actor=actor, status=status)
