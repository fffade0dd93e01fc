"""KNN-Shapley values: the axioms, the definition, near-duplicates, intervals, real features."""

from __future__ import annotations

import itertools
import math
import time
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairhand.quality import knn_shapley, merge_near_duplicates
from fairhand.quality.valuation import DataValue
from fairhand.quality.valuation.knn_shapley import _add_test, _sort, _sorted_by_numpy
from tests.data import data_dir

Utility = Literal["votes", "soft"]
Table = tuple[NDArray[np.float64], NDArray[np.int64]]


def crowd(seed: int, rows: int, classes: int = 2, dimensions: int = 3) -> Table:
    """Rows around one point per class, a fifth of them with a label thrown by dice."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, classes, rows)
    features = 2.0 * np.eye(classes, dimensions)[label] + rng.normal(0, 1, (rows, dimensions))
    thrown = rng.random(rows) < 0.2
    return features, np.where(thrown, rng.integers(0, classes, rows), label)


def worth(chosen: list[int], train: Table, test: Table, k: int, utility: str) -> float:
    """What a set of rows is worth, by its definition."""
    if not chosen:
        return 0.0 if utility == "votes" else 1 / max(len(set(train[1].tolist())), 2)
    found = []
    for point, wanted in zip(*test, strict=True):
        gaps = ((train[0][chosen] - point) ** 2).sum(axis=1)
        nearest = np.array(chosen)[np.argsort(gaps)[:k]]
        right = float((train[1][nearest] == wanted).sum())
        found.append(right / (k if utility == "votes" else len(nearest)))
    return float(np.mean(found))


def shapley_by_hand(train: Table, test: Table, k: int, utility: str) -> list[float]:
    """Shapley's definition: every row's gain, averaged over all sets of the others."""
    n = len(train[1])
    values = []
    for row in range(n):
        others = [one for one in range(n) if one != row]
        total = 0.0
        for size in range(n):
            weight = math.factorial(size) * math.factorial(n - 1 - size) / math.factorial(n)
            for chosen in itertools.combinations(others, size):
                with_row = worth([*chosen, row], train, test, k, utility)
                total += weight * (with_row - worth(list(chosen), train, test, k, utility))
        values.append(total)
    return values


def valued(train: Table, test: Table, **options: object) -> DataValue:
    return knn_shapley(*train, *test, **{"tolerance": None, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("utility", ["votes", "soft"])
@pytest.mark.parametrize("rows", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_values_are_what_shapleys_definition_says(utility: Utility, rows: int, k: int) -> None:
    train, test = crowd(rows * 10 + k, rows), crowd(k, 3)
    by_hand = shapley_by_hand(train, test, k, utility)
    assert valued(train, test, k=k, utility=utility).values == pytest.approx(by_hand, abs=1e-12)


@given(
    seed=st.integers(0, 9_999), rows=st.integers(1, 60), k=st.integers(1, 70),
    utility=st.sampled_from(["votes", "soft"]),
)  # fmt: skip
def test_values_add_up_to_what_all_rows_gain(
    seed: int, rows: int, k: int, utility: Utility
) -> None:
    train, test = crowd(seed, rows, 3), crowd(seed + 1, 7, 3)
    found = valued(train, test, k=k, utility=utility, contributor=np.arange(rows) % 4)
    everything = worth(list(range(rows)), train, test, k, utility)
    nothing = worth([], train, test, k, utility)
    assert found.gain == pytest.approx(everything - nothing, abs=1e-12)
    for values in (
        found.values.tolist(),
        [one.value for one in found.by_contributor],
        [one.value for one in found.by_class],
    ):
        assert sum(values) == pytest.approx(found.gain, abs=1e-12)


def test_alike_rows_have_alike_values_and_a_row_that_never_counts_has_none() -> None:
    train, test = crowd(1, 40), crowd(2, 20)
    twin = (np.vstack([train[0], train[0][:1]]), np.append(train[1], train[1][0]))
    values = valued(twin, test, k=3).values
    assert values[-1] == pytest.approx(values[0], abs=1e-15)
    few = (train[0][:4], np.array([0, 1, 1, 7]))  # no more rows than neighbours; nobody asks for 7
    assert valued(few, test, k=4).values[3] == 0.0


@given(seed=st.integers(0, 9_999))
def test_order_names_place_and_direction_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    train, test = crowd(seed, 30, 3), crowd(seed + 1, 9, 3)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    order = rng.permutation(30)
    names = np.array(["cat", "dog", "eel"])
    moved = (train[0][order] @ turn + 5, names[train[1][order]])
    before = valued(train, test, k=4).values
    after = knn_shapley(*moved, test[0] @ turn + 5, names[test[1]], k=4, tolerance=None).values
    assert after == pytest.approx(before[order], abs=1e-12)


@given(seed=st.integers(0, 9_999), copies=st.integers(1, 12), whose=st.integers(0, 2))
def test_copying_ones_own_rows_moves_nobodys_share(seed: int, copies: int, whose: int) -> None:
    (features, label), test = crowd(seed, 30, 3), crowd(seed + 1, 9, 3)
    contributor = np.arange(30) % 3
    mine = np.repeat(np.flatnonzero(contributor == whose), copies)
    rng = np.random.default_rng(seed)
    more = np.vstack([features, features[mine]])
    more[30:] *= 1 + rng.choice([0.0, 1e-9])
    before = knn_shapley(features, label, *test, contributor=contributor, k=3)
    after = knn_shapley(
        more, np.append(label, label[mine]), *test, k=3,
        contributor=np.append(contributor, contributor[mine]),
    )  # fmt: skip
    for one, other in zip(before.by_contributor, after.by_contributor, strict=True):
        assert other.value == pytest.approx(one.value, abs=1e-12)
        assert (other.low, other.high) == pytest.approx((one.low, one.high), abs=1e-12)
    assert any("near-duplicates" in note for note in after.warnings)


def test_copies_pay_where_they_are_not_merged() -> None:
    """The attack that merging stops: without it ten copies of one's rows multiply their share."""
    (features, label), test = crowd(5, 300, 3), crowd(6, 200, 3)
    contributor = np.arange(300) % 30
    mine = np.repeat(np.flatnonzero(contributor == 0), 10)
    more = (np.vstack([features, features[mine]]), np.append(label, label[mine]))
    names = np.append(contributor, contributor[mine])
    naive = valued(more, test, contributor=names).by_contributor[0].value
    fair = knn_shapley(*more, *test, contributor=names).by_contributor[0].value
    assert naive > 4 * fair > 0


def test_a_copied_row_is_shared_by_people_or_stays_with_the_first() -> None:
    train, test = crowd(3, 20), crowd(4, 30)
    stolen = (np.vstack([train[0], *[train[0][:1]] * 9]), np.append(train[1], [train[1][0]] * 9))
    names = ["Amina"] * 20 + ["Dmitri"] * 9
    alone = valued(train, test).values
    equal = knn_shapley(*stolen, *test, contributor=names)
    first = knn_shapley(*stolen, *test, contributor=names, share="first")
    assert equal.values[0] == pytest.approx(alone[0] / 2)
    assert equal.by_contributor[1].value == pytest.approx(alone[0] / 2)
    assert equal.values[20:] == pytest.approx([alone[0] / 18] * 9)
    assert first.values[0] == pytest.approx(alone[0])
    assert first.by_contributor[1].value == 0.0


@given(seed=st.integers(0, 9_999), tolerance=st.sampled_from([0.02, 0.1, 0.4, 1.0]))
def test_rows_join_one_that_is_near_and_leaders_are_not_near_each_other(
    seed: int, tolerance: float
) -> None:
    rng = np.random.default_rng(seed)
    features = np.repeat(rng.normal(size=(12, 3)), 5, axis=0) + rng.normal(0, 0.03, (60, 3))
    features[7] = features[3]
    label = rng.integers(0, 2, 60)
    label[7] = label[3]
    leader = merge_near_duplicates(features, label, tolerance)
    length = np.sqrt((features**2).sum(axis=1))
    gaps = np.sqrt(((features[:, None] - features[None]) ** 2).sum(axis=2))
    near = gaps <= tolerance * (length[:, None] + length) / 2
    assert near[np.arange(60), leader].all()
    assert (label[leader] == label).all()
    assert leader[7] == leader[3]
    assert (leader[leader] == leader).all()
    leaders = np.unique(leader)
    apart = ~near[np.ix_(leaders, leaders)] | (label[leaders][:, None] != label[leaders])
    assert (apart | np.eye(len(leaders), dtype=bool)).all()
    order = rng.permutation(60)
    again = merge_near_duplicates(features[order], label[order], tolerance)
    assert len(np.unique(again)) == len(leaders)


def test_many_rows_in_several_blocks_find_their_copies() -> None:
    rng = np.random.default_rng(7)
    features = rng.normal(size=(3_000, 16))
    both = np.vstack([features, features + rng.normal(0, 1e-3, features.shape)])
    leader = merge_near_duplicates(both, np.zeros(6_000, np.intp))
    assert len(np.unique(leader)) == 3_000
    assert (leader[:3_000] == leader[3_000:]).all()


def test_intervals_hold_the_value_over_all_test_points_about_as_often_as_they_say() -> None:
    train, test = crowd(8, 60, 3), crowd(9, 20_000, 3)
    names = np.arange(60) % 6
    whole = valued(train, test, contributor=names)
    rows = people = 0
    for part in range(40):
        chosen = slice(part * 330, (part + 1) * 330)
        some = valued(train, (test[0][chosen], test[1][chosen]), contributor=names, resamples=200)
        rows += int(((some.low <= whole.values) & (whole.values <= some.high)).sum())
        people += sum(
            one.low <= true.value <= one.high
            for one, true in zip(some.by_contributor, whole.by_contributor, strict=True)
        )
    assert rows / (40 * 60) == pytest.approx(0.95, abs=0.03)
    assert people / (40 * 6) == pytest.approx(0.95, abs=0.04)


def test_cosine_looks_at_direction_only() -> None:
    train, test = crowd(8, 50), crowd(9, 30)
    longer = train[0] * np.random.default_rng(1).uniform(0.5, 2, (50, 1))
    one = valued(train, test, distance="cosine").values
    assert valued((longer, train[1]), test, distance="cosine").values == pytest.approx(one)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"features": np.zeros((0, 2))}, "neither of them 0"),
        ({"features": np.array([[1.0, 2.0], [np.nan, 1.0]])}, "not finite in row 1"),
        ({"label": ["a"]}, "label has 1 entries for 2 rows"),
        ({"label": ["a", None]}, "label is missing in row 1"),
        ({"test_features": np.zeros((1, 3))}, "2 dimensions and test points 3"),
        ({"test_label": []}, "test_label has 0 entries"),
        ({"contributor": ["Amina"]}, "contributor has 1 entries"),
        ({"k": 0}, "1 or more"),
        ({"distance": "cosine"}, "row 0 is all zero"),
    ],
)
def test_bad_input_is_refused_with_a_reason(change: dict[str, object], words: str) -> None:
    good = {
        "features": np.array([[0.0, 0.0], [1.0, 1.0]]), "label": ["a", "b"],
        "test_features": np.ones((1, 2)), "test_label": ["a"],
    }  # fmt: skip
    with pytest.raises(ValueError, match=words):
        knn_shapley(**{**good, **change})  # type: ignore[arg-type]


def test_what_makes_shares_doubtful_is_said() -> None:
    train = crowd(1, 30)
    found = knn_shapley(*train, train[0][:5], np.array([9] * 5))
    assert found.gain == 0.0
    for words in ("only 5 test points", "5 test points are near-duplicates", "worth nothing"):
        assert any(words in note for note in found.warnings)


def cifar() -> tuple[Table, Table]:
    held = np.load(data_dir("features") / "cifar10_effnetlite0_pca128.npz")
    train = held["split"] == "train"
    features = held["X"].astype(np.float64)
    return (features[train], held["y"][train]), (features[~train], held["y"][~train])


def accuracy(train: Table, test: Table, k: int = 10) -> float:
    gaps = (train[0] ** 2).sum(axis=1) - 2 * test[0] @ train[0].T
    nearest = train[1][np.argpartition(gaps, k, axis=1)[:, :k]]
    votes = np.stack([(nearest == label).sum(axis=1) for label in range(10)], axis=1)
    return float((votes.argmax(axis=1) == test[1]).mean())


def test_flipped_labels_of_real_pictures_have_the_lowest_values() -> None:
    """A tenth of the labels is flipped; by chance the lowest decile holds a tenth of them."""
    (features, label), (points, wanted) = cifar()
    rng = np.random.default_rng(0)
    flipped = rng.random(len(label)) < 0.1
    noisy = np.where(flipped, (label + rng.integers(1, 10, len(label))) % 10, label)
    values = knn_shapley(features, noisy, points[::2], wanted[::2]).values
    order = np.argsort(values)
    assert flipped[order[:500]].mean() > 0.45
    lower = (values[flipped][:, None] < values[~flipped]).mean()
    assert lower > 0.85
    judges = (points[1::2], wanted[1::2])  # not the ones that the rows were valued by
    kept, by_chance = order[500:], rng.permutation(5_000)[500:]
    cleaned = accuracy((features[kept], noisy[kept]), judges)
    assert cleaned > accuracy((features[by_chance], noisy[by_chance]), judges) + 0.01


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_valued_within_a_minute() -> None:
    rng = np.random.default_rng(1)
    train = rng.normal(size=(100_000, 128)), rng.integers(0, 10, 100_000)
    start = time.process_time()
    found = knn_shapley(*train, rng.normal(size=(1_000, 128)), rng.integers(0, 10, 1_000))
    assert time.process_time() - start < 60
    assert found.values.sum() == pytest.approx(found.gain, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_rows_are_sorted_by_distance_and_then_by_row(seed: int) -> None:
    dice = np.random.default_rng(seed)
    some = dice.choice([0.0, 1e-45, 1e-30, 0.5, 3.4e38, np.inf], 3_000)
    for gaps in (some, dice.random(3_000) * 1e6, dice.integers(0, 40, 3_000), np.zeros(5)):
        found = gaps.astype(np.float32)
        bits, labels = found.view(np.uint32), dice.integers(0, 3, len(found))
        packed, spare = np.empty(len(found), np.uint64), np.empty(len(found), np.uint64)
        order = _sort(bits, labels, 1, packed, spare)
        assert (order >> 1).tolist() == np.argsort(found, kind="stable").tolist()
        assert ((order & 1) == (labels == 1)[order >> 1]).all()
        assert order.tolist() == _sorted_by_numpy(bits, labels, 1).tolist()


def test_compiled_and_plain_loops_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(5)
    rows, label = dice.integers(0, 3, (900, 4)).astype(float), dice.integers(0, 3, 900)
    given = rows, label, rows[:40], label[:40]
    for loop in (_sort, _add_test):
        monkeypatch.setattr(loop, "for_work", lambda steps, loop=loop: loop)
    compiled = knn_shapley(*given, resamples=5)
    for loop in (_sort, _add_test):
        monkeypatch.setattr(loop, "for_work", lambda steps, loop=loop: loop.source)
    plain = knn_shapley(*given, resamples=5)
    assert compiled.values.tolist() == plain.values.tolist()
