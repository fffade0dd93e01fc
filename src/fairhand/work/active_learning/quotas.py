"""Coverage that the owner asks for: at least so much of each language, region or device."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fairhand.work.active_learning.rows import free_rows
from fairhand.work.active_learning.shapes import Field, Indices, Strategy

Quotas = Mapping[str, Mapping[str, float]]
Slice = tuple[str, str]
Reasons = tuple[str, ...]


def choose_with_quotas(
    field: Field, batch: int, strategy: Strategy, quotas: Quotas, rng: np.random.Generator
) -> tuple[Indices, Reasons]:
    """Choose a batch by a strategy, some of it only among slices that lag; and say why, for each.

    What the strategy chooses anyway counts, so nothing is forced that need not be: only what a
    slice still lacks is chosen again, by the same strategy, inside the slice, and takes the place
    of what the strategy wanted least. The slice that lacks most goes first. Where a slice has no
    items left, or quotas of several attributes cannot all be met, the rest stays as it was.
    """
    chosen = strategy.pick(field, batch, rng)
    reasons = {int(row): str(strategy.phase) for row in chosen}
    needs = {
        (attribute, value): _needed(field, attribute, value, share, batch)
        for attribute, shares in quotas.items()
        for value, share in shares.items()
    }
    for _ in needs:
        lacks = {where: need - _count(field, where, reasons) for where, need in needs.items()}
        where = max(lacks, key=lambda one: lacks[one])
        if lacks[where] <= 0:
            break
        _fill(field, where, lacks[where], strategy, reasons, needs, rng)
    return np.array(list(reasons), np.int64), tuple(reasons.values())


def _needed(field: Field, attribute: str, value: str, share: float, batch: int) -> int:
    """Say how many of the batch must be of a slice, for its share of all answered to be right.

    Rounded down: what is lacking by a fraction is made up by the next batch.
    """
    known = field.pool.labelled_slices.get(attribute)
    answered = 0 if known is None else len(known)
    have = 0 if known is None else int(np.count_nonzero(known == value))
    there = np.count_nonzero(_members(field, (attribute, value)))
    return min(math.floor(share * (answered + batch) + 1e-9) - have, batch, int(there))


def _members(field: Field, where: Slice) -> NDArray[np.bool_]:
    """Say of each row that may be chosen whether it is of a slice."""
    values = field.pool.slices[where[0]]
    found: NDArray[np.bool_] = values == where[1]
    return found if field.rows is None else found[field.rows]


def _count(field: Field, where: Slice, reasons: Mapping[int, str]) -> int:
    values = field.pool.slices[where[0]]
    return int(np.count_nonzero(values[list(reasons)] == where[1])) if reasons else 0


def _fill(
    field: Field,
    where: Slice,
    count: int,
    strategy: Strategy,
    reasons: dict[int, str],
    needs: Mapping[Slice, int],
    rng: np.random.Generator,
) -> None:
    """Put up to `count` items of a slice in the place of those wanted least."""
    rows = free_rows(field)[_members(field, where)]
    left = np.setdiff1d(rows, list(reasons))
    for row in strategy.pick(replace(field, rows=left), min(count, len(left)), rng):
        given_up = _least_wanted(field, where, reasons, needs)
        if given_up is None:
            return
        del reasons[given_up]
        reasons[int(row)] = f"quota:{where[0]}={where[1]}"


def _least_wanted(
    field: Field, where: Slice, reasons: dict[int, str], needs: Mapping[Slice, int]
) -> int | None:
    """Find the last item that no quota needs, of another slice than the one that lacks."""
    spare = {one: _count(field, one, reasons) > need for one, need in needs.items()}
    for row in reversed(reasons):
        slices = {(name, str(values[row])) for name, values in field.pool.slices.items()}
        if where not in slices and all(spare.get(one, True) for one in slices):
            return row
    return None
