"""One statement: its page, and everything of it that can be taken home."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from fairhand.core.words import LANGUAGES
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_pay import read_statement
from fairhand.use_cases.read_statement_bundle import read_statement_bundle
from fairhand.use_cases.read_statement_sheet import StatementSheet, read_statement_sheet
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

Language = Annotated[str, Query(max_length=35)]


@router.get("/earnings/statements/{statement_id:int}")
@guard("own")
def statement(house: House, actor: Actor, request: Request, statement_id: int) -> Response:
    """Show a statement line by line, so that everything in it can be recomputed."""
    made = _sheet(house, actor, statement_id, actor.locale)
    context = {
        "_": made.words,
        "lang": made.words.language,
        "id": statement_id,
        "sheet": made.sheet,
        "message": made.message,
        "languages": LANGUAGES,
        "is_own": made.found.person_id == actor.person_id,
    }
    return render(request, "statement.html", context, actor=actor)


@router.get("/earnings/statements/{statement_id:int}/download")
@guard("own")
def download(house: House, actor: Actor, statement_id: int) -> Response:
    """Give the statement's own bytes, the ones that its SHA-256 names."""
    found = read_statement(house.db, actor, statement_id)
    return _file(found.body.encode(), f"fairhand-statement-{found.id}.json", "application/json")


@router.get("/earnings/statements/{statement_id:int}/bundle")
@guard("own")
def bundle(house: House, actor: Actor, statement_id: int) -> Response:
    """Give the statement with its entries and receipt, to be verified offline."""
    made = read_statement_bundle(house.db, actor, statement_id, house.signer.verifier.vkey)
    name = f"fairhand-statement-{statement_id}.bundle.json"
    return _file(made.text().encode(), name, "application/json")


@router.get("/earnings/statements/{statement_id:int}/pdf")
@guard("own")
def pdf(house: House, actor: Actor, statement_id: int, lang: Language = "") -> Response:
    """Give the statement as a PDF, in `lang` or in its person's own language."""
    made = _sheet(house, actor, statement_id, lang or None)
    name = f"fairhand-statement-{statement_id}-{made.words.language}.pdf"
    return _file(made.pdf(), name, "application/pdf")


def _sheet(house: House, actor: Actor, statement_id: int, locale: str | None) -> StatementSheet:
    return read_statement_sheet(
        house.db,
        actor,
        statement_id,
        log_name=house.signer.name,
        address=house.settings.base_url,
        locale=locale,
    )


def _file(content: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
