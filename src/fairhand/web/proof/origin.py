"""Where a project's items come from: the mix, what the guard says of it, and what may follow."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairhand.people.accounts.rules import Actor, may
from fairhand.proof.release.guard import Finding, loosened, parse_bounds
from fairhand.use_cases.house import House
from fairhand.use_cases.read_origin import MOST_TASKS, OriginReport, read_origin
from fairhand.web.proof import origin_pictures as pictures
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

TITLES = {
    "depth": "Depth",
    "known_depth": "Known depth",
    "real_weight": "Weight of people’s items",
    "ratio": "Synthetic to real",
    "accumulate": "Added to, not replaced",
    "verified": "Checked by a measured verifier",
    "evaluation": "Evaluation is people’s own",
    "tails": "Variety",
}


@router.get("/projects/{project_id:int}/origin")
@guard("release.view")
def origin(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show who stands behind a project's items, as its next release would be judged."""
    report = read_origin(house, project_id, house.clock(), MOST_TASKS)
    return render(request, "origin.html", _context(report, actor), actor=actor)


def _context(report: OriginReport, actor: Actor) -> dict[str, Any]:
    facts, judgement, seen = report.facts, report.judgement, report.outlook
    context: dict[str, Any] = {
        "project": report.project,
        "report": report,
        "most": MOST_TASKS,
        "may_release": may(actor, "release.create", report.project.id),
        "facts": facts,
    }
    if facts is None or judgement is None or seen is None:
        return context
    counts = facts["counts"]
    return context | {
        "counts": counts,
        "share": 100 * counts["real"] / counts["rows"],
        "verdict": judgement.verdict,
        "rules": [_rule(one) for one in judgement.findings],
        "loosened": loosened(parse_bounds(facts["bounds"])),
        "mix": list(pictures.mix(counts)),
        "ahead": pictures.outlook_picture(seen),
        "generations": pictures.generations_picture(seen),
        "outlook": seen,
        "history": pictures.history(report.before),
        "blind": counts["blind"],
        "blind_share": _percent(counts["blind"]["relabelled"], counts["blind"]["tasks"]),
    }


def _rule(finding: Finding) -> dict[str, Any]:
    return {"title": TITLES[finding.rule], "found": finding}


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0
