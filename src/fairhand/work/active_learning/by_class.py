"""Class balance: doubt about the classes of which the fewest labels are known."""

from __future__ import annotations

import numpy as np

from fairhand.work.active_learning.rows import best, free_rows, given_probabilities, weighted
from fairhand.work.active_learning.shapes import Field, Floats, Indices
from fairhand.work.active_learning.systems import strategy
from fairhand.work.active_learning.uncertainty import narrowness

SHORTLIST = 50
"""How many items, for each one wanted, are looked at for a class."""


@strategy("balanced", "narrow margins of the rarest classes first")
def pick_balanced(field: Field, batch: int, rng: np.random.Generator) -> Indices:
    """Ask for the class with the fewest labels what may well be one of it, and is least sure.

    Each item of the batch goes to the class that then has the fewest labels, known or probably
    asked; of the items that the model finds as likely to be of that class as most in the pool, it
    takes the one where doubt times that likelihood is highest.
    """
    probabilities = given_probabilities(field)
    classes, count = probabilities.shape[1], min(batch, len(probabilities))
    doubt = weighted(narrowness(probabilities), field)
    queues = [_queue(doubt, probabilities[:, c], batch, rng) for c in range(classes)]
    have = _known_counts(field, classes)
    chosen: list[int] = []
    taken: set[int] = set()
    while len(chosen) < count:
        order = np.argsort(have, kind="stable")
        place = next((found for c in order if (found := _next(queues[c], taken)) is not None), None)
        if place is None:
            break
        taken.add(place)
        chosen.append(place)
        have += probabilities[place]
    chosen += _others(doubt, taken, count - len(chosen), rng)
    return free_rows(field)[np.array(chosen, np.int64)]


def _queue(doubt: Floats, likely: Floats, batch: int, rng: np.random.Generator) -> list[int]:
    """Give the best items for a class, the best last, so that they can be popped."""
    places: list[int] = best(doubt * likely, SHORTLIST * batch, rng)[::-1].tolist()
    return places


def _next(queue: list[int], taken: set[int]) -> int | None:
    while queue:
        place = queue.pop()
        if place not in taken:
            return place
    return None


def _known_counts(field: Field, classes: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    labels = field.pool.labels
    if labels is None:
        return np.zeros(classes)
    known = np.asarray(labels, np.int64)
    return np.bincount(known[(known >= 0) & (known < classes)], minlength=classes).astype(float)


def _others(doubt: Floats, taken: set[int], count: int, rng: np.random.Generator) -> list[int]:
    if count <= 0:
        return []
    rest = doubt.copy()
    rest[list(taken)] = -1.0
    found: list[int] = best(rest, count, rng).tolist()
    return found
