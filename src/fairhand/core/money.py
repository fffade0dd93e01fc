"""Exact money: integers of a currency's minor unit outside, fractions inside, never floats.

Accruals and ledger postings count *micros*: millionths of a minor unit, so that a second of work
never rounds to nothing. Payouts are whole minor units.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

MICROS = 1_000_000
"""Micros in one minor unit."""

LARGEST_MINOR = 10**12
"""The largest amount that is taken in one go: in micros it fits a database's integer nine times."""

_AMOUNT = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)

# ISO 4217 exponents that differ from 2 (list of active codes, ISO 4217:2015 table A.1).
_EXPONENTS: Mapping[str, int] = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


class CurrencyMismatchError(ValueError):
    """Two amounts of different currencies met."""


def exponent(currency: str) -> int:
    """Digits after the point of a currency (JPY 0, EUR 2, TND 3); ValueError if not a code."""
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():
        raise ValueError(f"{currency!r} is not an ISO 4217 code such as EUR or KES")
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """Whole minor units of one currency (`Money(1231, "EUR")` is EUR 12.31)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        exponent(self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __str__(self) -> str:
        return f"{self.currency} {self.decimal()}"

    def decimal(self) -> str:
        """Write the number with the currency's own digits: `12.31`, `-0.05`, `1500` for JPY."""
        digits = exponent(self.currency)
        sign, value = ("-" if self.minor < 0 else ""), abs(self.minor)
        if digits == 0:
            return f"{sign}{value}"
        whole, part = divmod(value, 10**digits)
        return f"{sign}{whole}.{part:0{digits}d}"

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise CurrencyMismatchError(f"{self.currency} and {other.currency} cannot be added")
        return other


def parse_money(text: str, currency: str) -> Money:
    """Read a decimal string exactly; ValueError on more digits than the currency has."""
    digits = exponent(currency)
    if not _AMOUNT.fullmatch(text.strip()):
        raise ValueError(f"{text[:40]!r} is not an amount such as 12.31")
    value = Fraction(text.strip()) * 10**digits
    if value.denominator != 1:
        raise ValueError(f"{text!r} has more than {digits} digits after the point for {currency}")
    if abs(value) > LARGEST_MINOR:
        raise ValueError(f"{text!r} is more than can be kept here")
    return Money(int(value), currency)


def ceil_fraction(value: Fraction) -> int:
    """Round up to a whole number: towards the person who is paid."""
    return -((-value.numerator) // value.denominator)


def micros_for(rate_micros_per_hour: int, paid_ms: int) -> int:
    """Pay for `paid_ms` milliseconds at an hourly rate, in micros, rounded up."""
    return -((-rate_micros_per_hour * paid_ms) // 3_600_000)


def micros_to_minor_up(micros: int) -> int:
    """Whole minor units that cover `micros`, rounded up."""
    return -((-micros) // MICROS)


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` units by weight without losing one: largest remainder, first index wins ties.

    A weight of zero gets zero. Raises ValueError for a negative weight, or when every weight is
    zero and there is something to split.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative")
    mass = sum(weights)
    if mass == 0:
        if total == 0:
            return [0] * len(weights)
        raise ValueError("nothing to split by: every weight is zero")
    shares = [total * weight // mass for weight in weights]
    left = total - sum(shares)
    by_remainder = sorted(
        (index for index, weight in enumerate(weights) if weight),
        key=lambda index: (-(total * weights[index] % mass), index),
    )
    for index in by_remainder[:left]:
        shares[index] += 1
    return shares
