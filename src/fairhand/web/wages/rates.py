"""Exchange rates: which are known, how old they are, and how new ones come in."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, File, UploadFile
from fastapi import Form as Field
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue, TooLargeError
from fairhand.pay.fx.reader import COLUMNS
from fairhand.pay.fx.rules import STALE_DAYS, day_of, rate_text
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.house import House
from fairhand.use_cases.import_fx import ImportedFx, ImportFx, import_fx
from fairhand.use_cases.read_rates import RateOffice, read_rates
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

LARGEST_FILE = 16 * 1024 * 1024
_MOST_BARS = 20
Text = Annotated[str, Field(max_length=500)]


@router.get("/pay/rates")
@guard("pay.view_all")
def rates(
    house: House, actor: Actor, request: Request, added: int | None = None, known: int = 0
) -> Response:
    """Show the newest rate of each pair."""
    done = "" if added is None else f"Rates added: {added}; known already: {known}."
    return _show(house, actor, request, Form(), done=done)


@router.post("/pay/rates/import")
@guard("pay.set", form=True)
def import_file(
    house: House,
    actor: Actor,
    request: Request,
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Take rates out of a file."""
    try:
        return _take(house, actor, _content(file))
    except FairhandError as error:
        return _show(house, actor, request, failed(error, {"file": ""}))


@router.post("/pay/rates")
@guard("pay.set", form=True)
def enter(
    house: House,
    actor: Actor,
    request: Request,
    base: Text = "",
    quote: Text = "",
    rate: Text = "",
    as_of: Text = "",
    source_title: Text = "",
    source_url: Text = "",
) -> Response:
    """Take one rate as it was typed, with its source."""
    cells = (base.upper(), quote.upper(), rate, as_of, source_title, source_url)
    values = dict(zip(COLUMNS, (cell.strip() for cell in cells), strict=True))
    try:
        return _take(house, actor, _one_line(values))
    except FairhandError as error:
        return _show(house, actor, request, failed(error, values))


def _content(file: UploadFile | None) -> bytes:
    data = b"" if file is None else file.file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise TooLargeError(f"A file of rates has at most {LARGEST_FILE >> 20} MiB.")
    if not data:
        raise InvalidError("Choose a file.", issues=[Issue("file", "Choose a file.")])
    return data


def _take(house: House, actor: Actor, data: bytes) -> Response:
    done = import_fx(house.db, ImportFx(data, actor.person_id), house.clock())
    if done.issues:
        raise InvalidError(_words(done), issues=done.issues[:20])
    to = f"/pay/rates?added={done.saved.added}&known={done.saved.unchanged}"
    return RedirectResponse(to, status_code=303)


def _words(done: ImportedFx) -> str:
    taken = done.saved.added + done.saved.unchanged
    if not taken:
        return "No rate was taken."
    return f"{taken} rates were taken, and {len(done.issues)} lines were not."


def _one_line(values: Mapping[str, str]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerow(dict(values))
    return out.getvalue().encode()


def _show(house: House, actor: Actor, request: Request, form: Form, *, done: str = "") -> Response:
    office = read_rates(house.db, house.clock())
    today = day_of(house.clock())
    context: dict[str, Any] = {
        "office": office,
        "form": form,
        "done": done,
        "picture": _ages(office, house),
        "ages": {
            (one.rate.base, one.rate.quote): (today - one.rate.as_of).days for one in office.latest
        },
        "stale_days": STALE_DAYS,
        "rate_text": rate_text,
        "may_set": may(actor, "pay.set"),
    }
    return render(request, "rates.html", context, actor=actor, status=form.status)


def _ages(office: RateOffice, house: House) -> Markup | None:
    """Show how old the rates are, the oldest first, against the age from which they warn."""
    today = day_of(house.clock())
    aged = sorted(
        ((today - one.rate.as_of).days, f"{one.rate.base} in {one.rate.quote}")
        for one in office.latest
    )[::-1][:_MOST_BARS]
    if not aged:
        return None
    return charts.bars(
        f"Age of the newest rates (from {STALE_DAYS + 1} days on they warn)",
        [name for _, name in aged],
        [max(0, days) for days, _ in aged],
        "days",
        float(max(STALE_DAYS + 1, aged[0][0])),
    )
