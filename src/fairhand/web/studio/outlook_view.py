"""The outlook of a question in words and money: how right it is, and what the next point costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from fairhand.core.money import MICROS, Money
from fairhand.model.project import Project
from fairhand.use_cases.overlap import judgement_price
from fairhand.web.shared import charts


@dataclass(frozen=True, slots=True)
class Outlook:
    """Two sentences, the curve of quality against money, and what to keep in mind."""

    now: str
    next: str
    picture: Markup | None
    notes: Sequence[str]


def outlook(report: Mapping[str, Any] | None, project: Project) -> Outlook | None:
    """Tell an outlook at the project's own price of a judgement; None where there is none."""
    if not report:
        return None
    now = (
        f"By the answers alone {_percent(report['right_now'])} of the labels are right "
        f"({_percent(report['low'])} to {_percent(report['high'])})."
    )
    notes = [_sentence(note) for note in report["notes"]]
    return Outlook(now, _next(report["next"], project), _curve(report["points"], project), notes)


def _next(point: Mapping[str, float] | None, project: Project) -> str:
    if point is None:
        return "More answers would not raise that by a point, with as many people as are allowed."
    return (
        f"One point more takes about {point['judgements']:,.0f} judgements, "
        f"{_money(point['judgements'], project)} of pay; nine times in ten at most "
        f"{_money(point['judgements_p90'], project)}."
    )


def _curve(points: Sequence[Mapping[str, float]], project: Project) -> Markup | None:
    if len(points) < 3:
        return None
    labels = [str(_money(one["judgements"], project)) for one in points]
    values = [round(100 * one["right"], 1) for one in points]
    return charts.line("Right labels in %, by the money still to be spent", labels, values)


def _money(judgements: float, project: Project) -> Money:
    return Money(round(judgements * judgement_price(project) / MICROS), project.currency)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _sentence(note: str) -> str:
    return note[:1].upper() + note[1:] + "."
