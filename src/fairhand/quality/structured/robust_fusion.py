"""One place out of several people's: a mean that knows people's bias and spread, and bears slips.

The model: what a person says = the truth + the person's bias + noise of the person's spread, with
the middle of all biases zero (what everybody does alike cannot be seen). Solved by turns, each
residual weighed down past 1.5 spreads (Huber 1964), bias and spread leaning on everybody's until a
person has said enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_HUBER = 1.5
_BIAS_WEIGHT = 5.0
_SPREAD_WEIGHT = 4.0
_PASSES = 25
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Fusion:
    """`centre` is things x dimensions, `error` its standard error; `bias` people x dimensions,
    `spread` per person, both in units of the scale."""

    centre: Floats
    error: Floats
    bias: Floats
    spread: Floats


def fuse(thing: Ints, person: Ints, values: Floats, scale: Floats) -> Fusion:
    """Fuse `values` (rows x dimensions): row i is what `person[i]` said of `thing[i]`.

    `scale` (rows) is the size on which people's errors grow: 1, or a box's side. Each thing and
    each person has a row at least; a thing seen by two or fewer is a plain weighted mean.
    """
    things, people = int(thing.max()) + 1, int(person.max()) + 1
    scale = _per_thing(thing, scale, things)[thing]
    centre = _medians(thing, values, things)
    bias = np.zeros((people, values.shape[1]))
    spread = np.full(people, _pooled((values - centre[thing]) / scale[:, None]))
    weight, free = np.ones(len(values)), np.ones(len(values))
    for _ in range(_PASSES):
        residual = (values - centre[thing]) / scale[:, None]
        bias = _biases(person, residual, weight, people)
        left = residual - bias[person]
        size = np.sqrt((left**2).mean(axis=1))
        spread = _spreads(person, size, free, people)
        weight = np.minimum(1.0, _HUBER * spread[person] / np.maximum(size, _LEAST))
        strength = weight / spread[person] ** 2
        total = np.bincount(thing, strength, things)
        free = 1 - strength / total[thing]
        told = values - bias[person] * scale[:, None]
        centre = np.stack(
            [np.bincount(thing, strength * column, things) / total for column in told.T], axis=1
        )
    error = _per_thing(thing, scale, things) / np.sqrt(total)
    return Fusion(centre, error, bias, spread)


def _biases(person: Ints, residual: Floats, weight: Floats, people: int) -> Floats:
    held = np.bincount(person, weight, people)[:, None]
    sums = np.stack([np.bincount(person, weight * one, people) for one in residual.T], axis=1)
    bias = sums / (held + _BIAS_WEIGHT)
    centred: Floats = bias - np.median(bias, axis=0)
    return centred


def _spreads(person: Ints, size: Floats, free: Floats, people: int) -> Floats:
    """Root mean square of residuals, each cut at thrice the middle so that slips do not rule.

    A centre follows whoever weighs most, so their residuals are too small: sums are divided by
    what is left `free` of the centre's pull. Without that one person would become infinitely sure.
    """
    cut = np.minimum(size, 3 * np.median(size)) ** 2
    usual = max(float(cut.sum() / max(free.sum(), _LEAST)), _LEAST**2)
    own = np.minimum(size**2, 9 * usual)
    square = np.bincount(person, own, people) + _SPREAD_WEIGHT * usual
    spread: Floats = np.sqrt(square / (np.bincount(person, free, people) + _SPREAD_WEIGHT))
    return spread


def _pooled(residual: Floats) -> float:
    return max(float(np.sqrt((residual**2).mean())), _LEAST)


def _medians(thing: Ints, values: Floats, things: int) -> Floats:
    order = np.argsort(thing, kind="stable")
    edges = np.searchsorted(thing[order], np.arange(1, things))
    return np.stack([np.median(group, axis=0) for group in np.split(values[order], edges)])


def _per_thing(thing: Ints, scale: Floats, things: int) -> Floats:
    mean: Floats = np.bincount(thing, scale, things) / np.bincount(thing, minlength=things)
    return np.maximum(mean, _LEAST)
