"""Krippendorff's alpha on every scale, by every way of counting."""

from __future__ import annotations

import csv
import gzip
import time
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.quality.aggregation.codes import AnswerCodes, encode
from fairhand.quality.agreement import alpha_of_codes, kinds, krippendorff_alpha, sums
from fairhand.quality.agreement.scale import METRICS
from tests.data import data_dir
from tests.rules.quality.crowds import codes_of, planted_crowd, small_crowds

Difference = Callable[[float, float], float]

# Krippendorff (2011): difference functions of single values; ordinal is made below.
BY_THE_BOOK: dict[str, Difference] = {
    "nominal": lambda a, b: float(a != b),
    "interval": lambda a, b: (a - b) ** 2,
    "ratio": lambda a, b: ((a - b) / (a + b)) ** 2 if a != b else 0.0,
    "polar": lambda a, b: (a - b) ** 2 / ((a + b) * (6 - a - b)) if a != b else 0.0,
    "circular": lambda a, b: float(np.sin(np.pi * (a - b) / 4) ** 2),
}


def dice() -> np.random.Generator:
    return np.random.default_rng(20111101)


def alpha_by_pairs(codes: AnswerCodes, metric: str) -> float:
    """The definition, word by word, over all pairs of answers."""
    by_task: dict[int, list[int]] = {}
    for task, label in zip(codes.task.tolist(), codes.label.tolist(), strict=True):
        by_task.setdefault(task, []).append(label)
    units = [labels for labels in by_task.values() if len(labels) >= 2]
    everything = [label for labels in units for label in labels]

    def ordinal(a: float, b: float) -> float:
        low, high = min(a, b), max(a, b)
        ends = (everything.count(int(a)) + everything.count(int(b))) / 2
        return (sum(low <= one <= high for one in everything) - ends) ** 2 if a != b else 0.0

    apart = ordinal if metric == "ordinal" else BY_THE_BOOK[metric]
    observed = sum(sum(apart(a, b) for a in u for b in u) / (len(u) - 1) for u in units)
    expected = sum(apart(a, b) for a in everything for b in everything) / (len(everything) - 1)
    return 1 - observed / expected


def measured(codes: AnswerCodes, metric: str, resamples: int = 20) -> float | None:
    found = alpha_of_codes(
        codes, dice(), metric=metric, period=4, poles=(0, 3), resamples=resamples  # type: ignore[arg-type]
    )  # fmt: skip
    return found.value


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("counted_as", ["kinds", "single tasks"])
def test_each_metric_is_what_the_definition_says(
    metric: str, counted_as: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if counted_as == "single tasks":
        monkeypatch.setattr(sums, "kinds_of", lambda codes: None)

    @given(codes=small_crowds())
    def holds(codes: AnswerCodes) -> None:
        value = measured(codes, metric)
        if value is not None:
            assert value == pytest.approx(alpha_by_pairs(codes, metric), abs=1e-9)

    holds()


@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval", "ratio"])
@given(seed=st.integers(0, 2**32 - 1), people=st.integers(2, 7), tasks=st.integers(2, 30))
def test_the_reference_package_gives_the_same_figures(
    metric: str, seed: int, people: int, tasks: int
) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    rng = np.random.default_rng(seed)
    table = rng.integers(1, 6, (people, tasks)).astype(float)
    table[rng.random(table.shape) < 0.3] = np.nan
    worker, task = np.nonzero(~np.isnan(table))
    ours = krippendorff_alpha(
        task, worker, table[worker, task], dice(), metric=metric, resamples=20  # type: ignore[arg-type]
    )  # fmt: skip
    if ours.value is None:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = krippendorff.alpha(table, level_of_measurement=metric)
    assert ours.value == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize(
    ("metric", "figure"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849),
                           ("ratio", 0.797)]
)  # fmt: skip
def test_krippendorffs_own_example_gives_his_figures(metric: str, figure: float) -> None:
    """The worked example with missing answers (Krippendorff 2011, section E)."""
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
    alpha = krippendorff_alpha(task, worker, label, dice(), metric=metric)  # type: ignore[arg-type]
    assert alpha.value == pytest.approx(figure, abs=0.0005)


@pytest.mark.parametrize("classes", [1, 2, 4, 15, 16, 40])
def test_the_compiled_count_finds_the_same_kinds(
    classes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(classes)
    codes = codes_of(
        [(int(t), p, int(rng.integers(classes))) for p in range(4) for t in rng.permutation(200)],
        205, 4, classes,
    )  # fmt: skip
    plain = kinds.kinds_of(codes)
    monkeypatch.setattr(kinds, "_FEW_ANSWERS", 0)
    compiled = kinds.kinds_of(codes)
    assert plain is not None
    if classes > 15:
        assert compiled is None
        return
    assert compiled is not None
    assert (compiled.tasks, compiled.answers) == (plain.tasks, plain.answers) == (200, 800)
    table = {tuple(v): t for v, t in zip(compiled.votes.tolist(), compiled.times, strict=True)}
    assert table == {tuple(v): t for v, t in zip(plain.votes.tolist(), plain.times, strict=True)}


def test_a_task_with_more_answers_than_a_digit_holds_is_still_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [(0, p, p % 15) for p in range(400)] + [(t, 0, t % 15) for t in range(1, 50)] * 2
    codes = codes_of(rows, 50, 400, 15)
    plain = measured(codes, "nominal")
    monkeypatch.setattr(kinds, "_FEW_ANSWERS", 0)
    assert kinds.kinds_of(codes) is None
    assert measured(codes, "nominal") == pytest.approx(plain, abs=1e-12)


def test_a_code_out_of_bounds_is_refused_by_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_FEW_ANSWERS", 0)
    codes = codes_of([(0, 0, 0), (0, 1, 1), (7, 0, 0)], 2, 2, 2)
    with pytest.raises(ValueError, match="row 2"):
        alpha_of_codes(codes, dice())


@pytest.fixture(scope="module")
def large_crowd() -> AnswerCodes:
    return planted_crowd(3, tasks=5_000, classes=4).codes


@pytest.mark.parametrize("metric", METRICS)
def test_intervals_of_single_tasks_and_of_kinds_are_alike(
    metric: str, large_crowd: AnswerCodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = large_crowd
    ways = []
    for _ in range(2):
        found = alpha_of_codes(codes, dice(), metric=metric, period=4)  # type: ignore[arg-type]
        assert found.low is not None
        assert found.high is not None
        ways.append((found.value, found.low, found.high))
        monkeypatch.setattr(sums, "kinds_of", lambda codes: None)
    (value, low, high), many = ways
    assert many[0] == pytest.approx(value, abs=1e-12)
    assert many[1] == pytest.approx(low, abs=(high - low) * 0.12)
    assert many[2] == pytest.approx(high, abs=(high - low) * 0.12)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(8)
    truth = 0.64  # two in ten answers are thrown with even dice: 0.8 squared
    hits = 0
    for _ in range(150):
        true = rng.integers(0, 3, (150, 1))
        given_ = np.where(rng.random((150, 4)) < 0.8, true, rng.integers(0, 3, (150, 4)))
        task, worker = np.divmod(np.arange(600), 4)
        codes = AnswerCodes(
            task, worker, given_.reshape(-1).astype(np.intp), tuple(range(150)), (0, 1, 2, 3),
            (0, 1, 2),
        )  # fmt: skip
        alpha = alpha_of_codes(codes, rng, resamples=400)
        assert alpha.low is not None
        assert alpha.high is not None
        hits += alpha.low <= truth <= alpha.high
    assert 132 <= hits <= 149


def test_numbers_that_are_all_different_take_no_quadratic_time() -> None:
    rng = np.random.default_rng(2)
    true = rng.normal(1e6, 3.0, 40_000)
    label = (true[:, np.newaxis] + rng.normal(0, 1.5, (40_000, 3))).reshape(-1)
    task, worker = np.divmod(np.arange(len(label)), 3)
    codes = encode(task, worker, label)
    start = time.process_time()
    alpha = alpha_of_codes(codes, dice(), metric="interval")
    assert time.process_time() - start < 2
    assert alpha.value == pytest.approx(9 / (9 + 2.25), abs=0.01)
    assert alpha.low is not None
    assert alpha.high is not None
    assert 0.002 < alpha.high - alpha.low < 0.01


@given(codes=small_crowds(), shift=st.floats(-1e3, 1e3), factor=st.floats(0.1, 1e3))
def test_interval_alpha_knows_neither_zero_nor_unit(
    codes: AnswerCodes, shift: float, factor: float
) -> None:
    moved = AnswerCodes(
        codes.task, codes.worker, codes.label, codes.tasks, codes.workers,
        tuple(shift + factor * one for one in codes.classes),
    )  # fmt: skip
    before, after = measured(codes, "interval"), measured(moved, "interval")
    assert (before is None) == (after is None)
    assert before is None or after == pytest.approx(before, abs=1e-6)


@pytest.mark.parametrize("metric", METRICS)
@given(codes=small_crowds(), seed=st.integers(0, 99))
def test_people_and_tasks_may_be_renamed(metric: str, codes: AnswerCodes, seed: int) -> None:
    rng = np.random.default_rng(seed)
    tasks, people = rng.permutation(len(codes.tasks)), rng.permutation(len(codes.workers))
    renamed = AnswerCodes(
        tasks[codes.task], people[codes.worker], codes.label, codes.tasks, codes.workers,
        codes.classes,
    )  # fmt: skip
    one, other = (
        alpha_of_codes(c, dice(), metric=metric, period=4, resamples=30)  # type: ignore[arg-type]
        for c in (codes, renamed)
    )
    assert one == other


@pytest.mark.parametrize(
    ("metric", "label", "words"),
    [
        ("interval", ["a", "b"], "'a' is none"),
        ("interval", [1.0, float("inf")], "inf is none"),
        ("ratio", [-1, 1], "no negative values"),
        ("circular", [1, 2], "period="),
        ("median", [1, 2], "is unknown"),
        ("polar", [1, 9], "outside the poles"),
        ("nominal", [1.0, float("nan")], "label is missing in row 1"),
    ],
)
def test_labels_that_are_not_on_the_scale_are_refused(
    metric: str, label: list[object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        krippendorff_alpha([0, 0], [0, 1], label, dice(), metric=metric, poles=(1, 5))  # type: ignore[arg-type]


@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval"])
def test_real_grades_give_the_reference_figures(metric: str) -> None:
    """Grades of abuse in chats: eight people, 12,411 answers, not everybody on every task."""
    krippendorff = pytest.importorskip("krippendorff")
    path = data_dir("crowd") / "convabuse_ordinal" / "labels.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = np.array([[int(cell) for cell in row] for row in list(csv.reader(text))[1:]])
    task, worker, label = rows.T
    table = np.full((worker.max() + 1, task.max() + 1), np.nan)
    table[worker, task] = label
    ours = krippendorff_alpha(task, worker, label, dice(), metric=metric)  # type: ignore[arg-type]
    assert ours.value == pytest.approx(
        krippendorff.alpha(table, level_of_measurement=metric), abs=1e-9
    )
    assert ours.low is not None
    assert ours.high is not None
    assert 0.01 < ours.high - ours.low < 0.08


@pytest.mark.slow
def test_ten_million_answers_take_less_than_three_tenths_of_a_second() -> None:
    rng = np.random.default_rng(1)
    task = rng.permutation(np.repeat(np.arange(2_000_000), 5))
    label = np.where(rng.random(10_000_000) < 0.7, task % 4, rng.integers(0, 4, 10_000_000))
    codes = AnswerCodes(task, task % 100, label, tuple(range(2_000_000)), tuple(range(100)),
                        (0, 1, 2, 3))  # fmt: skip
    alpha_of_codes(codes, dice())
    seconds = []
    for _ in range(3):
        start = time.process_time()
        alpha = alpha_of_codes(codes, dice())
        seconds.append(time.process_time() - start)
    assert min(seconds) <= 0.3
    assert alpha.value == pytest.approx(0.49, abs=0.01)
