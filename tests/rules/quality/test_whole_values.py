"""Values in whole numbers: they add up, copies gain nothing, and no order of sums changes them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.core.money import MICROS
from fairhand.pay.royalties.rules import Contribution, Terms, divide
from fairhand.quality.valuation import Rows, knn_shapley, on_grid, value_in_whole

_PICTURES = (
    Path(os.environ.get("FAIRHAND_DATA", "../shared/data"))
    / "features/cifar10_effnetlite0_pca128.npz"
)


def rows(count: int, seed: int, people: int = 3) -> Rows:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 3, count)
    features = np.eye(3, 8)[label] + 0.3 * rng.normal(size=(count, 8))
    names = [(f"p{one}",) for one in rng.integers(0, people, count)]
    return Rows(on_grid(features), [str(one) for one in label], names)


def test_whole_numbers_are_those_of_the_exact_values() -> None:
    train, tests = rows(60, 1), rows(20, 2)
    found = value_in_whole(train, tests, k=5)
    plain = knn_shapley(
        train.features, train.labels, tests.features, tests.labels, k=5, tolerance=None
    )
    assert np.array(found.nano) / 1e9 == pytest.approx(plain.values, abs=1e-9)
    assert sum(one.value for one in found.by_person) == pytest.approx(found.gain)
    assert sum(one.value for one in found.by_class) == pytest.approx(found.gain)


def test_what_several_people_answered_is_shared_by_them_equally() -> None:
    train, tests = rows(30, 3), rows(10, 4)
    both = Rows(train.features, train.labels, [("amina", "bao")] * 30)
    amina, bao = value_in_whole(both, tests, k=5).by_person
    assert amina.value == pytest.approx(bao.value)


def test_the_first_of_copies_has_the_value_and_the_copier_nothing() -> None:
    train, tests = rows(30, 5, people=1), rows(10, 6)
    twice = Rows(
        np.vstack([train.features, train.features]),
        [*train.labels, *train.labels],
        [*train.people, *[("dmitri",)] * 30],
    )
    found = value_in_whole(twice, tests, k=5)
    assert found.nano[:30] == value_in_whole(train, tests, k=5).nano
    assert not any(found.nano[30:])
    assert {one.name: one.value for one in found.by_person}.get("dmitri", 0.0) == 0.0


@pytest.mark.parametrize("times", [10])
def test_ten_copies_of_real_pictures_move_no_share(times: int) -> None:
    if not _PICTURES.is_file():
        pytest.skip("FAIRHAND_DATA has no features of pictures")
    held = np.load(_PICTURES)
    train = held["split"] == "train"
    grid, label = on_grid(held["X"]), [str(one) for one in held["y"]]
    own, points = np.flatnonzero(train)[:800], np.flatnonzero(~train)[:150]
    people = [(str(at % 50),) for at in range(len(own))]
    mine = own[::50].repeat(times - 1)

    def part(places: list[int], names: Sequence[tuple[str, ...]]) -> Rows:
        return Rows(grid[places], [label[at] for at in places], list(names))

    tests = part(points.tolist(), [()] * len(points))
    honest = value_in_whole(part(own.tolist(), people), tests, k=10)
    cloned = part([*own.tolist(), *mine.tolist()], [*people, *[("0",)] * len(mine)])
    after = value_in_whole(cloned, tests, k=10)
    naive = knn_shapley(
        cloned.features, cloned.labels, tests.features, tests.labels,
        contributor=[names[0] for names in cloned.people], tolerance=None,
    )  # fmt: skip

    def share(found: object) -> float:
        named = {one.name: one.value for one in found}  # type: ignore[attr-defined]  # shares
        return float(named["0"] / sum(named.values()))

    before = share(honest.by_person)
    assert abs(share(after.by_person) / before - 1) < 0.02
    assert share(naive.by_contributor) > 3 * before


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=8),
    st.integers(0, 10**12),
    st.integers(0, 200),
)
def test_shares_sum_to_the_pool_to_the_last_millionth(
    values: list[int], pool: int, by_value: int
) -> None:
    terms = Terms(1, 100, 0, 0, 0, {"seconds": 1_000 - by_value, "value": by_value}, 0)  # type: ignore[arg-type]
    people = [Contribution(at, 60_000, value) for at, value in enumerate(values)]
    divided = divide(pool * MICROS, terms, people)
    assert sum(one.amount_micros for one in divided.shares) == pool * MICROS
    most = -(-pool * MICROS * by_value // 1_000)
    assert sum(one.why.get("value", 0) for one in divided.shares) <= most


@pytest.mark.parametrize(
    ("change", "says"),
    [({"k": 0}, "1 or more"), ({"tests": rows(0, 1)}, "test rows")],
)
def test_what_cannot_be_valued_is_refused(change: dict[str, object], says: str) -> None:
    given_: dict[str, object] = {"tests": rows(5, 1), "k": 3} | change
    with pytest.raises(ValueError, match=says):
        value_in_whole(rows(10, 2), **given_)  # type: ignore[arg-type]


def test_features_that_are_not_finite_are_refused_and_zeros_stay() -> None:
    with pytest.raises(ValueError, match="finite"):
        on_grid(np.array([[np.nan, 1.0]]))
    assert not on_grid(np.zeros((2, 3))).any()
