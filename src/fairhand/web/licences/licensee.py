"""A licensee's own page: whoever has its address may act; there is nothing to sign in to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from fairhand.core.clock import Instant, iso
from fairhand.core.errors import FairhandError, InvalidError, Issue, NotFoundError
from fairhand.core.money import Money
from fairhand.proof.licensing.rules import NOTICE_ANSWERS, UNLEARNING_ANSWERS
from fairhand.proof.licensing.words import MAY
from fairhand.use_cases.answer_notice import AnswerNotice, answer_notice
from fairhand.use_cases.answer_unlearning import AnswerUnlearning, answer_unlearning
from fairhand.use_cases.house import House
from fairhand.use_cases.read_licensee import (
    Holding,
    read_licensed_release,
    read_licensee,
    read_receipt,
)
from fairhand.use_cases.register_model import RegisterModel, register_model
from fairhand.use_cases.renew_licensed_release import renew_licensed_release
from fairhand.use_cases.take_back_request import take_back_request
from fairhand.web.licences.fields import Fields, Sent
from fairhand.web.shared.doors import LARGEST_ID, house_of, public
from fairhand.web.shared.files import send_archive
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import markdown, render

router = APIRouter(include_in_schema=False)

ANSWER_WORDS: Final = {
    "acknowledged": "We read it and are at it",
    "attested": "It is all deleted, copies and backups too",
    "disputed": "Something about this is wrong",
}
UNLEARNING_WORDS: Final = {
    "retrained": "Trained again without the items",
    "unlearned": "Unlearned by a method; said below",
    "suppressed": "Its output is suppressed; said below",
    "cannot": "It cannot be done; said below why",
}


@router.get("/data/requests/{token}")
@public
def show(request: Request, token: str) -> Response:
    """Show what a licensee asked for, holds, and must do."""
    return _show(request, token, None, {})


@router.post("/data/requests/{token}")
@public
def act(request: Request, token: str, sent: Fields) -> Response:
    """Do one thing: answer a notice, register a model, renew a release, take a request back."""
    try:
        _do(house_of(request), token, sent)
    except NotFoundError:
        raise
    except FairhandError as error:
        return _show(request, token, error, sent)
    return RedirectResponse(f"/data/requests/{token}", status_code=303)


@router.get("/data/requests/{token}/licences/{licence_id:int}/archive")
@public
def archive(request: Request, token: str, licence_id: int) -> Response:
    """Fetch the release of a licence."""
    house = house_of(request)
    found = read_licensed_release(house.db, token, _known(licence_id), house.clock())
    return send_archive(found)


@router.get("/data/requests/{token}/licences/{licence_id:int}/policy")
@public
def policy(request: Request, token: str, licence_id: int) -> Response:
    """Give a licence as machines read it: ODRL 2.2 in JSON-LD."""
    house = house_of(request)
    page = read_licensee(house.db, token, house.clock())
    for one in page.holdings:
        if one.held.licence.id == licence_id:
            body = orjson.dumps(one.held.licence.policy, option=orjson.OPT_INDENT_2)
            return Response(body, media_type="application/ld+json", headers=_PRIVATE)
    raise NotFoundError("You hold no such licence.")


@router.get("/data/requests/{token}/state")
@public
def state(request: Request, token: str) -> Response:
    """Give what must be done as JSON, for a licensee's own programs to poll."""
    house = house_of(request)
    page = read_licensee(house.db, token, house.clock())
    body = orjson.dumps({"licences": [_plain(one) for one in page.holdings]})
    return Response(body, media_type="application/json", headers=_PRIVATE)


@router.get("/data/requests/{token}/notices/{notice_id:int}/receipt")
@public
def receipt(request: Request, token: str, notice_id: int) -> Response:
    """Give the signed receipt of an answer."""
    text = read_receipt(house_of(request).db, token, _known(notice_id))
    name = f"fairhand-notice-{notice_id}.txt"
    headers = _PRIVATE | {"Content-Disposition": f'attachment; filename="{name}"'}
    return PlainTextResponse(text, headers=headers)


_PRIVATE: Final = {"Cache-Control": "private, no-store"}


def _do(house: House, token: str, sent: Sent) -> None:
    now, what = house.clock(), sent.get("do", "")
    number = _number(sent.get("number", ""))
    if what == "answer":
        said = AnswerNotice(
            token, number, sent.get("answer", ""), sent.get("by", ""), sent.get("words", "")
        )
        answer_notice(house.db, house.signer, said, now)
    elif what == "unlearn":
        made = AnswerUnlearning(token, number, sent.get("answer", ""), sent.get("why", ""))
        answer_unlearning(house.db, made, now)
    elif what == "model":
        register_model(house.db, _model(token, number, sent, now), now)
    elif what == "renew":
        folder = house.settings.workspace / "releases" / "licensed"
        renew_licensed_release(house.db, token, number, folder, now)
    elif what == "take_back":
        take_back_request(house.db, token, number, now)
    else:
        raise InvalidError("There is no such button on this page.")


def _model(token: str, number: int, sent: Sent, now: Instant) -> RegisterModel:
    return RegisterModel(
        token=token,
        licence_id=number,
        name=sent.get("model", ""),
        version=sent.get("version", ""),
        purpose=sent.get("purpose", ""),
        trained_at=_day(sent.get("trained_at", ""), now),
        is_in_use=sent.get("in_use") == "yes",
    )


def _day(text: str, now: Instant) -> Instant:
    if not text.strip():
        return now
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        words = "Write a day as 2026-11-22."
        raise InvalidError(words, issues=[Issue("trained_at", words)]) from None
    return Instant(int(day.timestamp()) * 1_000)


def _show(request: Request, token: str, error: FairhandError | None, sent: Sent) -> Response:
    house = house_of(request)
    page = read_licensee(house.db, token, house.clock())
    form = failed(error, {}) if error else Form()
    context: dict[str, Any] = {
        "page": page,
        "token": token,
        "form": form,
        "sent": sent,
        "words": {one.held.licence.id: markdown(one.words) for one in page.holdings},
        "price": {
            one.held.licence.id: str(Money(one.held.licence.price_minor, one.held.licence.currency))
            for one in page.holdings
        },
        "address": house.settings.base_url.rstrip("/"),
        "answers": [(one, ANSWER_WORDS[one]) for one in NOTICE_ANSWERS],
        "unlearning": [(one, UNLEARNING_WORDS[one]) for one in UNLEARNING_ANSWERS],
        "may": MAY,
    }
    return render(request, "licensee.html", context, status=form.status)


def _plain(one: Holding) -> dict[str, Any]:
    licence, release = one.held.licence, one.held.licence.release_id
    return {
        "licence": licence.id,
        "uid": licence.uid,
        "release": release,
        "in_force": one.in_force,
        "ends_at": iso(licence.ends_at),
        "revoked_items": one.revoked,
        "revocations": f"/releases/{release}/revocations" if release else None,
        "notices": [
            {"id": told.id, "list": told.list_number, "state": told.state,
             "due_at": iso(told.due_at)}
            for told in one.held.notices
        ],
        "unlearning": [
            {"id": asked.id, "model": model.name, "version": model.version, "items": asked.items,
             "state": asked.state, "due_at": iso(asked.due_at)}
            for model, many in one.held.models
            for asked in many
        ],
    }  # fmt: skip


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _known(number: int) -> int:
    if number > LARGEST_ID:
        raise NotFoundError("There is nothing of this number.")
    return number
