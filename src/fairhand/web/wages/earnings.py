"""A contributor's earnings: what was earned, how it is counted, and the sums of years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from fairhand.core.clock import HOUR_MS
from fairhand.core.money import MICROS, exponent
from fairhand.core.words import Words, words_for
from fairhand.pay.evidence.entries import show_amount
from fairhand.pay.own.store import OwnGroup
from fairhand.pay.paper.names import activity_name, basis_name
from fairhand.pay.paper.sheet import how_counted
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_log import read_own_events
from fairhand.use_cases.read_own_pay import OwnPay, read_own_pay
from fairhand.use_cases.read_pay import read_earnings
from fairhand.use_cases.read_pay_office import WouldGet, preview_own
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

_SHOWN_PERIODS = 6


@dataclass(frozen=True, slots=True)
class Hourly:
    """What an hour came to so far, beside what the floor asks for it; micros, rounded down."""

    earned_micros: int
    floor_micros: int


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of earning in words: what for, how it is counted, where it stands."""

    group: OwnGroup
    what: str
    how: str


@router.get("/earnings")
@guard("own")
def earnings(house: House, actor: Actor, request: Request) -> Response:
    """Show what was earned, how it is counted, and what is settled."""
    words = words_for(actor.locale)
    mine = read_own_pay(house.db, actor.person_id)
    present = preview_own(house.db, actor.person_id, house.clock())
    context = {
        "_": words,
        "ngettext": words.plural,
        "words": words,
        "lang": words.language,
        "earnings": read_earnings(house.db, actor.person_id),
        "mine": mine,
        "kinds": [_kind(group, words) for group in mine.groups],
        "present": present,
        "hourly": [_hourly(one) for one in present],
        "pictures": [_picture(one, words) for one in present],
        "history": _history(mine, words),
        "events": read_own_events(house.db, actor.person_id, 10),
        "micros": MICROS,
    }
    return render(request, "earnings.html", context, actor=actor)


def _kind(group: OwnGroup, words: Words) -> Kind:
    what = basis_name(words, group.basis)
    if group.basis not in ("top_up", "royalty"):
        what = f"{what}: {activity_name(words, group.activity)}"
    line: dict[str, Any] = {
        "kind": group.basis,
        "paid_ms": group.paid_ms,
        "quantity": group.quantity,
        "rate_per_hour": show_amount(group.rate_micros_per_hour, group.currency),
        "unit_amount": None
        if group.unit_micros is None
        else show_amount(group.unit_micros, group.currency),
    }
    return Kind(group, what, how_counted(line, group.currency, words))


def _hourly(one: WouldGet) -> Hourly | None:
    """Pay for work with its top-up, an hour of paid time; premiums and the like left out."""
    if not one.paid_ms:
        return None
    earned = one.accrued_micros + one.top_up_minor * MICROS
    floored_ms = one.paid_ms - one.unfloored_ms
    floor = one.floor_micros * HOUR_MS // floored_ms if floored_ms else 0
    return Hourly(earned * HOUR_MS // one.paid_ms, floor)


def _picture(one: WouldGet, words: Words) -> Markup:
    _ = words
    return charts.stacked_bars(
        _("This period beside its floor, {currency}", currency=one.currency),
        [_("Floor asks"), _("You get")],
        _parts(words),
        [
            (_amount(one.floor_micros, one.currency), 0, 0),
            (
                _amount(one.accrued_micros, one.currency),
                _amount(one.top_up_minor * MICROS, one.currency),
                _amount(one.extras_micros, one.currency),
            ),
        ],
        words=words,
    )


def _history(mine: OwnPay, words: Words) -> list[Markup]:
    """One picture a currency: each settled period beside its floor."""
    _ = words
    pictures = []
    for currency in sorted({one.currency for one, _sums in mine.statements}):
        rows = [both for both in mine.statements if both[0].currency == currency][:_SHOWN_PERIODS]
        labels: list[str] = []
        values: list[tuple[float, float, float]] = []
        for one, sums in rows:
            labels += [
                _("{period}: floor", period=one.period_id),
                _("{period}: you got", period=one.period_id),
            ]
            values.append((_amount(one.floor_due_micros or 0, currency), 0, 0))
            parts = (sums.work, sums.top_up, sums.on_top)
            values.append((_amount(parts[0], currency), *_amounts(parts[1:], currency)))
        title = _("Settled periods beside their floors, {currency}", currency=currency)
        pictures.append(charts.stacked_bars(title, labels, _parts(words), values, words=words))
    return pictures


def _parts(words: Words) -> tuple[str, str, str]:
    _ = words
    return _("work"), _("top-up"), _("on top: premiums, expenses, royalties")


def _amounts(values: Sequence[int], currency: str) -> tuple[float, float]:
    first, second = values
    return _amount(first, currency), _amount(second, currency)


def _amount(micros: int, currency: str) -> float:
    """Money for a picture, to the currency's own digits; exact numbers stand beside it."""
    digits = exponent(currency)
    return float(round(micros / MICROS / 10**digits, digits))
