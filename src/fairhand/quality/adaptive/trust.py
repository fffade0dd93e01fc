"""How many labels are wrong, said with an interval; and probabilities that gold has corrected.

From the answers alone the error is known only as far as dependence is: its interval runs from the
least to the most dependence that the answers allow. What the whole crowd gets wrong alike no
answer shows. A random sample of tasks with known answers does: probabilities are sharpened or
softened to fit them (temperature scaling, C. Guo and others: On calibration of modern neural
networks, 2017, with a prior that holds while gold is scarce), and the error is the model's plus
what gold shows the model to have missed (the difference estimator of survey sampling), so it is
right on average however wrong the model is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.adaptive.dependence import Dependence, Evidence, normalise
from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.calibration import Estimate, exact_interval

_SHARPNESS: Floats = np.exp(np.linspace(-3.0, 1.0, 161))
_DOUBT_OF_SHARPNESS = 0.5
_LEAST = 1e-300


@dataclass(frozen=True, slots=True)
class Trust:
    """Probabilities (tasks x classes) and the share of wrong labels they amount to.

    `sharpness` is the power gold has put on them: below one where they were too sure. `on_gold`
    is the share of wrong labels on gold alone with its exact interval; None without gold.
    """

    probabilities: Floats
    error: Estimate
    sharpness: float
    on_gold: Estimate | None
    warnings: tuple[str, ...]


def weigh_trust(
    evidence: Evidence, dependence: Dependence, gold: NDArray[np.int64] | None = None
) -> Trust:
    """Say how far labels can be trusted.

    `gold` has the code of the right class of each task, below zero where it is not known; the
    known ones must be a random sample of the tasks, and must not have been given to the fit.
    Raises ValueError for gold of another length or a class that does not exist.
    """
    probabilities = evidence.probabilities(dependence.rho)
    if gold is None or not bool((gold >= 0).any()):
        bounds = [_doubt(evidence.probabilities(rho)) for rho in _bounds(dependence)]
        return Trust(
            probabilities,
            Estimate(_doubt(probabilities), min(bounds), max(bounds)),
            1.0,
            None,
            (*dependence.warnings, "no gold: mistakes that everybody makes alike are not counted"),
        )
    if len(gold) != len(probabilities) or int(gold.max()) >= probabilities.shape[1]:
        raise ValueError("gold needs one class code per task, below zero where it is not known")
    known = np.flatnonzero(gold >= 0)
    sharpness = _fit_sharpness(probabilities[known], gold[known])
    corrected = normalise(sharpness * np.log(np.maximum(probabilities, _LEAST)))
    wrong = (corrected[known].argmax(axis=1) != gold[known]).astype(np.float64)
    alone = exact_interval(float(wrong.sum()), len(known))
    return Trust(
        corrected,
        _error(corrected, known, wrong),
        sharpness,
        alone,
        _warnings(dependence, sharpness),
    )


def _bounds(dependence: Dependence) -> tuple[float, float, float]:
    return dependence.low, dependence.rho, dependence.high


def _doubt(probabilities: Floats) -> float:
    return float((1.0 - probabilities.max(axis=1)).mean()) if len(probabilities) else 0.0


def _fit_sharpness(probabilities: Floats, gold: NDArray[np.int64]) -> float:
    logs = np.log(np.maximum(probabilities, _LEAST))
    place = np.arange(len(gold))
    scores = [
        float(np.log(np.maximum(normalise(power * logs)[place, gold], _LEAST)).sum())
        - 0.5 * (np.log(power) / _DOUBT_OF_SHARPNESS) ** 2
        for power in _SHARPNESS
    ]
    return float(_SHARPNESS[int(np.argmax(scores))])


def _error(probabilities: Floats, known: NDArray[np.intp], wrong: Floats) -> Estimate:
    doubt = 1.0 - probabilities.max(axis=1)
    missed = wrong - doubt[known]
    value = float(doubt.mean() + missed.mean())
    # A few gold tasks that are all right say little; the model's own spread keeps that in view.
    spread = max(float(missed.var()), float((doubt * (1.0 - doubt)).mean()))
    unseen = 1.0 - len(known) / len(doubt)
    half = 1.96 * float(np.sqrt(spread * unseen / len(known)))
    value = min(max(value, 0.0), 1.0)
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0))


def _warnings(dependence: Dependence, sharpness: float) -> tuple[str, ...]:
    if sharpness > 0.5:
        return dependence.warnings
    return (
        *dependence.warnings,
        "gold shows mistakes that everybody makes alike: look at the gold tasks missed together "
        "before paying for more answers",
    )
