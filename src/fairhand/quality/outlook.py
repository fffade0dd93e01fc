"""The outlook of one question: how right its labels are by now, and what the next point costs.

Judgements are counted, not paid: the price of one is known where the page is made.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.adaptive.dependence import measure_dependence, weigh_evidence
from fairhand.quality.adaptive.forecast import Point, forecast_quality
from fairhand.quality.adaptive.trust import weigh_trust
from fairhand.quality.aggregation.codes import AnswerCodes
from fairhand.quality.aggregation.dawid_skene import DawidSkeneFit

FUTURES = 20
_NEXT = 0.01


def outlook_of(
    codes: AnswerCodes,
    when: NDArray[np.int64],
    fit: DawidSkeneFit,
    most: int,
    rng: np.random.Generator,
) -> dict[str, Any] | None:
    """Look ahead over the tasks answered so far, each asked of `most` people at most.

    `when` is the time of each answer. None where there is nothing to tell apart.
    """
    if len(codes.classes) < 2 or not len(codes):
        return None
    order = np.argsort(when, kind="stable")
    came = AnswerCodes(
        codes.task[order],
        codes.worker[order],
        codes.label[order],
        codes.tasks,
        codes.workers,
        codes.classes,
    )
    evidence = weigh_evidence(came, fit, in_order=True)
    dependence = measure_dependence(evidence)
    trust = weigh_trust(evidence, dependence)
    more = np.maximum(most - evidence.answers, 0)
    forecast = forecast_quality(evidence, dependence, fit, more, rng, futures=FUTURES)
    following = forecast.next_point(_NEXT)
    return {
        "tasks": forecast.tasks,
        "right_now": forecast.right_now,
        "low": 1.0 - trust.error.high,
        "high": 1.0 - trust.error.low,
        "notes": list(trust.warnings),
        "points": [_shown(point) for point in _distinct(forecast.points)],
        "next": None if following is None else _shown(following),
    }


def _distinct(points: tuple[Point, ...]) -> list[Point]:
    """Leave out ways that ask for no more than the one before."""
    kept = list(points[:1])
    for point in points[1:]:
        if point.judgements.p50 > kept[-1].judgements.p50:
            kept.append(point)
    return kept


def _shown(point: Point) -> dict[str, float]:
    return {
        "judgements": point.judgements.p50,
        "judgements_p90": point.judgements.p90,
        "right": point.right,
        "right_p90": point.right_p90,
    }
