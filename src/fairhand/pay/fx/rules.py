"""Exchange rates: which one holds on a day, and what a floor comes to in another currency.

Rates are imported by people, each with its source and its day; nothing is fetched. They serve to
compare a floor with an offer and to pay a person in a project's currency. A floor is always turned
in exact fractions and rounded up, and a rate that falls never lowers what somebody was promised:
the ratchet of floors holds the higher figure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Final

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.core.money import ceil_fraction, exponent

STALE_DAYS: Final = 31
"""A rate that is older than this still holds, and whoever sees it is warned."""

COMMON_CURRENCY: Final = "EUR"
"""The one currency through which a missing pair may be crossed: central banks quote against it."""


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of `base` is `value` units of `quote`, as a source had it on a day."""

    base: str
    quote: str
    value: Fraction
    as_of: date
    source_title: str
    source_url: str = ""


@dataclass(frozen=True, slots=True)
class RateFound:
    """The rate of a pair on a day, and the one or two imported rates that it comes from.

    `as_of` is the older of their days; `via` names the currency of a cross, else it is empty.
    """

    base: str
    quote: str
    value: Fraction
    as_of: date
    on: date
    made_of: tuple[Rate, ...]
    via: str = ""

    @property
    def age_days(self) -> int:
        """How old the rate is on the day it was asked for."""
        return (self.on - self.as_of).days

    @property
    def is_stale(self) -> bool:
        """Tell whether the rate is older than it should be."""
        return self.age_days > STALE_DAYS

    @property
    def source_title(self) -> str:
        """Name the source, and the crossing where there was one."""
        titles = " and ".join(dict.fromkeys(rate.source_title for rate in self.made_of))
        return f"{titles}, crossed through {self.via}" if self.via else titles

    @property
    def source_url(self) -> str:
        """Give the first source's address; empty when none was named."""
        return self.made_of[0].source_url if self.made_of else ""

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Warn of an old rate."""
        if not self.is_stale:
            return ()
        message = (
            f"The rate of {self.base} in {self.quote} is of {self.as_of}: {self.age_days} days "
            "old. Import a newer one."
        )
        return (Issue(f"{self.base}/{self.quote}", message, "warning"),)


@dataclass(frozen=True, slots=True)
class RateBook:
    """Rates laid out to be looked up quickly; made once by `rate_book`."""

    pairs: Mapping[tuple[str, str], tuple[Rate, ...]]

    def at(
        self, base: str, quote: str, at: Instant, via: str = COMMON_CURRENCY
    ) -> RateFound | None:
        """Find the rate of a pair on the UTC day of an instant; None when there is none yet.

        The latest of the direct and the inverse rates whose day has come (direct wins a tie);
        without either, the cross through `via` and through nothing else.
        """
        on = day_of(at)
        if base == quote:
            return RateFound(base, quote, Fraction(1), on, on, ())
        straight = self._straight(base, quote, on)
        if straight is not None:
            return RateFound(base, quote, straight[0], straight[1].as_of, on, (straight[1],))
        if via in (base, quote):
            return None
        return self._cross(base, quote, on, via)

    def _straight(self, base: str, quote: str, on: date) -> tuple[Fraction, Rate] | None:
        direct = _latest(self.pairs.get((base, quote), ()), on)
        inverse = _latest(self.pairs.get((quote, base), ()), on)
        if direct is not None and (inverse is None or direct.as_of >= inverse.as_of):
            return direct.value, direct
        return None if inverse is None else (1 / inverse.value, inverse)

    def _cross(self, base: str, quote: str, on: date, via: str) -> RateFound | None:
        first, second = self._straight(base, via, on), self._straight(via, quote, on)
        if first is None or second is None:
            return None
        made_of = (first[1], second[1])
        oldest = min(rate.as_of for rate in made_of)
        return RateFound(base, quote, first[0] * second[0], oldest, on, made_of, via)


NO_RATES: Final = RateBook({})
"""The book before anything was imported."""


def rate_book(rates: Iterable[Rate]) -> RateBook:
    """Lay out rates as they were recorded: of one pair and day the last recorded holds."""
    pairs: dict[tuple[str, str], list[Rate]] = {}
    for rate in rates:
        pairs.setdefault((rate.base, rate.quote), []).append(rate)
    return RateBook(
        {pair: tuple(sorted(found, key=lambda rate: rate.as_of)) for pair, found in pairs.items()}
    )


def rate_at(
    rates: Iterable[Rate], base: str, quote: str, at: Instant, via: str = COMMON_CURRENCY
) -> RateFound | None:
    """Find the rate of a pair on the day of an instant, as `RateBook.at` does."""
    return rate_book(rates).at(base, quote, at, via)


def convert_floor(
    minor_per_hour: int | Fraction, from_currency: str, to_currency: str, rate: Fraction
) -> int:
    """Turn a floor into minor units of another currency, rounded up: never below the floor.

    minor_to = minor_from * 10^(exponent_to - exponent_from) * rate, with ISO 4217 exponents.
    """
    if rate <= 0:
        raise ValueError(f"a rate of {rate} turns no floor into another currency")
    scale = Fraction(10) ** (exponent(to_currency) - exponent(from_currency))
    return ceil_fraction(Fraction(minor_per_hour) * scale * rate)


def day_of(at: Instant) -> date:
    """Give the UTC day of an instant: rates are of days, not of moments."""
    return datetime.fromtimestamp(at // 1_000, UTC).date()


def rate_text(value: Fraction, digits: int = 8) -> str:
    """Write a rate as a decimal of so many significant digits, for people to read."""
    text = f"{float(value):.{digits}g}"
    return f"{float(text):f}".rstrip("0").rstrip(".") if "e" in text else text


def _latest(rates: tuple[Rate, ...], on: date) -> Rate | None:
    place = bisect_right(rates, on, key=lambda rate: rate.as_of)
    return rates[place - 1] if place else None
