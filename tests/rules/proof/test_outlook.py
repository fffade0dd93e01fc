"""What is predicted is what simulating the toy gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.proof.release.outlook import (
    CEILING,
    GOLDEN,
    added_error,
    outlook,
    replaced_error,
    settled_error,
)

RUNS = 20_000


def simulated(weight: float, generations: int) -> float:
    """The error of a mean that is learned so often, in multiples of what fresh items give."""
    rng = np.random.default_rng(7)
    mean = rng.standard_normal(RUNS)
    for _ in range(generations):
        fresh, echo = rng.standard_normal((2, RUNS))
        mean = weight * fresh + (1 - weight) * (mean + echo)
    return float(np.mean(mean**2))


@pytest.mark.parametrize("weight", [0.2, 0.4, 0.5, 0.618, 0.8, 1.0])
def test_a_constant_weight_settles_where_the_formula_says(weight: float) -> None:
    assert simulated(weight, 60) == pytest.approx(settled_error(weight), rel=0.05)


def test_replacing_adds_an_error_each_time() -> None:
    assert simulated(0.0, 10) == pytest.approx(replaced_error(10), rel=0.05)


def test_adding_to_stays_below_its_ceiling() -> None:
    rng = np.random.default_rng(7)
    mean = rng.standard_normal(RUNS)
    for count in range(2, 12):
        mean = mean + rng.standard_normal(RUNS) / count
    assert float(np.mean(mean**2)) == pytest.approx(added_error(10), rel=0.05)
    assert added_error(10) < added_error(10_000) < CEILING


@given(st.floats(0.01, 1.0))
def test_no_weight_does_better_than_the_golden_ratio(weight: float) -> None:
    assert settled_error(weight) >= settled_error(GOLDEN) - 1e-12
    assert settled_error(GOLDEN) == pytest.approx(GOLDEN)


def test_an_outlook_knows_its_place() -> None:
    here = outlook(0.55)
    assert here.settles == settled_error(0.55)
    assert outlook(0.0).settles is None
    assert here.curve[-1] == (1.0, 1.0)
    for weight in (-0.1, 1.1):
        with pytest.raises(ValueError, match="between 0 and 1"):
            outlook(weight)
