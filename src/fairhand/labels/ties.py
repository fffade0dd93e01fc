"""Where answers are evenly split: no label is what people say together, and none is shown as it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

AS_LIKELY: Final = 0.005
"""Chances this near to each other read the same, to the percent that is shown."""

RULED: Final = "adjudicated"
"""The method of what stands because a reviewer said so: there the split is over."""

WHOLE: Final = ""
"""The name of the one part of a single choice."""


def tied(value: object, chances: Mapping[str, float] | None) -> tuple[str, ...]:
    """Name the labels between which answers are evenly split; empty where one of them leads.

    Of a single choice (`value` is a label) those as likely as the likeliest, two at least; of
    several (`value` lists labels) those that are as likely right as not.
    """
    if not chances:
        return ()
    if isinstance(value, list):
        return tuple(one for one, chance in chances.items() if abs(chance - 0.5) <= AS_LIKELY)
    if not isinstance(value, str):
        return ()
    top = max(chances.values())
    near = tuple(one for one, chance in chances.items() if top - chance <= AS_LIKELY)
    return near if len(near) > 1 else ()


def tied_in(value: object, method: str, parts: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the tied labels of a stored consensus, from its method and beliefs."""
    return () if method == RULED else tied(value, chances_of(parts))


def evenly_said(value: object, said: Iterable[object]) -> tuple[str, ...]:
    """Name the labels that as many people said as said the joint answer, which is among them.

    Empty where people lean too. What is known of them may make one far likelier all the same:
    a number alone would then be read as people's certainty.
    """
    if not isinstance(value, str):
        return ()
    votes = Counter(one for one in said if isinstance(one, str))
    most = max(votes.values(), default=0)
    even = tuple(label for label, people in votes.items() if people == most)
    return even if len(even) > 1 and value in even else ()


def even_in(
    value: object, method: str, parts: Mapping[str, Any], said: Iterable[object]
) -> tuple[str, ...]:
    """Name the labels that equally many people said, where a stored consensus chose one of them.

    Empty where the consensus itself is a tie, where a reviewer ruled, and for what is no choice.
    """
    if method == RULED or set(parts) != {WHOLE} or tied_in(value, method, parts):
        return ()
    return evenly_said(value, said) if isinstance(value, str) and value in chances_of(parts) else ()


def chances_of(parts: Mapping[str, Any]) -> dict[str, float]:
    """Give each label's chance from stored beliefs; of several labels that of "yes"."""
    if set(parts) == {WHOLE}:
        return dict(parts[WHOLE])
    return {name: float(one.get("yes", 0.0)) for name, one in parts.items()}
