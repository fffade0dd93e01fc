"""Disputes: what may be claimed and answered, by whom, and what it is worth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Instant
from fairhand.core.money import MICROS
from fairhand.pay.disputes.rules import (
    ANSWER_MS,
    Answer,
    Claim,
    Counter,
    Dispute,
    Grant,
    answer_issues,
    claim_in_words,
    claim_issues,
    counter_of,
    granted,
    in_silence,
    is_due,
    key_issues,
    may_answer,
    statement_lines,
)

OPENED = Instant(1_000_000)
WORDS = "I read the guidelines again on Tuesday."
GBP_12 = 1_200 * MICROS
TIME = Dispute(
    id=1,
    person_id=2,
    project_id=3,
    statement_id=4,
    line=1,
    kind="time",
    activity="read",
    claimed_ms=20 * MINUTE_MS,
    claimed_micros=None,
    currency="GBP",
    message=WORDS,
    client_key="12345678",
    opened_at=OPENED,
    answer_by=Instant(OPENED + ANSWER_MS),
    state="open",
)
MONEY = replace(TIME, kind="money", claimed_ms=None, claimed_micros=250 * MICROS)
REASON = "The log shows four minutes of reading, not twenty."


def places(claim: Claim) -> list[str]:
    return [issue.place for issue in claim_issues(claim)]


@pytest.mark.parametrize(
    ("claim", "wrong"),
    [
        (Claim("time", MINUTE_MS, None, WORDS), []),
        (Claim("time", 200 * HOUR_MS, None, WORDS), []),
        (Claim("time", 200 * HOUR_MS + 1, None, WORDS), ["minutes"]),
        (Claim("time", MINUTE_MS - 1, None, WORDS), ["minutes"]),
        (Claim("time", -MINUTE_MS, None, WORDS), ["minutes"]),
        (Claim("time", None, 5, WORDS), ["minutes"]),
        (Claim("money", None, 1, WORDS), []),
        (Claim("money", None, 0, WORDS), ["amount"]),
        (Claim("money", None, 10**12 * MICROS + 1, WORDS), ["amount"]),
        (Claim("money", 5, None, WORDS), ["amount"]),
        (Claim("time", MINUTE_MS, None, "  short  "), ["message"]),
        (Claim("time", None, None, "x" * 4_001), ["minutes", "message"]),
    ],
)
def test_a_claim_says_how_much_and_why(claim: Claim, wrong: list[str]) -> None:
    assert places(claim) == wrong


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "ключ-ключ", "12345678\n"])
def test_a_key_is_plain(key: str) -> None:
    assert key_issues(key)
    assert not key_issues("0b6c7f6e-aaaa")


@pytest.mark.parametrize(
    ("dispute", "answer", "wrong"),
    [
        (TIME, Answer("upheld", "Yes."), []),
        (TIME, Answer("upheld", " "), ["reason"]),
        (TIME, Answer("declined", REASON), []),
        (TIME, Answer("declined", "x" * 19), ["reason"]),
        (TIME, Answer("declined", "x" * 4_001), ["reason"]),
        (TIME, Answer("partly", REASON, 4 * MINUTE_MS), []),
        (TIME, Answer("partly", REASON, 20 * MINUTE_MS), ["minutes"]),
        (TIME, Answer("partly", REASON, 0), ["minutes"]),
        (TIME, Answer("partly", REASON, None, 5), ["minutes"]),
        (MONEY, Answer("partly", REASON, None, 249 * MICROS), []),
        (MONEY, Answer("partly", REASON, None, 250 * MICROS), ["amount"]),
        (MONEY, Answer("partly", "no", None, -1), ["amount", "reason"]),
        (MONEY, Answer("maybe", REASON), ["outcome"]),
    ],
)
def test_an_answer_has_sense_and_a_reason(
    dispute: Dispute, answer: Answer, wrong: list[str]
) -> None:
    assert [issue.place for issue in answer_issues(dispute, answer)] == wrong


def test_granted_time_is_paid_at_the_guarantee_and_granted_money_carries_no_time() -> None:
    assert granted(TIME, Answer("upheld", REASON), GBP_12) == Grant(20 * MINUTE_MS, 400 * MICROS)
    part = Answer("partly", REASON, 5 * MINUTE_MS)
    assert granted(TIME, part, GBP_12) == Grant(5 * MINUTE_MS, 100 * MICROS)
    assert granted(MONEY, Answer("upheld", REASON), GBP_12) == Grant(0, 250 * MICROS)
    assert granted(MONEY, Answer("partly", REASON, None, 7), GBP_12) == Grant(0, 7)
    assert granted(TIME, Answer("declined", REASON), GBP_12) is None


@given(st.integers(MINUTE_MS, 200 * HOUR_MS), st.integers(0, 10**6))
def test_what_is_granted_in_full_is_all_of_it_and_never_rounded_down(ms: int, minor: int) -> None:
    rate = minor * MICROS
    grant = granted(replace(TIME, claimed_ms=ms), in_silence(TIME), rate)
    assert grant is not None
    assert grant.paid_ms == ms
    assert 0 <= grant.micros * HOUR_MS - rate * ms < HOUR_MS


def test_silence_upholds_after_seven_days_to_the_millisecond() -> None:
    assert ANSWER_MS == 7 * DAY_MS
    assert not is_due(TIME, Instant(OPENED + 7 * DAY_MS - 1))
    assert is_due(TIME, Instant(OPENED + 7 * DAY_MS))
    assert not is_due(replace(TIME, state="declined"), Instant(OPENED + 8 * DAY_MS))
    assert in_silence(TIME).outcome == "upheld"
    assert replace(TIME, state="upheld").was_silent
    assert not replace(TIME, state="upheld", decided_by=1).was_silent


@pytest.mark.parametrize(
    ("decider", "setters", "deciders", "allowed"),
    [
        (1, {1}, {1}, True),  # there is nobody else
        (1, {1}, {1, 5}, False),
        (5, {1}, {1, 5}, True),
        (1, {1}, {1, 2}, True),  # the only other is the person themselves
        (2, set(), {1, 2}, False),  # never their own
        (1, {1, 5}, {1, 5}, True),  # both set it
    ],
)
def test_who_set_the_pay_answers_only_where_nobody_else_could(
    decider: int, setters: set[int], deciders: set[int], allowed: bool
) -> None:
    assert (may_answer(decider, 2, setters, deciders) is None) is allowed


def line(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "kind": "time",
        "project": {"id": 3, "title": "Pets"},
        "activity": "annotate",
        "paid_ms": 60_000,
        "rate_per_hour": "12.00",
        "amount": "0.20",
        "ledger": {"first": 5, "last": 9},
        **more,
    }


def test_lines_of_both_versions_of_statements_are_found_by_number() -> None:
    first = {"currency": "GBP", "lines": [line(), line(kind="top_up", activity="top_up")]}
    second = {
        "currency": "TND",
        "lines": [line(n=1, rate_per_hour="2.667"), line(n=2, kind="expense", rate_per_hour=None)],
    }
    one, two = statement_lines(first)
    assert (one.number, one.rate_micros_per_hour, one.activity) == (1, GBP_12, "annotate")
    assert (two.number, two.kind, two.activity) == (2, "top_up", "annotate")
    one, two = statement_lines(second)
    assert (one.rate_micros_per_hour, one.first_entry, one.last_entry) == (2_667 * MICROS, 5, 9)
    assert (two.rate_micros_per_hour, two.rate) == (0, "")


def test_the_public_count_names_how_many_and_how_soon() -> None:
    rows: list[tuple[str, int | None, Instant, Instant | None]] = [
        ("open", None, OPENED, None),
        ("withdrawn", None, OPENED, OPENED),
        ("upheld", 1, OPENED, Instant(OPENED + DAY_MS)),
        ("upheld", None, OPENED, Instant(OPENED + 7 * DAY_MS)),
        ("partly", 1, OPENED, Instant(OPENED + 2 * DAY_MS)),
        ("declined", 1, OPENED, Instant(OPENED + 4 * DAY_MS)),
    ]
    assert counter_of(rows) == Counter(6, 1, 3, 1, 1, 3.0)
    assert counter_of([]) == Counter(0, 0, 0, 0, 0, None)


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (Claim("time", 20 * MINUTE_MS, None, ""), "20 minutes"),
        (Claim("time", 90_000, None, ""), "1 minutes 30 s"),
        (Claim("money", None, 250 * MICROS, ""), "GBP 2.50"),
    ],
)
def test_a_claim_in_words(claim: Claim, words: str) -> None:
    assert claim_in_words(claim, "GBP") == words
