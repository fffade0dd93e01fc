"""Krippendorff's alpha and its interval."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from fairhand.quality import krippendorff_alpha
from fairhand.quality.aggregation.codes import AnswerCodes
from fairhand.quality.agreement import alpha_of_codes
from tests.rules.quality.crowds import codes_of, planted_crowd, small_crowds


def dice() -> np.random.Generator:
    return np.random.default_rng(20261121)


def alpha_by_pairs(codes: AnswerCodes) -> float:
    """The definition, word by word: disagreement in pairs within tasks against pairs anywhere."""
    by_task: dict[int, list[int]] = {}
    for task, label in zip(codes.task.tolist(), codes.label.tolist(), strict=True):
        by_task.setdefault(task, []).append(label)
    units = [labels for labels in by_task.values() if len(labels) >= 2]
    everything = [label for labels in units for label in labels]
    observed = sum(
        sum(a != b for a in labels for b in labels) / (len(labels) - 1) for labels in units
    ) / len(everything)
    total = len(everything)
    unlike = sum(a != b for a in everything for b in everything)
    return 1 - observed / (unlike / (total * (total - 1)))


def test_krippendorffs_own_example_gives_his_figure() -> None:
    """The worked example of nominal data with missing answers (Krippendorff 2011, section C)."""
    observers = (
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    )
    rows = [
        (unit, name, int(label))
        for name, line in enumerate(observers)
        for unit, label in enumerate(line.split())
        if label != "."
    ]
    task, worker, label = zip(*rows, strict=True)
    alpha = krippendorff_alpha(task, worker, label, dice())
    assert alpha.value == pytest.approx(0.743, abs=0.0005)
    assert (alpha.tasks, alpha.answers) == (11, 40)


@given(codes=small_crowds())
def test_alpha_is_what_the_definition_says_or_is_left_open(codes: AnswerCodes) -> None:
    alpha = alpha_of_codes(codes, dice(), resamples=50)
    if alpha.value is None:
        assert alpha.low is None
        assert alpha.high is None
        return
    assert alpha.value == pytest.approx(alpha_by_pairs(codes))
    assert alpha.low is not None
    assert alpha.high is not None
    assert alpha.low <= alpha.high <= 1.0


def test_full_agreement_is_one_and_chance_is_about_zero() -> None:
    agreed = codes_of([(t, p, t % 3) for t in range(30) for p in range(3)], 30, 3, 3)
    assert alpha_of_codes(agreed, dice()).value == pytest.approx(1.0)
    rolled = np.random.default_rng(1).integers(0, 3, (2_000, 3))
    rows = [(t, p, int(rolled[t, p])) for t in range(2_000) for p in range(3)]
    assert alpha_of_codes(codes_of(rows, 2_000, 3, 3), dice()).value == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("label", [[], ["cat"], ["cat", "cat"]])
def test_alpha_is_left_open_where_agreement_cannot_be_told_from_chance(label: list[str]) -> None:
    alpha = krippendorff_alpha([1] * len(label), range(len(label)), label, dice())
    assert alpha.value is None


def test_the_interval_covers_the_alpha_of_a_larger_sample_and_narrows() -> None:
    large = alpha_of_codes(planted_crowd(4, tasks=20_000).codes, dice())
    small = alpha_of_codes(planted_crowd(5, tasks=300).codes, dice())
    assert small.low is not None
    assert small.high is not None
    assert large.value is not None
    assert large.low is not None
    assert large.high is not None
    assert small.low < large.value < small.high
    assert large.high - large.low < (small.high - small.low) / 4


def test_the_same_dice_give_the_same_interval_in_any_order_of_rows() -> None:
    codes = planted_crowd(6).codes
    order = np.random.default_rng(1).permutation(len(codes))
    shuffled = AnswerCodes(
        codes.task[order], codes.worker[order], codes.label[order],
        codes.tasks, codes.workers, codes.classes,
    )  # fmt: skip
    assert alpha_of_codes(shuffled, dice()) == alpha_of_codes(codes, dice())


def test_many_classes_are_counted_exactly() -> None:
    rows = [(t, p, (t * 7) % 60) for t in range(200) for p in range(2)] + [(0, 2, 5)]
    codes = codes_of(rows, 200, 3, 60)
    assert alpha_of_codes(codes, dice()).value == pytest.approx(alpha_by_pairs(codes))
