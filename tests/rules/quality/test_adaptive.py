"""How sure is sure: dependence that the answers show, stops set beforehand, forecasts, and whom."""

from __future__ import annotations

import csv
import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairhand.quality import DawidSkene, DawidSkeneFit
from fairhand.quality.adaptive import (
    Candidate,
    Dependence,
    Evidence,
    expected_gain,
    forecast_quality,
    measure_dependence,
    plan_stops,
    stop_by_price,
    value_of_one_more,
    weigh_evidence,
    weigh_trust,
    whom_to_ask,
)
from fairhand.quality.adaptive.dependence import RHOS
from fairhand.quality.aggregation.codes import AnswerCodes, encode
from tests.data import data_dir
from tests.rules.quality.crowds import Crowd, codes_of, planted_crowd, small_crowds


def weighed(codes: AnswerCodes) -> tuple[DawidSkeneFit, Evidence, Dependence]:
    fit = DawidSkene().fit_codes(codes)
    evidence = weigh_evidence(codes, fit)
    return fit, evidence, measure_dependence(evidence)


def fooled_crowd(seed: int, *, tasks: int = 400, share: float = 0.25) -> Crowd:
    """Good people, and some items that fool most of them at once."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, tasks)
    chance = np.where(rng.random(tasks) < share, 0.4, 0.9)
    rows = [
        (task, int(person), int(truth[task] if rng.random() < chance[task] else 1 - truth[task]))
        for task in range(tasks)
        for person in rng.choice(25, 12, replace=False)
    ]
    return Crowd(codes_of(rows, tasks, 25, 2), truth.astype(np.intp))


def known(crowd: Crowd, every: int = 1) -> NDArray[np.int64]:
    gold = np.full(len(crowd.truth), -1, dtype=np.int64)
    gold[::every] = crowd.truth[::every]
    return gold


# --- dependence -----------------------------------------------------------------------------


def test_mistakes_made_together_are_noticed_and_believed_less() -> None:
    crowd = fooled_crowd(1)
    fit, evidence, dependence = weighed(crowd.codes)
    assert dependence.noticed
    assert dependence.effective_answers < 8
    assert "go together" in dependence.warnings[0]
    wrong = np.mean(fit.probabilities.argmax(axis=1) != crowd.truth)
    believed = 1 - fit.probabilities.max(axis=1).mean()
    claimed = weigh_trust(evidence, dependence).error.value
    assert abs(claimed - wrong) < abs(believed - wrong)


def test_independent_mistakes_are_not_suspected() -> None:
    _, _, dependence = weighed(planted_crowd(3, tasks=1_000, people=20, answers=8).codes)
    assert dependence.low == 0.0
    assert dependence.rho <= 0.15
    assert dependence.warnings == ()


@given(codes=small_crowds())
@settings(max_examples=40, deadline=None)
def test_evidence_is_finite_whatever_the_answers(codes: AnswerCodes) -> None:
    fit, evidence, dependence = weighed(codes)
    for rho in (0.0, dependence.rho, 1.0):
        beliefs = evidence.probabilities(rho)
        assert np.isfinite(beliefs).all()
        np.testing.assert_allclose(beliefs.sum(axis=1), 1.0)
    more = np.full(len(codes.tasks), 3)
    gain = expected_gain(evidence, dependence, fit, more)
    doubt = 1 - evidence.probabilities(dependence.high).max(axis=1)
    assert (gain >= -1e-12).all()
    assert (gain <= doubt + 1e-9).all()


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_the_order_of_rows_and_the_names_of_people_do_not_matter(seed: int) -> None:
    codes = planted_crowd(5, tasks=40).codes
    _, evidence, dependence = weighed(codes)
    rng = np.random.default_rng(seed)
    rows, names = rng.permutation(len(codes)), rng.permutation(12)
    moved = AnswerCodes(
        codes.task[rows],
        names[codes.worker[rows]].astype(np.intp),
        codes.label[rows],
        codes.tasks,
        codes.workers,
        codes.classes,
    )
    _, other, again = weighed(moved)
    np.testing.assert_allclose(other.log_evidence, evidence.log_evidence, atol=1e-3)
    assert again.rho == dependence.rho


def test_stopping_at_agreement_bends_dependence_less_for_answers_in_order() -> None:
    crowd = fooled_crowd(6, tasks=1_500)
    codes, keep, task = crowd.codes, [], np.asarray(crowd.codes.task)
    for one in range(1_500):
        rows = np.flatnonzero(task == one)
        kept = 2
        while kept < len(rows) and abs(np.mean(codes.label[rows[:kept]]) - 0.5) < 0.3:
            kept += 1
        keep += rows[:kept].tolist()
    stopped = AnswerCodes(
        task[keep], codes.worker[keep], codes.label[keep], codes.tasks, codes.workers, codes.classes
    )
    fit = DawidSkene().fit_codes(stopped)
    in_order = measure_dependence(weigh_evidence(stopped, fit, in_order=True))
    bent = measure_dependence(weigh_evidence(stopped, fit))
    _, _, whole = weighed(codes)
    assert abs(in_order.rho - whole.rho) < abs(bent.rho - whole.rho)


def test_one_answer_a_task_shows_no_dependence_and_says_how_little_is_known() -> None:
    codes = codes_of([(task, 0, task % 2) for task in range(8)], 8, 1, 2)
    _, evidence, dependence = weighed(codes)
    assert (dependence.rho, dependence.low, dependence.high) == (0.0, 0.0, 1.0)
    assert (evidence.heldout == 0.0).all()


def test_a_fit_of_other_answers_is_refused() -> None:
    codes = planted_crowd(1, tasks=20).codes
    with pytest.raises(ValueError, match="must come from these answers"):
        weigh_evidence(codes, DawidSkene().fit_codes(planted_crowd(1, tasks=21).codes))


# --- the worth of one more ------------------------------------------------------------------


def test_one_more_answer_is_worth_what_it_may_turn() -> None:
    even, table = [0.5, 0.5], [[0.8, 0.2], [0.2, 0.8]]
    assert value_of_one_more(even, table, worth=10, price=1) == pytest.approx(10 * 0.3 - 1)
    sure = value_of_one_more([0.99, 0.01], table, worth=10, price=1)
    assert sure == pytest.approx(-1.0)


@given(
    p=st.lists(st.floats(0.01, 1), min_size=2, max_size=4),
    seed=st.integers(0, 500),
)
def test_an_answer_never_takes_worth_away_and_never_gives_more_than_the_doubt(
    p: list[float], seed: int
) -> None:
    belief = np.array(p) / sum(p)
    table = np.random.default_rng(seed).dirichlet(np.ones(len(p)), len(p))
    value = value_of_one_more(belief, table, worth=1.0, price=0.0)
    assert -1e-12 <= float(value) <= 1 - belief.max() + 1e-12
    assert value_of_one_more(belief, np.eye(len(p)), worth=1.0, price=0.0) == pytest.approx(
        1 - belief.max()
    )
    blind = np.tile(table[0], (len(p), 1))
    assert value_of_one_more(belief, blind, worth=1.0, price=0.0) == pytest.approx(0, abs=1e-9)


def test_doubtful_tasks_gain_more_than_sure_ones_and_more_answers_gain_more() -> None:
    fit, evidence, dependence = weighed(planted_crowd(8, tasks=500).codes)
    sure = evidence.probabilities(dependence.high).max(axis=1)
    few = expected_gain(evidence, dependence, fit, np.full(500, 2))
    many = expected_gain(evidence, dependence, fit, np.full(500, 12))
    assert many[sure < 0.7].mean() > 10 * many[sure > 0.99].mean()
    assert many.sum() > few.sum()
    assert (expected_gain(evidence, dependence, fit, np.zeros(500, dtype=np.int64)) == 0).all()


def test_the_gain_of_a_single_answer_is_the_exact_one() -> None:
    crowd = planted_crowd(9, tasks=300, people=4, classes=2, answers=2)
    fit, evidence, dependence = weighed(crowd.codes)
    free = Dependence(0.0, 0.0, 0.0, dependence.mean_answers)
    looked = expected_gain(evidence, free, fit, np.ones(300, dtype=np.int64), futures=4_000)
    share = fit.counts.sum(axis=(1, 2)) / fit.counts.sum()
    beliefs = evidence.probabilities(0.0)
    exact = np.array(
        [
            share @ np.asarray(value_of_one_more(one, fit.confusion, worth=1.0, price=0.0))
            for one in beliefs
        ]
    )
    np.testing.assert_allclose(looked, exact, atol=0.02)


# --- stopping -------------------------------------------------------------------------------


@given(allowed=st.floats(0, 0.2))
@settings(max_examples=20, deadline=None)
def test_no_more_is_given_up_than_the_owner_allows(allowed: float) -> None:
    fit, evidence, dependence = weighed(planted_crowd(4, tasks=150).codes)
    more = np.arange(150) % 6
    plan = plan_stops(evidence, dependence, fit, more, most_loss=allowed)
    assert plan.claimed_loss <= allowed + 1e-12
    assert plan.stop[more == 0].all()
    assert set(plan.ask_first()) == set(np.flatnonzero(~plan.stop))
    first = plan.rate[plan.ask_first()]
    assert (np.diff(first) <= 1e-12).all()


def test_the_dearer_a_judgement_the_sooner_tasks_stop() -> None:
    fit, evidence, dependence = weighed(planted_crowd(4, tasks=300).codes)
    more = np.full(300, 5)
    stopped = [
        int(stop_by_price(evidence, dependence, fit, more, worth=100, price=price).stop.sum())
        for price in (0.0, 0.5, 5.0, 100.0)
    ]
    assert stopped == sorted(stopped)
    assert stopped[0] < stopped[1] < stopped[2]
    assert stopped[3] == 300
    with pytest.raises(ValueError, match="below zero"):
        stop_by_price(evidence, dependence, fit, more, worth=-1, price=1)
    with pytest.raises(ValueError, match="most_loss"):
        plan_stops(evidence, dependence, fit, more, most_loss=2.0)


def test_asking_where_it_gains_most_beats_asking_everybody_alike() -> None:
    crowd = planted_crowd(11, tasks=600, people=20, answers=9)
    codes, order = crowd.codes, np.arange(9)
    asked = np.full(600, 3)
    while True:
        now = first_answers(codes, asked, 9)
        fit = DawidSkene(tolerance=1e-3).fit_codes(now)
        evidence = weigh_evidence(now, fit, in_order=True)
        plan = plan_stops(evidence, measure_dependence(evidence), fit, 9 - asked)
        if plan.stop.all():
            break
        asked = asked + ~plan.stop
    full = right(DawidSkene().fit_codes(codes), crowd)
    assert asked.sum() < 0.75 * 9 * 600
    assert right(fit, crowd) >= full - 0.01
    even = int(asked.mean())
    alike = first_answers(codes, np.full(600, even), len(order))
    assert right(fit, crowd) > right(DawidSkene().fit_codes(alike), crowd)


def first_answers(codes: AnswerCodes, asked: NDArray[np.int64], each: int) -> AnswerCodes:
    place = np.arange(len(codes)) % each
    keep = place < asked[codes.task]
    return AnswerCodes(
        codes.task[keep], codes.worker[keep], codes.label[keep], codes.tasks, codes.workers,
        codes.classes,
    )  # fmt: skip


def right(fit: DawidSkeneFit, crowd: Crowd) -> float:
    return float(np.mean(fit.probabilities.argmax(axis=1) == crowd.truth))


def test_a_model_that_believes_in_one_class_only_stops_nobody() -> None:
    codes = codes_of([(task, person, person % 2) for task in range(60) for person in (task % 8, 8)],
                     60, 9, 2)  # fmt: skip
    fit = DawidSkene().fit_codes(codes)
    collapsed = replace(fit, task_counts=np.array([59.9, 0.1]))
    evidence = weigh_evidence(codes, collapsed)
    plan = plan_stops(
        evidence, measure_dependence(evidence), collapsed, np.arange(60) % 3, most_loss=1.0
    )
    assert (plan.stop == (np.arange(60) % 3 == 0)).all()


# --- trust ----------------------------------------------------------------------------------


def test_gold_finds_the_error_that_no_answer_shows() -> None:
    crowd = fooled_crowd(2, tasks=2_000, share=0.35)
    _, evidence, dependence = weighed(crowd.codes)
    blind = weigh_trust(evidence, dependence)
    seen = weigh_trust(evidence, dependence, known(crowd, every=5))
    wrong = np.mean(seen.probabilities.argmax(axis=1) != crowd.truth)
    assert seen.error.low <= wrong <= seen.error.high
    assert abs(seen.error.value - wrong) < 0.03
    assert seen.error.high - seen.error.low < 0.1
    assert blind.on_gold is None
    assert "no gold" in blind.warnings[-1]
    assert seen.on_gold is not None
    assert seen.on_gold.low <= wrong <= seen.on_gold.high


def test_the_claimed_error_covers_the_true_one_nineteen_times_in_twenty() -> None:
    covered = 0
    for seed in range(40):
        crowd = fooled_crowd(100 + seed, tasks=250, share=0.3)
        _, evidence, dependence = weighed(crowd.codes)
        rng = np.random.default_rng(seed)
        gold = known(crowd)
        gold[rng.permutation(250)[60:]] = -1
        trust = weigh_trust(evidence, dependence, gold)
        wrong = np.mean(trust.probabilities.argmax(axis=1) != crowd.truth)
        covered += trust.error.low <= wrong <= trust.error.high
    assert covered >= 35


def test_gold_of_another_length_is_refused() -> None:
    _, evidence, dependence = weighed(planted_crowd(1, tasks=20).codes)
    for gold in (np.zeros(19, dtype=np.int64), np.full(20, 3)):
        with pytest.raises(ValueError, match="one class code per task"):
            weigh_trust(evidence, dependence, gold)


# --- the forecast ---------------------------------------------------------------------------


def test_a_forecast_comes_true() -> None:
    crowd = planted_crowd(12, tasks=1_500, people=20, answers=9)
    asked = np.full(1_500, 3)
    fit, evidence, dependence = weighed(first_answers(crowd.codes, asked, 9))
    rng = np.random.default_rng(1)
    forecast = forecast_quality(evidence, dependence, fit, 9 - asked, rng)
    assert forecast.points[0].judgements.p90 == 0.0
    assert forecast.points[-1].judgements.p50 == 6 * 1_500
    counts = [point.judgements.p50 for point in forecast.points]
    assert counts == sorted(counts)
    real = right(DawidSkene().fit_codes(crowd.codes), crowd)
    assert forecast.points[-1].right == pytest.approx(real, abs=0.03)
    cheapest = forecast.to_reach(0.95)
    assert cheapest is not None
    assert 0 < cheapest.judgements.p50 <= cheapest.judgements.p90 < 6 * 1_500
    assert forecast.to_reach(1.01) is None
    following = forecast.next_point(0.005)
    assert following is not None
    assert following.right >= forecast.right_now + 0.005


def test_a_forecast_of_nothing_is_refused() -> None:
    fit, evidence, dependence = weighed(codes_of([], 0, 0, 2))
    with pytest.raises(ValueError, match="needs tasks"):
        forecast_quality(
            evidence, dependence, fit, np.zeros(0, dtype=np.int64), np.random.default_rng(0)
        )


# --- whom to ask ----------------------------------------------------------------------------

CROWD = np.array([[0.7, 0.3], [0.3, 0.7]])
DOUBT = np.array([0.6, 0.4])


def record(accuracy: float, answers: float) -> NDArray[np.float64]:
    half = answers / 2
    return np.array([[accuracy, 1 - accuracy], [1 - accuracy, accuracy]]) * half


def shares(candidates: list[Candidate], rounds: int = 300) -> dict[int, float]:
    rng = np.random.default_rng(3)
    first = [whom_to_ask(DOUBT, CROWD, candidates, rng)[0] for _ in range(rounds)]
    return {one.person: first.count(one.person) / rounds for one in candidates}


def test_skill_for_its_price_comes_first() -> None:
    found = shares(
        [
            Candidate(1, record(0.95, 400), 1.0),
            Candidate(2, record(0.65, 400), 1.0),
            Candidate(3, record(0.95, 400), 3.0),
            Candidate(4, record(0.95, 400), 1.0, available=0.2),
        ]
    )
    assert found[1] > 0.95


def test_newcomers_get_their_chance_and_nobody_is_left_out() -> None:
    people = [Candidate(1, record(0.8, 300), 1.0), Candidate(2, np.zeros((2, 2)), 1.0)]
    assert 0.1 < shares(people)[2] < 0.9
    everybody = whom_to_ask(DOUBT, CROWD, people, np.random.default_rng(0))
    assert sorted(everybody) == [1, 2]


@pytest.mark.parametrize(
    ("people", "reason"),
    [
        ([Candidate(1, record(0.8, 9), 0.0)], "price of person 1"),
        ([Candidate(1, record(0.8, 9), 1.0, 1.5)], "availability of person 1"),
        ([Candidate(1, record(0.8, 9), 1.0)] * 2, "named twice"),
    ],
)
def test_impossible_candidates_are_refused(people: list[Candidate], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        whom_to_ask(DOUBT, CROWD, people, np.random.default_rng(0))


# --- real crowds ----------------------------------------------------------------------------


def read(path: Path) -> NDArray[np.int64]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        next(rows)
        return np.array([[int(cell) for cell in row[:3]] for row in rows])


@pytest.mark.parametrize("name", ["bluebird", "rte", "dog", "tweets"])
def test_on_real_crowds_mistakes_made_together_are_noticed(name: str) -> None:
    folder = data_dir("crowd") / name
    codes = encode(*read(folder / "labels.csv.gz").T)
    truth = dict(read(folder / "truth.csv.gz")[:, :2].tolist())
    fit, evidence, dependence = weighed(codes)
    gold = np.array([codes.classes.index(truth[task]) for task in codes.tasks])
    assert dependence.noticed or name == "rte"  # two standard errors are not reached there
    assert dependence.effective_answers < 0.7 * dependence.mean_answers
    before = -np.log(np.maximum(fit.probabilities[np.arange(len(gold)), gold], 1e-6)).mean()
    after = evidence.probabilities(dependence.rho)[np.arange(len(gold)), gold]
    assert -np.log(np.maximum(after, 1e-6)).mean() < 0.75 * before
    assert dependence.rho in RHOS


@pytest.mark.parametrize("in_order", [False, True])
def test_the_compiled_look_at_the_evidence_is_that_of_numpy(
    in_order: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = fooled_crowd(7, tasks=60).codes
    fit = DawidSkene().fit_codes(codes)
    plain = weigh_evidence(codes, fit, in_order=in_order)
    monkeypatch.setattr("fairhand.quality.adaptive.dependence.COMPILED_FROM", 0)
    compiled = weigh_evidence(codes, fit, in_order=in_order)
    np.testing.assert_allclose(compiled.log_prior, plain.log_prior, rtol=1e-12)
    np.testing.assert_allclose(compiled.log_evidence, plain.log_evidence, rtol=1e-9)
    np.testing.assert_allclose(compiled.heldout, plain.heldout, rtol=1e-9)
