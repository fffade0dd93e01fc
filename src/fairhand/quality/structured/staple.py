"""STAPLE: the mask and each person's sensitivity and specificity at once, by EM.

Warfield, Zou, Wells (2004), "Simultaneous truth and performance level estimation", IEEE TMI 23(7),
with a prior for each pixel's label and Beta priors for people (Commowick, Warfield 2010). Pixels
with the same votes have the same probability, so EM runs over the distinct patterns of votes, at
most 2^people of them however many pixels there are; the pixels are read once.

STAPLE takes people's errors for independent. Where a crowd draws too wide together, a plain
majority is better; `mask_consensus` is therefore the default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.structured.mask_stack import Masks, Stack, stack_of

Floats = NDArray[np.float64]

_MOST_PEOPLE = 62
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class StapleFit:
    """`probability` is height x width; `sensitivity` and `specificity` have one entry a person."""

    mask: NDArray[np.bool_]
    probability: NDArray[np.float32]
    sensitivity: Floats
    specificity: Floats
    prior: float
    iterations: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Staple:
    """How to run STAPLE.

    `prior` is the share of pixels inside; None: the mean of the masks. `start` is everybody's
    sensitivity and specificity before the first step. `strength` is the weight in pixels of the
    belief that people are as good as `start`, 0 (as published) for none.
    """

    prior: float | None = None
    start: float = 0.99999
    strength: float = 0.0
    most_iterations: int = 200
    tolerance: float = 1e-7

    def fit(self, masks: Masks, *, label: str | None = None) -> StapleFit:
        """Join one image's masks; raises ValueError for none, unlike sizes or over 62 people."""
        stack = stack_of(masks, label)
        bits, pixels, which = _patterns(stack)
        warnings: tuple[str, ...] = ()
        if len(stack) == 1:
            warnings = ("only one person drew: STAPLE believes every pixel",)
        everywhere = float(pixels @ bits.mean(axis=1)) / pixels.sum()
        prior = everywhere if self.prior is None else self.prior
        if not 0 < prior < 1:
            return self._settled(stack, prior, warnings)
        belief, people, passes = self._iterate(bits, pixels, prior)
        probability = belief.astype(np.float32)[which].reshape(stack.shape[1:])
        inside = (belief > 0.5)[which].reshape(stack.shape[1:])
        if passes == self.most_iterations:
            warnings += (f"STAPLE had not settled after {passes} passes",)
        return StapleFit(inside, probability, people[0], people[1], prior, passes, warnings)

    def fit_labels(self, answers: Sequence[Mapping[str, Any]]) -> dict[str, StapleFit]:
        """Join mask answers, each label by itself, labels in alphabetical order."""
        labels = sorted({region["label"] for one in answers for region in one["regions"]})
        return {label: self.fit(answers, label=label) for label in labels}

    def _iterate(
        self, bits: Floats, pixels: Floats, prior: float
    ) -> tuple[Floats, tuple[Floats, Floats], int]:
        sensitivity = specificity = np.full(bits.shape[1], self.start)
        belief = np.zeros(len(bits))
        passes = 0
        while passes < self.most_iterations:
            passes += 1
            belief = _belief(bits, prior, sensitivity, specificity)
            before = sensitivity, specificity
            sensitivity = self._share(bits, pixels * belief)
            specificity = self._share(1 - bits, pixels * (1 - belief))
            moved = np.abs([sensitivity - before[0], specificity - before[1]]).max()
            if moved < self.tolerance:
                break
        return belief, (sensitivity, specificity), passes

    def _share(self, right: Floats, weight: Floats) -> Floats:
        held = weight @ right + self.strength * self.start
        share: Floats = (held + _TINY * self.start) / (weight.sum() + self.strength + _TINY)
        return share

    def _settled(self, stack: Stack, prior: float, warnings: tuple[str, ...]) -> StapleFit:
        """Nobody drew anything, or everybody everything: there is nothing to weigh."""
        inside = np.full(stack.shape[1:], prior >= 1)
        ones = np.ones(len(stack))
        return StapleFit(inside, inside.astype(np.float32), ones, ones, prior, 0, warnings)


def _belief(bits: Floats, prior: float, sensitivity: Floats, specificity: Floats) -> Floats:
    """Probability of being inside, per pattern: Bayes with people's votes independent."""
    inside = _logs(sensitivity, 1 - sensitivity)
    outside = _logs(1 - specificity, specificity)
    odds = np.log(prior / (1 - prior)) + bits @ (inside[0] - outside[0])
    odds += (1 - bits) @ (inside[1] - outside[1])
    belief: Floats = 1 / (1 + np.exp(-np.clip(odds, -700, 700)))
    return belief


def _logs(yes: Floats, no: Floats) -> Floats:
    logs: Floats = np.log(np.clip([yes, no], _TINY, 1.0))
    return logs


def _patterns(stack: Stack) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Distinct votes (patterns x people), how many pixels have each, and each pixel's pattern."""
    people = len(stack)
    if people > _MOST_PEOPLE:
        raise ValueError(f"STAPLE takes {_MOST_PEOPLE} people at most, not {people}")
    kind = np.min_scalar_type(2**people - 1)
    codes = np.zeros(stack[0].size, kind)
    for person, mask in enumerate(stack.reshape(people, -1)):
        codes |= mask.astype(kind) << kind.type(person)
    if people <= 16:
        pixels = np.bincount(codes, minlength=2**people)
        seen = np.flatnonzero(pixels)
        place = np.zeros(pixels.size, np.intp)
        place[seen] = np.arange(seen.size)
        which = place[codes]
    else:
        seen, which, pixels = np.unique(codes, return_inverse=True, return_counts=True)
        seen = seen.astype(np.int64)
    bits = (seen[:, None] >> np.arange(people)) & 1
    counts = pixels[seen] if people <= 16 else pixels
    return bits.astype(float), counts.astype(float), which
