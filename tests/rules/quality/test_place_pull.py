"""Whether the place on the page pulls people is measured from the orders that were dealt."""

from __future__ import annotations

import random
from typing import Any

import pytest

from fairhand.labels.replies import deal, seed_of
from fairhand.quality.place_pull import best_of, measure_pull


def votes(count: int, pulled: float) -> list[dict[str, Any]]:
    """Give verdicts of people who take whatever stands first in a share of `pulled` of pairs."""
    chance, found = random.Random(5), []
    for task in range(count):
        order = deal(seed_of(1, task), ["a", "b"])
        better = order[0] if chance.random() < pulled else chance.choice(["a", "b"])
        found.append({"verdict": "better", "better": better, "order": order})
    return found


def test_people_who_read_are_not_said_to_be_pulled() -> None:
    pull = measure_pull(votes(600, 0.0))
    assert pull is not None
    assert not pull.is_seen
    assert pull.chance == 0.5


def test_people_who_take_the_first_are_seen() -> None:
    pull = measure_pull(votes(600, 0.3))
    assert pull is not None
    assert pull.is_seen
    assert pull.low < 0.65 < pull.high


@pytest.mark.parametrize(
    ("answer", "best"),
    [
        ({"verdict": "better", "better": "b"}, ("b",)),
        ({"verdict": "tie"}, ()),
        ({"ranks": [["c", "a"], ["b"]]}, ("c", "a")),
        ({"best": "b", "worst": "c"}, ("b",)),
        ({"replies": {"a": {"x": 2, "y": 3}, "b": {"x": 4, "y": 4}}}, ("b",)),
        ({"grades": {"d1": 2, "d2": 3, "d3": 3}}, ("d2", "d3")),
        ({"ratings": {"x": 4}}, ()),
    ],
)
def test_the_best_of_every_kind_of_judgement(answer: dict[str, Any], best: tuple[str, ...]) -> None:
    assert best_of(answer) == best


def test_things_that_are_best_together_share_the_first_place() -> None:
    tied = {"ranks": [["a", "b"], ["c"]], "order": ["b", "c", "a"]}
    pull = measure_pull([tied, {**tied, "order": ["c", "a", "b"]}])
    assert pull is not None
    assert pull.share == 0.25
    assert pull.chance == pytest.approx(1 / 3)


def test_answers_that_prefer_nothing_or_do_not_say_their_order_tell_nothing() -> None:
    silent: list[dict[str, Any]] = [
        {"verdict": "better", "better": "a"},
        {"ranks": [["a", "b"]], "order": ["a", "b"]},
    ]
    assert measure_pull(silent) is None
