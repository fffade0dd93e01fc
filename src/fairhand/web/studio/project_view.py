"""What the owner's project page shows, ready for its template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from fairhand.core.ids import new_token
from fairhand.core.money import Money, micros_to_minor_up
from fairhand.formats.registry import FROM_FOLDERS, formats
from fairhand.model.project import Project
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.house import House
from fairhand.use_cases.read_campaign import read_campaign
from fairhand.use_cases.read_forecast import read_forecast
from fairhand.use_cases.read_gate import read_gate
from fairhand.use_cases.read_jobs import list_jobs
from fairhand.use_cases.read_pay import read_project_pay
from fairhand.use_cases.read_project import ProjectStatus, read_project, read_status
from fairhand.use_cases.read_releases import list_releases
from fairhand.use_cases.read_sources import read_source_problems
from fairhand.use_cases.versions import current_version
from fairhand.web.shared import charts
from fairhand.web.shared.forms import Form
from fairhand.web.shared.pages import markdown

MODES = ("draft", "demo", "open", "paused", "closed")
_LABEL = 13
_FORMATS = {
    "csv": "CSV or TSV",
    "jsonl": "JSON lines",
    "parquet": "Parquet",
    "label_studio": "Label Studio JSON",
    "image_archive": "ZIP of images",
    "trl-preference": "TRL preferences",
    "trl-kto": "TRL unpaired preferences",
    "sft": "Conversations (TRL)",
    "openai-chat": "OpenAI chat",
    "openai-preference": "OpenAI preferences",
    "anthropic-hh": "Anthropic HH",
    "oasst": "Open Assistant",
    "webdataset": "WebDataset",
    "fairhand": "Fairhand export",
}


@dataclass(frozen=True, slots=True)
class Pictures:
    """The charts of the panel; those without anything to show are None."""

    progress: Markup
    agreement: Markup | None
    confidence: Markup | None
    settled: Markup | None
    money: Markup | None
    answers: Markup | None


def panel(house: House, actor: Actor, project_id: int) -> dict[str, Any]:
    """Gather what changes while people work: counted anew each time."""
    project = read_project(house.db, project_id)
    status = read_status(house.db, project_id, house.clock())
    sees_jobs = may(actor, "job.view", project_id)
    return {
        "project": project,
        "status": status,
        "pictures": _pictures(status),
        "pay": read_project_pay(house.db, project_id, project.currency),
        "jobs": list_jobs(house.db, project_id) if sees_jobs else [],
        "failing_sources": read_source_problems(house.db, project_id),
        "now": house.clock(),
    }


def page(house: House, actor: Actor, project_id: int, forms: Mapping[str, Form]) -> dict[str, Any]:
    """Gather the whole page; `forms` are those that came back with something wrong."""
    shown = panel(house, actor, project_id)
    project = shown["project"]
    version = current_version(house.db, project.id, project.version)
    sees_releases = may(actor, "release.view", project_id)
    campaign = read_campaign(house.db, project_id)
    return shown | {
        "version": version,
        "guidelines_html": markdown(version.guidelines),
        "missing": read_gate(house.db, project_id, house.clock()),
        "escrow_warning": _escrow_warning(house, project, shown["status"]),
        "modes": MODES,
        "asked": [(question.name, question.title) for question in version.questions],
        "formats": [("", "Tell by its content")]
        + [(name, _FORMATS.get(name, name)) for name in formats() if name not in FROM_FOLDERS],
        "releases": list_releases(house.db, project_id) if sees_releases else [],
        "forms": {name: forms.get(name, Form()) for name in FORMS}
        | {"guidelines": forms.get("guidelines", Form({"guidelines": version.guidelines}))},
        "fund_key": new_token(),
        "is_campaign": campaign.campaign is not None,
        "can_be_campaign": bool(campaign.can_bring) and may(actor, "campaign.edit", project_id),
        "may": {
            action: may(actor, action, project_id)  # type: ignore[arg-type]  # from the table
            for action in (*FORMS.values(), "pay.view_all", "release.create")
        },
    }


def _escrow_warning(house: House, project: Project, status: ProjectStatus) -> str:
    """Say what nine in ten futures need beyond what is set aside, before the project opens."""
    if project.mode == "open" or not status.progress.tasks:
        return ""
    forecast = read_forecast(house.db, project.id, house.clock()).forecast
    if not forecast.missing_p90:
        return ""
    needed = Money(micros_to_minor_up(round(forecast.money.p90)), forecast.currency)
    return (
        f"Nine times in ten the project costs less than {needed} from here on; "
        f"{forecast.currency} {status.escrow_left} are set aside."
    )


FORMS = {
    "import": "project.import",
    "fund": "project.fund",
    "invite": "people.invite",
    "mode": "project.open",
    "guidelines": "project.edit",
}
"""The forms of the page, and what one must be allowed to see each."""


def _pictures(status: ProjectStatus) -> Pictures:
    asked = [one for one in status.questions if one.answers]
    names = [_short(one.question) for one in asked]
    sure = [round(100 * (one.mean_confidence or 0), 1) for one in asked]
    settled = [round(100 * (one.share_settled or 0), 1) for one in asked]
    is_mask = {one.question: one.method.startswith("mask") for one in asked}
    meaning = "Mean agreement of outlines, %" if any(is_mask.values()) else "Mean confidence, %"
    return Pictures(
        progress=charts.progress("Tasks finished", status.progress.finished, status.progress.tasks),
        agreement=_agreement(status),
        confidence=charts.bars(meaning, names, sure, "%", 100) if asked else None,
        settled=charts.bars("Settled answers, % of tasks", names, settled, "%", 100)
        if asked
        else None,
        money=_money(status),
        answers=_answers(status),
    )


def _shares(title: str, names: list[str], values: list[float]) -> Markup | None:
    return charts.bars(title, names, values, "%", 100) if names else None


def _agreement(status: ProjectStatus) -> Markup | None:
    items = [
        charts.Interval(
            _short(one.question),
            one.alpha,
            one.alpha if one.alpha_low is None else one.alpha_low,
            one.alpha if one.alpha_high is None else one.alpha_high,
        )
        for one in status.questions
        if one.alpha is not None
    ]
    if not items:
        return None
    low = min(0.0, *(item.low for item in items))
    return charts.intervals("Agreement beyond chance (alpha), with its 95 % interval", items, low)


def _money(status: ProjectStatus) -> Markup | None:
    spent, left = float(status.spent), float(status.escrow_left)
    if not spent and not left:
        return None
    parts = ("spent", "left in escrow")
    return charts.stacked_bars(
        f"Money, {status.currency}", ["Set aside"], parts, [(spent, max(0.0, left))]
    )


def _answers(status: ProjectStatus) -> Markup | None:
    if not status.answers_per_task:
        return None
    labels = [f"{answers} answer{'s' if answers != 1 else ''}" for answers, _ in _tail(status)]
    return charts.bars("Answers a task took", labels, [tasks for _, tasks in _tail(status)])


def _tail(status: ProjectStatus) -> list[tuple[int, int]]:
    return list(status.answers_per_task)[:12]


def _short(name: str) -> str:
    return name if len(name) <= _LABEL else name[: _LABEL - 1] + "…"
