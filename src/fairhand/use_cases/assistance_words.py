"""How assistance does, in sentences: the same on the page, in the terminal and over the API."""

from __future__ import annotations

import math
from collections.abc import Iterator

from fairhand.core.money import MICROS, Money
from fairhand.quality.assistance.bias import Bias
from fairhand.quality.assistance.helps import Help
from fairhand.quality.assistance.stopping import Estimate, Lag, Pace
from fairhand.use_cases.read_assistance import Assistance, QuestionCurve
from fairhand.work.prelabel.insight_store import Round
from fairhand.work.prelabel.rules import FEWEST_HELD_OUT

_PHASES = {
    "coverage": "so that every kind of task is seen early",
    "uncertainty": "those first where an answer teaches the model most for its paid time",
    "random": "by chance",
}


def state_words(found: Assistance) -> str:
    """Say whether assistance is on, and what happens next."""
    if found.policy is None:
        return "Assistance was never switched on in this project."
    if not found.is_on:
        because = found.policy.off_because
        if because:
            return f"Assistance switched itself off. {because.get('reason', '')}".strip()
        return "Assistance is off. Nothing it had learnt is lost."
    if found.shown is not None:
        return f"Assistance is on. People see proposals of {found.shown.model}."
    missing = found.first_answers - found.answers
    if missing > 0:
        answers = "answer" if missing == 1 else "answers"
        return (
            f"Assistance is on and waits for its first answers: {missing} {answers} more, and the "
            "first model learns. Until then people work as before."
        )
    return (
        "Assistance is on. No model has been better than guessing on held-out answers yet, so "
        "people see no proposals."
    )


def advice_words(one: QuestionCurve, currency: str) -> str:
    """Say in a sentence or two whether to stop, and on what evidence."""
    advice, newest = one.advice, one.points[-1]
    now = f"{_percent(newest.score)} ({_percent(newest.low)} to {_percent(newest.high)})"
    basis = _basis(newest.held_out)
    if advice.code == "reached":
        return (
            f"You may stop teaching the model: it scores {now} {basis}, surely no less than the "
            "target."
        )
    if advice.code == "out_of_reach" and advice.ceiling is not None:
        return (
            "You may stop teaching this model: with endless answers it would come to "
            f"{_between(advice.ceiling)}, which is below the target. Clearer guidelines, another "
            "model or a lower target would help; more answers would not."
        )
    if advice.code == "flat" and advice.a_fifth is not None:
        return (
            "You may stop teaching the model: a fifth more judgements"
            f"{_price(0.2 * newest.judgements, one.pace, currency)} would add "
            f"{_points(advice.a_fifth)}."
        )
    return " ".join(_going_on(one, now, basis, currency))


def _basis(held_out: int) -> str:
    """Say what a score was measured on: with few held-out answers those that were learnt from."""
    if held_out >= FEWEST_HELD_OUT:
        return f"on {held_out:,} held-out tasks"
    return (
        "cross-validated on the answers so far, as only "
        f"{held_out} of the {FEWEST_HELD_OUT} held-out tasks that are needed are answered"
    )


def _going_on(one: QuestionCurve, now: str, basis: str, currency: str) -> Iterator[str]:
    advice = one.advice
    yield f"The model scores {now} {basis}."
    if advice.an_hour is not None:
        price = ""
        if one.pace is not None:
            price = f" ({_money(one.pace.micros * one.pace.judgements_in(1.0), currency)})"
        yield f"One more paid hour{price} buys {_points(advice.an_hour)}."
    if advice.to_target is not None and advice.code == "go_on":
        yield _to_target(advice.to_target, one.pace, currency)
    if one.why_no_curve is not None:
        yield one.why_no_curve


def _to_target(more: Estimate, pace: Pace | None, currency: str) -> str:
    if math.isinf(more.value):
        return "By the best guess the target is never reached; by the interval it may be."
    most = "never come" if math.isinf(more.high) else f"{more.high:,.0f}"
    return (
        f"The target takes about {more.value:,.0f} judgements more"
        f"{_price(more.value, pace, currency)}; it may be {more.low:,.0f} or {most}."
    )


def _price(judgements: float, pace: Pace | None, currency: str) -> str:
    if pace is None or judgements <= 0:
        return ""
    hours = pace.hours_of(judgements)
    return f" ({hours:,.1f} paid hours, {_money(pace.micros * judgements, currency)})"


def lag_words(lag: Lag) -> str:
    """Say which slice lags and by how much."""
    return (
        f"{lag.slice.field} = {lag.slice.value}: {_percent(lag.slice.score)} on {lag.slice.n} "
        f"held-out tasks, {_percent(lag.rest)} elsewhere."
    )


def help_words(found: Help) -> str:
    """Say whether proposals save time."""
    if found.ratio is None or found.low is None or found.high is None:
        answers = "answer" if found.with_it == 1 else "answers"
        return (
            f"Too little is measured yet: {found.with_it:,} {answers} with a proposal and "
            f"{found.without:,} without. Both are drawn by chance at every hand-out."
        )
    times = f"{found.ratio:.2f} × ({found.low:.2f} to {found.high:.2f})"
    counts = f"{found.with_it:,} answers with, {found.without:,} without, {_people(found.people)}"
    if found.verdict == "helps":
        saved = _percent(1 - found.ratio)
        return f"Proposals help: an answer takes {times} the paid time, {saved} less; {counts}."
    if found.verdict == "no_help":
        return f"Proposals do not help: an answer takes {times} the paid time; {counts}."
    return (
        f"It is not known yet whether proposals help: an answer takes {times} the paid time; "
        f"{counts}."
    )


def bias_words(found: Bias) -> list[str]:
    """Say how far proposals sway people, or why it is not said."""
    said = []
    if found.pull is not None:
        pull = found.pull
        said.append(
            f"People who see a proposal agree with it in {_percent(pull.agree_shown)} of answers; "
            f"people who do not see it, in {_percent(pull.agree_blind)}. The pull is "
            f"{100 * pull.difference:+.1f} points ({100 * pull.low:+.1f} to "
            f"{100 * pull.high:+.1f}; {_people(pull.people)})."
        )
    if found.acceptance is not None:
        met = found.acceptance
        alone = (
            f" Without seeing it, {met.fell_alone} of {met.blind} gave the same wrong answer."
            if met.blind
            else ""
        )
        said.append(
            f"Of {met.shown} wrong proposals on gold tasks {met.accepted} were accepted as they "
            f"stood: {_percent(met.share)} ({_percent(met.low)} to {_percent(met.high)}).{alone}"
        )
    return said + [words for _, words in found.why_not]


def queue_words(found: Round | None, *, is_on: bool, reorders: bool) -> str:
    """Say what the queue is ordered by now."""
    if not is_on or not reorders:
        return "Tasks come in the order in which they were imported."
    if found is None:
        return (
            "Tasks come in the order in which they were imported, until the first model is there."
        )
    phase = _PHASES.get(found.phase, found.phase)
    return (
        f"{found.chosen:,} of {found.pool:,} free tasks were put first by “{found.strategy}”: "
        f"{phase}.{_time_words(found)}"
    )


def _time_words(found: Round) -> str:
    """Say what those tasks take, where the choice weighed their time."""
    seconds, measured = found.why.get("seconds"), found.why.get("measured_answers", 0)
    if not seconds or not found.chosen:
        return ""
    stands_on = f"{measured:,} timed answers here" if measured else "published times"
    return (
        f" Their time was weighed: about {seconds['chosen']:.1f} s each, where all free tasks take "
        f"{seconds['usual']:.1f} s (by {stands_on})."
    )


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _between(found: Estimate) -> str:
    return f"{_percent(found.value)} ({_percent(found.low)} to {_percent(found.high)})"


def _points(found: Estimate) -> str:
    return (
        f"{100 * found.value:.1f} points of quality ({100 * found.low:.1f} to "
        f"{100 * found.high:.1f})"
    )


def _money(micros: float, currency: str) -> Money:
    return Money(round(micros / MICROS), currency)
