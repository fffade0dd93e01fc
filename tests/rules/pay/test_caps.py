"""Learned idle caps: long thinking is not cut, lunches do not stretch them, few gaps teach none."""

from __future__ import annotations

import random
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import HOUR_MS, Instant
from fairhand.pay.paid_time.caps import (
    GAPS_LEAST,
    MAX_IDLE_CAP_MS,
    Heard,
    changed_caps,
    gaps_by_project,
    learn_cap,
)
from fairhand.pay.paid_time.rules import MIN_IDLE_CAP_MS


def bell(seed: str, median_s: float, spread: float, count: int = 1000) -> list[int]:
    dice = random.Random(seed)
    return [round(1000 * median_s * dice.lognormvariate(0, spread)) for _ in range(count)]


def test_the_cap_of_a_bell_of_gaps_is_one_and_a_half_times_its_99th_percentile() -> None:
    fit = learn_cap(bell("reading", 50, 1.0))
    assert fit is not None
    assert fit.cap_ms == pytest.approx(1.5 * 50_000 * exp(2.33), rel=0.15)
    assert log(fit.median_ms / 50_000) == pytest.approx(0, abs=0.1)
    assert fit.gaps == 1000


@given(st.lists(st.integers(1_000, 10**9), min_size=GAPS_LEAST, max_size=80))
def test_a_cap_is_between_two_minutes_and_an_hour(gaps: list[int]) -> None:
    fit = learn_cap(gaps)
    assert fit is not None
    assert MIN_IDLE_CAP_MS <= fit.cap_ms <= MAX_IDLE_CAP_MS


@given(st.lists(st.integers(1_000, 10**7), max_size=GAPS_LEAST - 1))
def test_few_gaps_teach_no_cap(gaps: list[int]) -> None:
    assert learn_cap(gaps) is None


def test_lunches_do_not_stretch_a_cap() -> None:
    gaps = bell("typing", 20, 0.8)
    with_lunch = learn_cap([*gaps, *[HOUR_MS] * 30])
    without = learn_cap(gaps)
    assert with_lunch is not None
    assert without is not None
    assert with_lunch.cap_ms == pytest.approx(without.cap_ms, rel=0.1)


def heard(person: int, kind: str, second: float, project: int = 1) -> Heard:
    return Heard(person, project, kind, Instant(round(second * 1000)))


def test_a_gap_is_thinking_between_two_things_done_at_one_project() -> None:
    events = [
        heard(1, "next", 0),
        heard(2, "next", 5),
        heard(1, "heartbeat", 60),  # somebody is there: the same thought goes on
        heard(1, "draft", 90),
        heard(1, "submit", 100),
        heard(1, "next", 100.05),
        heard(1, "submit", 100.06),  # sent in a burst
        heard(2, "wait", 110),
        heard(2, "submit", 400),  # waiting is no thinking
        heard(1, "next", 500, project=2),
        heard(1, "submit", 520, project=1),  # of another project than the event before
    ]
    assert gaps_by_project(events) == {1: [90_000, 10_000]}


def test_only_a_change_by_more_than_a_tenth_is_put_in_force() -> None:
    gaps = {1: bell("a", 50, 1.0), 2: [30_000] * 100, 3: [30_000] * 5}
    fit = learn_cap(gaps[1])
    assert fit is not None
    assert changed_caps(gaps, {}) == {1: fit}  # project 2 learned what holds anyway
    assert changed_caps(gaps, {1: round(fit.cap_ms * 1.05)}) == {}
    assert changed_caps(gaps, {1: round(fit.cap_ms * 1.2), 2: 600_000}).keys() == {1, 2}
