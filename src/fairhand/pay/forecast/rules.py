"""What a project will cost, in hours and money, with how sure that is: many futures drawn at once.

A future draws how many answers the tasks take (`answers`), how quick and active each person is
(`pace`), and how much paid time is not answering. Pay follows the project's policy, and each person
is lifted to the higher of floor and guarantee by themselves: by people who differ, never by the
median, because a slow person's top-up is not made up by a quick one. Amounts are micros of a minor
unit, times milliseconds. The same generator gives the same forecast.

Not in it: minimum blocks, overtime, royalties, disputes, and floors that change on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fairhand.core.clock import HOUR_MS
from fairhand.pay.forecast.answers import (
    Stopping,
    TaskGroup,
    answers_left,
    draw_hazards,
    middle_hazards,
)
from fairhand.pay.forecast.pace import Pace, Paces, draw_paces, middle_paces, more_measured

Floats = NDArray[np.float64]

FUTURES = 2_000
MORE_ITEMS = 30
MOST_PEOPLE = 1_000
OTHER_SHARE = 0.15
"""Paid time for reading, waiting and skipping, per hour of answering, before it is measured."""

HOURS_A_DAY = 4.0
"""Hours that a person gives a day, where nothing is measured yet."""

_OTHER_SPREAD, _OTHER_LEFT = 0.6, 0.1
_OTHER_KNOWN_BY_MS = 3.0 * HOUR_MS
_LEAST_OTHER = 0.005
_CELLS = 400_000
_FEWEST = 300


@dataclass(frozen=True, slots=True)
class Terms:
    """What is paid: micros an hour and, unless the basis is time, micros for each answer.

    `on_top_micros_per_hour` is hazard premium and data costs: paid beside, never for the floor.
    """

    basis: Literal["time", "piece", "audio"]
    rate_micros_per_hour: int
    unit_micros: int = 0
    on_top_micros_per_hour: int = 0


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a forecast is made from.

    `floors` are micros an hour of the people who take part: those of `pace` first and in its
    order, 0 where none is known. `gold_permille` of the tasks handed out are gold. `answer_ms` and
    `other_ms` are the paid time measured so far. `unsettled` is the time (ms) and pay (micros) of
    each of the people of `pace` whose top-up is still to be reckoned, with what is to come.
    """

    currency: str
    groups: tuple[TaskGroup, ...]
    stopping: Stopping
    pace: Pace
    terms: Terms
    people: int
    floors: tuple[int, ...] = ()
    unsettled: tuple[tuple[int, int], ...] = ()
    gold_permille: int = 0
    answer_ms: int = 0
    other_ms: int = 0
    hours_a_day: float = HOURS_A_DAY
    spent_micros: int = 0
    escrow_micros: int = 0


@dataclass(frozen=True, slots=True)
class Range:
    """One in ten futures stays under `p10`, half under `p50`, nine in ten under `p90`."""

    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class Lever:
    """What the money still to be spent is when one input alone is low or high (p10, p90)."""

    name: str
    low_micros: int
    high_micros: int


@dataclass(frozen=True, slots=True)
class Parts:
    """The middle of each part of the money still to be spent, in micros."""

    answering: int
    other_time: int
    top_ups: int
    on_top: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is still to come, and with what was spent the whole; money in micros.

    `missing_p50` and `missing_p90` are what the escrow lacks for half and for nine in ten futures.
    `with_more` is the money when thirty more answers are measured, for how far the doubt shrinks.
    """

    currency: str
    money: Range
    total: Range
    hours: Range
    answers: Range
    days: Range
    seconds: Range
    top_up_share: Range
    parts: Parts
    levers: tuple[Lever, ...]
    with_more: Range
    spent_micros: int
    escrow_micros: int
    missing_p50: int
    missing_p90: int
    people: int
    tasks_left: int
    measured: int


@dataclass(frozen=True, slots=True)
class _Futures:
    """What was drawn: answers, other time per answering time, and people's paces."""

    answers: Floats
    other: Floats
    paces: Paces
    luck: Floats


@dataclass(frozen=True, slots=True)
class _Came:
    """What each future comes to; micros and milliseconds."""

    money: Floats
    hours: Floats
    seconds: Floats
    parts: Mapping[str, Floats]


def make_forecast(inputs: Inputs, rng: np.random.Generator) -> Forecast:
    """Forecast what is left of a project, and of which input the cost hangs most."""
    people = _people(inputs)
    futures = _futures_for(people)
    drawn = _draw(inputs, people, futures, rng)
    came = _cost(inputs, drawn)
    money, escrow = _range(came.money), inputs.escrow_micros
    total = _range(came.money + inputs.spent_micros)
    more = _cost(inputs, _draw(_with_more(inputs), people, futures, rng))
    return Forecast(
        currency=inputs.currency,
        money=money,
        total=total,
        hours=_range(came.hours),
        answers=_range(drawn.answers / (1 - inputs.gold_permille / 1_000)),
        days=_range(came.hours / max(1e-9, inputs.people * inputs.hours_a_day)),
        seconds=_range(came.seconds),
        top_up_share=_range(_share(came, inputs)),
        parts=Parts(**{name: int(np.median(part)) for name, part in came.parts.items()}),
        levers=_levers(inputs, drawn, people),
        with_more=_about(_range(more.money), money),
        spent_micros=inputs.spent_micros,
        escrow_micros=escrow,
        missing_p50=max(0, round(money.p50) - escrow),
        missing_p90=max(0, round(money.p90) - escrow),
        people=inputs.people,
        tasks_left=sum(group.tasks for group in inputs.groups if group.wanted > group.had),
        measured=round(inputs.pace.total),
    )


def _people(inputs: Inputs) -> int:
    """Over a thousand people the law of large numbers has long spoken."""
    return min(max(1, inputs.people), MOST_PEOPLE)


def _futures_for(people: int) -> int:
    return max(_FEWEST, min(FUTURES, _CELLS // people))


def _draw(inputs: Inputs, people: int, futures: int, rng: np.random.Generator) -> _Futures:
    hazards = draw_hazards(inputs.stopping, futures, rng)
    answers = answers_left(inputs.groups, hazards, rng)
    centre, spread = _other(inputs)
    other = centre * np.exp(spread * rng.standard_normal(futures))
    paces = draw_paces(inputs.pace, people, futures, rng)
    return _Futures(answers, other, paces, rng.standard_normal((futures, people)))


def _middle(inputs: Inputs, people: int) -> _Futures:
    answers = answers_left(inputs.groups, middle_hazards(inputs.stopping), None)
    other = np.array([_other(inputs)[0]])
    return _Futures(answers, other, middle_paces(inputs.pace, people), np.zeros((1, people)))


def _other(inputs: Inputs) -> tuple[float, float]:
    """Give the middle of other paid time per answering time, and the spread of its log."""
    hours = inputs.answer_ms / (inputs.answer_ms + _OTHER_KNOWN_BY_MS)
    if not inputs.answer_ms:
        return OTHER_SHARE, _OTHER_SPREAD
    seen = max(_LEAST_OTHER, inputs.other_ms / inputs.answer_ms)
    centre = OTHER_SHARE ** (1 - hours) * seen**hours
    return centre, _OTHER_LEFT + (_OTHER_SPREAD - _OTHER_LEFT) * (1 - hours)


def _cost(inputs: Inputs, drawn: _Futures) -> _Came:
    """Give each future's hours and money: person by person, the floor by each of them."""
    terms, paces = inputs.terms, drawn.paces
    answers = drawn.answers[:, None] / (1 - inputs.gold_permille / 1_000) * paces.share
    # The mean of finitely many skewed times is itself uncertain, by their variation / sqrt(n).
    varied = np.sqrt(np.expm1(paces.spread))[:, None] / np.sqrt(np.maximum(answers, 1.0))
    answering = answers * paces.ms * np.maximum(0.1, 1.0 + varied * drawn.luck) / HOUR_MS
    other = answering * drawn.other[:, None]
    hours = answering + other
    rate = float(terms.rate_micros_per_hour)
    for_answers = answering * rate if terms.basis == "time" else answers * float(terms.unit_micros)
    for_other = other * rate
    worked, earned = _unsettled(inputs, paces.share.shape[1])
    due = np.maximum(rate, _floors(inputs, paces.share.shape[1])) * (hours + worked)
    # Whole micros: what rounding of floats leaves is nobody's top-up.
    top_ups = np.floor(np.maximum(0.0, due - for_answers - for_other - earned) + 1e-3)
    on_top = hours * float(terms.on_top_micros_per_hour)
    parts = {
        "answering": for_answers.sum(axis=1),
        "other_time": for_other.sum(axis=1),
        "top_ups": top_ups.sum(axis=1),
        "on_top": on_top.sum(axis=1),
    }
    money: Floats = np.sum(list(parts.values()), axis=0)
    spent = answering.sum(axis=1) * HOUR_MS / 1_000
    return _Came(money, hours.sum(axis=1), spent / np.maximum(answers.sum(axis=1), 1e-9), parts)


def _floors(inputs: Inputs, people: int) -> Floats:
    """Give each person's floor; who comes anew lives where those live who are there."""
    known = np.array(inputs.floors, dtype=np.float64)
    if not len(known):
        return np.zeros(people)
    return np.resize(known, people)


def _unsettled(inputs: Inputs, people: int) -> tuple[Floats, Floats]:
    """Give hours and pay of each person that wait for a top-up already."""
    found = np.zeros((2, people))
    some = np.array(inputs.unsettled[:people], dtype=np.float64).reshape(-1, 2)
    found[:, : len(some)] = some.T
    return found[0] / HOUR_MS, found[1]


def _share(came: _Came, inputs: Inputs) -> Floats:
    """Give top-ups per what was earned without them, as the pay page does."""
    earned = came.money - came.parts["top_ups"] - came.parts["on_top"]
    share: Floats = came.parts["top_ups"] / np.maximum(earned, 1.0)
    return share


def _levers(inputs: Inputs, drawn: _Futures, people: int) -> tuple[Lever, ...]:
    """Let one input vary as drawn while the others stay in the middle; the widest first."""
    middle = _middle(inputs, people)
    futures = len(drawn.answers)
    still = _Futures(
        np.repeat(middle.answers, futures),
        np.repeat(middle.other, futures),
        _still(middle.paces, futures),
        np.zeros_like(drawn.luck),
    )
    quick = (drawn.paces.ms * drawn.paces.share).sum(axis=1)
    usual = float((middle.paces.ms * middle.paces.share).sum())
    all_alike = replace(still.paces, ms=still.paces.ms * (quick / usual)[:, None])
    apart = replace(drawn.paces, ms=drawn.paces.ms * (usual / quick)[:, None])
    varied = {
        "seconds an answer takes": replace(still, paces=all_alike),
        "answers a task needs": replace(still, answers=drawn.answers),
        "reading, waiting and skipping": replace(still, other=drawn.other),
        "how unlike people are": replace(still, paces=apart, luck=drawn.luck),
    }
    found = [_lever(name, _cost(inputs, futures).money) for name, futures in varied.items()]
    return tuple(sorted(found, key=lambda one: one.low_micros - one.high_micros))


def _lever(name: str, money: Floats) -> Lever:
    low, high = np.quantile(money, [0.1, 0.9])
    return Lever(name, round(float(low)), round(float(high)))


def _still(paces: Paces, futures: int) -> Paces:
    return Paces(
        np.repeat(paces.ms, futures, axis=0),
        np.repeat(paces.share, futures, axis=0),
        np.repeat(paces.spread, futures),
    )


def _with_more(inputs: Inputs) -> Inputs:
    """Imagine thirty more answers measured, and the tasks that they finish."""
    hazards = middle_hazards(inputs.stopping)
    each = answers_left([TaskGroup(1, 0, 1)], hazards, None)[0]
    ends = np.cumprod(np.r_[1.0, 1.0 - hazards[0, :-1]]) * hazards[0]
    finished = MORE_ITEMS / each
    beyond = 1.0 - np.cumsum(ends)
    stopping = Stopping(
        inputs.stopping.assumed,
        _added(inputs.stopping.stopped, finished * ends),
        _added(inputs.stopping.passed, finished * np.maximum(beyond, 0.0)),
    )
    mean_ms = float(np.exp(inputs.pace.means.mean())) if len(inputs.pace.means) else (
        inputs.pace.guess_ms
    )  # fmt: skip
    grown = (inputs.pace.total + MORE_ITEMS) / max(1.0, inputs.pace.total)
    answer_ms = round(max(inputs.answer_ms * grown, inputs.answer_ms + MORE_ITEMS * mean_ms))
    ratio = inputs.other_ms / inputs.answer_ms if inputs.answer_ms else OTHER_SHARE
    return replace(
        inputs,
        stopping=stopping,
        pace=more_measured(inputs.pace, MORE_ITEMS),
        answer_ms=answer_ms,
        other_ms=round(answer_ms * ratio),
    )


def _added(counts: Sequence[float], more: Floats) -> tuple[float, ...]:
    return tuple((np.array(counts, dtype=np.float64) + more).tolist())


def _about(found: Range, now: Range) -> Range:
    """Move a range to the present middle: more data change the doubt, not what is likeliest."""
    by = now.p50 / found.p50 if found.p50 else 1.0
    return Range(found.p10 * by, now.p50, found.p90 * by)


def _range(values: Floats) -> Range:
    return Range(*(float(one) for one in np.quantile(values, [0.1, 0.5, 0.9])))
