"""What the page of which data helped shows: pictures, studies, and what may be asked for next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup

from fairhand.model.job import Job
from fairhand.people.accounts.rules import Actor, may
from fairhand.proof.release.store import StoredRelease
from fairhand.use_cases.ask_value import MEASURE
from fairhand.use_cases.house import House
from fairhand.use_cases.read_jobs import list_jobs
from fairhand.use_cases.read_releases import list_releases, open_folder
from fairhand.use_cases.read_value import FEWEST_PEOPLE, ValueReport, read_value
from fairhand.web.shared import charts
from fairhand.web.shared.charts import Interval
from fairhand.web.shared.forms import Form

_MOST_ROWS: Final = 20
_NEWEST: Final = 5
"""So many releases are offered for the next study."""
_CUT: Final = 14


def context_of(house: House, actor: Actor, project_id: int, form: Form) -> dict[str, Any]:
    """Gather the page; raises NotFoundError."""
    report = read_value(house.db, project_id)
    may_change = may(actor, "release.create", project_id)
    releases = list_releases(house.db, project_id) if may_change else []
    context: dict[str, Any] = {
        "project": report.project,
        "report": report,
        "versions": dict(report.releases),
        "fewest": FEWEST_PEOPLE,
        "study": report.newest,
        "form": form,
        "may_change": may_change,
        "choices": choices_of(releases[:_NEWEST]),
        "job": newest_job(house, actor, project_id),
    }
    return context | _measured(report)


def newest_job(house: House, actor: Actor, project_id: int) -> Job | None:
    """Give the measuring that was asked for last, for those who may see jobs."""
    if not may(actor, "job.view", project_id):
        return None
    return next(iter(list_jobs(house.db, project_id, 1, MEASURE)), None)


def choices_of(releases: list[StoredRelease]) -> list[tuple[str, str]]:
    """List what can be studied, as `release:question` and in words, newest release first."""
    found = []
    for one in releases:
        manifest = open_folder(one).manifest
        questions = manifest.facts.questions if manifest else ()
        found += [
            (f"{one.id}:{question.name}", f"Version {one.version}: {question.name}")
            for question in questions
            if question.kind == "choice"
        ]
    return found


def _measured(report: ValueReport) -> dict[str, Any]:
    if report.newest is None:
        return {}
    measured = report.newest.result["measured"]
    return {
        "measured": measured,
        "classes": _classes(measured),
        "people": _people(report.people),
        "lowest": [(task_id, nano / 1e7) for task_id, nano in report.lowest],
    }


def _classes(measured: Mapping[str, Any]) -> Markup | None:
    gain = measured["gain"]
    if gain <= 0:
        return None
    named = [
        Interval(one["name"][:_CUT], *(100 * one[part] / gain for part in ("value", "low", "high")))
        for one in sorted(measured["by_class"], key=lambda one: -one["value"])[:_MOST_ROWS]
    ]
    return _scaled("Share of the whole by label, in %", named)


def _people(shares: tuple[tuple[float, float, float], ...]) -> Markup | None:
    """Draw people's shares, unnamed; None where they are too few to be shown to others."""
    if not shares:
        return None
    named = [
        Interval(f"{at}.", *(100 * part for part in one))
        for at, one in enumerate(shares[:_MOST_ROWS], 1)
    ]
    return _scaled("Share of the whole by person, in %", named)


def _scaled(title: str, named: list[Interval]) -> Markup:
    low = min(0.0, *(one.low for one in named))
    return charts.intervals(title, named, low, max(one.high for one in named) or 1.0)
