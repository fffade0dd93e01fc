"""Which letters one may refuse, how often each is tried, and the way to stop them."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from fairhand.core.clock import HOUR_MS, MINUTE_MS

CHOSEN: Final = (
    "decision",
    "appeal",
    "dispute",
    "statement",
    "paid",
    "appeal_filed",
    "dispute_opened",
    "budget",
    "webhook",
)
"""What somebody may do without; the others go to whoever asked, or guard the account."""
ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "dispute_opened": ("owner", "manager"),
    "budget": ("owner",),
    "webhook": ("owner",),
}
"""Whose letters these are: who has no such role any more is not written to."""
ABOUT_EVENTS: Final = {
    "person.password_set": "security",
    "conduct.appeal_found": "appeal",
    "pay.statement_made": "statement",
    "conduct.appeal_upheld_by_silence": "appeal",
    "person.identity_linked": "identity",
    "person.identity_ended": "identity",
    "payout.method_set": "payout_method",
    "conduct.decided": "decision",
    "pay.dispute_decided": "dispute",
    "pay.dispute_upheld_by_silence": "dispute",
}
"""What happens to somebody in the log that they are told by mail."""
FORMER: Final = "former/"
"""What a letter is about that goes to the address that somebody had before."""
LASTING: Final = ("budget",)
"""What is about a state, not an event: remembered for longer, lest it be told again."""
LASTING_DAYS: Final = 400
SPENT_OF: Final = 10
"""The money of a project is nearly spent when less than one part in so many is left."""
_WAITS: Final = (1, 5, 15, 60, 240, 720, 1440)
_MAC: Final = 32


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter on its way, as the outbox has it."""

    id: int
    person_id: int | None
    address: str
    kind: str
    locale: str
    about: str
    state: str
    attempts: int
    next_at: int
    trouble: str
    made_at: int
    ended_at: int | None


def wait_after(attempts: int, spread: Callable[[float, float], float]) -> int | None:
    """Give how long to wait after so many attempts, in milliseconds; None: it is given up."""
    if attempts > len(_WAITS):
        return None
    wait = _WAITS[attempts - 1] * MINUTE_MS
    return int(wait * spread(0.9, 1.1))


def stop_token(secret: bytes, person_id: int, kind: str) -> str:
    """Make what ends one kind of letter for one person, without signing in."""
    return f"{person_id}.{kind}.{_mac(secret, person_id, kind)}"


def read_stop_token(secret: bytes, token: str) -> tuple[int, str] | None:
    """Say whom and what a token ends; None when it is not ours."""
    person, _, rest = token.partition(".")
    kind, _, mac = rest.partition(".")
    if not (person.isascii() and person.isdigit() and len(person) < 19 and kind in CHOSEN):
        return None
    right = hmac.compare_digest(_mac(secret, int(person), kind).encode(), mac.encode())
    return (int(person), kind) if right else None


def _mac(secret: bytes, person_id: int, kind: str) -> str:
    said = f"stop letters {person_id} {kind}".encode()
    return hmac.new(secret, said, sha256).hexdigest()[:_MAC]


RESET_MS: Final = HOUR_MS
RESETS_AN_HOUR: Final = 3
