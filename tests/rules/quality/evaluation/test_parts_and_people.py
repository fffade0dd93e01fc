"""Slices, ceilings, failures and claims say what is there, and nothing about the few."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.errors import InvalidError
from fairhand.labels import rle
from fairhand.model.project import Question
from fairhand.quality.evaluation.ceiling import measure_ceiling, measure_groups
from fairhand.quality.evaluation.claims import Claim, report_claims, split_claims
from fairhand.quality.evaluation.failures import find_failures
from fairhand.quality.evaluation.judged import Judged, match_of, ready
from fairhand.quality.evaluation.report import evaluate, to_report
from fairhand.quality.evaluation.slices import choose_fields, measure_slices

PET = Question("pet", "choice", "Which?", {"labels": [{"value": one} for one in ("cat", "dog")]})
OUTLINE = Question("cell", "mask", "Where?", {"labels": [{"value": "cell"}]})


def dice(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def plain(answer: Any) -> Any:  # noqa: ANN401
    return ready(PET, answer)


def world(n: int = 200, weak: float = 0.5, strong: float = 0.95) -> list[Judged]:
    """A model that does badly in Swahili."""
    rng, found = dice(), []
    for at in range(n):
        language = ("sw", "en")[at % 2]
        truth = ("cat", "dog")[int(rng.integers(2))]
        right = rng.random() < (weak if language == "sw" else strong)
        said = truth if right else ("dog" if truth == "cat" else "cat")
        found.append(
            Judged(
                at + 1,
                truth,
                said,
                0.9,
                {said: 0.9},
                {"language": language},
                [(1, truth), (2, truth if rng.random() < 0.9 else said)],
            )
        )
    return found


def test_a_weak_slice_is_found_and_stands_first() -> None:
    found, _ = evaluate(PET, world(), ["language"], {}, dice())
    first = found.slices.parts[0]
    assert (first.value, first.verdict) == ("sw", "lower")
    assert first.gap_high < 0
    assert found.slices.parts[-1].verdict == "higher"
    assert json.loads(json.dumps(to_report(found)))["slices"]["comparisons"] == 2


def test_looking_at_thirty_equal_slices_rarely_finds_a_gap() -> None:
    alarms = 0
    for seed in range(60):
        rng = dice(seed)
        rows = [{"region": str(at % 30)} for at in range(900)]
        right = (rng.random(900) < 0.8).astype(float)
        parts = measure_slices(["region"], rows, right).parts
        alarms += any(one.verdict for one in parts)
    assert alarms <= 8  # 3 of sixty, with a standard deviation of 1.7


def test_a_slice_of_fewer_than_ten_tasks_is_counted_and_not_shown() -> None:
    rows = [{"language": "en"}] * 30 + [{"language": "sw"}] * 15 + [{"language": "yo"}] * 9
    found = measure_slices(["language"], rows, np.ones(54))
    assert {one.value for one in found.parts} == {"en", "sw"}
    assert [(one.values, one.tasks) for one in found.hidden] == [(1, 9)]
    assert "yo" not in json.dumps([one.value for one in found.parts])


def test_where_two_slices_meet_is_looked_at_too() -> None:
    rows = [{"a": "xy"[at % 2], "b": "uv"[at // 2 % 2]} for at in range(80)]
    right = np.array([0.0 if row == {"a": "x", "b": "u"} else 1.0 for row in rows])
    worst = measure_slices(["a", "b"], rows, right).crossings[0]
    assert (worst.name, worst.score.value, worst.score.tasks) == ("a = x, b = u", 0.0, 20)


def test_fields_with_few_recurring_values_are_chosen() -> None:
    rows = [
        {
            "id": at,
            "text": f"words {at}",
            "language": "en" if at % 3 else "sw",
            "n": 1,
            "on": True,
            "meta": {"a": 1},
            "long": "x" * 80,
        }
        for at in range(60)
    ]
    assert choose_fields(rows) == ["language"]
    assert choose_fields(rows, ["on", "on", "n"]) == ["on", "n"]


def test_people_are_the_ceiling_and_the_model_is_held_against_the_same_people() -> None:
    tasks = [
        Judged(1, "cat", "cat", answers=[(1, "cat"), (2, "cat"), (3, "dog")]),
        Judged(2, "dog", "cat", answers=[(1, "dog"), (2, "dog")]),
        Judged(3, "dog", "cat", answers=[(1, "dog")]),
        Judged(4, "dog", None, answers=[(1, "dog"), (2, "dog")]),
    ]
    found = measure_ceiling(tasks, match_of(PET), plain)
    assert found is not None
    assert found.tasks == 2
    assert found.people.value == pytest.approx((1 / 3 + 1) / 2)
    assert found.model.value == pytest.approx((2 / 3 + 0) / 2)
    assert found.headroom.value == pytest.approx(found.people.value - found.model.value)


def test_groups_of_fewer_than_ten_people_are_never_shown() -> None:
    group_of = {
        person: "KE" if person < 12 else "GB" if person < 24 else "IN" for person in range(29)
    }
    tasks = [
        Judged(at, "cat", "cat", answers=[(at % 29, "cat" if at % 29 < 12 else "dog")])
        for at in range(290)
    ]
    found = measure_groups(tasks, group_of, match_of(PET), plain)
    assert all(one.people >= 10 for one in found.groups)
    assert "IN" not in {one.group for one in found.groups}
    assert sum(one.people for one in found.groups) in (0, 29)
    few = measure_groups(tasks, dict.fromkeys(range(9), "KE"), match_of(PET), plain)
    assert (few.groups, few.gaps) == ((), ())
    assert "10 people" in few.why_not


def test_surely_wrong_comes_before_wrong_in_doubt_and_silence_last() -> None:
    tasks = [
        Judged(1, "cat", "dog", 0.5),
        Judged(2, "cat", "dog", 0.99),
        Judged(3, "cat", "cat", 0.99),
        Judged(4, "cat", None),
    ]
    found = find_failures(tasks, np.array([0.0, 0.0, 1.0, 0.0]), measure="accuracy")
    assert [one.task_id for one in found] == [2, 1, 4]


def test_fewer_than_ten_tasks_say_nothing_and_are_refused() -> None:
    with pytest.raises(InvalidError, match="9 tasks"):
        evaluate(PET, world(9), [], {}, dice())


def test_masks_are_measured_by_overlap() -> None:
    def outline(width: int) -> dict[str, Any]:
        mask = np.zeros((10, 10))
        mask[:, :width] = 1
        return {"size": [10, 10], "regions": [{"label": "cell", "counts": rle.encode(mask)}]}

    tasks = [Judged(at, outline(10), outline(5 if at < 3 else 9), 0.8) for at in range(12)]
    found, failures = evaluate(OUTLINE, tasks, [], {}, dice())
    assert found.measure == "iou"
    assert found.score.value == pytest.approx((3 * 0.5 + 9 * 0.9) / 12)
    assert found.labels is None
    assert [one.task_id for one in failures] == [0, 1, 2]
    assert failures[0].loss == pytest.approx(0.5)


@given(st.lists(st.text(), max_size=30).map("\n".join))
def test_claims_lose_no_word_whatever_the_text(text: str) -> None:
    claims = split_claims(text)
    kept = {char for one in claims for char in one if char.isalpha()}
    assert kept == {char for char in text if char.isalpha()}
    assert all(one == one.strip() and one for one in claims)


def test_sentences_are_told_from_abbreviations_numbers_and_lists() -> None:
    text = (
        'Dr. J. Mwangi paid 3.5 million (approx. a third). "Was it late?" she asked. No!\n'
        "- First point\n2) Second point. Third…\n\n…\n"
    )
    assert split_claims(text) == [
        "Dr. J. Mwangi paid 3.5 million (approx. a third).",
        '"Was it late?"',
        "she asked.",
        "No!",
        "First point",
        "Second point.",
        "Third…",
    ]
    assert split_claims("猫です。犬ではない。") == ["猫です。", "犬ではない。"]
    assert split_claims("هل هذا صحيح؟ نعم.") == ["هل هذا صحيح؟", "نعم."]
    assert split_claims("  \n ") == []


def test_support_is_counted_over_claims_that_claim_something() -> None:
    verdicts = ["supported", "supported", "no_claim", "not_in_source", None]
    claims = [Claim(at // 3, verdict, {}) for at, verdict in enumerate(verdicts)]
    found = report_claims(claims, [])
    assert (found.claims, found.judged, found.outputs) == (5, 4, 2)
    assert found.supported is not None
    assert found.supported.value == pytest.approx(2 / 3)
    assert found.clean is not None
    assert (found.clean.value, found.clean.tasks) == (1.0, 1)  # the second is not judged whole
    assert [(one.task_id, one.unsupported) for one in found.worst] == [(1, 1)]
