"""What a paid server may cost, and how fast it may be asked: counted before, not after.

Each request first reserves the most that it can cost; when that would go beyond the limit it is
not sent. So a run never spends more than it may, also with many requests on their way at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from time import monotonic, sleep

from fairhand.compute.assistants.contract import AssistantError
from fairhand.core.money import ceil_fraction, exponent

_LONGEST_TEXT = 40


class SpentError(AssistantError):
    """The spending limit is reached: nothing more is asked."""

    code = "spending_limit"
    status = 409


@dataclass(frozen=True, slots=True)
class Price:
    """Micros for one token in and out, exactly: a micro is a millionth of a minor unit.

    A price of 2.50 dollars for a million tokens is 250 cents for a million, so 250 micros each.
    """

    currency: str
    tokens_in: Fraction
    tokens_out: Fraction

    def of(self, tokens_in: int, tokens_out: int) -> int:
        """Give the cost of a request in whole micros, rounded up."""
        return ceil_fraction(self.tokens_in * tokens_in + self.tokens_out * tokens_out)


def read_price(currency: str, per_million_in: str, per_million_out: str) -> Price:
    """Read prices per million tokens, as "2.50"; ValueError says what is wrong with them."""
    digits = exponent(currency)
    return Price(currency, *(_micros(text, digits) for text in (per_million_in, per_million_out)))


def _micros(text: str, digits: int) -> Fraction:
    """Read whole units for a million tokens as micros for one: the two millions cancel out."""
    try:
        amount = Decimal(text) if len(text) <= _LONGEST_TEXT else Decimal("nan")
    except ArithmeticError:
        amount = Decimal("nan")
    if not amount.is_finite() or not 0 <= amount <= 1_000_000:
        raise ValueError(f"{text[:_LONGEST_TEXT]!r} is not a price such as 2.50")
    return Fraction(amount) * int(10**digits)


@dataclass(slots=True)
class Meter:
    """Counts what is spent of a limit, in micros; for several threads. No limit: it only counts."""

    limit: int | None = None
    spent: int = 0
    reserved: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def restart(self, spent: int, limit: int | None) -> None:
        """Count for another run from now on, of which so much is spent already."""
        with self._changed:
            self.spent, self.limit = spent, limit

    @contextmanager
    def reserving(self, most: int) -> Iterator[Bill]:
        """Hold back the most that a request can cost; what its bill says at the end is spent.

        Waits while requests on their way hold back what might be left over. Raises SpentError when
        the limit does not allow it.
        """
        with self._changed:
            while self.limit is not None and self.spent + self.reserved + most > self.limit:
                if self.spent + most > self.limit:
                    raise SpentError(
                        "The spending limit does not allow another request; raise it, or stop here."
                    )
                self._changed.wait()
            self.reserved += most
        bill = Bill()
        try:
            yield bill
        finally:
            with self._changed:
                self.reserved -= most
                self.spent += bill.micros
                self._changed.notify_all()


@dataclass(slots=True)
class Bill:
    """What requests have cost: written as they come back."""

    micros: int = 0


@dataclass(slots=True)
class Pace:
    """Spaces requests evenly, at most so many a minute; for several threads."""

    per_minute: int | None
    now: Callable[[], float] = monotonic
    wait: Callable[[float], None] = sleep
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take_turn(self) -> None:
        """Wait until the next request may be sent."""
        if self.per_minute is None:
            return
        with self._lock:
            turn = max(self._next, self.now())
            self._next = turn + 60 / self.per_minute
        left = turn - self.now()
        if left > 0:
            self.wait(left)
