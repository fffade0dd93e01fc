"""The one default: cover what there is until a model can be asked, then cover what it doubts.

Three sets and as many strategies were measured before this was chosen; see
docs/explanation/active-learning.md. There is nothing to tune: the switch depends on how many
answers and classes there are, and afterwards the width of the kernel follows how densely the
pool has been answered.
"""

from __future__ import annotations

import numpy as np

from fairhand.work.active_learning.registry import STRATEGIES
from fairhand.work.active_learning.shapes import Pool, Strategy

IN_VAIN = 10
"""Answers of one class alone, two a class at least, after which the default looks elsewhere."""


def resolve(pool: Pool) -> tuple[str, Strategy]:
    """Say which strategy the default uses for this pool, by name.

    `typical` while there is no model, fewer answers than classes, or answers of one class alone:
    such a model is sure of what it has never seen. Where answers stay of one class, another class
    is rare and not typical of anything: `core-set` goes to what is unlike all that was answered.
    `doubt-cover` from then on.
    """
    if _model_is_worth_asking(pool):
        name = "doubt-cover"
    else:
        name = "core-set" if _looks_in_vain(pool) else "typical"
    return name, STRATEGIES[name]


def _looks_in_vain(pool: Pool) -> bool:
    """Say whether so many answers were of one class that typical items will show no other."""
    if pool.labels is None or pool.classes == 1:
        return False
    known = np.asarray(pool.labels)
    known = known[known >= 0]
    enough = max(IN_VAIN, 2 * (pool.classes or 2))
    return len(known) >= enough and len(np.unique(known)) == 1


def _model_is_worth_asking(pool: Pool) -> bool:
    if pool.probabilities is None:
        return False
    classes = pool.classes or pool.probabilities.shape[1]
    if pool.labels is None:
        return pool.answered >= classes or pool.labelled_features is None
    known = np.asarray(pool.labels)
    known = known[known >= 0]
    return len(known) >= classes and (classes < 2 or len(np.unique(known)) >= 2)
