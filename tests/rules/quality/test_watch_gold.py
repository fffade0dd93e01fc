"""Gold tasks: unpredictable and repeatable, scored with intervals that hold, never a verdict."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fairhand.quality.watch import (
    GoldSchedule,
    anytime_interval,
    choose_gold,
    exact_interval,
    gold_signals,
    is_gold_turn,
    jeffreys_interval,
    score_gold,
)
from fairhand.quality.watch.corrections import (
    benjamini_hochberg,
    e_benjamini_hochberg,
    sum_tail,
)
from fairhand.quality.watch.intervals import difference_interval, wilson_interval

SECRET = b"an example, sixteen"
counts = st.integers(0, 300).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(counts)
def test_the_exact_interval_is_scipys_clopper_pearson(count: tuple[int, int]) -> None:
    right, of = count
    low, high = exact_interval(right, of)
    if of:
        named = stats.binomtest(right, of).proportion_ci(0.95, "exact")
        assert float(low) == pytest.approx(named.low, abs=1e-9)
        assert float(high) == pytest.approx(named.high, abs=1e-9)
    else:
        assert (float(low), float(high)) == (0.0, 1.0)


@given(counts)
def test_every_interval_holds_what_was_seen_and_the_one_for_all_looks_is_widest(
    count: tuple[int, int],
) -> None:
    right, of = count
    share = right / of if of else 0.5
    mean, low, high = map(float, jeffreys_interval(right, of))
    assert low <= mean <= high
    for least, most in (exact_interval(right, of), anytime_interval(right, of)):
        assert 0.0 <= least <= share <= most <= 1.0
    always, once = anytime_interval(right, of), exact_interval(right, of)
    # Robbins' mixture is wider than the exact one wherever both sides are open.
    if 0 < right < of:
        assert always[1] - always[0] >= once[1] - once[0]


def test_wilson_agrees_with_scipy_and_a_difference_is_mirrored() -> None:
    named = stats.binomtest(17, 20).proportion_ci(0.95, "wilson")
    low, high = map(float, wilson_interval(17, 20))
    assert (low, high) == pytest.approx((named.low, named.high))
    there, back = difference_interval((17, 20), (9, 20)), difference_interval((9, 20), (17, 20))
    assert there == pytest.approx((-back[1], -back[0]))
    assert difference_interval((1, 1), (0, 0)) == (-1.0, 1.0)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_looking_after_every_answer_the_interval_misses_the_truth_once_in_twenty_at_most(
    share: float,
) -> None:
    rng = np.random.default_rng(8)
    right = np.cumsum(rng.random((200, 400)) < share, axis=1)[:, 4::5]
    of = np.broadcast_to(np.arange(5, 401, 5), right.shape)
    low, high = anytime_interval(right, of)
    ever_missed = ((low > share) | (high < share)).any(axis=1).mean()
    assert ever_missed <= 0.05
    low, high = exact_interval(right, of)
    assert ((low > share) | (high < share)).any(axis=1).mean() > 0.05  # what looking often does


@given(st.lists(st.floats(0.0, 1.0), max_size=30), st.integers(0, 31))
def test_the_tail_of_unequal_chances_is_exact(chances: list[float], at_least: int) -> None:
    state = np.array([1.0])
    for chance in chances:
        state = np.convolve(state, [1.0 - chance, chance])
    assert sum_tail(chances, at_least) == pytest.approx(state[at_least:].sum(), abs=1e-12)


@given(st.lists(st.floats(0.0, 1.0), max_size=30))
def test_corrections_are_the_published_ones(chances: list[float]) -> None:
    adjusted = benjamini_hochberg(chances)
    if chances:
        assert adjusted == pytest.approx(stats.false_discovery_control(chances))
    # Of e-values, k of n at n / (k q) or above are discoveries at q.
    log_e = np.array([-math.log(max(p, 1e-12)) for p in chances])
    found = e_benjamini_hochberg(log_e) >= math.log(20)
    passing = [
        k for k in range(1, len(chances) + 1)
        if np.sort(log_e)[::-1][k - 1] >= math.log(len(chances) * 20 / k)
    ]  # fmt: skip
    assert found.sum() == pytest.approx(max(passing, default=0), abs=1e-9)


def test_a_retry_gets_the_same_turn_and_the_same_gold_task() -> None:
    schedule = GoldSchedule(SECRET)
    turns = [is_gold_turn(schedule, "Amina", 3, count) for count in range(400)]
    assert turns == [is_gold_turn(schedule, "Amina", 3, count) for count in range(400)]
    golds = list(range(40))
    first = choose_gold(schedule, "Amina", 3, golds, ())
    assert choose_gold(schedule, "Amina", 3, golds[::-1], ()) == first


def test_nobody_meets_a_gold_task_twice_and_people_meet_them_in_orders_of_their_own() -> None:
    schedule = GoldSchedule(SECRET)
    orders = []
    for person in ("Amina", "Bao"):
        seen: list[int] = []
        while (gold := choose_gold(schedule, person, 3, range(30), seen)) is not None:
            assert gold not in seen
            seen.append(gold)
        assert sorted(seen) == list(range(30))
        orders.append(seen)
    assert orders[0] != orders[1]


def test_the_share_is_kept_gaps_are_kept_and_the_beginning_has_more() -> None:
    schedule = GoldSchedule(SECRET, share=0.1, early_tasks=20, early_share=0.16, least_gap=3)
    early, late = [], []
    for person in range(60):
        turns = [count for count in range(320) if is_gold_turn(schedule, person, 1, count)]
        assert (np.diff(turns) >= 3).all()
        early.append(sum(turn < 20 for turn in turns) / 20)
        late.append(sum(turn >= 20 for turn in turns) / 300)
    assert np.mean(late) == pytest.approx(0.1, abs=0.01)
    assert 0.13 < np.mean(early) < 0.22


def test_the_next_gold_task_cannot_be_foreseen_from_the_last() -> None:
    """Once the least gap is over, the chance of gold is the same however long ago the last was."""
    schedule = GoldSchedule(SECRET, share=0.1, early_tasks=0, least_gap=1)
    turns = np.array(
        [[is_gold_turn(schedule, who, 1, count) for count in range(300)] for who in range(100)]
    )
    after_gold = turns[:, 1:][turns[:, :-1]].mean()
    after_none = turns[:, 1:][~turns[:, :-1]].mean()
    assert after_gold == pytest.approx(after_none, abs=0.02)
    other_secret = GoldSchedule(b"another secret of one", share=0.1, early_tasks=0, least_gap=1)
    assert [is_gold_turn(other_secret, 1, 1, n) for n in range(300)] != turns[1].tolist()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"secret": b"short"}, "16 bytes"),
        ({"share": 1.2}, "between 0 and 1"),
        ({"share": 0.4, "least_gap": 2}, "foreseen"),
        ({"least_gap": 0}, "least_gap"),
    ],
)
def test_a_schedule_that_gives_itself_away_is_refused(options: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        GoldSchedule(**{"secret": SECRET, **options})  # type: ignore[arg-type]


def test_a_score_says_how_many_of_how_many_and_between_what() -> None:
    truth = {task: task % 2 for task in range(20)}
    task = [*range(20), *range(20), 99]
    worker = ["Amina"] * 20 + ["Bao"] * 21
    label = [task % 2 if task >= 3 else 5 for task in range(20)] + [task % 2 for task in range(20)]
    scores = score_gold(task, worker, [*label, 1], truth=truth, watched=False)
    amina, bao = scores.people
    assert amina.sentence == "Amina: 17 right of 20 gold tasks: between 62 and 97 %."
    assert amina.others == 1.0
    assert bao.total.of == 20  # the answer to a task that is not gold is left out
    assert amina.by_class[0].of == amina.by_class[1].of == 10
    assert amina.by_class[0].right == 8
    assert amina.total.always[0] < amina.total.exact[0]
    assert gold_signals(scores) == ()


def test_only_the_first_answer_to_a_gold_task_counts() -> None:
    scores = score_gold([1, 1], ["Amina"] * 2, ["cat", "dog"], truth={1: "cat"})
    assert scores.people[0].total.right == scores.people[0].total.of == 1
    assert "1 answers were left out" in scores.warnings[0]


def test_guessing_is_pointed_out_and_honest_people_are_not() -> None:
    rng = np.random.default_rng(3)
    truth = dict(enumerate(rng.integers(0, 2, 40).tolist()))
    pointed_out = []
    for run in range(20):
        rng = np.random.default_rng(run)
        people = np.repeat(np.arange(30), 40)
        tasks = np.tile(np.arange(40), 30)
        skill = np.where(people == 0, 0.5, 0.9)
        right = rng.random(len(people)) < skill
        label = np.where(
            right, [truth[task] for task in tasks], 1 - np.array([truth[task] for task in tasks])
        )
        signals = gold_signals(score_gold(tasks, people, label, truth=truth))
        pointed_out += [signal.people[0] for signal in signals]
        assert all(signal.what_would_explain_it_otherwise for signal in signals)
    assert pointed_out.count(0) >= 17
    assert len(pointed_out) == pointed_out.count(0)


def test_nothing_and_nonsense_are_said_plainly() -> None:
    assert score_gold([], [], [], truth={}).warnings == ("Nobody has answered a gold task yet.",)
    with pytest.raises(ValueError, match="row 1"):
        score_gold([1, 2], ["Amina", None], [0, 0], truth={1: 0, 2: 0})
    with pytest.raises(ValueError, match="one length"):
        score_gold([1, 2], ["Amina"], [0, 0], truth={1: 0})
    with pytest.raises(ValueError, match="more right than there are"):
        exact_interval(3, 2)
    with pytest.raises(ValueError, match="between 0 and 1"):
        benjamini_hochberg([1.5])
