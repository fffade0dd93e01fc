"""Whether an answer meets a known one, and how alike two answers are, by kind of question."""

from __future__ import annotations

from typing import Any

from fairhand.core.systems import automated

MASK_IOU = 0.5
"""An outline that shares half of its pixels with the known one is of the same thing."""


def likeness(kind: str, one: Any, other: Any) -> float:  # noqa: ANN401  # answers
    """How alike two answers in canonical form are, 0 to 1: by the kind's own measure, else same."""
    from fairhand.quality.consensus import KINDS  # late: pages that only show gold need no SciPy
    from fairhand.quality.consensus.kind import Voted

    if one == other:
        return 1.0
    found = KINDS.get(kind)
    return found.likeness(one, other) if isinstance(found, Voted) else 0.0


def enough(kind: str) -> float:
    """From which likeness on an answer is right; 1 where only the same answer is."""
    from fairhand.quality.consensus import KINDS
    from fairhand.quality.consensus.kind import Voted

    found = KINDS.get(kind)
    return found.enough if isinstance(found, Voted) else 1.0


@automated(
    "gold.check",
    title="Whether an answer meets a known one",
    effect="judges",
    purpose="Compares an answer to a gold task with its known answer; what is missed is explained "
    "to the person.",
    reads=("the answer", "the known answer"),
    parameters=(("overlap of masks", MASK_IOU, "an outline is right from this IoU on"),),
    oversight="Pay does not depend on it, nobody loses work by it without a named human, and a "
    "gold task can be appealed: overturned, it counts for nobody.",
)
def is_right(kind: str, known: Any, given: Any) -> bool:  # noqa: ANN401  # answers
    """Say whether an answer meets the known one; no answer does not."""
    return given is not None and (given == known or likeness(kind, known, given) >= enough(kind))
