"""Majority and Dawid-Skene: what always holds, and what they are worth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairhand.quality import Aggregation, DawidSkene, MajorityVote
from fairhand.quality.aggregation.codes import AnswerCodes
from tests.rules.quality.crowds import Crowd, planted_crowd, small_crowds

AGGREGATORS: list[Callable[[AnswerCodes], Aggregation]] = [
    MajorityVote().fit_codes,
    DawidSkene().fit_codes,
]
every_aggregator = pytest.mark.parametrize("fit", AGGREGATORS, ids=["majority", "dawid-skene"])


def share_right(result: Aggregation, crowd: Crowd) -> float:
    return float(np.mean(np.array(result.labels) == crowd.truth))


@every_aggregator
@given(codes=small_crowds())
def test_probabilities_are_never_nan_and_sum_to_one(
    fit: Callable[[AnswerCodes], Aggregation], codes: AnswerCodes
) -> None:
    result = fit(codes)
    assert result.probabilities.shape == (len(codes.tasks), len(codes.classes))
    assert np.isfinite(result.probabilities).all()
    np.testing.assert_allclose(result.probabilities.sum(axis=1), 1.0)
    assert len(result.labels) == len(codes.tasks)


@every_aggregator
@given(codes=small_crowds(), seed=st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_does_not_matter(
    fit: Callable[[AnswerCodes], Aggregation], codes: AnswerCodes, seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(len(codes))
    shuffled = AnswerCodes(
        codes.task[order], codes.worker[order], codes.label[order],
        codes.tasks, codes.workers, codes.classes,
    )  # fmt: skip
    np.testing.assert_allclose(
        fit(shuffled).probabilities, fit(codes).probabilities, rtol=1e-6, atol=1e-9
    )


@every_aggregator
@given(codes=small_crowds(), seed=st.integers(0, 2**32 - 1))
def test_renaming_people_and_labels_does_not_change_what_is_believed(
    fit: Callable[[AnswerCodes], Aggregation], codes: AnswerCodes, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    people = rng.permutation(len(codes.workers))
    labels = rng.permutation(len(codes.classes))
    renamed = AnswerCodes(
        codes.task, people[codes.worker], labels[codes.label],
        codes.tasks, codes.workers, codes.classes,
    )  # fmt: skip
    np.testing.assert_allclose(
        fit(renamed).probabilities[:, labels], fit(codes).probabilities, rtol=1e-5, atol=1e-7
    )


@pytest.mark.parametrize("seed", range(5))
def test_dawid_skene_beats_majority_where_some_people_confuse_classes(seed: int) -> None:
    crowd = planted_crowd(seed)
    learned = share_right(DawidSkene().fit_codes(crowd.codes), crowd)
    voted = share_right(MajorityVote().fit_codes(crowd.codes), crowd)
    assert learned >= voted + 0.05
    assert learned >= 0.9


def test_dawid_skene_learns_who_confuses_what() -> None:
    fit = DawidSkene().fit_codes(planted_crowd(1, tasks=2_000).codes)
    np.testing.assert_allclose(fit.confusion.sum(axis=2), 1.0)
    assert fit.confusion[5].diagonal() == pytest.approx([0.85] * 3, abs=0.08)
    assert fit.confusion[0].argmax(axis=1).tolist() == [2, 0, 1]


def test_dawid_skene_climbs_and_says_that_it_arrived() -> None:
    codes = planted_crowd(2).codes
    steps = [DawidSkene(max_iterations=n).fit_codes(codes).log_likelihood for n in (1, 3, 10)]
    assert steps == sorted(steps)
    final = DawidSkene().fit_codes(codes)
    assert final.converged
    assert final.iterations < 100


def test_one_lone_answer_is_not_a_certainty() -> None:
    fit = DawidSkene().fit(["a", "b", "c"], ["Amina"] * 3, ["cat", "dog", "cat"])
    assert fit.labels == ("cat", "dog", "cat")
    assert fit.confidence.max() < 0.9


def test_more_people_who_agree_make_it_surer() -> None:
    sure = [
        DawidSkene().fit([0] * n, range(n), ["cat"] * n, classes=["cat", "dog"]).confidence[0]
        for n in (1, 2, 3, 5, 9)
    ]
    assert sure == sorted(sure)
    assert 0.5 < sure[0] < 0.9
    assert sure[-1] > 0.99


def test_a_class_nobody_gave_keeps_a_small_probability() -> None:
    fit = DawidSkene().fit([1, 1], ["Amina", "Bao"], ["cat", "cat"], classes=["cat", "dog", "cow"])
    assert fit.classes == ("cat", "dog", "cow")
    assert 0.0 < fit.probabilities[0, 2] < 0.3


def test_nothing_answered_gives_nothing_back() -> None:
    for result in (DawidSkene().fit([], [], []), MajorityVote().fit([], [], [])):
        assert result.labels == ()
        assert result.probabilities.shape == (0, 0)


def test_with_one_class_everything_is_certain() -> None:
    fit = DawidSkene().fit([1, 2], ["Amina", "Bao"], ["cat", "cat"])
    assert fit.labels == ("cat", "cat")
    assert fit.probabilities.tolist() == [[1.0], [1.0]]


def test_groups_that_share_no_task_are_each_judged() -> None:
    task = [1, 1, 1, 2, 2, 2]
    worker = ["Amina", "Bao", "Esi", "Carmen", "Dmitri", "Farid"]
    fit = DawidSkene().fit(task, worker, ["cat", "cat", "dog", "dog", "dog", "cat"])
    assert fit.labels == ("cat", "dog")


def test_an_even_vote_goes_to_the_first_class() -> None:
    vote = MajorityVote().fit([1, 1], ["Amina", "Bao"], ["dog", "cat"])
    assert vote.labels == ("cat",)
    assert vote.confidence.tolist() == [0.5]


def test_classes_too_many_for_matrices_are_refused_with_a_reason() -> None:
    n = 40_000
    codes = AnswerCodes(
        *(np.arange(n, dtype=np.intp),) * 3, tuple(range(n)), tuple(range(n)), tuple(range(n))
    )
    with pytest.raises(ValueError, match="free answers"):
        DawidSkene().fit_codes(codes)


def test_arrays_and_lists_give_the_same() -> None:
    codes = planted_crowd(3, tasks=50).codes
    columns: tuple[NDArray[np.intp], ...] = (codes.task, codes.worker, codes.label)
    from_arrays = DawidSkene().fit(*columns)
    from_lists = DawidSkene().fit(*(column.tolist() for column in columns))
    np.testing.assert_array_equal(from_arrays.probabilities, from_lists.probabilities)
