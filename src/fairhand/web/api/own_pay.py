"""The API of one's own pay: statements in words, bundles, PDFs, and everything at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_pay_export import read_pay_export
from fairhand.use_cases.read_statement_bundle import read_statement_bundle
from fairhand.use_cases.read_statement_sheet import read_statement_sheet
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["pay"], route_class=StrictRoute)

Language = Annotated[str, Query(max_length=35)]


@router.get("/pay/statements/{statement_id}/bundle")
@guard("own")
def statement_bundle(house: House, actor: Actor, statement_id: int) -> Response:
    """Give a statement with its entries and receipt (`fairhand-statement-bundle/v1`)."""
    made = read_statement_bundle(house.db, actor, statement_id, house.signer.verifier.vkey)
    return Response(made.text().encode(), media_type="application/json")


@router.get("/pay/statements/{statement_id}/pdf")
@guard("own")
def statement_pdf(house: House, actor: Actor, statement_id: int, lang: Language = "") -> Response:
    """Give a statement as a PDF, in `lang` (en, sw, fr, es, de) or its person's own language."""
    made = read_statement_sheet(
        house.db,
        actor,
        statement_id,
        log_name=house.signer.name,
        address=house.settings.base_url,
        locale=lang or None,
    )
    return Response(made.pdf(), media_type="application/pdf")


@router.get("/pay/statements/{statement_id}/message")
@guard("own")
def statement_message(
    house: House, actor: Actor, statement_id: int, lang: Language = ""
) -> Response:
    """Say a statement in at most 160 characters, for a text message."""
    made = read_statement_sheet(
        house.db,
        actor,
        statement_id,
        log_name=house.signer.name,
        address=house.settings.base_url,
        locale=lang or None,
    )
    return reply({"language": made.words.language, "message": made.message})


@router.get("/me/earnings/export")
@guard("own")
def export(house: House, actor: Actor) -> Response:
    """Give everything about your own pay as one ZIP archive (`fairhand-pay-export/v1`)."""
    chunks = read_pay_export(house.db, actor.person_id, house.signer.verifier.vkey, house.clock())
    return StreamingResponse(chunks, media_type="application/zip")
