"""Where an answer comes from: a person, a person with a model's help, or a model; and how deep.

Depth counts the models between a person and an item: 0 is a person's own, and a model's child is
one deeper than the deepest thing that the model learned from. A proposal that somebody accepted
as it was stays the model's child: accepting is weak evidence of a judgement. It becomes a person's
when somebody changed it, or when somebody who did not see it said the same.

The idea of keeping origin and depth on every item follows what is known of training on generated
data: replacing people's data collapses, adding to it does not (Shumailov and others 2024;
Kazdan and others 2024, arXiv 2410.16713).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from fairhand.core.errors import MalformedError

Origin = Literal["human", "assisted", "synthetic"]
ORIGINS: tuple[Origin, ...] = ("human", "assisted", "synthetic")


@dataclass(frozen=True, slots=True)
class Standing:
    """An item's origin and its generation depth, 0 or more."""

    origin: Origin
    depth: int


HUMAN = Standing("human", 0)
ASSISTED = Standing("assisted", 0)


@dataclass(frozen=True, slots=True)
class Generated:
    """What is declared of data that a model generated.

    `precision_low` is the lower end of the interval that was measured for the verifier, in
    permille; None when it was not measured.
    """

    model: str
    depth: int = 1
    verifier: str = ""
    precision_low: int | None = None


UNNAMED: Final = "unnamed"
DEEPEST: Final = 100
_PRECISION = re.compile(r"(?:([01](?:\.\d+)?)/)?([01](?:\.\d+)?)\.\.([01](?:\.\d+)?)", re.ASCII)


def parse_precision(text: str) -> int:
    """Read a measured precision, "0.97/0.95..0.99" or "0.95..0.99": its lower end in permille.

    Raises MalformedError without an interval: how precise a verifier is, is never known exactly.
    """
    found = _PRECISION.fullmatch(text.replace(" ", ""))
    if found is None:
        raise MalformedError(
            f"{text[:60]!r} is no measured precision; write value and interval, 0.97/0.95..0.99"
        )
    low, high = float(found[2]), float(found[3])
    value = float(found[1]) if found[1] else low
    if not low <= value <= high <= 1:
        raise MalformedError(f"{text[:60]!r}: the value must lie in its interval, and all below 1")
    return int(low * 1_000 + 1e-9)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One person's answer: did they see a proposal, did they change it, and how deep is its model.

    `model_depth` is the depth of what the model learned from. `agrees` says whether the answer says
    what the one that is asked about says: the very same, or of what is drawn nearly so.
    `of_person`: what they saw was no model's, but somebody's answer from another tool.
    """

    assisted: bool
    changed: bool
    model_depth: int = 0
    agrees: bool = True
    of_person: bool = False


def of_judgement(one: Judgement) -> Standing:
    """Say where one person's answer comes from, looked at alone."""
    if not one.assisted:
        return HUMAN
    if one.changed or one.of_person:
        return ASSISTED
    return Standing("synthetic", one.model_depth + 1)


def of_answer(behind: Sequence[Judgement]) -> Standing:
    """Say where an aggregated answer comes from.

    It is a person's own when everybody who agrees saw no proposal, and assisted when at least one
    who agrees saw none or changed what they saw; else it is the child of the deepest model whose
    proposal was accepted. Only answers that agree with it count, where there are any.
    """
    heard = [one for one in behind if one.agrees] or list(behind)
    if not heard:
        return HUMAN
    standings = [of_judgement(one) for one in heard]
    if all(one == HUMAN for one in standings):
        return HUMAN
    if any(one.origin != "synthetic" for one in standings):
        return ASSISTED
    return Standing("synthetic", max(one.depth for one in standings))
