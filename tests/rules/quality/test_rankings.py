"""Orders and best-worst answers: what always holds, and what peers say of the same answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairhand.quality import BradleyTerry, PeopleRanking, PlackettLuce, best_worst
from fairhand.quality.ranking import newton

Orders = list[list[int]]

some_orders = st.lists(
    st.permutations(range(6)).flatmap(lambda whole: st.integers(0, 6).map(lambda n: whole[:n])),
    max_size=12,
)


def planted(seed: int, *, items: int = 12, orders: int = 400, size: int = 4) -> tuple[
    Orders, list[int], NDArray[np.float64]
]:  # fmt: skip
    """Make orders of a few items each; of ten people, 0 orders the other way round."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 1, items)
    found: Orders = []
    people = rng.integers(0, 10, orders).tolist()
    for person in people:
        shown = rng.choice(items, size, replace=False)
        felt = (-1 if person == 0 else 1) * truth[shown] + rng.gumbel(size=size)
        found.append(shown[np.argsort(-felt)].tolist())
    return found, people, truth - truth.mean()


def assert_sound(fit: PeopleRanking) -> None:
    assert np.isfinite(fit.scores).all()
    assert np.isfinite(fit.errors).all()
    assert np.isfinite(fit.reliability).all()
    assert abs(fit.scores.sum()) < 1e-8


@settings(deadline=None, max_examples=12)
@given(orders=some_orders)
def test_scores_are_finite_whatever_was_ordered(orders: Orders) -> None:
    assert_sound(PlackettLuce().fit(orders, items=range(6)))
    assert_sound(PlackettLuce().fit(orders, list(range(len(orders))), items=range(6)))


@settings(deadline=None, max_examples=10)
@given(orders=some_orders, seed=st.integers(0, 2**32 - 1))
def test_renaming_and_reordering_changes_nothing(orders: Orders, seed: int) -> None:
    rng = np.random.default_rng(seed)
    names, turn = rng.permutation(6), rng.permutation(len(orders))
    other = [[int(names[item]) for item in orders[at]] for at in turn]
    before = PlackettLuce().fit(orders, items=range(6))
    after = PlackettLuce().fit(other, items=range(6))
    np.testing.assert_allclose(after.scores[names], before.scores, atol=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_choix_finds_the_same_scores_under_the_same_prior() -> None:
    import choix

    orders, _, _ = planted(1, orders=60)  # choix sums orders one by one
    theirs = choix.opt_rankings(12, list(map(tuple, orders)), alpha=1 / (2 * 0.7**2), tol=1e-10)
    ours = PlackettLuce(prior_sd=0.7, tolerance=1e-9).fit(orders)
    np.testing.assert_allclose(ours.scores, theirs - theirs.mean(), atol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_choix_finds_the_same_scores_without_a_prior() -> None:
    import choix

    orders, _, _ = planted(2)
    theirs = choix.ilsr_rankings(12, list(map(tuple, orders)))
    ours = PlackettLuce(prior_sd=1e4, tolerance=1e-9).fit(orders)
    np.testing.assert_allclose(ours.scores, theirs - theirs.mean(), atol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_choix_finds_the_same_best_of_many() -> None:
    import choix

    orders, _, _ = planted(3)
    best = [([order[0]], order[1:]) for order in orders]
    theirs = choix.ilsr_top1(12, [(one[0], tuple(rest)) for one, rest in best], alpha=0.0)
    ours = PlackettLuce(prior_sd=1e4, tolerance=1e-9).fit(
        [one for one, _ in best], below=[rest for _, rest in best]
    )
    np.testing.assert_allclose(ours.scores, theirs - theirs.mean(), atol=1e-5)


def test_orders_of_two_are_bradley_terry() -> None:
    orders, _, _ = planted(4, size=2)
    pairs = BradleyTerry(prior_sd=1.0, side=False, tolerance=1e-9).fit(
        [a for a, _ in orders], [b for _, b in orders], [1] * len(orders)
    )
    ours = PlackettLuce(prior_sd=1.0, tolerance=1e-9).fit(orders)
    np.testing.assert_allclose(ours.scores, pairs.scores, atol=1e-6)
    np.testing.assert_allclose(ours.errors, pairs.errors, atol=1e-6)


def test_turning_every_order_over_is_not_turning_the_scores_over_but_nearly() -> None:
    orders, _, truth = planted(5)
    up = PlackettLuce().fit(orders)
    down = PlackettLuce().fit([order[::-1] for order in orders])
    assert np.corrcoef(up.scores, -down.scores)[0, 1] > 0.95
    assert np.corrcoef(up.scores, truth)[0, 1] > 0.9


def test_somebody_who_orders_the_other_way_round_is_noticed() -> None:
    orders, people, truth = planted(6)
    fit = PlackettLuce().fit(orders, people)
    plain = PlackettLuce().fit(orders)
    assert fit.reliability[0] < 0
    assert fit.reliability[1:].min() > 0.4
    assert any("against the ranking" in said for said in fit.warnings)
    assert np.abs(fit.scores - truth).mean() < np.abs(plain.scores - truth).mean()


def test_many_items_give_what_few_do(monkeypatch: pytest.MonkeyPatch) -> None:
    orders, _, _ = planted(7)
    exact = PlackettLuce(prior_sd=1.0).fit(orders)
    monkeypatch.setattr(newton, "DENSE", 3)
    large = PlackettLuce(prior_sd=1.0).fit(orders)
    np.testing.assert_allclose(large.scores, exact.scores, atol=1e-5)


def test_a_table_of_ranks_is_one_order_a_task_and_worker() -> None:
    frame = pd.DataFrame(
        {
            "task": [1, 1, 1, 1, 1, 2, 2],
            "worker": ["a", "a", "a", "b", "b", "a", "a"],
            "item": ["x", "y", "z", "z", "y", "x", "z"],
            "rank": [1, 2, 3, 2, 1, 1, 2],
        }
    )
    by_table = PlackettLuce().fit(frame)
    orders = [["x", "y", "z"], ["y", "z"], ["x", "z"]]
    by_hand = PlackettLuce().fit(orders, ["a", "b", "a"])
    np.testing.assert_allclose(by_table.scores, by_hand.scores)
    assert by_table.ranking == ("x", "y", "z")
    assert by_table.workers == ("a", "b")


def test_equal_ranks_and_repeated_items_are_refused_by_place() -> None:
    frame = {"task": [1, 1], "item": ["x", "y"], "rank": [1, 1]}
    with pytest.raises(ValueError, match="row 1 gives rank 1 of task 1 a second time"):
        PlackettLuce().fit(frame)
    with pytest.raises(ValueError, match="order 1 names 'x' twice"):
        PlackettLuce().fit([["x", "y"], ["x", "y", "x"]])
    with pytest.raises(ValueError, match="worker has 1 rows"):
        PlackettLuce().fit([["x", "y"], ["y", "x"]], ["a"])
    with pytest.raises(ValueError, match="below has 1 rows"):
        PlackettLuce().fit([["x"], ["y"]], below=[["y"]])


def test_groups_never_ordered_together_are_said() -> None:
    fit = PlackettLuce().fit([["a", "b"], ["c", "d"]])
    assert any("2 groups" in said for said in fit.warnings)


def best_worst_answers(seed: int) -> tuple[Orders, list[int], list[int], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 1, 15)
    shown, best, worst = [], [], []
    for _ in range(600):
        some = rng.choice(15, 4, replace=False)
        top = int(some[np.argmax(truth[some] + rng.gumbel(size=4))])
        rest = np.array([item for item in some if item != top])
        low = int(rest[np.argmax(-truth[rest] + rng.gumbel(size=3))])
        shown.append(rng.permutation(some).tolist())
        best.append(top)
        worst.append(low)
    return shown, best, worst, truth - truth.mean()


def test_best_and_worst_answers_give_back_the_scale_they_were_made_from() -> None:
    shown, best, worst, truth = best_worst_answers(1)
    fit = best_worst(shown, best, worst)
    low, high = fit.interval(0.95).T
    assert np.mean((low <= truth) & (truth <= high)) >= 0.8
    assert np.corrcoef(fit.scores, truth)[0, 1] > 0.98
    assert np.corrcoef(fit.balance, truth)[0, 1] > 0.95
    assert fit.shown.sum() == 2400
    assert fit.best.sum() == fit.worst.sum() == 600
    np.testing.assert_array_equal(fit.best, np.bincount(best, minlength=15))
    np.testing.assert_array_equal(fit.worst, np.bincount(worst, minlength=15))


def test_the_order_in_which_items_are_shown_does_not_matter() -> None:
    shown, best, worst, _ = best_worst_answers(2)
    frame = pd.DataFrame({"shown": [some[::-1] for some in shown], "best": best, "worst": worst})
    np.testing.assert_allclose(
        best_worst(frame).scores, best_worst(shown, best, worst).scores, atol=1e-8
    )


@pytest.mark.parametrize(
    ("shown", "best", "worst", "told"),
    [
        ([["a", "b"]], ["c"], ["a"], "best of row 0 is 'c', which was not shown"),
        ([["a", "b"]], ["a"], ["a"], "both best and worst"),
        ([["a", "b", "a"]], ["a"], ["b"], "row 0 shows an item twice"),
        ([["a", "b"]], ["a"], [], "one length"),
    ],
)
def test_impossible_answers_are_named_by_their_row(
    shown: list[list[Any]], best: list[Any], worst: list[Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        best_worst(shown, best, worst)
