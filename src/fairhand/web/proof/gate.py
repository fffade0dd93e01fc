"""The gate before compute as a page: every reason at a glance, and who can mend what."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from fairhand.model.licence import PURPOSES
from fairhand.people.accounts.rules import Actor, may
from fairhand.proof.release.fitness import STAGES, Finding, Rule, Verdict
from fairhand.proof.release.gate_file import USUAL_PURPOSE
from fairhand.use_cases.house import House
from fairhand.use_cases.read_fitness import AskFitness, read_fitness, read_gate_runs
from fairhand.use_cases.read_releases import read_version
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

STATES: Final[dict[Verdict, str]] = {
    "pass": "holds",
    "warn": "look at this",
    "refuse": "missing",
    "unchecked": "checked later",
}
CHIPS: Final[dict[Verdict, str]] = {"pass": "ok", "warn": "warn", "refuse": "bad", "unchecked": ""}
SHOWN: Final[dict[str, tuple[Verdict, ...]]] = {
    "holds": ("pass",),
    "missing": ("refuse",),
    "to be looked at": ("warn", "unchecked"),
}
PARTS: Final[dict[str, tuple[Rule, ...]]] = {
    "The people": ("people", "consent", "paid", "coverage"),
    "The data": ("whole", "quality", "synthetic", "card"),
    "The stages": STAGES,
    "The use": ("purpose", "current"),
}


@router.get("/projects/{project_id:int}/releases/{version:int}/gate")
@guard("release.view")
def gate(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    version: int,
    purpose: Annotated[str, Query(max_length=40)] = USUAL_PURPOSE,
) -> Response:
    """Show whether training may begin on a release, under its project's own bounds."""
    release = read_version(house.db, project_id, version).release
    asked = AskFitness(release.id, purpose)
    found = read_fitness(house.db, asked, house.clock(), house.secret)
    findings = {one.rule: one for one in found.findings}
    context: dict[str, Any] = {
        "project": found.project,
        "release": release,
        "found": found,
        "said": _said(found.findings),
        "parts": _parts(findings),
        "picture": _picture(findings),
        "states": STATES,
        "chips": CHIPS,
        "purpose": purpose,
        "purposes": PURPOSES,
        "runs": read_gate_runs(house.db, release.id),
        "may_run": may(actor, "gate.run", project_id),
        "server": house.settings.base_url,
    }
    return render(request, "gate.html", context, actor=actor)


def _parts(findings: dict[Rule, Finding]) -> list[tuple[str, list[Finding]]]:
    return [
        (title, [findings[rule] for rule in rules if rule in findings])
        for title, rules in PARTS.items()
    ]


def _picture(findings: dict[Rule, Finding]) -> Markup:
    parts = _parts(findings)
    counts = [
        tuple(sum(one.verdict in verdicts for one in found) for verdicts in SHOWN.values())
        for _, found in parts
    ]
    return charts.stacked_bars("What holds", [title for title, _ in parts], tuple(SHOWN), counts)


def _said(findings: tuple[Finding, ...]) -> str:
    missing = sum(one.verdict == "refuse" for one in findings)
    if not missing:
        return "Training may begin, once its copy of the files is checked."
    things = "1 thing is" if missing == 1 else f"{missing} things are"
    return f"Training may not begin: {things} missing."
