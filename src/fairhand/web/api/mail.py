"""The API of letters: the outbox, previews, and whether the mail server takes them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import Instant, iso
from fairhand.people.accounts.rules import Actor
from fairhand.people.post.rules import Letter
from fairhand.use_cases.check_mail import check_mail, send_test
from fairhand.use_cases.house import House
from fairhand.use_cases.letter_words import SAID
from fairhand.use_cases.read_letters import page_of_outbox, preview_letter
from fairhand.use_cases.try_letter_again import cancel_letter, try_letter_again
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1/mail", tags=["server"], route_class=StrictRoute)

Number = Annotated[int, Path(ge=1, le=2**53)]


class LetterTestBody(Body):
    """Whom to send a test letter to, and in which language."""

    address: str = Field(max_length=320)
    language: str = Field(default="en", max_length=20)


@router.get("/letters")
@guard("mail.keep")
def letters(
    house: House,
    actor: Actor,
    state: Annotated[str, Query(max_length=20)] = "",
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> Response:
    """List the outbox, newest first: `waiting`, `sent` or `given_up`; never what letters say."""
    found = page_of_outbox(house, house.clock(), state, before)
    return reply({
        "letters": [_letter(one) for one in found.letters],
        "counts": dict(found.counts),
        "oldest_waits_s": found.oldest_waits_s,
        "before": found.before,
    })  # fmt: skip


@router.get("/preview")
@guard("mail.keep")
def preview(
    house: House,
    actor: Actor,
    kind: Annotated[str, Query(max_length=40)] = "invitation",
    language: Annotated[str, Query(max_length=20)] = "en",
) -> Response:
    """Write a letter with example data; `kinds` are all that there are."""
    subject, text = preview_letter(house, kind, language, house.clock())
    return reply({"kind": kind, "subject": subject, "text": text, "kinds": list(SAID)})


@router.post("/check")
@guard("mail.keep")
def check(house: House, actor: Actor) -> Response:
    """Connect to the mail server as the settings say, and send nothing."""
    state, words = check_mail(house)
    return reply({"state": state, "words": words})


@router.post("/test")
@guard("mail.keep")
def send_one(house: House, actor: Actor, body: LetterTestBody) -> Response:
    """Send a test letter at once; `outcome` is `sent` where the server took it."""
    went = send_test(house, body.address, body.language)
    return reply({"outcome": went.outcome, "words": went.words})


@router.post("/letters/{number}/retry")
@guard("mail.keep")
def retry(house: House, actor: Actor, number: Number) -> Response:
    """Have a letter that waits tried at once."""
    try_letter_again(house.db, number, house.clock())
    return reply({"letter": number})


@router.post("/letters/{number}/cancel")
@guard("mail.keep")
def cancel(house: House, actor: Actor, number: Number) -> Response:
    """Call off a letter that waits."""
    cancel_letter(house.db, number, house.clock())
    return reply({"letter": number})


def _letter(one: Letter) -> dict[str, Any]:
    ended = None if one.ended_at is None else iso(Instant(one.ended_at))
    return {
        "id": one.id,
        "to": one.address,
        "kind": one.kind,
        "language": one.locale,
        "state": one.state,
        "attempts": one.attempts,
        "trouble": one.trouble,
        "made_at": iso(Instant(one.made_at)),
        "next_at": iso(Instant(one.next_at)),
        "ended_at": ended,
    }
