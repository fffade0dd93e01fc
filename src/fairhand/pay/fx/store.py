"""Exchange rates in the database: added, never changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import groupby
from operator import itemgetter

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true

from fairhand.core.clock import Instant
from fairhand.core.ids import rows_sha256
from fairhand.pay.fx.reader import ReadRate
from fairhand.pay.fx.rules import NO_RATES, Rate, RateBook, RateFound, day_of, rate_book
from fairhand.storage.tables.pay_office import fx_rate

_KEYS = (fx_rate.c.base, fx_rate.c.quote, fx_rate.c.as_of, fx_rate.c.rate, fx_rate.c.source_title)
_WORDS = (
    fx_rate.c.base,
    fx_rate.c.quote,
    fx_rate.c.as_of,
    fx_rate.c.rate,
    fx_rate.c.source_title,
    fx_rate.c.source_url,
)


@dataclass(frozen=True, slots=True)
class SavedRates:
    """How many rates were new, and how many known already."""

    added: int
    unchanged: int
    sha256: str = field(default="", compare=False)
    """Of the rows that were added, as `sums_by_time` reckons it again."""


@dataclass(frozen=True, slots=True)
class KeptRate:
    """A rate as it was written, who brought it and when."""

    rate: Rate
    written: str
    entered_by: int | None
    recorded_at: Instant


def save_rates(
    connection: Connection, rates: Sequence[ReadRate], entered_by: int | None, now: Instant
) -> SavedRates:
    """Add the rates that are not there yet; the same file twice adds nothing."""
    known = _known(connection, rates)
    fresh: dict[tuple[str, ...], dict[str, object]] = {}
    for one in rates:
        key = _key(one)
        if key not in known:
            fresh[key] = _values(one, entered_by, now)
    if fresh:
        connection.execute(fx_rate.insert(), list(fresh.values()))
    rows = [[values[column.name] for column in _WORDS] for values in fresh.values()]
    return SavedRates(len(fresh), len(rates) - len(fresh), rows_sha256(rows))


def sums_by_time(connection: Connection) -> Iterator[tuple[Instant, int, str]]:
    """Give how many rates were recorded at each instant, and their SHA-256."""
    at = fx_rate.c.recorded_at
    found = connection.execute(
        select(at, *_WORDS).order_by(at, fx_rate.c.id),
        execution_options={"yield_per": 1_000},
    )
    for recorded_at, rows in groupby(found, itemgetter(0)):
        together = [row[1:] for row in rows]
        yield Instant(recorded_at), len(together), rows_sha256(together)


def load_book(
    connection: Connection, since: Instant, until: Instant, known_at: Instant | None = None
) -> RateBook:
    """Load the rates that can hold between two instants; with `known_at`, as they were known then.

    For each pair: the latest rate of the day of `since` or before, and all later ones.
    """
    seen = _known_at(known_at)
    starts = (
        select(fx_rate.c.base, fx_rate.c.quote, func.max(fx_rate.c.as_of).label("first"))
        .where(fx_rate.c.as_of <= day_of(since).isoformat(), seen)
        .group_by(fx_rate.c.base, fx_rate.c.quote)
        .subquery()
    )
    same_pair = and_(starts.c.base == fx_rate.c.base, starts.c.quote == fx_rate.c.quote)
    chosen = (
        select(*_WORDS)
        .select_from(fx_rate.outerjoin(starts, same_pair))
        .where(fx_rate.c.as_of <= day_of(until).isoformat(), seen)
        .where(or_(starts.c.first.is_(None), fx_rate.c.as_of >= starts.c.first))
        .order_by(fx_rate.c.id)
    )
    return rate_book(_rate(*row) for row in connection.execute(chosen))


def find_rate(connection: Connection, base: str, quote: str, at: Instant) -> RateFound | None:
    """Find the rate of a pair on the day of an instant; None when there is none yet."""
    book = NO_RATES if base == quote else load_book(connection, at, at)
    return book.at(base, quote, at)


def load_latest(connection: Connection) -> list[KeptRate]:
    """Load the newest rate of every pair, by pair."""
    newest = (
        select(fx_rate.c.base, fx_rate.c.quote, func.max(fx_rate.c.as_of).label("last"))
        .group_by(fx_rate.c.base, fx_rate.c.quote)
        .subquery()
    )
    is_newest = and_(
        newest.c.base == fx_rate.c.base,
        newest.c.quote == fx_rate.c.quote,
        newest.c.last == fx_rate.c.as_of,
    )
    chosen = (
        select(*_WORDS, fx_rate.c.entered_by, fx_rate.c.recorded_at)
        .join(newest, is_newest)
        .order_by(fx_rate.c.id)
    )
    by_pair: dict[tuple[str, str], KeptRate] = {}
    for base, quote, as_of, written, title, url, who, at in connection.execute(chosen):
        rate = _rate(base, quote, as_of, written, title, url)
        by_pair[base, quote] = KeptRate(rate, written, who, Instant(at))  # the last recorded holds
    return [by_pair[pair] for pair in sorted(by_pair)]


def count_rates(connection: Connection) -> int:
    """Count all rates that were ever imported."""
    return int(connection.execute(select(func.count()).select_from(fx_rate)).scalar_one())


def _known(connection: Connection, rates: Sequence[ReadRate]) -> set[tuple[str, ...]]:
    if not rates:
        return set()
    days = [one.rate.as_of.isoformat() for one in rates]
    bases = sorted({one.rate.base for one in rates})
    chosen = select(*_KEYS).where(
        fx_rate.c.as_of.between(min(days), max(days)), fx_rate.c.base.in_(bases)
    )
    return {tuple(row) for row in connection.execute(chosen)}


def _known_at(known_at: Instant | None) -> ColumnElement[bool]:
    return true() if known_at is None else fx_rate.c.recorded_at <= known_at


def _key(one: ReadRate) -> tuple[str, ...]:
    rate = one.rate
    return rate.base, rate.quote, rate.as_of.isoformat(), one.written, rate.source_title


def _values(one: ReadRate, entered_by: int | None, now: Instant) -> dict[str, object]:
    base, quote, as_of, written, title = _key(one)
    return {
        "base": base,
        "quote": quote,
        "rate": written,
        "as_of": as_of,
        "source_title": title,
        "source_url": one.rate.source_url,
        "entered_by": entered_by,
        "recorded_at": now,
    }


def _rate(base: str, quote: str, as_of: str, written: str, title: str, url: str) -> Rate:
    return Rate(base, quote, Fraction(written), date.fromisoformat(as_of), title, url)
