"""Wage floors: what is in force, what people need, drafts, their approval and their end."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from babel import Locale
from fastapi import APIRouter, File, UploadFile
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue, MalformedError, TooLargeError
from fairhand.core.money import Money, ceil_fraction
from fairhand.pay.floors.approval import EVIDENCE_MOST_BYTES, Approval, in_words
from fairhand.pay.floors.rules import FloorRow, hourly
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.approve_floor import ApproveFloor, approve_floor
from fairhand.use_cases.end_floor import EndFloor, end_floor
from fairhand.use_cases.house import House
from fairhand.use_cases.load_wage_floors import LoadedWageFloors, LoadWageFloors, load_wage_floors
from fairhand.use_cases.read_floors import read_evidence, read_floor, read_floor_office
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

LARGEST_FILE = 4 * 1024 * 1024
CLASSES = {
    "A": "law",
    "B": "official statistics",
    "C": "field survey",
    "D": "model",
    "E": "press or second hand",
}
Name = Annotated[str, Field(max_length=80)]
Text = Annotated[str, Field(max_length=4_000)]
_TERRITORIES = Locale("en").territories


@router.get("/pay/floors")
@guard("pay.view_all")
def floors(
    house: House, actor: Actor, request: Request, added: int | None = None, changed: int = 0
) -> Response:
    """Show what people need, what is in force and what waits for an approval."""
    done = "" if added is None else f"{added} rows added, {changed} changed."
    return _show(house, actor, request, Form(), done)


@router.get("/pay/floors/row")
@guard("pay.view_all")
def row(house: House, actor: Actor, request: Request, id: str = "") -> Response:
    """Show one row: its source, its arithmetic, its history; a draft can be approved here."""
    return _show_row(house, actor, request, id, Form(), Form())


@router.get("/pay/floors/evidence/{sha256}")
@guard("pay.view_all")
def evidence(house: House, actor: Actor, sha256: str) -> Response:
    """Give the file that an approver looked at."""
    content, media_type = read_evidence(house.db, house.blobs, sha256)
    ending = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
    name = f"evidence-{sha256[:12]}.{ending.get(media_type, 'txt')}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=media_type, headers=headers)


@router.post("/pay/floors/import")
@guard("pay.set", form=True)
def import_rows(
    house: House,
    actor: Actor,
    request: Request,
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Take wage rows out of a file."""
    try:
        text = _text_of(file)
        done = load_wage_floors(house.db, LoadWageFloors(text, actor.person_id), house.clock())
        _complain(done)
    except FairhandError as error:
        return _show(house, actor, request, failed(error, {"file": ""}), "")
    to = f"/pay/floors?added={done.saved.added}&changed={done.saved.changed}"
    return RedirectResponse(to, status_code=303)


@router.post("/pay/floors/approve")
@guard("pay.set", form=True)
def approve(
    house: House,
    actor: Actor,
    request: Request,
    id: Name = "",
    hours_per_week: Name = "",
    payments_per_year: Name = "",
    note: Text = "",
    checked: Name = "",
    evidence: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Approve a draft, with evidence."""
    given = Approval(hours_per_week.strip(), payments_per_year.strip(), note, bool(checked))
    try:
        content = b"" if evidence is None else evidence.file.read(EVIDENCE_MOST_BYTES + 1)
        command = ApproveFloor(id, actor.person_id, given, content)
        approve_floor(house.db, house.blobs, command, house.clock())
    except FairhandError as error:
        values = {
            "hours_per_week": given.hours_per_week,
            "payments_per_year": given.payments_per_year,
            "note": note,
            "checked": checked,
            "evidence": "",
        }
        return _show_row(house, actor, request, id, failed(error, values), Form())
    return RedirectResponse(f"/pay/floors/row?id={quote(id, safe='')}", status_code=303)


@router.post("/pay/floors/end")
@guard("pay.set", form=True)
def end(
    house: House,
    actor: Actor,
    request: Request,
    id: Name = "",
    last_day: Name = "",
    reason: Text = "",
) -> Response:
    """Give a row its last day."""
    try:
        end_floor(house.db, EndFloor(id, last_day, actor.person_id, reason), house.clock())
    except FairhandError as error:
        form = failed(error, {"last_day": last_day, "reason": reason})
        return _show_row(house, actor, request, id, Form(), form)
    return RedirectResponse(f"/pay/floors/row?id={quote(id, safe='')}", status_code=303)


def country_name(code: str) -> str:
    """Name a country in English; its code where there is no name."""
    return str(_TERRITORIES.get(code, code))


def per_hour(row: FloorRow) -> str:
    """Say what a row comes to for an hour, rounded up."""
    exact = hourly(row)
    return "not said yet" if exact is None else str(Money(ceil_fraction(exact), row.currency))


def _text_of(file: UploadFile | None) -> str:
    data = b"" if file is None else file.file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise TooLargeError(f"A file of wage rows has at most {LARGEST_FILE >> 20} MiB.")
    if not data:
        raise InvalidError("Choose a file.", issues=[Issue("file", "Choose a file.")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedError("This file is not UTF-8 text; save it as UTF-8.") from None


def _complain(done: LoadedWageFloors) -> None:
    if not done.issues:
        return
    saved = done.saved
    taken = saved.added + saved.changed + saved.unchanged
    words = f"{taken} rows were taken, and {len(done.issues)} things are wrong with the others."
    placed = [Issue(one.place, f"{one.place}: {one.message}") for one in done.issues[:20]]
    raise InvalidError(words, issues=placed)


def _show(house: House, actor: Actor, request: Request, form: Form, done: str) -> Response:
    office = read_floor_office(house.db, house.clock())
    lived_in = {need.country for need in office.needs}
    context: dict[str, Any] = {
        "office": office,
        "wanted": [row for row in office.drafts if row.country in lived_in],
        "others": [row for row in office.drafts if row.country not in lived_in],
        "form": form,
        "done": done,
        "country_name": country_name,
        "per_hour": per_hour,
        "classes": CLASSES,
        "may_set": may(actor, "pay.set"),
    }
    return render(request, "floors.html", context, actor=actor, status=form.status)


def _show_row(
    house: House, actor: Actor, request: Request, row_id: str, form: Form, end_form: Form
) -> Response:
    page = read_floor(house.db, house.blobs, row_id[:80], actor.person_id, house.clock())
    context: dict[str, Any] = {
        "page": page,
        "row": page.row,
        "form": form,
        "end_form": end_form,
        "country_name": country_name,
        "per_hour": per_hour,
        "in_words": in_words,
        "classes": CLASSES,
        "may_set": may(actor, "pay.set"),
    }
    status = max(form.status, end_form.status)
    return render(request, "floor_row.html", context, actor=actor, status=status)
