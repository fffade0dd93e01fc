"""Small and large, whole tables and a few numbers a person: one result, whichever way."""

from __future__ import annotations

import numpy as np
import pytest

from fairhand.quality.aggregation import engine, matches
from fairhand.quality.aggregation.codes import AnswerCodes, Floats
from fairhand.quality.aggregation.dawid_skene import DawidSkeneFamily
from fairhand.quality.aggregation.difficulty import DifficultyFamily
from fairhand.quality.aggregation.engine import Family, group, run
from fairhand.quality.aggregation.ibcc import IBCCFamily
from fairhand.quality.aggregation.matches import MatchFamily, run_matches
from fairhand.quality.aggregation.one_coin import OneCoin, OneCoinFamily
from fairhand.quality.aggregation.spamming import SpammingFamily
from tests.rules.quality.crowds import planted_crowd

FAMILIES: list[Family] = [DawidSkeneFamily(), DifficultyFamily(), IBCCFamily()]
MATCH_FAMILIES: list[MatchFamily] = [OneCoinFamily(), SpammingFamily()]


def gold_of(tasks: int, states: int) -> Floats:
    offset = np.zeros((tasks, states))
    offset[:5, 1:] = -np.inf
    return offset


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize("known", [False, True])
def test_the_compiled_sweep_finds_what_the_plain_one_does(
    family: Family, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    grouped = group(planted_crowd(1).codes)
    offset = gold_of(grouped.tasks, len(family.states(3))) if known else None
    plain = run(grouped, family, offset=offset, max_iterations=7)
    monkeypatch.setattr(engine, "COMPILED_FROM", 0)
    compiled = run(grouped, family, offset=offset, max_iterations=7)
    np.testing.assert_allclose(compiled.posterior, plain.posterior, atol=1e-10)
    np.testing.assert_allclose(compiled.counts, plain.counts, atol=1e-8)
    assert compiled.log_likelihood == pytest.approx(plain.log_likelihood)


@pytest.mark.parametrize("family", MATCH_FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize("known", [False, True])
def test_a_few_numbers_a_person_say_what_whole_tables_do(
    family: MatchFamily, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    grouped = group(planted_crowd(2).codes)
    offset = gold_of(grouped.tasks, 3) if known else None
    whole = run(grouped, family, offset=offset, max_iterations=7)
    plain = run_matches(grouped, family, offset=offset, max_iterations=7)
    monkeypatch.setattr(matches, "COMPILED_FROM", 0)
    compiled = run_matches(grouped, family, offset=offset, max_iterations=7)
    for found in (plain, compiled):
        np.testing.assert_allclose(found.posterior, whole.posterior, atol=1e-8)
        assert found.log_likelihood == pytest.approx(whole.log_likelihood)
    np.testing.assert_allclose(compiled.tally.right, plain.tally.right, atol=1e-8)
    np.testing.assert_allclose(compiled.tally.given, plain.tally.given, atol=1e-8)


@pytest.mark.parametrize("answers", [300, 3_000])
def test_tasks_with_thousands_of_answers_stay_finite(
    answers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = np.repeat([0, 1], answers)
    worker = np.tile(np.arange(answers), 2)
    label = np.concatenate([np.arange(answers) % 3 > 0, np.arange(answers) % 3 == 0]).astype(int)
    codes = AnswerCodes(task, worker, label, (0, 1), tuple(range(answers)), (0, 1))
    grouped = group(codes)
    plain = run(grouped, DawidSkeneFamily()).log_likelihood
    coin = run_matches(grouped, OneCoinFamily()).log_likelihood
    monkeypatch.setattr(engine, "COMPILED_FROM", 0)
    monkeypatch.setattr(matches, "COMPILED_FROM", 0)
    compiled = run(grouped, DawidSkeneFamily())
    assert np.isfinite(compiled.posterior).all()
    assert compiled.log_likelihood == pytest.approx(plain, rel=1e-6)
    assert run_matches(grouped, OneCoinFamily()).log_likelihood == pytest.approx(coin, rel=1e-6)


def test_one_number_a_person_needs_no_table_for_a_million_people() -> None:
    n = 20_000
    codes = AnswerCodes(
        np.arange(n) // 2, np.arange(n), (np.arange(n) // 2) % 1_000,
        tuple(range(n // 2)), tuple(range(1_000_000)), tuple(range(1_000)),
    )  # fmt: skip
    with pytest.raises(ValueError, match="too large for tables"):
        run(group(codes), DawidSkeneFamily())
    fit = OneCoin(max_iterations=2).fit_codes(codes)
    assert fit.labels == tuple(task % 1_000 for task in range(n // 2))
