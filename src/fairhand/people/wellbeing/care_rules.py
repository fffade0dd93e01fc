"""Money laid aside for care after hard content: how much, and for how long it is there. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import DAY_MS, Instant

SETTLED_AFTER_MS: Final = DAY_MS
"""Money follows a day after an item: by then its person has said how hard it was, or will not."""
ENOUGH_PEOPLE: Final = 10
"""A sum over so many people goes into the books; over fewer, only when the month has ended."""
KEPT_MS: Final = 730 * DAY_MS
"""How long the money can be used after the last hard item: 24 months."""


def care_micros(dose: int, permille: int, rate_micros_per_hour: int) -> int:
    """Give what is laid aside for a dose: for each severity-minute so much of a minute's pay.

    Dose in thousandths of a severity-minute; rounded up.
    """
    return -(-dose * permille * rate_micros_per_hour // (60 * 1_000 * 1_000))


@dataclass(frozen=True, slots=True)
class Fund:
    """What one project has laid aside for a person: what can be used, and what is on its way."""

    project_id: int
    project: str
    currency: str
    usable_micros: int
    coming_micros: int


def parts_of(amount_micros: int, funds: Sequence[Fund]) -> list[tuple[int, int]]:
    """Say how much to take from which project, the fullest first; empty when there is not enough.

    Gives (project, micros).
    """
    left, parts = amount_micros, []
    for fund in sorted(funds, key=lambda one: (-one.usable_micros, one.project_id)):
        part = min(left, fund.usable_micros)
        if part > 0:
            parts.append((fund.project_id, part))
            left -= part
    return parts if left == 0 else []


def kept_until(last_seen: Instant | None, takes_part: bool) -> Instant | None:
    """Say until when the money can be used; None while somebody takes part, or has none."""
    if takes_part or last_seen is None:
        return None
    return Instant(last_seen + KEPT_MS)
