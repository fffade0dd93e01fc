"""What the Quality page shows, ready for its template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from fairhand.model.project import Project
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.house import House
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.read_quality import QualityPicture, QuestionPicture, read_quality
from fairhand.web.shared import charts
from fairhand.web.studio.outlook_view import Outlook, outlook

_MOST_IN_PICTURE = 30
_LABEL = 15


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question with its pictures; those without anything to show are None."""

    state: QuestionPicture
    agreement: Markup | None
    confusion: Markup | None
    people: Markup | None
    slices: Sequence[Mapping[str, Any]]
    candidates: Sequence[Mapping[str, Any]]
    outlook: Outlook | None


def page(house: House, actor: Actor, project_id: int) -> dict[str, Any]:
    """Gather the whole page; names are shown to those who may list people."""
    project = read_project(house.db, project_id)
    named = may(actor, "people.list", project_id)
    picture = read_quality(house.db, project_id, named=named)
    return {
        "project": project,
        "picture": picture,
        "questions": [_view(one, project) for one in picture.questions],
        "gold": _gold(picture) if named else None,
        "titles": {one.name: one.title for one in picture.questions},
        "choices": {
            one.name: one.labels
            for one in picture.questions
            if one.kind == "choice" and not one.is_subjective
        },
        "may_edit": may(actor, "project.edit", project_id),
        "now": house.clock(),
    }


def _view(one: QuestionPicture, project: Project) -> QuestionView:
    report = one.report or {}
    return QuestionView(
        one,
        _agreement(one, report),
        _confusion(report),
        _people(report),
        report.get("slices", ()),
        report.get("label_errors", ()),
        outlook(report.get("outlook"), project),
    )


def _agreement(one: QuestionPicture, report: Mapping[str, Any]) -> Markup | None:
    items = []
    alpha = one.figures.alpha
    if alpha is not None and alpha.value is not None:
        items.append(_interval("All tasks", alpha.value, alpha.low, alpha.high))
    for part in report.get("slices", ())[:_MOST_IN_PICTURE]:
        if part["alpha"] is not None:
            name = _short(part["slice"])
            items.append(_interval(name, part["alpha"], part["low"], part["high"]))
    if one.report and one.report.get("overlaps"):
        return _overlaps(one.report["overlaps"])
    if not items:
        return None
    low = min(0.0, *(item.low for item in items))
    return charts.intervals("Agreement beyond chance (alpha), with 95 % intervals", items, low)


def _overlaps(found: Sequence[Mapping[str, Any]]) -> Markup:
    items = [
        _interval(_short(part["slice"] or "All tasks"), part["value"], part["low"], part["high"])
        for part in found[:_MOST_IN_PICTURE]
        if part["value"] is not None
    ]
    return charts.intervals("Mean overlap of two drawings (IoU), with 95 % intervals", items)


def _interval(name: str, value: float, low: float | None, high: float | None) -> charts.Interval:
    return charts.Interval(
        name, value, value if low is None else low, value if high is None else high
    )


def _confusion(report: Mapping[str, Any]) -> Markup | None:
    found = report.get("confusion")
    if not found or len(found["classes"]) < 2:
        return None
    title = "What people say (columns) of what is true (rows), % of the row"
    return charts.matrix(title, found["classes"], found["counts"], "True", "Said")


def _people(report: Mapping[str, Any]) -> Markup | None:
    items = [
        _interval(_short(one["name"]), one["accuracy"], one["low"], one["high"])
        for one in report.get("people", ())[:_MOST_IN_PICTURE]
    ]
    if not items:
        return None
    return charts.intervals("How often a person’s answer is right, by name", items)


def _gold(picture: QualityPicture) -> Markup | None:
    crowd = picture.gold.crowd
    items = [
        charts.Interval(_short(one.name), one.share.right / one.share.of, *one.share.always)
        for one in picture.gold.people[:_MOST_IN_PICTURE]
        if one.share.of
    ]
    if crowd.of:
        items.insert(0, charts.Interval("Everybody", crowd.right / crowd.of, *crowd.always))
    if not items:
        return None
    return charts.intervals("Right answers to gold tasks, by name", items)


def _short(name: str) -> str:
    return name if len(name) <= _LABEL else name[: _LABEL - 1] + "…"
