"""A small month of many people by the rules alone, and that its checker can find a breach."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.wellbeing import BOUNDLESS, START, Shown, check, run_rules

from fairhand.core.clock import DAY_MS, MINUTE_MS
from fairhand.people.wellbeing.policy import DEFAULT


def test_a_small_month_has_no_breach_and_loses_no_work() -> None:
    kept = run_rules(40, 4_000, 7, DEFAULT, seed=3)
    free = run_rules(40, 4_000, 7, replace(DEFAULT, limits=BOUNDLESS), seed=3)
    assert kept.breaches == 0
    assert kept.done >= 0.95 * free.done > 0


def test_where_people_are_too_few_work_waits_and_limits_hold() -> None:
    kept = run_rules(4, 4_000, 7, DEFAULT, seed=3)
    assert kept.breaches == 0
    assert 0 < kept.done < 4_000
    assert kept.waited > 0


def test_the_checker_finds_what_passes_a_limit_a_tier_or_a_day_of_recovery() -> None:
    heavy = [Shown(START + n * MINUTE_MS, 1, 15_000, 15_000) for n in range(2)]
    assert check(heavy, 3, DEFAULT)[0] == 1, "an hour"
    spread = [Shown(START + n * 90 * MINUTE_MS, 1, 15_000, 15_000) for n in range(6)]
    assert check(spread, 3, DEFAULT)[0] == 2, "a day"
    long = [Shown(START + n * DAY_MS, 1, 59_000, 59_000) for n in range(11)]
    wide = replace(DEFAULT, limits=replace(DEFAULT.limits, hour=60_000))
    assert check(long, 3, wide)[0] == 1, "in the long run: ten days come to 393, eleven to 415"
    assert check([Shown(START, 2, 1, 1)], 1, DEFAULT)[0] == 1, "a tier"
    in_a_row = [Shown(START + n * DAY_MS, 2, 1, 1) for n in range(4)]
    assert check(in_a_row, 3, DEFAULT)[0] == 1, "no day of recovery"
    assert check(in_a_row[:3], 3, DEFAULT)[0] == 0
