"""What the overview page of assistance shows, ready for its template."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from markupsafe import Markup

from fairhand.core.money import MICROS, Money
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases import assistance_words as words
from fairhand.use_cases.house import House
from fairhand.use_cases.read_assistance import Assistance, QuestionCurve, read_assistance
from fairhand.web.shared import charts
from fairhand.web.shared.charts import Spot
from fairhand.web.shared.forms import Form
from fairhand.work.active_learning.registry import strategy_names
from fairhand.work.prelabel.ask import Ask, choose_ask
from fairhand.work.prelabel.rules import BLIND_PERMILLE, FEWEST_HELD_OUT, HOLDOUT_PERMILLE
from fairhand.work.prelabel.seconds import WAYS, Seconds

_AHEAD: Final = (1.15, 1.3, 1.5, 1.75, 2.0)
"""How far the curve is carried on: to twice the judgements there are."""
_HOUR_MS: Final = 3_600_000
_ASK_WORDS: Final[Mapping[Ask, str]] = {
    "verify": "verified: accept it or reject it",
    "fix": "mended: it stands there to be changed",
    "draw": "left out: answering from nothing is quicker",
}
_WAY_WORDS: Final = {
    "verify": "Verify",
    "keep": "Keep it",
    "mend": "Mend it",
    "draw": "From nothing",
}
ASK_OPTIONS: Final = (
    ("auto", "Whatever takes the least time, task by task"),
    ("verify", "Always verify: accept or reject"),
    ("fix", "Always mend: change what is proposed"),
    ("draw", "Always from nothing: propose nothing"),
)


@dataclass(frozen=True, slots=True)
class CurveView:
    """A question's curve against judgements, paid hours and money, with its sentences."""

    state: QuestionCurve
    advice: str
    judgements: Markup
    hours: Markup | None
    money: Markup | None
    lags: Sequence[str]


def page(house: House, actor: Actor, project_id: int, form: Form | None = None) -> dict[str, Any]:
    """Gather the whole page; `form` is the settings as they were sent, where something is wrong."""
    found = read_assistance(house.db, project_id)
    target = None if found.policy is None else found.policy.target_quality
    return {
        "project": found.project,
        "found": found,
        "error": None,
        "state": words.state_words(found),
        "fewest_held_out": FEWEST_HELD_OUT,
        "curves": [_curve(one, found.project.currency, target) for one in found.curves],
        "help_words": words.help_words(found.help),
        "help_picture": _minutes(found),
        "saved": _saved(found),
        "bias": words.bias_words(found.bias),
        "bias_picture": _agreement(found),
        "asks": _asks(found),
        "seconds_picture": _ways(found.seconds),
        "queue": words.queue_words(
            found.queue,
            is_on=found.is_on,
            reorders=found.policy is None or found.policy.reorders,
        ),
        "form": form or settings_form(found),
        "strategies": [(name, _strategy(name)) for name in strategy_names()],
        "ask_options": ASK_OPTIONS,
        "may_edit": may(actor, "project.edit", project_id),
    }


def settings_form(found: Assistance) -> Form:
    """Fill the settings with what holds now."""
    policy, shares = found.policy, found.shares
    blind = shares.blind_permille if found.is_on else BLIND_PERMILLE
    holdout = shares.holdout_permille if found.is_on else HOLDOUT_PERMILLE
    coverage = policy.coverage if policy else {}
    target = policy.target_quality if policy else None
    return Form(
        {
            "reorders": "yes" if policy is None or policy.reorders else "",
            "strategy": policy.strategy if policy else "auto",
            "ask": policy.ask if policy else "auto",
            "blind": f"{blind / 10:g}",
            "holdout": f"{holdout / 10:g}",
            "target": "" if target is None else f"{100 * target:g}",
            "coverage": "\n".join(
                f"{field}: " + ", ".join(f"{one} {100 * share:g}" for one, share in each.items())
                for field, each in coverage.items()
            ),
            "slices": ", ".join(policy.slice_fields) if policy else "",
        }
    )


def _strategy(name: str) -> str:
    return "Chosen by itself" if name == "auto" else name


def _curve(one: QuestionCurve, currency: str, target: float | None) -> CurveView:
    def money(micros: float) -> str:
        return str(Money(round(micros / MICROS), currency))

    points, pace = one.points, one.pace
    places = {point.judgements: point for point in points}
    hours = {n: point.paid_ms / _HOUR_MS for n, point in places.items()}
    spent = {n: float(point.paid_micros) for n, point in places.items()}
    has_time, last = pace is not None, points[-1]

    def hours_at(n: float) -> float:
        assert pace is not None, "only drawn where there is a pace"  # noqa: S101
        return hours.get(int(n), last.paid_ms / _HOUR_MS + pace.hours_of(n - last.judgements))

    def micros_at(n: float) -> float:
        assert pace is not None, "only drawn where there is a pace"  # noqa: S101
        return spent.get(int(n), last.paid_micros + pace.micros * (n - last.judgements))

    return CurveView(
        one,
        words.advice_words(one, currency),
        _picture(one, target, "judgements", lambda n: n, lambda n: f"{n:,.0f}"),
        _picture(one, target, "paid hours", hours_at, lambda h: f"{h:,.1f} h")
        if has_time
        else None,
        _picture(one, target, "money", micros_at, money) if has_time and last.paid_micros else None,
        [words.lag_words(lag) for lag in one.lags],
    )


def _picture(
    one: QuestionCurve,
    target: float | None,
    against: str,
    place: Callable[[float], float],
    told: Callable[[float], str],
) -> Markup:
    places = {point.judgements: point for point in one.points}
    measured = [
        _spot(place(n), point.score, point.low, point.high) for n, point in sorted(places.items())
    ]
    ahead = []
    if one.curve is not None:
        ways = [one.curve.last * factor for factor in _AHEAD]
        ahead = [_spot(place(n), *one.curve.at(n)) for n in ways]
    goal = None if target is None else 100 * target
    name = {"iou": "Overlap"}.get(one.measure, one.measure.capitalize())
    return charts.band(f"{name} in %, against {against}", measured, ahead, goal=goal, told=told)


def _spot(x: float, value: float, low: float, high: float) -> Spot:
    return Spot(x, *(round(100 * max(0.0, min(1.0, one)), 1) for one in (value, low, high)))


def _minutes(found: Assistance) -> Markup | None:
    helped = found.help
    if helped.ratio is None or helped.seconds_with is None or helped.seconds_without is None:
        return None
    seconds = [round(helped.seconds_with, 1), round(helped.seconds_without, 1)]
    return charts.bars("Paid seconds of an answer", ["With", "Without"], seconds, "s")


def _saved(found: Assistance) -> str | None:
    """Say how much paid time proposals have saved so far, where they are known to."""
    helped = found.help
    if helped.verdict != "helps" or helped.ratio is None or helped.seconds_with is None:
        return None
    hours = helped.with_it * helped.seconds_with * (1 / helped.ratio - 1) / 3_600
    return f"About {hours:,.1f} paid hours so far."


def _agreement(found: Assistance) -> Markup | None:
    pull = found.bias.pull
    if pull is None:
        return None
    shares = [round(100 * pull.agree_shown, 1), round(100 * pull.agree_blind, 1)]
    title = "Answers that agree with the proposal, in %"
    return charts.bars(title, ["Saw it", "Did not"], shares, "%", most=100)


def _ways(seconds: Seconds) -> Markup:
    names = [_WAY_WORDS[way] for way in WAYS]
    rows = [round(getattr(seconds, way), 1) for way in WAYS]
    return charts.bars("Seconds by way of answering", names, rows, "s")


def _asks(found: Assistance) -> list[str]:
    """Say for which chances of acceptance what is asked."""
    policy = found.policy.ask if found.policy else "auto"
    chosen = [(at, choose_ask(at / 100, found.seconds, _ask(policy))) for at in range(101)]
    said = []
    for ask, group in groupby(chosen, key=lambda one: one[1]):
        places = [at for at, _ in group]
        said.append(
            f"A proposal that is right with a chance of {places[0]} to {places[-1]} % is "
            f"{_ASK_WORDS[ask]}."
        )
    return said[::-1]


def _ask(policy: str) -> Any:  # noqa: ANN401  # one of the four words that the table allows
    return policy
