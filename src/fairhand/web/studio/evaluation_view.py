"""What the pages of evaluations show: pictures, sentences, and answers in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from fairhand.model.project import Project
from fairhand.people.accounts.rules import Actor, may
from fairhand.quality.evaluation.card import caveats
from fairhand.quality.evaluation.claims import VERDICTS
from fairhand.use_cases.ask_evaluation import EVALUATE
from fairhand.use_cases.house import House
from fairhand.use_cases.read_evaluations import (
    list_evaluations,
    list_model_versions,
    read_evaluation,
    read_failures,
)
from fairhand.use_cases.read_jobs import list_jobs
from fairhand.use_cases.read_project import list_visible, read_project
from fairhand.use_cases.versions import current_version
from fairhand.web.shared import charts, measured_charts
from fairhand.web.shared.charts import Interval
from fairhand.web.shared.forms import Form
from fairhand.web.shared.measured_charts import Claimed
from fairhand.work.prelabel.evaluation_store import StoredEvaluation

PER_PAGE = 25
_MOST = 12
_MOST_CLASSES = 20
_EXCERPT = 160


@dataclass(frozen=True, slots=True)
class Line:
    """An evaluation in the list: its score in words, and a remark where it is not of answers."""

    evaluation: StoredEvaluation
    figure: str
    remark: str


def page(house: House, actor: Actor, project_id: int, form: Form) -> dict[str, Any]:
    """Gather what the list of evaluations shows."""
    project = read_project(house.db, project_id)
    found = list_evaluations(house.db, project_id)
    return {
        "project": project,
        "lines": [Line(one, _figure(one), _remark(one)) for one in found],
        "picture": _compared(found),
        "versions": list_model_versions(house.db, project_id),
        "questions": _questions(house, project),
        "jobs": list_jobs(house.db, project_id, kind=EVALUATE),
        "form": form,
        "may_edit": may(actor, "project.edit", project_id),
    }


def detail(
    house: House, actor: Actor, project_id: int, evaluation_id: int, start: int
) -> dict[str, Any]:
    """Gather what one evaluation shows: pictures first."""
    found = read_evaluation(house.db, project_id, evaluation_id)
    report = found.report
    is_claims = report.get("kind") == "claims"
    failures = read_failures(house.db, project_id, evaluation_id, start=start, most=PER_PAGE)
    others = [
        one
        for one in list_visible(house.db, actor)
        if one.id != project_id and one.mode != "closed" and may(actor, "project.edit", one.id)
    ]
    return {
        "project": read_project(house.db, project_id),
        "evaluation": found.evaluation,
        "version": found.version,
        "report": report,
        "is_claims": is_claims,
        "pictures": [] if is_claims else _pictures(report),
        "claims": _claim_pictures(report) if is_claims else None,
        "verdicts": VERDICTS,
        "figure": _figure(found.evaluation),
        "caveats": [] if is_claims else caveats(report),
        "weak": [] if is_claims else _weak(report),
        "safe": [] if is_claims else _safe(report),
        "failures": failures,
        "said": _said,
        "excerpt": _excerpt_of,
        "per_page": PER_PAGE,
        "others": others,
        "may_edit": may(actor, "project.edit", project_id),
    }


def _questions(house: House, project: Project) -> list[tuple[str, str]]:
    asked = current_version(house.db, project.id, project.version).questions
    return [(one.name, one.title) for one in asked if not one.config.get("subjective", False)]


def _figure(one: StoredEvaluation) -> str:
    if one.report.get("kind") == "claims":
        return f"{one.report['claims']:,} claims"
    score = one.report["score"]
    low, high = round(100 * score["low"]), round(100 * score["high"])
    name = "overlap" if one.report["measure"] == "iou" else "right"
    return f"{100 * score['value']:.1f} % {name} ({low} to {high} %)"


def _remark(one: StoredEvaluation) -> str:
    if one.report.get("kind") == "claims":
        return "people say which claims are supported"
    basis = one.report["basis"]
    held = basis["held_out_permille"]
    return "on held-out tasks" if held else "no tasks were held back"


def _compared(found: Sequence[StoredEvaluation]) -> Markup | None:
    """The newest evaluations side by side."""
    items = [
        Interval(f"{one.id}: {one.model}", *_ends(one.report["score"]))
        for one in found
        if one.report.get("kind") == "answers"
    ]
    if not items:
        return None
    return measured_charts.shares(
        "How the models do, newest first, with 95 % intervals", items[:_MOST]
    )


def _ends(found: Mapping[str, Any]) -> tuple[float, float, float]:
    return float(found["value"]), float(found["low"]), float(found["high"])


def _pictures(report: Mapping[str, Any]) -> list[tuple[Markup, str]]:
    """Every picture with a sentence that says how to read it."""
    made = [_beside_people(report)]
    parts = report["slices"]["parts"]
    if parts:
        made.append(_slices(parts))
        made.append(_slice_gaps(parts, report["slices"]["comparisons"]))
    if report["reliability"]:
        made.append(_reliability(report["reliability"]))
    if report["selective"] and len(report["selective"]["points"]) > 1:
        points = [(one["coverage"], one["accuracy"]) for one in report["selective"]["points"]]
        words = "The surest tasks are on the left: where it stays high, scores tell good from bad."
        made.append(
            (measured_charts.coverage("How many are right of the surest tasks", points), words)
        )
    labels = report["labels"]
    if labels and labels["confusion"] and 1 < len(labels["classes"]) <= _MOST_CLASSES:
        title = "What the model says (columns) of what people say (rows), % of the row"
        picture = charts.matrix(title, labels["classes"], labels["confusion"], "People", "Model")
        made.append((picture, "A dark cell off the diagonal is a pair that the model mixes up."))
    if labels:
        made.append(_by_label(labels["labels"]))
    if report["groups"]["groups"]:
        made.append(_groups(report["groups"]))
    return made


def _beside_people(report: Mapping[str, Any]) -> tuple[Markup, str]:
    is_overlap = report["measure"] == "iou"
    items = [Interval("Model and consensus", *_ends(report["score"]))]
    words = "How often the model says what people agreed on."
    if is_overlap:
        words = "How far the model’s outlines overlap what people drew (IoU)."
    if report["labels"]:
        items.append(Interval("Mean F1 of labels", *_ends(report["labels"]["macro_f1"])))
    ceiling = report["ceiling"]
    if ceiling:
        items.append(Interval("Model, one person", *_ends(ceiling["model"])))
        items.append(Interval("Person, person", *_ends(ceiling["people"])))
        words += (
            f" On {ceiling['tasks']:,} tasks with several answers, the last two lines say how a "
            "model and a person, and two persons, match: people are the ceiling."
        )
    return measured_charts.shares("The model beside people", items), words


def _slices(parts: Sequence[Mapping[str, Any]]) -> tuple[Markup, str]:
    items = [Interval(_name(one), *_ends(one["score"])) for one in parts[:_MOST]]
    words = "Slices of ten tasks or more, the worst gap first. A wide line means few tasks."
    return measured_charts.shares("By slice of the tasks", items), words


def _slice_gaps(parts: Sequence[Mapping[str, Any]], comparisons: int) -> tuple[Markup, str]:
    items = [
        Interval(_name(one), one["gap"], one["gap_low"], one["gap_high"]) for one in parts[:_MOST]
    ]
    words = (
        "Each slice less all other tasks of its field. A line that does not touch the middle is a "
        f"gap that chance would not make; the lines hold for all {comparisons} comparisons at once."
    )
    return measured_charts.gaps("Gap to the rest, in points", items), words


def _name(one: Mapping[str, Any]) -> str:
    return f"{one['field']} = {one['value']}"


def _reliability(found: Mapping[str, Any]) -> tuple[Markup, str]:
    bins = [
        Claimed(one["claimed"], one["right"], one["low"], one["high"], one["tasks"])
        for one in found["bins"]
    ]
    tendency = "too sure" if found["gap"] > 0 else "not sure enough"
    words = (
        f"Scores are on average {100 * abs(found['gap']):.1f} points {tendency}. Mean gap "
        f"{100 * found['ece_plain']:.1f} points; perfect scores would show "
        f"{100 * found['by_chance']:.1f} by chance here, and {100 * found['ece']:.1f} remain when "
        f"chance is taken off. Brier’s score is {found['brier']['value']:.3f} (0 is best)."
    )
    return measured_charts.reliability("Are its scores to be believed?", bins), words


def _by_label(labels: Sequence[Mapping[str, Any]]) -> tuple[Markup, str]:
    items = [
        Interval(one["label"], one["recall"], one["recall_low"], one["recall_high"])
        for one in sorted(labels, key=lambda one: one["recall"] or 0.0)[:_MOST]
        if one["recall"] is not None
    ]
    words = "Of the tasks that people gave this label, how many the model gave it too."
    return measured_charts.shares("Found, by label (recall)", items), words


def _groups(found: Mapping[str, Any]) -> tuple[Markup, str]:
    items = [
        Interval(f"{one['group']}, {one['people']} people", *_ends(one["score"]))
        for one in found["groups"]
    ]
    words = "How the model matches the people of each country; no group of fewer than ten people."
    return measured_charts.shares("By where the people live who answered", items), words


def _weak(report: Mapping[str, Any]) -> list[str]:
    """Say in sentences which slices are worse."""
    return [
        f"{_name(one)}: {100 * one['score']['value']:.0f} % on {one['score']['tasks']:,} tasks, "
        f"{100 * -one['gap']:.0f} points under the rest (at least {100 * -one['gap_high']:.0f})"
        for one in report["slices"]["parts"]
        if one["verdict"] == "lower"
    ]


def _safe(report: Mapping[str, Any]) -> list[str]:
    """Say what could be left to the model alone."""
    found = (report["selective"] or {}).get("safe", ())
    return [
        f"{100 * one['coverage']:.0f} % of the tasks (scores from {one['score']:.2f}) could be "
        f"left to the model with at least {100 * one['target']:.0f} % right"
        for one in found
        if one["coverage"] is not None
    ]


def _claim_pictures(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """Pictures of what people said of claims until now."""
    pictures = []
    if report["judged"]:
        counts = [float(report["verdicts"][name]) for name in VERDICTS]
        pictures.append(
            charts.bars("What people say of the claims", list(VERDICTS.values()), counts)
        )
    items = [
        Interval(title, *_ends(report[name]))
        for name, title in (("supported", "Claims supported"), ("clean", "Texts all supported"))
        if report[name]
    ]
    if items:
        pictures.append(measured_charts.shares("Supported by their source", items))
    parts = (report["slices"] or {}).get("parts", ())
    if parts:
        pictures.append(_slices(parts)[0])
    progress = charts.progress("Claims with people’s verdict", report["judged"], report["claims"])
    return {"pictures": pictures, "progress": progress}


def _said(answer: Any) -> str:  # noqa: ANN401  # an answer
    """Say an answer in a few words."""
    if answer is None:
        return "nothing"
    if isinstance(answer, str):
        return answer
    if isinstance(answer, list):
        return ", ".join(map(str, answer))
    if isinstance(answer, dict) and isinstance(answer.get("regions"), list):
        names = [str(one.get("label")) for one in answer["regions"]]
        return f"{len(names)} regions: {', '.join(sorted(set(names)))}" if names else "no region"
    return str(answer)[:_EXCERPT]


def _excerpt_of(data: Mapping[str, Any]) -> str:
    """The longest text of a task's data, cut to a line or two."""
    texts = [value for value in data.values() if isinstance(value, str)]
    words = max(texts, key=len, default="")
    return words if len(words) <= _EXCERPT else words[: _EXCERPT - 1] + "…"
