"""Votes on pairs: what always holds, what peers say of the same votes, and real photos."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import kendalltau

from fairhand.quality import BradleyTerry, PairRanking, check_transitivity
from fairhand.quality.ranking import newton
from fairhand.quality.ranking.pairs import PairVotes, read_pairs
from tests.data import data_dir

Row = tuple[int, int, int, int]
Floats = NDArray[np.float64]


def votes_of(rows: list[Row], items: int = 5, people: int = 4) -> PairVotes:
    table = np.array(rows, dtype=np.intp).reshape(-1, 4)
    return PairVotes(
        table[:, 0], table[:, 1], table[:, 2].astype(np.int8), table[:, 3],
        tuple(range(items)), tuple(range(people)),
    )  # fmt: skip


def some_votes() -> st.SearchStrategy[PairVotes]:
    """Up to thirty votes of four people on five things, connected or not."""
    row = st.tuples(st.integers(0, 4), st.integers(1, 4), st.integers(-1, 1), st.integers(0, 3))
    turned = row.map(lambda one: (one[0], (one[0] + one[1]) % 5, one[2], one[3]))
    return st.lists(turned, max_size=30).map(votes_of)


def planted(
    seed: int, *, items: int = 20, people: int = 12, votes: int = 4000, tie: float = 0.0
) -> tuple[PairVotes, Floats]:
    """Make votes of a crowd in which 0 votes against all others and 1 always says left."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0.0, 1.0, items)
    left = rng.integers(0, items, votes)
    right = (left + rng.integers(1, items, votes)) % items
    worker = rng.integers(0, people, votes)
    gap = (truth[left] - truth[right]) * np.where(worker == 0, -1.0, 1.0)
    odds = np.exp(np.stack([gap / 2, np.full(votes, np.log(tie + 1e-12)), -gap / 2], axis=1))
    cut = odds.cumsum(axis=1) / odds.sum(axis=1, keepdims=True)
    vote = 1 - (rng.random(votes)[:, None] > cut).sum(axis=1)
    vote = np.where(worker == 1, 1, vote).astype(np.int8)
    names = tuple(range(items)), tuple(range(people))
    return PairVotes(left, right, vote, worker, *names), truth - truth.mean()


def assert_sound(fit: PairRanking) -> None:
    for numbers in (
        fit.scores,
        fit.errors,
        fit.reliability,
        fit.person_side,
        fit.person_side_error,
    ):
        assert np.isfinite(numbers).all()
    assert (fit.errors >= 0).all()
    assert np.isfinite(fit.prior_sd)
    assert abs(fit.scores.sum()) < 1e-8
    assert sorted(fit.order.tolist()) == list(range(len(fit.items)))


@settings(deadline=None, max_examples=20)
@given(pairs=some_votes())
def test_scores_are_finite_whatever_was_compared(pairs: PairVotes) -> None:
    assert_sound(BradleyTerry().fit_pairs(pairs))


@settings(deadline=None, max_examples=20)
@given(pairs=some_votes(), seed=st.integers(0, 2**32 - 1))
def test_renaming_and_reordering_changes_nothing(pairs: PairVotes, seed: int) -> None:
    rng = np.random.default_rng(seed)
    things, people, order = rng.permutation(5), rng.permutation(4), rng.permutation(len(pairs))
    other = PairVotes(
        things[pairs.left][order], things[pairs.right][order], pairs.vote[order],
        people[pairs.worker][order], pairs.items, pairs.workers,
    )  # fmt: skip
    before, after = BradleyTerry().fit_pairs(pairs), BradleyTerry().fit_pairs(other)
    np.testing.assert_allclose(after.scores[things], before.scores, atol=1e-6)
    np.testing.assert_allclose(after.errors[things], before.errors, atol=1e-6)
    np.testing.assert_allclose(after.reliability[people], before.reliability, atol=1e-6)


@settings(deadline=None, max_examples=20)
@given(pairs=some_votes())
def test_the_other_way_round_is_the_same_said_twice(pairs: PairVotes) -> None:
    swapped = PairVotes(
        pairs.right, pairs.left, -pairs.vote, pairs.worker, pairs.items, pairs.workers
    )
    before, after = BradleyTerry().fit_pairs(pairs), BradleyTerry().fit_pairs(swapped)
    np.testing.assert_allclose(after.scores, before.scores, atol=1e-6)
    np.testing.assert_allclose(after.side, -before.side, atol=1e-6)


@settings(deadline=None, max_examples=20)
@given(pairs=some_votes())
def test_flipping_every_vote_turns_the_ranking_over(pairs: PairVotes) -> None:
    flipped = PairVotes(
        pairs.left, pairs.right, -pairs.vote, pairs.worker, pairs.items, pairs.workers
    )
    before, after = BradleyTerry().fit_pairs(pairs), BradleyTerry().fit_pairs(flipped)
    np.testing.assert_allclose(after.scores, -before.scores, atol=1e-6)


def connected(seed: int, items: int = 12) -> tuple[list[tuple[int, int]], PairVotes]:
    """Give (winner, loser) rows, and the same as votes without people."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 1, items)
    rows: list[tuple[int, int]] = []
    for _ in range(300):
        a, b = rng.choice(items, 2, replace=False).tolist()
        wins = rng.random() < 1 / (1 + np.exp(truth[b] - truth[a]))
        rows.append((a, b) if wins else (b, a))
    won = np.array(rows, dtype=np.intp)
    flip = rng.random(len(rows)) < 0.5
    left, right = np.where(flip, won[:, 1], won[:, 0]), np.where(flip, won[:, 0], won[:, 1])
    vote = np.where(flip, -1, 1).astype(np.int8)
    names = tuple(range(items))
    return rows, PairVotes(left, right, vote, np.zeros(len(rows), np.intp), names, ())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", [1, 2])
def test_choix_finds_the_same_scores_under_the_same_prior(seed: int) -> None:
    import choix

    rows, pairs = connected(seed)
    sd = 0.8  # choix takes alpha * sum of squares, half of our precision
    theirs = choix.opt_pairwise(12, rows, alpha=1 / (2 * sd**2), tol=1e-10)
    ours = BradleyTerry(prior_sd=sd, side=False, tolerance=1e-9).fit_pairs(pairs)
    np.testing.assert_allclose(ours.scores, theirs - theirs.mean(), atol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_choix_finds_the_same_scores_without_a_prior() -> None:
    import choix

    rows, pairs = connected(3)
    theirs = choix.ilsr_pairwise(12, rows, alpha=0.0)
    ours = BradleyTerry(prior_sd=1e4, side=False, tolerance=1e-9).fit_pairs(pairs)
    np.testing.assert_allclose(ours.scores, theirs - theirs.mean(), atol=1e-5)


def test_davidson_ties_are_the_maximum_that_a_general_solver_finds() -> None:
    from scipy.optimize import minimize

    pairs, _ = planted(5, items=6, people=3, votes=400, tie=0.7)
    alone = PairVotes(pairs.left, pairs.right, pairs.vote, np.zeros(400, np.intp), pairs.items, ())
    ours = BradleyTerry(prior_sd=2.0, side=True, tolerance=1e-9).fit_pairs(alone)

    def loss(x: Floats) -> float:
        u = x[pairs.left] - x[pairs.right] + x[6]
        felt = np.stack([-u / 2, np.full(400, x[7]), u / 2], axis=1)
        chosen = felt[np.arange(400), pairs.vote + 1]
        prior = (x[:6] ** 2).sum() / 8 + x[6] ** 2 / 0.5 + x[7] ** 2 / 8
        return float(-(chosen - np.log(np.exp(felt).sum(axis=1))).sum() + prior)

    best = minimize(loss, np.zeros(8), method="BFGS", options={"gtol": 1e-7}).x
    np.testing.assert_allclose(ours.scores, best[:6] - best[:6].mean(), atol=1e-4)
    np.testing.assert_allclose([ours.side, ours.tie], best[6:], atol=1e-4)
    shares = ours.probabilities(0, 1)
    assert sum(shares) == pytest.approx(1.0)


def test_people_who_vote_against_and_people_who_click_left_are_told_from_others() -> None:
    pairs, truth = planted(7, tie=0.5)
    fit = BradleyTerry().fit_pairs(pairs)
    plain = BradleyTerry(people=False).fit_pairs(pairs)
    assert fit.reliability[0] + 3 * fit.reliability_error[0] < 0
    assert fit.reliability_error[1] > fit.reliability_error[2:].max()
    assert fit.person_side[1] > 2.0
    assert fit.reliability[2:].min() > 0.6
    assert np.abs(fit.person_side[2:]).max() < 0.6
    assert any("against the ranking" in said for said in fit.warnings)
    assert np.abs(fit.scores - truth).mean() < np.abs(plain.scores - truth).mean()


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    held = []
    for seed in range(12):
        pairs, truth = planted(seed, people=1, votes=600, tie=0.5)
        away = PairVotes(pairs.left, pairs.right, pairs.vote, pairs.worker, pairs.items, ())
        votes = np.where(pairs.worker == 0, -away.vote, away.vote).astype(np.int8)
        fit = BradleyTerry().fit(away.left, away.right, votes, items=away.items)
        low, high = fit.interval(0.9).T
        held.append(np.mean((low <= truth) & (truth <= high)))
    assert 0.84 <= np.mean(held) <= 0.96


def test_groups_never_compared_are_named_and_stay_apart_from_nan() -> None:
    fit = BradleyTerry().fit(["a", "a", "c"], ["b", "b", "d"], [1, 1, -1], items=list("abcdef"))
    assert_sound(fit)
    assert any("2 groups" in said for said in fit.warnings)
    assert any("2 of 6 items were never compared" in said for said in fit.warnings)
    assert fit.scores[0] > fit.scores[1]
    assert fit.scores[3] > fit.scores[2]
    assert fit.errors[4] > fit.errors[0]


def test_one_sided_votes_stay_finite() -> None:
    fit = BradleyTerry().fit(["a"] * 1000, ["b"] * 1000, [1] * 1000)
    assert_sound(fit)
    assert fit.ranking == ("a", "b")


def test_only_ties_put_all_on_one_level() -> None:
    fit = BradleyTerry().fit(["a", "b", "c"] * 9, ["b", "c", "a"] * 9, ["same"] * 27)
    np.testing.assert_allclose(fit.scores, 0.0, atol=1e-9)
    assert fit.tie > 0.5
    assert any('every vote is "same"' in said for said in fit.warnings)


def test_nothing_to_compare_is_said() -> None:
    none = BradleyTerry().fit([], [], [], items=["a"])
    assert_sound(none)
    assert none.warnings == ("nothing was compared; all scores come from the prior alone",)
    assert BradleyTerry().fit([], [], []).items == ()


def test_more_votes_of_the_same_make_surer() -> None:
    _, pairs = connected(4)
    left, right = np.tile(pairs.left, 2), np.tile(pairs.right, 2)
    nobody = np.zeros(600, np.intp)
    twice = PairVotes(left, right, np.tile(pairs.vote, 2), nobody, pairs.items, ())
    once, again = (BradleyTerry(prior_sd=1.0).fit_pairs(p) for p in (pairs, twice))
    assert (again.errors < once.errors).all()
    assert (again.scores @ again.scores) > (once.scores @ once.scores)


def test_many_items_give_what_few_do(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs, _ = planted(9, items=60, votes=3000, tie=0.4)
    exact = BradleyTerry(prior_sd=1.0).fit_pairs(pairs)
    monkeypatch.setattr(newton, "DENSE", 10)
    large = BradleyTerry(prior_sd=1.0).fit_pairs(pairs)
    np.testing.assert_allclose(large.scores, exact.scores, atol=1e-5)
    np.testing.assert_allclose(large.errors, exact.errors, rtol=0.4)


def test_sides_that_were_not_dealt_are_left_out_and_said() -> None:
    rng = np.random.default_rng(0)
    left, right = np.triu_indices(30, 1)
    vote = rng.choice([-1, 1], len(left))
    fit = BradleyTerry().fit(left, right, vote)
    assert fit.side == 0.0
    assert any("cannot be told" in said for said in fit.warnings)
    assert any(
        "not to be trusted" in said
        for said in BradleyTerry(side=True).fit(left, right, vote).warnings
    )
    turn = rng.random(len(left)) < 0.5
    dealt = BradleyTerry().fit(np.where(turn, left, right), np.where(turn, right, left), vote)
    assert not dealt.warnings


ROWS: dict[str, list[Any]] = {
    "left": ["x", "y", "x"],
    "right": ["y", "z", "z"],
    "worker": [1, 2, 1],
}


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame, pa.table])
@pytest.mark.parametrize(
    "said",
    [
        {"vote": [1, 0, -1]},
        {"vote": ["left", "Same", "right"]},
        {"label": ["x", "tie", "z"]},
    ],
)
def test_any_table_and_any_wording_say_the_same(
    make: Callable[[dict[str, list[Any]]], object], said: dict[str, list[Any]]
) -> None:
    pairs = read_pairs(make({**ROWS, **said}))
    assert pairs.vote.tolist() == [1, 0, -1]
    assert pairs.items == ("x", "y", "z")
    assert pairs.workers == (1, 2)


def test_other_words_are_translated() -> None:
    pairs = read_pairs(["a"] * 3, ["b"] * 3, [1, 2, 0], votes={1: "left", 2: "right", 0: "same"})
    assert pairs.vote.tolist() == [1, -1, 0]


@pytest.mark.parametrize(
    ("left", "right", "vote", "told"),
    [
        (["a", "b"], ["b", "b"], [1, 1], "row 1 sets 'b' against itself"),
        (["a", "b"], ["b", "a"], [1, 7], "vote in row 1 is 7"),
        (["a", None], ["b", "a"], [1, 1], "left is missing in row 1"),
        (["a", "b"], ["b", "a"], [1.0, float("nan")], "vote is missing in row 1"),
        (["a", "b"], ["b", "a"], [True, False], "vote in row 1 is False"),
        (["a"], ["b", "a"], [1, 1], "one length"),
        (["a", "q"], ["b", "a"], ["a", "x"], "vote in row 1 is 'x'"),
    ],
)
def test_bad_votes_are_named_by_their_row(
    left: list[Any], right: list[Any], vote: list[Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        BradleyTerry().fit(left, right, vote)


def test_an_item_outside_the_list_is_named() -> None:
    with pytest.raises(ValueError, match="right in row 0 is 'b', which is not one of the items"):
        read_pairs(["a"], ["b"], [1], items=["a"])
    with pytest.raises(ValueError, match="holds a name twice"):
        read_pairs(["a"], ["b"], [1], items=["a", "b", "a"])


def test_a_prior_without_width_is_refused() -> None:
    with pytest.raises(ValueError, match="above zero"):
        BradleyTerry(prior_sd=0.0)


def test_circular_triads_are_counted_as_kendall_does() -> None:
    ring = check_transitivity(["a", "b", "c"], ["b", "c", "a"], [1, 1, 1])
    assert (ring.triads, ring.circular, ring.zeta) == (1, 1, 0.0)
    assert {one[:2] for one in ring.pairs} == {("a", "b"), ("b", "c"), ("c", "a")}
    line = check_transitivity(["a", "b", "a"], ["b", "c", "c"], [1, 1, 1])
    assert (line.triads, line.circular, line.zeta) == (1, 0, 1.0)
    none = check_transitivity(["a"], ["b"], [0])
    assert none.zeta is None
    assert none.warnings


@pytest.mark.parametrize("items", [5, 8, 11])
def test_kendalls_formula_for_complete_comparisons_holds(items: int) -> None:
    rng = np.random.default_rng(items)
    left, right = np.triu_indices(items, 1)
    vote = rng.choice([-1, 1], len(left))
    wins = np.bincount(np.where(vote > 0, left, right), minlength=items)
    expected = items * (items - 1) * (2 * items - 1) / 12 - (wins**2).sum() / 2
    found = check_transitivity(left, right, vote, np.zeros(len(left), np.intp))
    assert found.circular == expected
    assert found.person_circular.tolist() == [expected]
    assert found.person_triads.tolist() == [items * (items - 1) * (items - 2) // 6]
    assert found.zeta is not None
    assert 0.0 <= found.zeta <= 1.0


def test_drawn_triads_agree_with_counted_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs, _ = planted(11, items=40, people=1, votes=3000)
    columns = (pairs.left, pairs.right, pairs.vote)
    exact = check_transitivity(*columns)
    monkeypatch.setattr("fairhand.quality.ranking.transitivity._EXACT", 10)
    drawn = check_transitivity(*columns, rng=np.random.default_rng(1))
    assert not drawn.is_exact
    assert drawn.share == pytest.approx(exact.share, abs=0.01)
    assert drawn.interval[0] - 0.005 <= exact.share <= drawn.interval[1] + 0.005


def photo_rows() -> NDArray[np.intp]:
    path = data_dir("crowd") / "photo_pairs" / "labels.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        next(rows)
        return np.array([[int(cell) for cell in row] for row in rows], dtype=np.intp)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("share", [0.01, 0.03])
def test_a_few_votes_on_photos_rank_better_than_choix_does(share: float) -> None:
    import choix

    rows, items = photo_rows(), list(range(1, 101))
    ours, theirs = [], []
    for criterion in range(3):
        own = rows[rows[:, 0] == criterion, 1:]
        won = np.bincount(own[:, 0], weights=own[:, 2] + 1, minlength=101)
        won += np.bincount(own[:, 1], weights=1 - own[:, 2], minlength=101)
        met = np.bincount(own[:, :2].ravel(), minlength=101)
        full = (won / np.maximum(met, 1))[1:]
        for draw in range(4):
            rng = np.random.default_rng(draw)
            few = own[rng.choice(len(own), round(share * len(own)), replace=False)]
            fit = BradleyTerry().fit(*few.T, items=items)
            assert_sound(fit)
            ours.append(kendalltau(fit.scores, full)[0])
            clear = [(a - 1, b - 1) if v > 0 else (b - 1, a - 1) for a, b, v in few.tolist() if v]
            theirs.append(kendalltau(choix.ilsr_pairwise(100, clear, alpha=0.01), full)[0])
    assert np.mean(ours) >= np.mean(theirs)
