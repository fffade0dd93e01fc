"""A judgement is asked for while it is expected to earn more than it costs."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.quality.adaptive import gain_per_judgement, value_of_one_more
from fairhand.quality.follow import Consensus, decide_by_worth
from fairhand.quality.redundancy import AskMore, OverlapPolicy, Stop, decide

TABLE = np.array([[0.8, 0.2], [0.2, 0.8]])
POLICY = OverlapPolicy(1, 6, 0.9, worth_micros=1_000, price_micros=20)


def brute_force(belief: np.ndarray[tuple[int], np.dtype[np.float64]], most: int) -> float:
    """Try every sequence of answers."""
    best = 0.0
    for count in range(1, most + 1):
        after = sum(
            (belief * np.prod(TABLE[:, list(given)], axis=1)).max()
            for given in product((0, 1), repeat=count)
        )
        best = max(best, (after - belief.max()) / count)
    return best


@given(p=st.floats(0.01, 0.99), most=st.integers(1, 5))
def test_the_gain_is_that_of_trying_every_sequence_of_answers(p: float, most: int) -> None:
    belief = np.array([p, 1 - p])
    assert gain_per_judgement(belief, TABLE, most) == pytest.approx(
        brute_force(belief, most), abs=1e-12
    )


@given(seed=st.integers(0, 500), classes=st.integers(2, 6))
def test_one_look_ahead_is_the_value_of_one_more_and_names_do_not_matter(
    seed: int, classes: int
) -> None:
    rng = np.random.default_rng(seed)
    belief = rng.dirichlet(np.ones(classes))
    table = 0.7 * np.eye(classes) + 0.3 * rng.dirichlet(np.ones(classes), classes)
    exact = float(value_of_one_more(belief, table, worth=1.0, price=0.0))
    one = gain_per_judgement(belief, table, 1)
    assert one <= exact + 1e-12
    assert classes > 2 or one == pytest.approx(exact, abs=1e-12)
    order = rng.permutation(classes)
    renamed = gain_per_judgement(belief[order], table[np.ix_(order, order)], 4)
    assert renamed == pytest.approx(gain_per_judgement(belief, table, 4), rel=1e-9)
    assert gain_per_judgement(belief, table, 4) <= 1 - belief.max() + 1e-12


def test_where_one_answer_turns_nothing_two_may() -> None:
    belief = np.array([0.85, 0.15])
    assert gain_per_judgement(belief, TABLE, 1) == 0.0
    assert gain_per_judgement(belief, TABLE, 2) > 0.0
    assert gain_per_judgement(belief, TABLE, 0) == 0.0
    assert gain_per_judgement(np.ones(1), np.ones((1, 1)), 3) == 0.0


def test_price_and_worth_decide_between_asking_and_stopping() -> None:
    assert decide(POLICY, 2, 1.0, gain=0.03) == AskMore(1)
    assert decide(POLICY, 2, 1.0, gain=0.01) == Stop("price")
    assert decide(POLICY, 6, 1.0, gain=1.0) == Stop("at_most")
    assert decide(POLICY, 0, 1.0, gain=0.0) == AskMore(1)
    assert decide(POLICY, 2, 0.5, gain=0.0) == AskMore(1)


def test_every_question_of_a_task_adds_to_what_a_judgement_earns() -> None:
    belief, crowds = np.array([0.9, 0.1]), {("a", ""): TABLE, ("b", ""): TABLE}
    first = Consensus("a", "x", 0.9, "dawid-skene", (1,), {"": belief})
    second = Consensus("b", "x", 0.9, "dawid-skene", (1,), {"": belief})
    gain = gain_per_judgement(belief, TABLE, 4)
    policy = OverlapPolicy(1, 6, 0.99, worth_micros=1_000_000, price_micros=int(1.5e6 * gain))
    assert decide_by_worth(policy, 2, [first], crowds) == Stop("price")
    assert decide_by_worth(policy, 2, [first, second], crowds) == AskMore(1)


def test_a_question_that_is_voted_on_still_follows_the_target() -> None:
    outline = Consensus("outline", {}, 0.6, "mask-vote", (1,))
    assert decide_by_worth(POLICY, 2, [outline], {}) == AskMore(1)
    drawn = Consensus("outline", {}, 0.95, "mask-vote", (1,))
    assert decide_by_worth(POLICY, 2, [drawn], {}) == Stop("price")


def test_a_worth_or_price_below_zero_is_refused() -> None:
    for worth, price in ((-1, 0), (1, -1)):
        with pytest.raises(ValueError, match="below zero"):
            OverlapPolicy(1, 2, 0.9, worth_micros=worth, price_micros=price)
