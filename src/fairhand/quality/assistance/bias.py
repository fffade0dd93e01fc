"""Whether proposals sway people: of the model and the project as a whole, never of a person.

Two measurements. Agreement with the proposal of people who saw it, against that of people who did
not, on tasks that both kinds of people meet by chance: what is more than chance would give is the
pull of the proposal. And where a proposal is known to be wrong (gold tasks), how often it was
accepted as it stood, against how often people who saw nothing give the same wrong answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.assistance.contrast import Codes, Floats, compare

LEAST_PEOPLE: Final = 10
"""Nothing is reported about fewer people: it could be told who they are."""

_CHANCE: Final = 0.05
_SCALE: Final = 0.1
_Z: Final = 1.96


@dataclass(frozen=True, slots=True)
class Pull:
    """How much more people agree with a proposal for having seen it, 0 to 1 each.

    `low` to `high` is the interval of `difference`, over all looks together.
    """

    agree_shown: float
    agree_blind: float
    difference: float
    low: float
    high: float
    shown: int
    blind: int
    people: int


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What people did with proposals that are known to be wrong.

    `accepted` of `shown` left the wrong proposal as it stood; `fell_alone` of `blind` gave the
    same wrong answer without having seen it. `low` to `high` is Wilson's interval of the share
    accepted.
    """

    accepted: int
    shown: int
    low: float
    high: float
    fell_alone: int
    blind: int
    people: int

    @property
    def share(self) -> float:
        """The share of wrong proposals that were accepted."""
        return self.accepted / self.shown


@dataclass(frozen=True, slots=True)
class Bias:
    """What can be said of bias, or why nothing can (`why_not`, with a code and words)."""

    pull: Pull | None
    acceptance: Acceptance | None
    why_not: tuple[tuple[str, str], ...]


def report_bias(
    person: Codes,
    shown: NDArray[np.bool_],
    agrees: Floats,
    on_wrong: NDArray[np.bool_],
    *,
    least_people: int = LEAST_PEOPLE,
) -> Bias:
    """Report on answers to tasks that had a proposal, seen (`shown`) or not.

    `agrees` is how far each answer is the proposal's, 0 to 1; `on_wrong` says which lie on gold
    tasks whose proposal is wrong: those count for acceptance alone. Nothing is reported on fewer
    than `least_people` people.
    """
    usual = ~on_wrong
    why = []
    pull = _pull(person[usual], shown[usual], agrees[usual])
    if pull is None:
        why.append(("no_comparison", "Nobody has answered both with and without a proposal yet."))
    elif pull.people < least_people:
        why.append(_few("answered both with and without a proposal", pull.people, least_people))
        pull = None
    acceptance = _acceptance(person[on_wrong], shown[on_wrong], agrees[on_wrong])
    if acceptance is None:
        words = "No wrong proposal has been met on a gold task yet."
        why.append(("no_wrong_proposals", words))
    elif acceptance.people < least_people:
        why.append(_few("met a wrong proposal on a gold task", acceptance.people, least_people))
        acceptance = None
    return Bias(pull, acceptance, tuple(why))


def _few(what: str, people: int, least: int) -> tuple[str, str]:
    return (
        "few_people",
        f"{people} {'person has' if people == 1 else 'people have'} {what}; it is told from "
        f"{least} people on, so that nobody can be made out.",
    )


def _pull(person: Codes, shown: NDArray[np.bool_], agrees: Floats) -> Pull | None:
    found = compare(person, shown, agrees)
    if found is None:
        return None
    # Everybody agrees always: the least error that so many answers allow is one of them.
    radius = found.radius(_CHANCE, _SCALE) if found.error > 0.0 else 1.0 / max(1, found.without)
    return Pull(
        found.mean_with,
        found.mean_without,
        found.difference,
        max(-1.0, found.difference - radius),
        min(1.0, found.difference + radius),
        found.with_it,
        found.without,
        found.people,
    )


def _acceptance(person: Codes, shown: NDArray[np.bool_], agrees: Floats) -> Acceptance | None:
    total = int(shown.sum())
    if total == 0:
        return None
    accepted = int((agrees[shown] >= 1.0).sum())
    low, high = wilson(accepted, total)
    alone = int((agrees[~shown] >= 1.0).sum())
    people = len(np.unique(person[shown]))
    return Acceptance(accepted, total, low, high, alone, int((~shown).sum()), people)


def wilson(right: float, total: float, z: float = _Z) -> tuple[float, float]:
    """Give the interval of a share (E. B. Wilson, JASA 1927); 0 to 1 without any answers."""
    if total <= 0:
        return 0.0, 1.0
    share, square = right / total, z**2 / total
    middle = (share + square / 2) / (1 + square)
    half = z * math.sqrt(share * (1 - share) / total + square / (4 * total)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)
