"""Slices and groups: intervals for answers in clusters, and nobody can be singled out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from fairhand.quality.watch import (
    compare_groups,
    compare_slices,
    cross_groups,
    hide_cells,
    merge_small_groups,
)

Cells = NDArray[np.intp]


def with_totals(cells: Cells) -> Cells:
    """Add totals as if no person were in two cells."""
    wide = np.hstack([cells, cells.sum(axis=1, keepdims=True)])
    return np.vstack([wide, wide.sum(axis=0, keepdims=True)])


def computable(hidden: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Hidden cells that the equations of the totals determine, by linear algebra."""
    rows, columns = hidden.shape
    cells = list(zip(*np.nonzero(hidden), strict=True))
    equations = np.zeros((rows + columns, len(cells)))
    for place, (row, column) in enumerate(cells):
        equations[row, place] = -1 if column == columns - 1 else 1
        equations[rows + column, place] = -1 if row == rows - 1 else 1
    rank = np.linalg.matrix_rank(equations) if cells else 0
    unit = np.eye(len(cells))
    return [
        cell for place, cell in enumerate(cells)
        if np.linalg.matrix_rank(np.vstack([equations, unit[place]])) == rank
    ]  # fmt: skip


tables = arrays.arrays(
    np.intp, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.integers(0, 30)
)


@settings(deadline=None)
@given(tables, st.integers(2, 12))
def test_no_hidden_cell_can_be_computed_from_the_shown_ones(cells: Cells, k: int) -> None:
    people = with_totals(cells)
    hidden = hide_cells(people, k)
    assert hidden[(people > 0) & (people < k)].all()
    assert computable(hidden) == []
    assert not hidden[people == 0].any()


@settings(deadline=None)
@given(tables, st.integers(2, 12))
def test_what_is_hidden_in_a_row_or_column_is_k_people_together(cells: Cells, k: int) -> None:
    people = with_totals(cells)
    hidden = hide_cells(people, k)
    for count, dark in [*zip(people, hidden, strict=True), *zip(people.T, hidden.T, strict=True)]:
        if dark.any() and not dark[count > 0].all():
            assert count[dark].sum() >= k


def test_a_table_of_large_groups_is_shown_whole() -> None:
    assert not hide_cells(with_totals(np.full((3, 4), 12)), 10).any()
    small = np.full((3, 3), 20)
    small[0, 0] = 4
    assert hide_cells(with_totals(small), 10).sum() == 4  # a ring of four, no total


@given(
    st.dictionaries(st.integers(0, 200), st.sampled_from("abcdefg"), max_size=80),
    st.integers(2, 15),
)
def test_every_group_that_is_shown_has_k_people(groups: dict[int, str], k: int) -> None:
    merged = merge_small_groups(groups, k)
    assert merged.keys() == groups.keys()
    shown = [name for name in merged.values() if name is not None]
    assert all(shown.count(name) >= k for name in set(shown))
    assert (len(shown) == len(groups)) if len(groups) >= k else not shown
    kept = [name for name in set(groups.values()) if list(groups.values()).count(name) >= k]
    if all(list(groups.values()).count(name) >= k for name in set(groups.values())):
        assert merged == (groups if len(groups) >= k else dict.fromkeys(groups))
    assert len(kept) - len(set(shown) - {"other"}) <= 1  # at most one large group joins the small


def clustered(seed: int) -> tuple[Cells, Cells, Cells, NDArray[np.bool_]]:
    """Tasks of unlike difficulty, five answers each, right 80 % of the time in every slice."""
    rng = np.random.default_rng(seed)
    task = np.repeat(np.arange(300), 5)
    worker = rng.integers(0, 40, 1_500)
    return task % 6, task, worker, rng.random(1_500) < rng.beta(4, 1, 300)[task]


def test_intervals_hold_and_false_alarms_stay_rare_though_answers_come_in_clusters() -> None:
    held, looked, alarms = 0, 0, 0
    for seed in range(80):
        report = compare_slices(*clustered(seed))
        held += sum(one.low <= 0.8 <= one.high for one in report.slices)
        looked += len(report.slices)
        alarms += bool(report.signals)
    assert held / looked >= 0.94
    assert alarms / 80 <= 0.1


def test_a_slice_that_falls_short_is_said_with_its_interval() -> None:
    attribute, task, worker, right = clustered(1)
    right = right & ~((attribute == 2) & (np.random.default_rng(0).random(1_500) < 0.4))
    names = np.array(["day", "dusk", "night", "rain", "snow", "fog"])[attribute]
    report = compare_slices(names, task, worker, right)
    (signal,) = report.signals
    assert signal.people == ()
    assert signal.sentence.startswith("night: ")
    assert "below the rest, beyond coincidence" in signal.sentence
    night = next(one for one in report.slices if one.name == "night")
    assert night.difference is not None
    assert night.difference < -0.2
    assert night.tasks == 50


def test_small_groups_of_people_are_never_shown() -> None:
    attribute, task, worker, right = clustered(3)
    groups = {who: "few" if who < 3 else "many" if who < 25 else "more" for who in range(40)}
    report = compare_groups(groups, task, worker, right)
    assert {one.name for one in report.slices} == {"more", "other"} or {
        one.name for one in report.slices
    } == {"many", "other"}
    assert all(one.people >= 10 for one in report.slices)
    nobody = compare_groups(groups, task[:20], worker[:20] % 5, right[:20])
    assert nobody.slices == ()
    assert "nothing is shown" in nobody.warnings[0]
    table = cross_groups(groups, attribute, worker, right)
    assert np.isnan(table.share[table.hidden]).all()
    assert table.answers[-1, -1] == 1_500


def test_in_a_cross_table_the_shown_figures_give_no_hidden_one_away() -> None:
    rng = np.random.default_rng(4)
    worker = rng.integers(0, 60, 400)
    attribute = rng.integers(0, 5, 400)
    groups = {who: "abc"[who % 3] for who in range(60)}
    table = cross_groups(groups, attribute, worker, rng.random(400) < 0.7, k=18)
    assert table.hidden.any()
    assert not table.hidden.all()
    assert computable(table.hidden) == []
    shown = ~table.hidden & (table.answers > 0)
    assert not np.isnan(table.share[shown]).any()


def test_renaming_and_reordering_change_nothing() -> None:
    attribute, task, worker, right = clustered(5)
    order = np.random.default_rng(1).permutation(1_500)
    one = compare_slices(attribute, task, worker, right)
    two = compare_slices(
        attribute[order], [f"t{t}" for t in task[order]], worker[order], right[order]
    )
    for first, second in zip(one.slices, two.slices, strict=True):
        assert first.share == pytest.approx(second.share)
        assert first.adjusted == pytest.approx(second.adjusted)


def test_bad_input_one_slice_and_nothing_are_said_plainly() -> None:
    with pytest.raises(ValueError, match="row 1"):
        compare_slices(["a", "b"], [1, 2], [1, 2], [0.5, 1.5])
    with pytest.raises(ValueError, match="row 0"):
        compare_slices(["a", "b"], [1, 2], [1, 2], [float("nan"), 1.0])
    with pytest.raises(ValueError, match="one number for each"):
        compare_slices(["a"], [1], [1], [1.0, 0.0])
    with pytest.raises(ValueError, match="k is 2 or more"):
        merge_small_groups({1: "a"}, 1)
    with pytest.raises(ValueError, match="totals"):
        hide_cells(np.ones((1, 3), dtype=np.intp))
    (alone,) = compare_slices(["a"] * 3, [1, 2, 3], [1, 1, 1], [1.0, 1.0, 0.0]).slices
    assert alone.difference is None
    assert compare_slices([], [], [], []).warnings == ("There are no answers yet.",)
