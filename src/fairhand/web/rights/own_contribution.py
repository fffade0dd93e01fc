"""One thing somebody gave: the original beside what others see, and what more is to be hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, NotFoundError
from fairhand.core.words import later as _
from fairhand.core.words import words_for
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.hide_more import HideMore, hide_more
from fairhand.use_cases.house import House
from fairhand.use_cases.read_own_contribution import (
    OwnFile,
    read_own_contribution,
    read_own_open,
    read_own_original,
)
from fairhand.use_cases.say_hides_too_little import MOST_WORDS, SayHidesTooLittle
from fairhand.use_cases.say_hides_too_little import say_hides_too_little as say
from fairhand.web.rights.contributions import KINDS, STATES
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

SIDE: Final = 12
"""Squares across and down the picture on which places are marked."""
HIDDEN: Final[Mapping[str, str]] = {
    "faces": _("Faces"),
    "marked": _("Places you marked"),
    "voice": _("Voice"),
    "text": _("Names, numbers and places"),
}

Squares = Annotated[list[int] | None, Field(max_length=SIDE * SIDE)]
What = Annotated[str, Field(max_length=2 * MOST_WORDS)]


@router.get("/given/contributions/{contribution_id:int}")
@guard("own")
def before_and_after(
    house: House, actor: Actor, request: Request, contribution_id: int
) -> Response:
    """Show what was given beside what others see."""
    return _show(house, actor, request, contribution_id)


@router.get("/given/contributions/{contribution_id:int}/original")
@guard("own")
def original(house: House, actor: Actor, contribution_id: int) -> Response:
    """Give the original to who gave it, opened from the vault; nothing keeps it on the way."""
    found = read_own_original(house.db, house.blobs, house.vault, actor.person_id, contribution_id)
    return _file(found)


@router.get("/given/contributions/{contribution_id:int}/open")
@guard("own")
def as_others_see_it(house: House, actor: Actor, contribution_id: int) -> Response:
    """Give what others see."""
    return _file(read_own_open(house.db, house.blobs, actor.person_id, contribution_id))


@router.post("/given/contributions/{contribution_id:int}/too-little")
@guard("own", form=True)
def too_little(
    house: House, actor: Actor, request: Request, contribution_id: int, what: What = ""
) -> Response:
    """Hold it, and let a person look."""
    try:
        say(house.db, SayHidesTooLittle(actor.person_id, contribution_id, what), house.clock())
    except FairhandError as error:
        return _show(house, actor, request, contribution_id, failed(error, {"what": what}))
    return RedirectResponse(f"/given/contributions/{contribution_id}", status_code=303)


@router.get("/given/contributions/{contribution_id:int}/hide")
@guard("own")
def squares(house: House, actor: Actor, request: Request, contribution_id: int) -> Response:
    """Show the picture under squares to choose."""
    return _show_squares(house, actor, request, contribution_id)


@router.post("/given/contributions/{contribution_id:int}/hide")
@guard("own", form=True)
def hide(
    house: House, actor: Actor, request: Request, contribution_id: int, square: Squares = None
) -> Response:
    """Keep which squares are to be hidden; the picture is made anew."""
    try:
        command = HideMore(actor.person_id, contribution_id, boxes_of(square or ()))
        hide_more(house.db, command, house.clock())
    except FairhandError as error:
        return _show_squares(house, actor, request, contribution_id, failed(error, {}))
    return RedirectResponse(f"/given/contributions/{contribution_id}", status_code=303)


def boxes_of(squares: Sequence[int]) -> list[tuple[float, float, float, float]]:
    """Turn squares, counted along rows, into places: neighbours in a row are one."""
    chosen = sorted({one for one in squares if 0 <= one < SIDE * SIDE})
    rows: list[list[int]] = []
    for one in chosen:
        if rows and one == rows[-1][-1] + 1 and one % SIDE:
            rows[-1].append(one)
        else:
            rows.append([one])
    return [
        (row[0] % SIDE / SIDE, row[0] // SIDE / SIDE, len(row) / SIDE, 1 / SIDE) for row in rows
    ]


def squares_of(boxes: str | None) -> set[int]:
    """Turn places back into the squares they lie on."""
    found = set()
    for x, y, wide, high in orjson.loads(boxes or "[]"):
        for row in range(round(y * SIDE), max(round((y + high) * SIDE), round(y * SIDE) + 1)):
            columns = range(round(x * SIDE), max(round((x + wide) * SIDE), round(x * SIDE) + 1))
            found |= {row * SIDE + column for column in columns}
    return found


def _show(
    house: House,
    actor: Actor,
    request: Request,
    contribution_id: int,
    form: Form | None = None,
) -> Response:
    own = read_own_contribution(house.db, actor.person_id, contribution_id)
    context: dict[str, Any] = {
        "_": words_for(actor.locale),
        "own": own,
        "words": _words(house, actor, contribution_id) if own.sort == "text" else None,
        "has_open": own.given.open_sha256 is not None and own.given.state in ("ready", "held"),
        "kind": KINDS.get(own.given.modality, _("Contribution")),
        "state": STATES[own.given.state],
        "hidden": HIDDEN,
        "most": MOST_WORDS,
        "form": form or Form(),
    }
    status = form.status if form else 200
    return render(request, "given_thing.html", context, actor=actor, status=status)


def _words(house: House, actor: Actor, contribution_id: int) -> dict[str, str | None]:
    """Give both sides of a text; None: there is none to show."""
    sides: dict[str, str | None] = {"original": None, "open": None}
    who, one = actor.person_id, contribution_id
    try:
        before = read_own_original(house.db, house.blobs, house.vault, who, one)
        sides["original"] = before.content.decode(errors="replace")
        after = read_own_open(house.db, house.blobs, who, one)
        sides["open"] = after.content.decode(errors="replace")
    except NotFoundError:
        pass
    return sides


def _show_squares(
    house: House,
    actor: Actor,
    request: Request,
    contribution_id: int,
    form: Form | None = None,
) -> Response:
    own = read_own_contribution(house.db, actor.person_id, contribution_id)
    if own.sort != "image" or not own.is_living:
        raise NotFoundError("There is no picture here in which places can be marked.")
    context: dict[str, Any] = {
        "_": words_for(actor.locale),
        "own": own,
        "side": SIDE,
        "chosen": squares_of(own.boxes),
        "form": form or Form(),
    }
    status = form.status if form else 200
    return render(request, "given_hide.html", context, actor=actor, status=status)


def _file(found: OwnFile) -> Response:
    headers = {"Cache-Control": "no-store", "Content-Disposition": "inline"}
    return Response(found.content, media_type=found.media_type, headers=headers)
