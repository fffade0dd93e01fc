"""The pictures of a project's overview: how far, how good, how much, how long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant, iso
from fairhand.core.money import MICROS, Money
from fairhand.pay.forecast.rules import Range
from fairhand.use_cases.project_figures import DAYS_SHOWN, Figures
from fairhand.use_cases.read_overview import Overview, Past
from fairhand.use_cases.read_project import ProjectStatus
from fairhand.web.shared import charts

_LABEL = 13
_LONGEST_DAYS = 3_650
_ADDRESSES = {
    "import": "/projects/{}#import",
    "fund": "/projects/{}#fund",
    "mode": "/projects/{}#mode",
    "invite": "/projects/{}#invite",
    "ready": "/projects/{}/ready",
    "quality": "/projects/{}/quality",
    "review": "/projects/{}/review",
    "questions": "/projects/{}/questions",
    "tasks": "/projects/{}/tasks",
    "sources": "/projects/{}/assist/sources",
    "disputes": "/pay/disputes",
    "close": "/pay",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A number with its small line of history; the line is None before there are two days."""

    value: str
    spark: Markup | None
    change: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """What the overview draws; what has nothing to show is None, or empty."""

    progress: Markup
    percent: str
    end: str
    confidence: Line | None
    alpha: Line | None
    right: Line | None
    money: Markup | None
    spent: str
    owed: str
    left: str
    whole: str
    said: str
    forecast: Markup | None
    pace: Markup | None
    hours: str
    hours_left: str
    people_lately: int
    by_question: tuple[Markup, ...]
    answers: Markup | None


def address(place: str, project_id: int) -> str:
    """Say which page mends a hold-up."""
    return _ADDRESSES[place].format(project_id)


def pictures(overview: Overview, now: Instant) -> Pictures:
    """Draw a project's overview."""
    figures, status = overview.figures, overview.figures.status
    progress, ahead = status.progress, figures.ahead
    sure = [one.confidence for one in overview.history]
    agreed = [one.alpha for one in overview.history]
    right = [one.right_per_hour for one in overview.history]
    return Pictures(
        progress=charts.progress("Tasks finished", progress.finished, progress.tasks),
        percent=_percent_done(progress.finished, progress.tasks),
        end=_end(figures, now),
        confidence=_line("Confidence", overview.history, sure, _percent),
        alpha=_line("Agreement", overview.history, agreed, lambda value: f"{value:.2f}"),
        right=_line("Right labels an hour", overview.history, right, lambda v: f"{v:,.0f}"),
        money=_money(figures),
        spent=f"{status.currency} {status.spent}",
        owed=_sum(figures.owed_micros, status.currency),
        left=f"{status.currency} {status.escrow_left}",
        whole=_between(ahead.total, status.currency),
        said=_said(figures),
        forecast=_forecast(figures),
        pace=_pace(figures, now),
        hours=_hours(status.paid_ms / HOUR_MS),
        hours_left=_hours_between(ahead.hours) if ahead.tasks_left else "",
        people_lately=max((one.people for one in figures.days[-7:]), default=0),
        by_question=_by_question(status),
        answers=_answers(status),
    )


def _percent_done(finished: int, tasks: int) -> str:
    """Whole percent, never 100 before the last task is done."""
    return f"{min(99 if finished < tasks else 100, 100 * finished // tasks)} %" if tasks else "–"


def _end(figures: Figures, now: Instant) -> str:
    """Say between which days the last task will be done, if people go on as they do."""
    days = figures.ahead.days
    if not figures.ahead.tasks_left or not figures.status.progress.answers:
        return ""  # done, or nobody goes on yet
    if days.p90 > _LONGEST_DAYS:
        return "not within ten years"
    first, last = (iso(Instant(now + round(part * DAY_MS)))[:10] for part in (days.p10, days.p90))
    return f"done on {first}" if first == last else f"done between {first} and {last}"


def _line(
    name: str, history: Sequence[Past], values: Sequence[float | None], told: Callable[[float], str]
) -> Line | None:
    known = [
        (past.day, value) for past, value in zip(history, values, strict=True) if value is not None
    ]
    if not known:
        return None
    last = known[-1][1]
    if len(known) < 2:
        return Line(told(last), None, "")
    first_day, first = known[0]
    day = iso(Instant(first_day * DAY_MS))[:10]
    title = f"{name}: {told(first)} on {day}, {told(last)} now, over {len(known)} days"
    spark = charts.sparkline(title, [value for _, value in known], 120, 32)
    return Line(told(last), spark, f"{told(first)} on {day}")


def _money(figures: Figures) -> Markup | None:
    status = figures.status
    spent, left = float(status.spent), float(status.escrow_left)
    if not spent and not left:
        return None
    owed = min(spent, _major(figures.owed_micros, status.currency))
    return charts.stacked_bars(
        f"Money, {status.currency}",
        ["Set aside"],
        ("settled", "owed", "left in escrow"),
        [(spent - owed, owed, max(0.0, left))],
    )


def _forecast(figures: Figures) -> Markup | None:
    """Spent so far as a bar, and where the whole will end: half of all futures at the mark."""
    total, currency = figures.ahead.total, figures.status.currency
    if not figures.ahead.tasks_left or total.p90 <= 0:
        return None
    low, middle, high = (_major(part, currency) for part in (total.p10, total.p50, total.p90))
    spent = float(figures.status.spent)
    title = (
        f"Spent {currency} {spent:,.2f}; the whole comes to {currency} {middle:,.2f} as likely as "
        f"not, nine times in ten to less than {currency} {high:,.2f}"
    )
    return charts.span(title, low, middle, high, spent)


def _said(figures: Figures) -> str:
    """Hold the forecast of the opening against what is forecast now."""
    said, currency = figures.ahead.said, figures.status.currency
    if said is None:
        return ""
    middle, high = _sum(said.total_p50, currency), _sum(said.total_p90, currency)
    return f"When it opened: {middle}, nine times in ten less than {high}"


def _pace(figures: Figures, now: Instant) -> Markup | None:
    if not figures.days:
        return None
    today = now // DAY_MS
    first = max(today - DAYS_SHOWN + 1, min(one.day for one in figures.days))
    first = min(first, today - 6)
    by_day = {one.day: one.answers for one in figures.days}
    days = range(first, today + 1)
    labels = [iso(Instant(day * DAY_MS))[:10] for day in days]
    return charts.columns("Answers a day", labels, [by_day.get(day, 0) for day in days], "answers")


def _by_question(status: ProjectStatus) -> tuple[Markup, ...]:
    asked = [one for one in status.questions if one.answers]
    if not asked:
        return ()
    names = [_short(one.question) for one in asked]
    sure = [round(100 * (one.mean_confidence or 0), 1) for one in asked]
    settled = [round(100 * (one.share_settled or 0), 1) for one in asked]
    is_mask = any(one.method.startswith("mask") for one in asked)
    meaning = "Mean agreement of outlines, %" if is_mask else "Mean confidence, %"
    drawn = (
        charts.bars(meaning, names, sure, "%", 100),
        charts.bars("Settled answers, % of tasks", names, settled, "%", 100),
    )
    agreed = _agreement(status)
    return drawn if agreed is None else (*drawn, agreed)


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


def _answers(status: ProjectStatus) -> Markup | None:
    if not status.answers_per_task:
        return None
    shown = status.answers_per_task[:12]
    labels = [f"{answers} answer{'s' if answers != 1 else ''}" for answers, _ in shown]
    return charts.bars("Answers a task took", labels, [tasks for _, tasks in shown])


def _between(found: Range, currency: str) -> str:
    return f"{_sum(found.p50, currency)}, nine times in ten less than {_sum(found.p90, currency)}"


def _hours_between(found: Range) -> str:
    least, most = _hours(found.p10), _hours(found.p90)
    return f"about {most}" if least == most else f"{least} to {most}"


def _hours(hours: float) -> str:
    return f"{hours:,.1f} h" if hours < 100 else f"{hours:,.0f} h"


def _sum(micros: float, currency: str) -> str:
    return str(Money(round(micros) // MICROS, currency))


def _major(micros: float, currency: str) -> float:
    return float(Money(round(micros) // MICROS, currency).decimal())


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _short(name: str) -> str:
    return name if len(name) <= _LABEL else name[: _LABEL - 1] + "…"
