"""What the readiness page and the pilot page show, ready for their templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup

from fairhand.core.money import MICROS, Money, micros_to_minor_up
from fairhand.people.accounts.rules import Actor, may
from fairhand.people.readiness.pilot import Agreed, Measured, Pilot, Price, is_stale
from fairhand.people.readiness.stages import Stage
from fairhand.use_cases.house import House
from fairhand.use_cases.read_pilot import read_pilot
from fairhand.use_cases.read_readiness import Readiness, read_readiness
from fairhand.web.shared import charts
from fairhand.web.shared.forms import Form

STATES: Final = {"done": "done", "missing": "missing", "not_yet": "not yet"}
CHIPS: Final = {"done": "ok", "missing": "bad", "not_yet": ""}
OUTCOMES: Final = {"running": "running", "go": "go", "no_go": "no-go"}
_MOST_LABEL = 13


def ready_page(house: House, actor: Actor, project_id: int, form: Form | None) -> dict[str, Any]:
    """Gather the readiness page; `form` are terms that came back with something wrong."""
    found = read_readiness(house.db, project_id, house.clock())
    return {
        "project": found.project,
        "found": found,
        "picture": _stages(found.stages),
        "said": _said(found),
        "states": STATES,
        "chips": CHIPS,
        "form": form or _terms_form(found),
        "may_edit": may(actor, "project.edit", project_id) and found.pilot_of is None,
        "may_open": may(actor, "project.open", project_id) and found.pilot_of is None,
    }


def _stages(stages: tuple[Stage, ...]) -> Markup:
    counts = [
        tuple(
            sum(item.state == state for item in stage.items if item.blocks)
            for state in ("done", "missing", "not_yet")
        )
        for stage in stages
    ]
    names = [stage.name.title() for stage in stages]
    return charts.stacked_bars("What is done", names, ("done", "missing", "not yet"), counts)


def _said(found: Readiness) -> str:
    open_items = [item for stage in found.stages[:-1] for item in stage.missing]
    if found.for_compute:
        return "All four stages are done: now compute may be bought."
    if not open_items:
        if found.project.mode == "open":
            return "The project is open. Compute comes after the first release."
        return "Everything is there: the project may open for paid work."
    now = sum(item.state == "missing" for item in open_items)
    things = "1 thing is" if len(open_items) == 1 else f"{len(open_items)} things are"
    can = f"; {now} can be mended now" if now else ""
    return f"{things} missing before it can open{can}."


def _terms_form(found: Readiness) -> Form:
    terms = found.terms
    values = {
        "target_alpha": f"{terms.target_alpha:g}",
        "people_wanted": str(terms.people_wanted),
        "qualified_wanted": str(terms.qualified_wanted),
        "gold_wanted": str(terms.gold_wanted),
        "skills_wanted": ",".join(str(one) for one in terms.skills_wanted),
        "skill_gap": terms.skill_gap,
    }
    return Form(values)


def pilot_page(
    house: House, actor: Actor, project_id: int, forms: Mapping[str, Form]
) -> dict[str, Any]:
    """Gather the pilot page; `forms` are those that came back with something wrong."""
    picture = read_pilot(house.db, project_id, house.clock())
    newest, found, project = picture.newest, picture.found, picture.project
    least = Money(micros_to_minor_up(picture.suggested_micros), project.currency)
    start = Form(
        {
            "tasks": str(picture.suggested_tasks),
            "people": str(picture.terms.people_wanted),
            "amount": least.decimal(),
        }
    )
    return {
        "project": project,
        "picture": picture,
        "newest": newest,
        "found": found,
        "progress": _progress(newest, found),
        "agreement": _agreement(newest, found),
        "price": _price(found.price, project.currency) if found and found.price else None,
        "lacks": [one for one in picture.lacks if one.severity == "error"],
        "warnings": [one for one in picture.lacks if one.severity != "error"],
        "is_stale": newest is not None and is_stale(newest, project.version),
        "outcomes": OUTCOMES,
        "evidence": [_evidence(one) for one in picture.pilots],
        "start_form": forms.get("start", start),
        "decide": forms.get("decide", Form({"reason": ""})),
        "may_price": may(actor, "pay.set", project_id),
        "may_start": may(actor, "project.open", project_id),
        "may_decide": may(actor, "project.open", project_id) and actor.scope is None,
    }


def _progress(pilot: Pilot | None, found: Measured | None) -> Markup | None:
    if pilot is None or found is None:
        return None
    return charts.progress("Answers", found.answers, pilot.answers_wanted)


def _agreement(pilot: Pilot | None, found: Measured | None) -> Markup | None:
    """Draw each question's agreement, and the target on the same scale."""
    if pilot is None or found is None:
        return None
    items = [_interval(one) for one in found.agreed if one.value is not None]
    if not items:
        return None
    target = charts.Interval(
        "asked for", pilot.target_alpha, pilot.target_alpha, pilot.target_alpha
    )
    low = min(0.0, *(item.low for item in items))
    return charts.intervals("Agreement, with its 95 % interval", [*items, target], low)


def _interval(one: Agreed) -> charts.Interval:
    value = one.value or 0.0
    low = value if one.low is None else one.low
    high = value if one.high is None else one.high
    name = one.title if len(one.title) <= _MOST_LABEL else one.title[: _MOST_LABEL - 1] + "…"
    return charts.Interval(name, value, low, high)


def _price(price: Price, currency: str) -> dict[str, Any]:
    """Say a price in words: an answer, and what an hour of the slow and the usual comes to."""
    hour = 3_600_000
    return {
        "unit_micros": price.unit_micros,
        "whole": Money(micros_to_minor_up(price.unit_micros), currency),
        "people": price.people,
        "slow_ms": price.slow_ms,
        "usual_ms": price.usual_ms,
        "floor_micros": price.floor_micros_per_hour,
        "picture": charts.bars(
            f"What an hour comes to by this price, {currency}",
            ["slowest fifth", "in the middle"],
            [
                _whole(price.unit_micros * hour // max(1, price.slow_ms), currency),
                _whole(price.unit_micros * hour // max(1, price.usual_ms), currency),
            ],
        ),
    }


def _whole(micros: int, currency: str) -> float:
    return float(Money(micros // MICROS, currency).decimal())


def _evidence(pilot: Pilot) -> dict[str, Any]:
    """Say shortly what a decision saw."""
    seen = pilot.evidence
    alphas = [
        f"{one['value']:.2f}" for one in seen.get("agreement", ()) if one["value"] is not None
    ]
    return {
        "people": seen.get("people"),
        "answers": seen.get("answers"),
        "agreement": ", ".join(alphas) or "could not be told",
    }
