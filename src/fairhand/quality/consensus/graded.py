"""What ratings and relevance share: many grades of one task, settled on an ordered scale.

Each thing that was graded is a cell. A cell's belief is that of the ordinal model
(`aggregation.ordinal_tables`) in people of whom nothing is known: one task says too little of
anybody's habits to learn them from it. The consensus of a cell is its posterior median.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fairhand.quality.aggregation.ordinal_tables import OrdinalPriors, newcomer_scale

Cell = tuple[str, ...]
"""What was graded: a criterion, a reply and a criterion, a document."""

Grades = Mapping[Cell, int]

_HALF = 0.5 - 1e-9


def settle_grades(
    answers: Sequence[Grades], scale: Sequence[int]
) -> tuple[dict[Cell, int], dict[Cell, float]]:
    """Give each cell its grade, and the probability of that grade; cells in sorted order.

    Grades that the scale does not have (of an earlier version of the question) are left out.
    """
    place = {grade: at for at, grade in enumerate(scale)}
    table = np.log(newcomer_scale(len(scale), OrdinalPriors().decay))
    given: dict[Cell, list[int]] = {}
    for answer in answers:
        for cell, grade in answer.items():
            if grade in place:
                given.setdefault(cell, []).append(place[grade])
    settled, sure = {}, {}
    for cell in sorted(given):
        likelihood = table[:, given[cell]].sum(axis=1)
        belief = np.exp(likelihood - likelihood.max())
        belief /= belief.sum()
        at = int((belief.cumsum() >= _HALF).argmax())
        settled[cell], sure[cell] = scale[at], float(belief[at])
    return settled, sure


def likeness_of(ours: Grades, theirs: Grades) -> float:
    """Tell how alike grades are: 1 for the same, 1/2 a step off, 1/3 two off; mean over cells.

    A cell that only one of the two graded counts 0; nothing graded by either is the same.
    """
    cells = ours.keys() | theirs.keys()
    both = ours.keys() & theirs.keys()
    if not cells:
        return 1.0
    return sum(1.0 / (1 + abs(ours[cell] - theirs[cell])) for cell in both) / len(cells)
