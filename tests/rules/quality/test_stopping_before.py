"""The redundancy rule, played before anybody has answered."""

from __future__ import annotations

import numpy as np
import pytest

from fairhand.model.project import Question
from fairhand.quality.redundancy import OverlapPolicy
from fairhand.quality.stopping_before import SCENARIOS, stop_chances


def choice(labels: int = 3, **config: object) -> Question:
    values = [{"value": str(at)} for at in range(labels)]
    return Question("pet", "choice", "Which?", {"labels": values, **config})


MASK = Question("outline", "mask", "Where?", {"labels": [{"value": "a"}]})


def chances(policy: OverlapPolicy, *questions: Question) -> list[tuple[float, ...]]:
    return list(stop_chances(questions, policy, np.random.default_rng(1)))


def mean_answers(chances: tuple[float, ...]) -> float:
    going, total = 1.0, 0.0
    for answers, chance in enumerate(chances, 1):
        total += answers * going * chance
        going *= 1 - chance
    return total


def test_nobody_stops_before_the_least_and_everybody_at_the_most() -> None:
    found = chances(OverlapPolicy(2, 5, 0.95), choice())

    assert len(found) == len(SCENARIOS)
    for one in found:
        assert len(one) == 5
        assert one[0] == 0
        assert one[-1] == 1
        assert 0 < one[1] < 1


def test_better_people_and_lower_targets_take_fewer_answers() -> None:
    bad, _, good = map(mean_answers, chances(OverlapPolicy(2, 7, 0.95), choice()))
    lax = mean_answers(chances(OverlapPolicy(2, 7, 0.7), choice())[0])

    assert good < bad
    assert lax < bad


@pytest.mark.parametrize("policy", [OverlapPolicy(3, 3, 0.9), OverlapPolicy(1, 1, 0.5)])
def test_a_fixed_overlap_is_that(policy: OverlapPolicy) -> None:
    for one in chances(policy, choice(2)):
        assert mean_answers(one) == policy.max_overlap


def test_without_one_truth_people_are_asked_up_to_the_most() -> None:
    assert chances(OverlapPolicy(2, 4, 0.9), choice(subjective=True), choice())[0] == (0, 0, 0, 1)


def test_several_labels_are_less_often_sure_all_at_once() -> None:
    one = mean_answers(chances(OverlapPolicy(2, 6, 0.95), choice(2, multiple=True))[1])
    many = mean_answers(chances(OverlapPolicy(2, 6, 0.95), choice(12, multiple=True))[1])

    assert many > one


def test_outlines_that_agree_stop_early_and_the_others_go_on() -> None:
    bad, _, good = chances(OverlapPolicy(2, 5, 0.9), MASK)

    assert 0 < bad[1] < good[1] < 1
    assert bad[2] == bad[3] == 0


def test_a_dear_right_answer_is_asked_about_longer() -> None:
    cheap = OverlapPolicy(2, 6, 0.95, worth_micros=10, price_micros=1_000)
    dear = OverlapPolicy(2, 6, 0.95, worth_micros=10**9, price_micros=1_000)

    assert mean_answers(chances(cheap, choice())[1]) == 2
    assert mean_answers(chances(dear, choice())[1]) > 3
