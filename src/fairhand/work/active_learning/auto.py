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


def resolve(pool: Pool) -> tuple[str, Strategy]:
    """Say which strategy the default uses for this pool, by name.

    `typical` while there is no model, fewer answers than classes, or answers of one class alone:
    such a model is sure of what it has never seen. `doubt-cover` from then on.
    """
    name = "doubt-cover" if _model_is_worth_asking(pool) else "typical"
    return name, STRATEGIES[name]


def _model_is_worth_asking(pool: Pool) -> bool:
    if pool.probabilities is None:
        return False
    classes = pool.classes or pool.probabilities.shape[1]
    if pool.labels is None:
        return pool.answered >= classes or pool.labelled_features is None
    known = np.asarray(pool.labels)
    known = known[known >= 0]
    return len(known) >= classes and (classes < 2 or len(np.unique(known)) >= 2)
