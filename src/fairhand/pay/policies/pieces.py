"""What one submitted answer earns: by time, by the piece, or by the minute of audio; pure.

Whatever an answer earns, its time counts: where pieces or audio come to less than the guarantee
for the hours they took, the close of the period pays the difference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from fairhand.core.clock import DAY_MS, MINUTE_MS
from fairhand.core.money import ceil_fraction, micros_for


@dataclass(frozen=True, slots=True)
class Terms:
    """What a task is done for: the basis, the hourly guarantee, the price of a unit."""

    basis: str
    rate_micros_per_hour: int
    unit_micros: int | None


@dataclass(frozen=True, slots=True)
class Worth:
    """What one answer earned, and by which measure.

    Audio of unknown length is paid by time; its `quantity` is then 0 milliseconds of audio.
    """

    basis: str
    amount_micros: int
    rate_micros_per_hour: int
    quantity: int | None = None
    unit_micros: int | None = None


_LONGEST_AUDIO_MS: Final = DAY_MS
_PLAIN_NUMBER: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,20})?")


def worth_of(terms: Terms, paid_ms: int, audio_ms: int | None = None) -> Worth:
    """Say what an answer earns that took `paid_ms` of paid time."""
    rate, unit = terms.rate_micros_per_hour, terms.unit_micros
    if terms.basis == "piece" and unit is not None:
        return Worth("piece", unit, rate, 1, unit)
    if terms.basis == "audio" and unit is not None:
        if audio_ms is None:
            return Worth("time", micros_for(rate, paid_ms), rate, 0, unit)
        amount = ceil_fraction(Fraction(unit * audio_ms, MINUTE_MS))
        return Worth("audio", amount, rate, audio_ms, unit)
    return Worth("time", micros_for(rate, paid_ms), rate)


def better_of(first: Worth, second: Worth, paid_ms: int) -> Worth:
    """Choose what earns more once the guarantee is met; the first where they are equal."""
    reached = [
        max(one.amount_micros, micros_for(one.rate_micros_per_hour, paid_ms))
        for one in (first, second)
    ]
    return second if reached[1] > reached[0] else first


def audio_length(data: Mapping[str, Any]) -> int | None:
    """Read how long a task's audio is: `duration_ms`, or `duration` in seconds; None: not said."""
    for name, factor in (("duration_ms", 1), ("duration", 1000)):
        length = _number(data.get(name))
        if length is not None and 0 < length * factor <= _LONGEST_AUDIO_MS:
            return ceil_fraction(length * factor)
    return None


def _number(value: object) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    text = str(value).strip() if isinstance(value, str) else repr(value)
    return Fraction(text) if _PLAIN_NUMBER.fullmatch(text) else None
