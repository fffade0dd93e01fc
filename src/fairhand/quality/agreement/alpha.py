"""Krippendorff's alpha: agreement beyond chance, with an interval.

K. Krippendorff: Computing Krippendorff's alpha-reliability (2011): one minus the disagreement
within tasks over the disagreement between any two answers. Any number of people, tasks that not
everybody answered, and six kinds of difference between labels (`scale`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import AnswerCodes, Floats, encode
from fairhand.quality.agreement.scale import Metric, scale_of
from fairhand.quality.agreement.sums import Sums, percentiles, sums_of

RESAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class Alpha:
    """Krippendorff's alpha and its 95 % interval over `tasks` tasks with two answers or more.

    None where it is not defined: nothing was answered twice, or only one label was ever given, so
    that agreement cannot be told from chance.
    """

    value: float | None
    low: float | None
    high: float | None
    tasks: int
    answers: int


def krippendorff_alpha(
    task: Sequence[Any] | NDArray[Any],
    worker: Sequence[Any] | NDArray[Any],
    label: Sequence[Any] | NDArray[Any],
    rng: np.random.Generator,
    *,
    resamples: int = RESAMPLES,
    metric: Metric = "nominal",
    period: float | None = None,
    poles: tuple[float, float] | None = None,
) -> Alpha:
    """Measure agreement in answers given as three columns of one length.

    Raises ValueError as `encode` and `scale_of` do.
    """
    codes = encode(task, worker, label)
    return alpha_of_codes(
        codes, rng, resamples=resamples, metric=metric, period=period, poles=poles
    )


def alpha_of_codes(
    codes: AnswerCodes,
    rng: np.random.Generator,
    *,
    resamples: int = RESAMPLES,
    metric: Metric = "nominal",
    period: float | None = None,
    poles: tuple[float, float] | None = None,
) -> Alpha:
    """Measure agreement in answers that are codes already.

    `rng` draws `resamples` resamples of the tasks. On an ordinal scale the order of
    `codes.classes` counts; interval, ratio, polar and circular ones take them as numbers.
    """
    scale = scale_of(metric, codes.classes, period=period, poles=poles)
    sums = sums_of(codes, scale, rng, resamples)
    alphas = alphas_of(sums)
    bounds = percentiles(alphas[1:])
    if sums.tasks == 0:
        return Alpha(None, None, None, 0, 0)
    if np.isnan(alphas[0]) or bounds is None:
        return Alpha(None, None, None, sums.tasks, sums.answers)
    return Alpha(float(alphas[0]), *bounds, sums.tasks, sums.answers)


def alphas_of(sums: Sums) -> Floats:
    """Alpha of each resample; NaN where only one label was given."""
    expected = sums.chance * sums.size**2 / np.maximum(sums.size - 1, 1)
    ratio = np.full_like(sums.observed, np.nan)
    np.divide(sums.observed, expected, out=ratio, where=sums.chance > 0)
    alphas: Floats = 1.0 - ratio
    return alphas
