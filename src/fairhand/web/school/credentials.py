"""Credentials: a person's own, those that they share, and what proves them elsewhere.

The public addresses count nothing and remember nobody: who checks a credential is not our business.
"""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import ConflictError
from fairhand.core.words import Words, words_for
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_credentials import read_credential, read_credentials, read_shared
from fairhand.use_cases.read_issuer import read_issuer, read_status_list
from fairhand.use_cases.revoke_credential import RevokeCredential, revoke_credential
from fairhand.use_cases.share_credential import ShareCredential, share_credential
from fairhand.web.shared.doors import guard, house_of, public
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

_TYPE = "application/vc"  # W3C Verifiable Credentials 2.0, section 6.2
Short = Annotated[str, Field(max_length=20)]


@router.get("/credentials")
@guard("own")
def credentials(house: House, actor: Actor, request: Request) -> Response:
    """Show what one has shown, to take along and to share."""
    return _show(house, actor, request, Form())


@router.get("/credentials/issuer")
@public
def issuer(request: Request) -> Response:
    """Publish the keys of this workspace, and which credentials are revoked."""
    house = house_of(request)
    document = read_issuer(house.db, house.issuer, house.clock())
    return _public(orjson.dumps(document, option=orjson.OPT_INDENT_2), "application/json")


@router.get("/credentials/status/{name}")
@public
def status(request: Request, name: str) -> Response:
    """Publish one list of revoked credentials."""
    house = house_of(request)
    document = read_status_list(house.db, house.issuer, name, house.clock())
    return _public(orjson.dumps(document), _TYPE)


@router.get("/credentials/shared/{uid}")
@public
def shared(request: Request, uid: str) -> Response:
    """Give a credential that its person shares."""
    return _public(read_shared(house_of(request).db, uid).body.encode(), _TYPE)


@router.get("/credentials/{uid}/file")
@guard("own")
def file(house: House, actor: Actor, uid: str) -> Response:
    """Give one's own credential as a file."""
    found = read_credential(house.db, actor.person_id, uid)
    headers = {
        "Content-Disposition": f'attachment; filename="credential-{found.uid}.json"',
        "Cache-Control": "no-store",
    }
    return Response(found.body.encode(), media_type=_TYPE, headers=headers)


@router.post("/credentials/{uid}/share")
@guard("own", form=True)
def share(house: House, actor: Actor, request: Request, uid: str, share: Short = "") -> Response:
    """Let everybody with the address read a credential, or nobody any more."""
    command = ShareCredential(actor.person_id, uid, share == "yes")
    try:
        share_credential(house.db, command, house.clock())
    except ConflictError as error:
        return _show(house, actor, request, failed(error, {}))
    return RedirectResponse("/credentials", status_code=303)


@router.post("/credentials/{uid}/revoke")
@guard("own", form=True)
def revoke(house: House, actor: Actor, request: Request, uid: str) -> Response:
    """Take one's own credential back, for good."""
    read_credential(house.db, actor.person_id, uid)
    try:
        revoke_credential(house.db, RevokeCredential(uid, actor.person_id), house.clock())
    except ConflictError as error:
        return _show(house, actor, request, failed(error, {}))
    return RedirectResponse("/credentials", status_code=303)


def _show(house: House, actor: Actor, request: Request, form: Form) -> Response:
    words = words_for(actor.locale)
    context: dict[str, Any] = {
        "_": words,
        "lang": words.language,
        "form": form,
        "mine": read_credentials(house.db, actor.person_id, house.clock()),
        "states": _states(words),
        "result_names": _result_names(words),
        "address": f"{house.settings.base_url}/credentials/shared/",
        "issuer_address": f"{house.settings.base_url}/credentials/issuer",
    }
    return render(request, "credentials.html", context, actor=actor, status=form.status)


def _states(_: Words) -> dict[str, str]:
    return {"good": _("good"), "ended": _("ended"), "revoked": _("revoked")}


def _result_names(_: Words) -> dict[str, str]:
    """What credentials say in English, in the reader's language."""
    return {
        "Right answers in the exam": _("Right answers in the exam"),
        "Share of right answers that is sure at 95 %": _(
            "Share of right answers that is sure at 95 %"
        ),
        "Hours of learning and exam, all of them paid": _(
            "Hours of learning and exam, all of them paid"
        ),
    }


def _public(body: bytes, media_type: str) -> Response:
    headers = {"Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"}
    return Response(body, media_type=media_type, headers=headers)
