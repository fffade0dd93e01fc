"""What bad conditions cost, and how the workspace scores itself."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from fairhand.people.accounts.rules import Actor
from fairhand.people.conduct.conditions import Cut
from fairhand.people.conduct.monitoring import K
from fairhand.people.conduct.self_scores import CAUTION, FRAMEWORKS, summed
from fairhand.use_cases.house import House
from fairhand.use_cases.read_conditions import read_conditions
from fairhand.use_cases.read_self_scores import read_self_scores
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

SHARES = (
    ("left", "Leave after the month"),
    ("reworked", "Answers done again"),
    ("missed", "Known answers missed"),
)


@router.get("/conduct/conditions")
@guard("conduct.view", everywhere=True)
def conditions(house: House, actor: Actor, request: Request) -> Response:
    """Show what goes together with pay, hours and haste."""
    found = read_conditions(house.db, house.clock())
    context: dict[str, Any] = {
        "found": found,
        "cuts": [(cut, _pictures(cut)) for cut in found.cuts],
        "shares": SHARES,
        "k": K,
    }
    return render(request, "conditions.html", context, actor=actor)


@router.get("/conduct/scores")
@guard("conduct.view", everywhere=True)
def scores(house: House, actor: Actor, request: Request) -> Response:
    """Show where each line of each framework stands."""
    found = read_self_scores(house.db, house.clock())
    counts = summed(found.lines)
    picture = charts.stacked_bars(
        "Lines by state",
        [name.replace("_", " ") for name in counts],
        ("green", "no evidence", "red"),
        [(each["green"], each["none"], each["red"]) for each in counts.values()],
    )
    context: dict[str, Any] = {
        "lines": found.lines,
        "frameworks": FRAMEWORKS,
        "caution": CAUTION,
        "picture": picture,
    }
    return render(request, "scores.html", context, actor=actor)


def _pictures(cut: Cut) -> list[Markup]:
    """Draw each share with its interval, one line a band; bands without figures are left out."""
    pictures = []
    for name, title in SHARES:
        items = [
            charts.Interval(band.label[:20], share.percent, share.low, share.high)
            for band in cut.bands
            if (share := getattr(band, name)) is not None
        ]
        if items:
            most = max(10.0, *(item.high for item in items))
            pictures.append(charts.intervals(f"{title}, in a hundred", items, 0.0, most))
    return pictures
