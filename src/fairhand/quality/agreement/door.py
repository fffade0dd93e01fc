"""One door to every measure of agreement over single labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import AnswerCodes, encode
from fairhand.quality.agreement.alpha import RESAMPLES, alphas_of
from fairhand.quality.agreement.chance import BY_TASK, figures_by_task
from fairhand.quality.agreement.icc import icc_figures
from fairhand.quality.agreement.pairs import Weights, pair_kappas
from fairhand.quality.agreement.result import Agreement, bounded, warnings_about
from fairhand.quality.agreement.scale import METRICS, scale_of
from fairhand.quality.agreement.sums import sums_of
from fairhand.quality.frames import Column, answer_columns

SEED = 20111101
"""Of the resamples where the caller brings no generator: the same answers, the same interval."""

_COHEN: dict[str, Weights] = {
    "cohen": "nominal",
    "cohen-linear": "linear",
    "cohen-quadratic": "quadratic",
}
_ICC = {"icc": False, "icc-mean": True}
MEASURES = (*METRICS, *BY_TASK, *_COHEN, *_ICC)
_IN_ORDER = ("ordinal", "cohen-linear", "cohen-quadratic")


def measure_agreement(
    task: object,
    worker: object | None = None,
    label: object | None = None,
    *,
    metric: str = "nominal",
    classes: Sequence[Any] | None = None,
    period: float | None = None,
    poles: tuple[float, float] | None = None,
    missing: Literal["refuse", "skip"] = "refuse",
    rng: np.random.Generator | None = None,
    resamples: int = RESAMPLES,
    names: tuple[str, str, str] = ("task", "worker", "label"),
) -> Agreement:
    """Measure how far people agree, with a 95 % interval over tasks.

    Give three sequences of one length, or a table with the columns `names` as `task`. `metric`:

    - Krippendorff's alpha: `nominal`, `ordinal`, `interval`, `ratio`, `polar` (with `poles`),
      `circular` (with `period`);
    - `percent`, `fleiss`, `ac1`: each task counts the same, labels have no order;
    - `cohen`, `cohen-linear`, `cohen-quadratic`: mean kappa over pairs of people;
    - `icc`, `icc-mean`: ICC(2,1) and ICC(2,k) of numbers.

    `classes` lists the labels in order, those nobody gave included; measures with grades need it
    where labels are not numbers. A missing label is refused, or with `missing="skip"` counts as
    not answered. Raises ValueError that says what is wrong with the input, and where.
    """
    if metric not in MEASURES:
        raise ValueError(f"metric {metric!r} is unknown; choose one of {', '.join(MEASURES)}")
    columns = answer_columns(task, worker, label, names)
    if missing == "skip":
        columns = _answered(*columns)
    codes = encode(*columns, classes)
    if metric in _IN_ORDER and classes is None:
        _check_order(codes, metric)
    dice = rng or np.random.default_rng(SEED)
    if metric in _COHEN:
        return _by_pairs(codes, metric)
    if metric in _ICC:
        figures = icc_figures(codes, dice, resamples, of_mean=_ICC[metric])
    elif metric in BY_TASK:
        figures = figures_by_task(codes, metric, dice, resamples)
    else:
        scale = scale_of(metric, codes.classes, period=period, poles=poles)
        figures = alphas_of(sums_of(codes, scale, dice, resamples))
    return _result(codes, metric, *bounded(figures))


def _result(
    codes: AnswerCodes,
    metric: str,
    value: float | None,
    low: float | None,
    high: float | None,
    *more: str,
) -> Agreement:
    size = np.bincount(codes.task, minlength=len(codes.tasks))
    people = len(np.unique(codes.worker))
    notes = (*more, *warnings_about(codes, value, 1.0 if metric == "percent" else low))
    answers = int(size[size >= 2].sum())
    return Agreement(metric, value, low, high, int((size >= 2).sum()), answers, people, notes)


def _by_pairs(codes: AnswerCodes, metric: str) -> Agreement:
    found = pair_kappas(codes, weights=_COHEN[metric])
    notes = []
    if found.left_out:
        notes.append(
            f"{found.left_out} of {found.left_out + len(found.kappa)} pairs of people are left "
            "out: they share fewer than five tasks, or gave one label only"
        )
    return _result(codes, metric, found.mean, found.low, found.high, *notes)


def _check_order(codes: AnswerCodes, metric: str) -> None:
    strange = [name for name in codes.classes if not isinstance(name, int | float)]
    if strange:
        raise ValueError(
            f"metric={metric!r} needs to know the order of labels such as {strange[0]!r}: "
            "give classes= from the lowest to the highest"
        )


def _answered(task: Column, worker: Column, label: Column) -> tuple[Column, Column, Column]:
    """Leave out the rows without a label."""
    kept = [row for row, one in enumerate(label) if not _is_missing(one)]
    return _rows(task, kept), _rows(worker, kept), _rows(label, kept)


def _is_missing(one: object) -> bool:
    if one is None or type(one).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(one, float | np.floating) and bool(np.isnan(one))


def _rows(column: Column, kept: list[int]) -> Column:
    if isinstance(column, np.ndarray):
        chosen: NDArray[Any] = column[kept]
        return chosen
    return [column[row] for row in kept]
