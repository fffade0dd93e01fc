"""Score ourselves on pay, point by point, with the numbers and the query behind each.

Sources of the points: Fairwork principles for cloudwork (June 2024) 1.1, 1.2 and 2.1, 2.2;
Partnership on AI, guidelines for data enrichment; ILO Convention 193 (2026), of which the published
summary was read and not the articles. This is no score of theirs and never claims to be: a green
line says what the data here show, and "no evidence" is said where they show nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from fairhand.pay.books.floor_proof import FloorProof, shown

State: TypeAlias = Literal["green", "red", "no evidence"]
Numbers: TypeAlias = Mapping[str, int]
Verdict: TypeAlias = tuple[State, str]
Judge: TypeAlias = Callable[[Numbers], Verdict]

NOT_OFFICIAL: Final = (
    "This is our own count. It is no score of Fairwork, the Partnership on AI or the ILO."
)
ENOUGH_SCORED: Final = 30


@dataclass(frozen=True, slots=True)
class Point:
    """One point: what it asks for, the query whose one row answers it, and how it is judged."""

    id: str
    standard: str
    asks: str
    query: str
    judge: Judge


@dataclass(frozen=True, slots=True)
class Scored:
    """A point with its answer."""

    id: str
    standard: str
    asks: str
    state: State
    found: str
    numbers: Numbers
    query: str


def score(point: Point, numbers: Numbers) -> Scored:
    """Judge a point by its numbers."""
    state, found = point.judge(numbers)
    return Scored(point.id, point.standard, point.asks, state, found, numbers, point.query)


def score_floor(proof: FloorProof | None) -> Scored:
    """Judge whether everybody was at the floor in the last closed period."""
    query = "fairhand pay prove PERIOD"
    asks = "Pay for work reaches the floor of each person's place, in every period and project."
    if proof is None or not proof.everybody.people:
        words = "No pay period has been closed with work in it."
        return Scored("fairwork-1.2-floor", "Fairwork 1.2", asks, "no evidence", words, {}, query)
    below = proof.everybody.below + sum(one.below for _, one in proof.projects)
    numbers = {
        "period": proof.period_id,
        "people": proof.everybody.people,
        "below": below,
        "milliseconds_without_floor": proof.unfloored_ms,
    }
    words = (
        f"Period {proof.period_id}: {proof.everybody.people} people, {below} below; smallest "
        f"{shown(proof.everybody.smallest)}, {proof.unfloored_people} had time without a floor."
    )
    state: State = "green" if proof.holds else "red"
    return Scored("fairwork-1.2-floor", "Fairwork 1.2", asks, state, words, numbers, query)


def none_of(all_name: str, bad_name: str, words: str, nothing: str) -> Judge:
    """Green when something is there and none of it is bad."""

    def judge(numbers: Numbers) -> Verdict:
        there, bad = numbers[all_name], numbers[bad_name]
        if not there:
            return "no evidence", nothing
        return ("red" if bad else "green"), words.format(**numbers)

    return judge


def some_of(all_name: str, good_name: str, words: str, nothing: str) -> Judge:
    """Green when something is there; its absence shows nothing either way."""

    def judge(numbers: Numbers) -> Verdict:
        if not numbers[all_name] or not numbers[good_name]:
            return "no evidence", nothing
        return "green", words.format(**numbers)

    return judge


def all_of(all_name: str, good_name: str, words: str, nothing: str) -> Judge:
    """Green when all are good; while some are not, nothing is shown for them."""

    def judge(numbers: Numbers) -> Verdict:
        there, good = numbers[all_name], numbers[good_name]
        if not there:
            return "no evidence", nothing
        return ("green" if good == there else "no evidence"), words.format(**numbers)

    return judge


def coverage(numbers: Numbers) -> Verdict:
    """Green when 85 to 95 of a hundred tasks took no longer than their p90."""
    scored, within = numbers["scored"], numbers["within_p90"]
    if scored < ENOUGH_SCORED:
        return (
            "no evidence",
            f"{scored} estimates were followed by a result; {ENOUGH_SCORED} needed.",
        )
    words = f"{within} of {scored} tasks took no longer than nine in ten were said to."
    return ("green" if 85 * scored <= 100 * within <= 95 * scored else "red"), words


def nothing_shows_it(_numbers: Numbers) -> Verdict:
    """Say that no data here could answer."""
    return "no evidence", "Nothing in this workspace could show it; ask people and read contracts."
