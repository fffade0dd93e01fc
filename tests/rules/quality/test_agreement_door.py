"""The one door to measures of agreement: kappas, correlations, and what makes them doubtful."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.quality import measure_agreement, pair_kappas
from fairhand.quality.aggregation.codes import AnswerCodes, encode
from fairhand.quality.agreement.door import MEASURES
from tests.rules.quality.crowds import codes_of, planted_crowd, small_crowds

TARGETS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9],
                    [6, 2, 4, 7]])  # fmt: skip
"""Shrout and Fleiss (1979), table 2: six targets, four judges."""

PATIENTS = """0 0 0 0 14
0 2 6 4 2
0 0 3 5 6
0 3 9 2 0
2 2 8 1 1
7 7 0 0 0
3 2 6 3 0
2 5 3 2 2
6 5 2 1 0
0 2 2 3 7"""
"""Ten subjects, fourteen raters, five categories; the kappa of Fleiss is 0.210."""


def columns_of(votes: str) -> tuple[list[int], list[int], list[int]]:
    rows = []
    for task, line in enumerate(votes.splitlines()):
        labels = [c for c, times in enumerate(map(int, line.split())) for _ in range(times)]
        rows += [(task, person, label) for person, label in enumerate(labels)]
    table = np.array(rows).T.tolist()
    return table[0], table[1], table[2]


def as_columns(codes: AnswerCodes) -> tuple[list[int], list[int], list[int]]:
    return codes.task.tolist(), codes.worker.tolist(), codes.label.tolist()


def test_the_well_known_table_has_the_well_known_kappa() -> None:
    found = measure_agreement(*columns_of(PATIENTS), metric="fleiss")
    assert found.value == pytest.approx(0.2099, abs=0.0001)
    assert (found.tasks, found.answers, found.people) == (10, 140, 14)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.2099 < found.high
    percent = measure_agreement(*columns_of(PATIENTS), metric="percent")
    assert percent.value == pytest.approx(0.378, abs=0.0005)


@given(codes=small_crowds())
def test_measures_by_task_are_what_their_formulas_say(codes: AnswerCodes) -> None:
    votes = np.zeros((8, len(codes.classes)))
    np.add.at(votes, (codes.task, codes.label), 1)
    votes = votes[votes.sum(axis=1) >= 2]
    found = {m: measure_agreement(*as_columns(codes), metric=m, classes=codes.classes, resamples=20)
             for m in ("percent", "fleiss", "ac1")}  # fmt: skip
    if len(votes) == 0:
        assert {one.value for one in found.values()} == {None}
        return
    size = votes.sum(axis=1)
    same = float(np.mean((votes * (votes - 1)).sum(axis=1) / (size * (size - 1))))
    shares = (votes / size[:, np.newaxis]).mean(axis=0)
    assert found["percent"].value == pytest.approx(same)
    expected = float((shares**2).sum())
    if found["fleiss"].value is not None:
        assert found["fleiss"].value == pytest.approx((same - expected) / (1 - expected))
    if len(shares) > 1:
        by_chance = float((shares * (1 - shares)).sum()) / (len(shares) - 1)
        assert found["ac1"].value == pytest.approx((same - by_chance) / (1 - by_chance))


def kappa_by_hand(a: list[int], b: list[int], power: int, classes: int) -> float:
    """Cohen's kappa from the table of both people, cell by cell."""
    table = np.zeros((classes, classes))
    np.add.at(table, (a, b), 1 / len(a))
    cost = np.array([[abs(i - j) ** power for j in range(classes)] for i in range(classes)])
    cost = cost if power else (cost * 0 + 1) * (1 - np.eye(classes))
    return float(1 - (cost * table).sum() / (cost * np.outer(table.sum(1), table.sum(0))).sum())


@pytest.mark.parametrize(("metric", "power"), [("cohen", 0), ("cohen-linear", 1),
                                               ("cohen-quadratic", 2)])  # fmt: skip
@given(answers=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=5, max_size=40))
def test_kappa_of_two_people_is_what_cohens_table_says(
    metric: str, power: int, answers: list[tuple[int, int]]
) -> None:
    a, b = map(list, zip(*answers, strict=True))
    task = [*range(len(a)), *range(len(b))]
    worker = ["Amina"] * len(a) + ["Bao"] * len(b)
    found = measure_agreement(task, worker, a + b, metric=metric, classes=range(4))
    if found.value is None:
        assert a == b  # both gave one and the same label throughout
        return
    assert found.value == pytest.approx(kappa_by_hand(a, b, power, 4))
    assert found.low is not None
    assert found.high is not None
    assert -1 <= found.low <= found.value <= found.high <= 1


def test_the_interval_of_kappa_has_the_textbook_width() -> None:
    """Two people, 2 x 2 table 20, 5, 10, 15: kappa 0.4, standard error 0.1275 (delta method)."""
    a = [0] * 25 + [1] * 25
    b = [0] * 20 + [1] * 5 + [0] * 10 + [1] * 15
    task = [*range(50), *range(50)]
    found = measure_agreement(task, [1] * 50 + [2] * 50, a + b, metric="cohen")
    assert found.value == pytest.approx(0.4)
    assert found.low is not None
    assert found.high is not None
    rng = np.random.default_rng(1)
    drawn = rng.integers(0, 50, (4_000, 50))
    again = [kappa_by_hand([a[i] for i in d], [b[i] for i in d], 0, 2) for d in drawn]
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(np.std(again), rel=0.05)


def test_the_mean_over_pairs_is_the_mean_of_the_pairs() -> None:
    codes = planted_crowd(9, tasks=200, people=5, answers=4).codes
    found = pair_kappas(codes)
    assert len(found.kappa) == 10
    answers = {(t, w): c for t, w, c in zip(*as_columns(codes), strict=True)}
    by_hand = []
    for one, other in itertools.combinations(range(5), 2):
        both = [t for t in range(200) if (t, one) in answers and (t, other) in answers]
        a, b = ([answers[t, w] for t in both] for w in (one, other))
        by_hand.append(kappa_by_hand(a, b, 0, 3))
    assert found.kappa == pytest.approx(by_hand)
    assert found.mean == pytest.approx(np.mean(by_hand))
    assert found.low is not None
    assert found.high is not None
    assert found.low < np.mean(by_hand) < found.high


def test_pairs_who_share_too_little_are_left_out_and_said() -> None:
    rows = [(t, 0, t % 2) for t in range(20)] + [(t, 1, t % 2) for t in range(20)] + [(0, 2, 1)]
    found = measure_agreement(*as_columns(codes_of(rows, 20, 3, 2)), metric="cohen")
    assert found.value == pytest.approx(1.0)
    assert any("2 of 3 pairs" in note for note in found.warnings)


def test_intraclass_correlations_of_shrout_and_fleiss() -> None:
    task, worker = np.divmod(np.arange(TARGETS.size), 4)
    single = measure_agreement(task, worker, TARGETS.reshape(-1), metric="icc")
    of_mean = measure_agreement(task, worker, TARGETS.reshape(-1), metric="icc-mean")
    assert single.value == pytest.approx(0.29, abs=0.005)
    assert of_mean.value == pytest.approx(0.62, abs=0.005)
    assert any("interval is rough" in note for note in single.warnings)


def test_an_intraclass_correlation_finds_the_planted_variances() -> None:
    rng = np.random.default_rng(4)
    true, bias = rng.normal(0, 3, (3_000, 1)), rng.normal(0, 1, (1, 40))
    table = 500 + true + bias + rng.normal(0, 2, (3_000, 40))
    task, worker = np.divmod(np.arange(table.size), 40)
    found = measure_agreement(task, worker, table.reshape(-1), metric="icc", resamples=200)
    planted = 9 / (9 + np.var(bias, ddof=1) + 4)
    assert found.value == pytest.approx(planted, abs=0.02)
    assert found.low is not None
    assert found.high is not None
    assert 0.005 < found.high - found.low < 0.04


def test_a_gap_in_a_table_is_named() -> None:
    with pytest.raises(ValueError, match=r"'Bao' gave 0 to 'b'.*metric='interval'"):
        measure_agreement(["a", "a", "b"], ["Amina", "Bao", "Amina"], [1, 2, 3], metric="icc")


@pytest.mark.parametrize("metric", [m for m in MEASURES if not m.startswith("icc")])
@given(codes=small_crowds(), seed=st.integers(0, 99))
def test_names_and_the_order_of_rows_do_not_matter(
    metric: str, codes: AnswerCodes, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(codes))
    task, worker, label = (np.array(one, int)[rows] for one in as_columns(codes))
    tasks = np.array([f"task {n}" for n in rng.permutation(8)])
    people = np.array([f"person {n}" for n in rng.permutation(6)])
    first = np.sort(np.unique(task * 6 + worker, return_index=True)[1])  # once per person
    task, worker, label = task[first], worker[first], label[first]
    back = np.argsort(rows[first])
    one = measure_agreement(
        task[back], worker[back], label[back], metric=metric, period=5, classes=range(4),
        resamples=20,
    )  # fmt: skip
    other = measure_agreement(
        tasks[task], people[worker], label, metric=metric, period=5, classes=range(4), resamples=20
    )
    for a, b in ((one.value, other.value), (one.low, other.low), (one.high, other.high)):
        assert (a is None) == (b is None)
        assert a is None or a == pytest.approx(b, abs=1e-9)


@pytest.mark.parametrize("metric", ["nominal", "fleiss", "ac1", "percent", "cohen", "ordinal"])
def test_unanimous_people_agree_fully(metric: str) -> None:
    task, worker = np.divmod(np.arange(300), 3)
    found = measure_agreement(task, worker, task % 4, metric=metric)
    assert (found.value, found.low, found.high) == pytest.approx((1, 1, 1))
    assert found.warnings == ()


@pytest.mark.parametrize("metric", ["nominal", "fleiss", "ac1", "cohen"])
def test_people_who_throw_dice_agree_by_chance_alone(metric: str) -> None:
    rng = np.random.default_rng(1)
    task, worker = np.divmod(np.arange(2_000), 4)
    found = measure_agreement(task, worker, rng.integers(0, 3, 2_000), metric=metric)
    assert found.value == pytest.approx(0, abs=0.05)
    assert any("no more than by chance" in note for note in found.warnings)


@pytest.mark.parametrize(
    ("task", "worker", "label", "words"),
    [
        ([], [], [], "nothing to compare"),
        ([1, 2], [1, 1], ["a", "b"], "nothing to compare"),
        ([1, 1], [1, 2], ["a", "a"], "only one label was given"),
        ([1, 1, 2, 2], [1, 1, 1, 1], ["a", "a", "b", "a"], "one person's"),
        ([1, 1, 2, 2, 2], [1, 2, 1, 1, 2], ["a", "a", "b", "a", "a"], "1 answers repeat"),
        ([1, 1, 2, 2, 3], [1, 2, 1, 2, 1], ["a", "a", "b", "a", "a"], "1 tasks have one answer"),
        ([*range(9), 1, 2], [7] * 9 + [8, 9], ["a", "b", "c"] * 3 + ["b", "b"], "7 gave 82%"),
    ],
)
def test_what_makes_agreement_doubtful_is_said(
    task: list[int], worker: list[int], label: list[str], words: str
) -> None:
    found = measure_agreement(task, worker, label)
    assert any(words in note for note in found.warnings)


def test_missing_labels_are_refused_or_skipped() -> None:
    task, worker, label = [1, 1, 2, 2, 2], [1, 2, 1, 2, 3], ["a", "a", "b", None, "b"]
    with pytest.raises(ValueError, match="label is missing in row 3"):
        measure_agreement(task, worker, label)
    found = measure_agreement(task, worker, label, missing="skip")
    assert (found.value, found.answers) == (1.0, 4)
    numbers = measure_agreement(
        np.array(task), np.array(worker), np.array([1, 1, 2, np.nan, 2]), missing="skip"
    )
    assert (numbers.value, numbers.answers) == (1.0, 4)


def test_grades_without_an_order_are_refused_and_with_one_measured() -> None:
    task, worker = np.divmod(np.arange(90), 3)
    label = np.array(["low", "mid", "high"])[task % 3]
    with pytest.raises(ValueError, match="give classes= from the lowest to the highest"):
        measure_agreement(task, worker, label, metric="ordinal")
    found = measure_agreement(task, worker, label, metric="ordinal", classes=["low", "mid", "high"])
    assert found.value == pytest.approx(1.0)
    with pytest.raises(ValueError, match="is unknown"):
        measure_agreement(task, worker, label, metric="kappa")


def test_tables_of_polars_and_pandas_are_read() -> None:
    polars, pandas = pytest.importorskip("polars"), pytest.importorskip("pandas")
    table = {"task": [1, 1, 2, 2], "worker": [1, 2, 1, 2], "label": ["a", "b", "b", "b"]}
    wanted = measure_agreement(table)
    assert measure_agreement(polars.DataFrame(table)) == wanted
    assert measure_agreement(pandas.DataFrame(table)) == wanted
    assert wanted.value == measure_agreement(*table.values()).value


def test_the_same_answers_give_the_same_interval() -> None:
    columns = as_columns(planted_crowd(2).codes)
    assert measure_agreement(*columns) == measure_agreement(*columns)
    assert len(encode(*columns)) == 1_500
