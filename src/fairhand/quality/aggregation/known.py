"""What is known before the answers are read: gold answers, and people's earlier records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats

Gold = Mapping[Any, Any]
"""Task to its right label. Tasks that nobody answered are passed over."""

Past = Mapping[Any, Any]
"""Person to counts, true class x given class, in the order of the classes. People who did not
answer are passed over."""


def gold_codes(codes: AnswerCodes, gold: Gold | None) -> tuple[Codes, Codes]:
    """Give the task codes and class codes of the gold answers.

    Raises ValueError for a gold label outside the classes.
    """
    if not gold:
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    class_place = {name: code for code, name in enumerate(codes.classes)}
    found = []
    for place, task in enumerate(codes.tasks):
        if task in gold:
            label = gold[task]
            if label not in class_place:
                raise ValueError(
                    f"the gold label {label!r} of task {task!r} is not one of the classes; "
                    "give `classes` to name labels that nobody has given"
                )
            found.append((place, class_place[label]))
    table = np.array(found, dtype=np.intp).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def gold_offset(codes: AnswerCodes, gold: Gold | None, states: Codes) -> Floats | None:
    """Give log weights (tasks x states) that leave a gold task only the states of its class."""
    tasks, labels = gold_codes(codes, gold)
    if not len(tasks):
        return None
    offset = np.zeros((len(codes.tasks), len(states)))
    offset[tasks] = np.where(states[None, :] == labels[:, None], 0.0, -np.inf)
    return offset


def past_counts(codes: AnswerCodes, past: Past | None) -> Floats | None:
    """Give people's earlier counts (people x true class x given class); None where none is known.

    Raises ValueError for a table of the wrong shape, or with negative or missing numbers.
    """
    known = [(place, name) for place, name in enumerate(codes.workers) if name in (past or {})]
    if past is None or not known:
        return None
    classes = len(codes.classes)
    counts = np.zeros((len(codes.workers), classes, classes))
    for place, name in known:
        table = np.asarray(past[name], dtype=np.float64)
        if table.shape != (classes, classes):
            raise ValueError(
                f"the record of {name!r} must be {classes} x {classes}, true class by given "
                f"class; it is {' x '.join(map(str, table.shape))}"
            )
        if not (np.isfinite(table).all() and (table >= 0.0).all()):
            raise ValueError(f"the record of {name!r} holds a missing or negative count")
        counts[place] = table
    return counts
