"""Which copy leaked: of each pair of like items a recipient gets one, by a fair toss of its own.

Whoever has only one item of a pair can only leak that one. So the items of pairs that turn up
somewhere agree with the leaker's choices, and with anybody else's about half of the time: the
tosses of somebody innocent are independent of what leaked, whatever the leakers did, left out,
mixed or made worse. The number of agreements of an innocent recipient is exactly binomial with
one half, which gives each accusation a false-alarm probability (Boneh and Shaw 1998,
"Collusion-secure fingerprinting for digital data", for the setting; the test is the plain sign
test). Pairs of which both items turn up say that several copies were mixed, and nothing of whose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import comb
from typing import Final, Protocol

ALARM: Final = 5e-4
"""From here on down a false-alarm probability names somebody, over all recipients together."""
MOST_PAIRS: Final = 400
ONE_IN: Final = 10
"""Of so many contributions of a person, two make a pair: a recipient misses one at most."""
MOST_APART: Final = 1.25
"""How many times longer than the other an item of a pair may be."""


class Coin(Protocol):
    """Tosses: what `random.Random` and `secrets.SystemRandom` have."""

    def getrandbits(self, k: int, /) -> int:
        """Give so many random bits."""


@dataclass(frozen=True, slots=True)
class Markable:
    """A contribution that may be in a pair: whose and under which grant, and how long it is."""

    id: int
    person_id: int
    grant_id: int
    modality: str
    media_type: str
    size: float


@dataclass(frozen=True, slots=True)
class Suspicion:
    """How a recipient's choices fit what leaked: `agree` of `seen` pairs.

    `alone` is the probability that somebody innocent fits as well or better; `alarm` is that for
    any of the recipients together (Bonferroni), never above 1.
    """

    recipient: int
    agree: int
    seen: int
    alone: float
    alarm: float

    @property
    def is_named(self) -> bool:
        """Say whether this is enough to name the recipient."""
        return self.alarm <= ALARM


def choose_pairs(items: Iterable[Markable], most: int = MOST_PAIRS) -> list[tuple[int, int]]:
    """Pair items of like value: of one person, under one grant, nearly as long as each other.

    As both are the same person's under the same terms, nobody earns less by it. At most one pair
    in `ONE_IN` items of a person, so that what a recipient misses is small and even.
    """
    shelves: dict[tuple[int, int, str, str], list[Markable]] = {}
    for one in items:
        place = (one.person_id, one.grant_id, one.modality, one.media_type)
        shelves.setdefault(place, []).append(one)
    found: list[tuple[int, int]] = []
    for shelf in shelves.values():
        found += _pairs_of(shelf)
    return found[:most]


def choose_marks(
    pairs: Sequence[int], recipients: Sequence[int], rng: Coin
) -> dict[int, dict[int, bool]]:
    """Toss for each recipient and pair which item they get: True is the other one.

    Every toss is fair and by itself: that is all that `suspect` relies on.
    """
    return {
        recipient: {pair: bool(rng.getrandbits(1)) for pair in pairs} for recipient in recipients
    }


def suspect(marks: Mapping[int, Mapping[int, bool]], leaked: Mapping[int, bool]) -> list[Suspicion]:
    """Rank recipients by how their choices fit a leak, the likeliest first.

    `leaked` says of pairs of which exactly one item turned up whether it was the other one. What a
    recipient was never given a choice about does not count for or against them.
    """
    found = []
    for recipient, choices in marks.items():
        seen = [pair for pair in leaked if pair in choices]
        agree = sum(choices[pair] == leaked[pair] for pair in seen)
        alone = tail(agree, len(seen))
        found.append(Suspicion(recipient, agree, len(seen), alone, min(1.0, alone * len(marks))))
    return sorted(found, key=lambda one: (one.alarm, one.alone, -one.agree, one.recipient))


@lru_cache(maxsize=20_000)
def tail(agree: int, seen: int) -> float:
    """Give the exact probability of `agree` or more heads in `seen` fair tosses."""
    ways = sum(comb(seen, number) for number in range(agree, seen + 1))
    return float(Fraction(ways, 2**seen))


def pairs_needed(recipients: int, share: float = 1.0, alarm: float = ALARM) -> int:
    """Say how many pairs must turn up so that a fit of `share` names a leaker among so many.

    A copy of one recipient fits wholly (1.0); of two that were mixed at random, each fits three
    pairs in four.
    """
    needed = 1
    while tail(-int(-share * needed // 1), needed) * max(recipients, 1) > alarm:
        needed += 1
    return needed


def _pairs_of(shelf: list[Markable]) -> list[tuple[int, int]]:
    """Pair neighbours by length within one person's shelf."""
    by_size = sorted(shelf, key=lambda one: (one.size, one.id))
    most = len(shelf) // ONE_IN
    found: list[tuple[int, int]] = []
    at = 0
    while at + 1 < len(by_size) and len(found) < most:
        one, other = by_size[at], by_size[at + 1]
        if other.size <= one.size * MOST_APART:
            found.append((one.id, other.id))
            at += 2
        else:
            at += 1
    return found
