"""How a council is elected: by approval, in secret, with a turnout that has to be reached; pure.

Everybody approves as many candidates as they like; the seats go to those with the most approvals.
A tie for the last seat is broken by a lot that anybody can draw again: the lowest SHA-256 over all
ballots and the candidate's number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Literal

import orjson

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import Issue
from fairhand.core.ids import sha256_hex
from fairhand.people.council.rules import Council

ElectionState = Literal["standing", "voting", "counted", "void"]
TURNOUT: Final = Fraction(1, 5)
"""The share of those entitled that has to vote; a design default, no source sets it."""
RENEW_MS: Final = 60 * DAY_MS
"""How long before its end a council that can decide may be elected anew."""
STATEMENT: Final = (3, 2_000)
_SEATS: Final = (1, 25)
_DAYS: Final = (1, 60)
_TERM_DAYS: Final = (30, 731)
MOST_CANDIDATES: Final = 100


@dataclass(frozen=True, slots=True)
class Election:
    """One election: candidates stand until `stands_until`, then people vote until `votes_until`."""

    id: int
    seats: int
    term_ms: int
    called_by: int
    called_at: Instant
    stands_until: Instant
    votes_until: Instant
    state: ElectionState
    result: str

    def phase(self, now: Instant) -> ElectionState | Literal["counting"]:
        """Say what goes on at a moment, whether or not somebody has written it down yet."""
        if self.state in ("counted", "void"):
            return self.state
        if now < self.stands_until:
            return "standing"
        return "voting" if now < self.votes_until else "counting"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an election is called for."""

    seats: int = 3
    term_days: int = 365
    stand_days: int = 7
    vote_days: int = 7


@dataclass(frozen=True, slots=True)
class Count:
    """What a count found, step by step; nobody's ballot can be told from it by name."""

    entitled: int
    voted: int
    needed: int
    approvals: tuple[tuple[int, int], ...]  # candidate and approvals, most first
    elected: tuple[int, ...]
    by_lot: tuple[int, ...]  # who tied for the last seats
    ballots: tuple[tuple[tuple[int, ...], int], ...]  # what was approved, and how often

    @property
    def is_valid(self) -> bool:
        """Say whether enough people voted and somebody was approved."""
        return self.voted >= self.needed and bool(self.elected)

    def as_json(self) -> dict[str, Any]:
        """Write it down so that anybody can count again."""
        return {
            "entitled": self.entitled,
            "voted": self.voted,
            "needed": self.needed,
            "approvals": [list(one) for one in self.approvals],
            "elected": list(self.elected),
            "by_lot": list(self.by_lot),
            "ballots": [[list(approved), n] for approved, n in self.ballots],
        }


def needed_votes(entitled: int) -> int:
    """How many have to vote: a fifth of those entitled, rounded up, and at least one."""
    share = TURNOUT * entitled
    return max(1, -(-share.numerator // share.denominator))


def count(
    candidates: Sequence[int], ballots: Iterable[Sequence[int]], seats: int, entitled: int
) -> Count:
    """Count ballots; what names nobody who stands is left out of a ballot, the ballot counts."""
    standing = frozenset(candidates)
    tally: dict[tuple[int, ...], int] = {}
    for approved in ballots:
        kept = tuple(sorted(standing & frozenset(approved)))
        tally[kept] = tally.get(kept, 0) + 1
    listed = tuple(sorted(tally.items()))
    totals = dict.fromkeys(candidates, 0)
    for approved, n in listed:
        for one in approved:
            totals[one] += n
    lots = _lots(listed, candidates)
    order = sorted(candidates, key=lambda one: (-totals[one], lots[one]))
    voted = sum(tally.values())
    needed = needed_votes(entitled)
    approved_ones = [one for one in order if totals[one] > 0]
    elected = approved_ones[:seats] if voted >= needed else []
    return Count(
        entitled,
        voted,
        needed,
        tuple((one, totals[one]) for one in order),
        tuple(elected),
        _tied(approved_ones, totals, seats) if elected else (),
        listed,
    )


def call_issues(terms: Terms) -> list[Issue]:
    """List what is wrong with the terms of an election."""
    return [
        Issue(place, f"Choose {low} to {high} {unit}.")
        for place, value, (low, high), unit in (
            ("seats", terms.seats, _SEATS, "seats"),
            ("term_days", terms.term_days, _TERM_DAYS, "days"),
            ("stand_days", terms.stand_days, _DAYS, "days"),
            ("vote_days", terms.vote_days, _DAYS, "days"),
        )
        if not low <= value <= high
    ]


def may_call(council: Council, votes_until: Instant) -> bool:
    """Say whether a new council may be elected: none can decide, or its end is near."""
    if not council.can_decide or council.until is None:
        return True
    return council.until <= votes_until + RENEW_MS


def statement_issues(statement: str) -> list[Issue]:
    """List what is wrong with what a candidate says."""
    if STATEMENT[0] <= len(statement.strip()) <= STATEMENT[1]:
        return []
    return [Issue("statement", "Say in 3 to 2,000 characters what you stand for.")]


def _lots(
    ballots: tuple[tuple[tuple[int, ...], int], ...], candidates: Sequence[int]
) -> Mapping[int, str]:
    content = sha256_hex(orjson.dumps([[list(approved), n] for approved, n in ballots]))
    return {one: sha256_hex(f"{content}:{one}".encode()) for one in candidates}


def _tied(order: Sequence[int], totals: Mapping[int, int], seats: int) -> tuple[int, ...]:
    if len(order) <= seats or totals[order[seats - 1]] != totals[order[seats]]:
        return ()
    edge = totals[order[seats]]
    return tuple(one for one in order if totals[one] == edge)
