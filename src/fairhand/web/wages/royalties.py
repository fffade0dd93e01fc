"""Royalties: a person's own shares, and the page where uses are written down and split."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.clock import Instant, iso, parse_iso
from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.core.ids import new_token
from fairhand.core.money import MICROS, Money, exponent, parse_money
from fairhand.core.words import Words, words_for
from fairhand.core.words import later as _
from fairhand.pay.royalties.rules import KEYS, Divided, SplitKey, Terms, UsageKind
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.house import House
from fairhand.use_cases.read_people import read_people
from fairhand.use_cases.read_royalties import (
    read_own_royalties,
    read_royalty_office,
    read_terms,
    read_usage,
)
from fairhand.use_cases.read_value import read_own_value
from fairhand.use_cases.record_usage import RecordUsage, preview_usage, record_usage
from fairhand.use_cases.set_royalty_terms import SetRoyaltyTerms, set_royalty_terms
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed, money_of
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

KINDS: tuple[tuple[UsageKind, str], ...] = (
    ("licence", _("A licence was sold")),
    ("training_run", _("A model was trained on it here")),
    ("voice_minutes", _("Speech was generated with it")),
)
Text = Annotated[str, Field(max_length=2_000)]


@router.get("/earnings/royalties")
@guard("own")
def own(house: House, actor: Actor, request: Request) -> Response:
    """Show what later uses of one's work brought, and why each share is what it is."""
    shares = read_own_royalties(house.db, actor.person_id)
    valued = {one.project_id: one.project_title for one in shares if "value" in one.why}
    values = [
        (title, own)
        for project_id, title in valued.items()
        if (own := read_own_value(house.db, house.secret, actor.person_id, project_id))
    ]
    words = words_for(actor.locale)
    context = {
        "_": words,
        "shares": shares,
        "pictures": _by_month(shares, words),
        "kinds": dict(KINDS),
        "values": values,
    }
    return render(request, "royalties.html", context, actor=actor)


@router.get("/pay/royalties")
@guard("pay.view_all")
def office(house: House, actor: Actor, request: Request) -> Response:
    """Show each project's promise and every use."""
    return _office(house, actor, request, Form())


@router.get("/pay/royalties/uses/{usage_id:int}")
@guard("pay.view_all")
def usage(house: House, actor: Actor, request: Request, usage_id: int) -> Response:
    """Show one use and who got what of it."""
    found, people = read_usage(house.db, usage_id)
    context = {"usage": found, "people": people, "kinds": dict(KINDS)}
    return render(request, "royalty_use.html", context, actor=actor)


@router.post("/pay/royalties/{project_id:int}/terms")
@guard("pay.set", form=True)
def set_terms(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    share: Text = "",
    training_run: Text = "",
    voice_minute: Text = "",
    yearly_floor: Text = "",
    seconds: Text = "",
    equal: Text = "",
    value: Text = "",
) -> Response:
    """Promise contributors a share; what was promised may rise and never fall."""
    sent = {
        "share": share,
        "training_run": training_run,
        "voice_minute": voice_minute,
        "yearly_floor": yearly_floor,
        "seconds": seconds,
        "equal": equal,
        "value": value,
    }
    try:
        currency, _ = read_terms(house.db, project_id)
        terms = _terms(sent, currency, house.clock())
        set_royalty_terms(
            house.db, SetRoyaltyTerms(project_id, actor.person_id, terms), house.clock()
        )
    except FairhandError as error:
        return _office(house, actor, request, failed(error, sent), project_id)
    return RedirectResponse("/pay/royalties", status_code=303)


@router.post("/pay/royalties/{project_id:int}/uses")
@guard("pay.set", form=True)
def record(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    kind: Text = "",
    licensee: Text = "",
    quantity: Text = "1",
    revenue: Text = "",
    happened_at: Text = "",
    release_id: Text = "",
    note: Text = "",
    key: Text = "",
    then: Text = "preview",
) -> Response:
    """Write a use down, or show who would get what of it first."""
    sent = {
        "kind": kind,
        "licensee": licensee,
        "quantity": quantity,
        "revenue": revenue,
        "happened_at": happened_at,
        "release_id": release_id,
        "note": note,
        "key": key,
    }
    try:
        currency, _ = read_terms(house.db, project_id)
        command = _usage(sent, project_id, actor.person_id, currency, house.clock())
        if then != "record":
            divided = preview_usage(house.db, command, house.clock())
            return _office(house, actor, request, Form(sent), project_id, divided)
        made = record_usage(house.db, command, house.clock())
    except FairhandError as error:
        return _office(house, actor, request, failed(error, sent), project_id)
    return RedirectResponse(f"/pay/royalties/uses/{made.usage_id}", status_code=303)


def _office(
    house: House,
    actor: Actor,
    request: Request,
    form: Form,
    project_id: int | None = None,
    divided: Divided | None = None,
) -> Response:
    now = house.clock()
    found = read_royalty_office(house.db, now)
    fresh = {"happened_at": iso(now)[:16], "quantity": "1", "key": new_token()}
    context: dict[str, Any] = {
        "office": found,
        "form": form,
        "at": project_id,
        "divided": divided,
        "kinds": KINDS,
        "kind_words": dict(KINDS),
        "fresh": Form(fresh),
        "promise": {
            one.project_id: Form(_promise(one.in_force, one.currency)) for one in found.projects
        },
        "named": {one.id: one.display_name for one, _ in read_people(house.db)},
        "micros": MICROS,
        "may_set": may(actor, "pay.set"),
    }
    return render(request, "royalty_office.html", context, actor=actor, status=form.status)


def _promise(terms: Terms | None, currency: str) -> dict[str, str]:
    """What stands in the form: the promise as it is, or one to begin with."""
    if terms is None:
        start = {"share": "15", "seconds": "60", "equal": "40", "value": "0"}
        return start | dict.fromkeys(("training_run", "voice_minute", "yearly_floor"), "0")
    return {
        "share": f"{terms.share_permille / 10:g}",
        "training_run": Money(terms.training_run_minor, currency).decimal(),
        "voice_minute": Money(terms.voice_minute_minor, currency).decimal(),
        "yearly_floor": Money(terms.yearly_floor_minor, currency).decimal(),
        **{key: f"{terms.split.get(key, 0) / 10:g}" for key in KEYS},
    }


def _terms(sent: dict[str, str], currency: str, now: Instant) -> Terms:
    def minor(name: str) -> int:
        return money_of(sent[name] or "0", currency, name).minor

    split: dict[SplitKey, int] = {key: _permille(sent[key] or "0", key) for key in KEYS}
    return Terms(
        version=0,
        share_permille=_permille(sent["share"] or "0", "share"),
        training_run_minor=minor("training_run"),
        voice_minute_minor=minor("voice_minute"),
        yearly_floor_minor=minor("yearly_floor"),
        split=split,
        valid_from=now,
    )


def _permille(text: str, place: str) -> int:
    """Read a percentage with at most one digit after the point."""
    try:
        hundredths = parse_money(text, "EUR").minor
    except ValueError:
        hundredths = -1
    if hundredths % 10 or hundredths < 0:
        raise _wrong(place, "Give a percentage such as 15 or 12.5.")
    return hundredths // 10


def _usage(
    sent: dict[str, str], project_id: int, by: int, currency: str, now: Instant
) -> RecordUsage:
    kind = next((known for known, _ in KINDS if known == sent["kind"]), None)
    if kind is None:
        raise _wrong("kind", "Say what happened.")
    return RecordUsage(
        project_id=project_id,
        recorded_by=by,
        key=sent["key"],
        kind=kind,
        licensee=sent["licensee"],
        happened_at=_instant(sent["happened_at"], now),
        quantity=_count(sent["quantity"] or "1", "quantity"),
        revenue=money_of(sent["revenue"], currency, "revenue") if sent["revenue"] else None,
        release_id=_count(sent["release_id"], "release_id") if sent["release_id"] else None,
        note=sent["note"],
    )


def _instant(text: str, now: Instant) -> Instant:
    if not text:
        return now
    try:
        return parse_iso(text if text.endswith("Z") or "+" in text else f"{text}+00:00")
    except (ValueError, OverflowError):
        raise _wrong("happened_at", "Give a date and time, as 2026-11-30T23:59.") from None


def _count(text: str, place: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise _wrong(place, "Give a whole number.")
    return int(text)


def _wrong(place: str, message: str) -> InvalidError:
    return InvalidError(message, issues=[Issue(place, message)])


def _by_month(shares: list[Any], words: Words) -> list[Markup]:
    """One picture a currency: what came in by month."""
    pictures = []
    for currency in sorted({one.currency for one in shares}):
        months: dict[str, int] = {}
        for one in shares:
            if one.currency == currency:
                month = iso(one.happened_at)[:7]
                months[month] = months.get(month, 0) + one.amount_micros
        digits = exponent(currency)
        labels = sorted(months)[-12:]
        values = [round(months[name] / MICROS / 10**digits, digits) for name in labels]
        title = words("Royalties by month, {currency}", currency=currency)
        pictures.append(charts.bars(title, labels, values, words=words))
    return pictures
