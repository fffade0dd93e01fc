"""Everything that a consensus needs, loaded and compiled before a transaction waits for it."""

from __future__ import annotations

from functools import cache

from fairhand.labels.registry import registered
from fairhand.quality.consensus import KINDS
from fairhand.quality.consensus.kind import Voted


@cache
def warm(kind: str) -> None:
    """Settle the kind's own example once a process; a kind without libraries of its own is ready.

    Some kinds import statistics, or compile loops, when they are first used: seconds in which
    nobody else could write.
    """
    found = KINDS.get(kind)
    if not isinstance(found, Voted):
        return
    for one in registered():
        if one.name == kind:
            example = one.examples().valid[0]
            config = one.with_defaults(example.config)
            answer = one.normalise_answer(config, example.good[0])
            found.settle(config, [answer, answer])
