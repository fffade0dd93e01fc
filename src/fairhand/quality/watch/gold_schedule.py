"""When a person meets a gold task, and which: unpredictable to them, the same on every retry.

Each decision is a keyed hash (BLAKE2b, RFC 7693) of the person, the project and how many tasks
they had, under a secret of the deployment: who reads this source still cannot tell the next gold
task, and a request that is repeated gets the answer it got before. Between two gold tasks the
chance is the same at every task, so that having met one tells nothing of when the next comes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from fairhand.core.systems import automated

G = TypeVar("G", bound=Hashable)
Name = int | str

_UNIT = float(2**64)


@dataclass(frozen=True, slots=True)
class GoldSchedule:
    """How often people meet gold tasks.

    `secret` is at least 16 bytes that contributors never see. `share` is the long-run share of
    gold among a person's tasks; the first `early_tasks` have `early_share` instead, as a newcomer
    is known least. Two gold tasks are at least `least_gap` tasks apart.

    Raises ValueError for a short secret, a share outside 0..1, or a gap that leaves no room.
    """

    secret: bytes
    share: float = 0.05
    early_tasks: int = 20
    early_share: float = 0.2
    least_gap: int = 2

    def __post_init__(self) -> None:
        if len(self.secret) < 16:
            raise ValueError("the secret of a gold schedule needs at least 16 bytes")
        if self.least_gap < 1 or self.early_tasks < 0:
            raise ValueError("least_gap is 1 or more, and early_tasks 0 or more")
        for share in (self.share, self.early_share):
            if not 0.0 <= share <= 1.0:
                raise ValueError(f"a share of gold tasks lies between 0 and 1; it is {share}")
            if share * self.least_gap > 0.5:
                raise ValueError(
                    f"a share of {share} with gold tasks {self.least_gap} apart could be foreseen; "
                    "share x least_gap may be 0.5 at most"
                )


@automated(
    "gold.turn",
    title="When somebody meets a gold task",
    effect="routes",
    purpose="Draws by chance which of a person's turns are gold tasks: newcomers meet more, and "
    "nobody can foresee one.",
    reads=("the person's and the project's number", "how many tasks they had"),
    parameters=(
        ("share", "the project's", "the long-run share of gold tasks"),
        ("early tasks", 20, "the first turns, which have more gold tasks"),
    ),
    oversight="Chance alone decides; gold tasks are paid as all others.",
)
def is_gold_turn(schedule: GoldSchedule, person: Name, project: Name, count: int) -> bool:
    """Say whether the task after `count` finished ones is a gold task for this person.

    `count` is 0 for the first task. The same arguments always give the same answer. Raises
    ValueError for a negative count.
    """
    if count < 0:
        raise ValueError(f"a person cannot have finished {count} tasks")
    if not _is_drawn(schedule, person, project, count):
        return False
    # Few turns are drawn, so this looks back over one or two gaps and not over the whole past.
    earlier = range(max(0, count - schedule.least_gap + 1), count)
    return not any(is_gold_turn(schedule, person, project, turn) for turn in earlier)


def choose_gold(
    schedule: GoldSchedule,
    person: Name,
    project: Name,
    golds: Sequence[G],
    seen: Collection[G],
) -> G | None:
    """Choose a gold task that this person has not finished; None when they had them all.

    Every person has an order of their own over the gold tasks, so people who talk to each other
    learn little, and `seen` holds the finished ones, so a retry gives the same task again.
    """
    known = set(seen)
    left = [gold for gold in golds if gold not in known]
    if not left:
        return None
    return min(left, key=lambda gold: (_draw(schedule, "gold", person, project, gold), repr(gold)))


def _chance(schedule: GoldSchedule, turn: int) -> float:
    """Chance at a turn that may be gold: after each gold task least_gap - 1 turns may not."""
    share = schedule.early_share if turn < schedule.early_tasks else schedule.share
    if share == 0.0:
        return 0.0
    return 1.0 / (1.0 / share - schedule.least_gap + 1.0)


def _is_drawn(schedule: GoldSchedule, person: Name, project: Name, turn: int) -> bool:
    return _draw(schedule, "turn", person, project, turn) < _chance(schedule, turn)


def _draw(schedule: GoldSchedule, kind: str, person: Name, project: Name, what: object) -> float:
    """A number in [0, 1) that only who has the secret can tell."""
    text = "\x1f".join(map(repr, (kind, person, project, what))).encode()
    digest = hashlib.blake2b(text, digest_size=8, key=schedule.secret[:64]).digest()
    return int.from_bytes(digest, "big") / _UNIT
