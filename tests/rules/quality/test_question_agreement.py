"""Agreement on each question of a project, whatever its kind."""

from __future__ import annotations

import numpy as np
import pytest

from fairhand.labels import rle
from fairhand.model.project import Question
from fairhand.quality.agreement import krippendorff_alpha
from fairhand.quality.question_agreement import Row, agree_on

LABELS = [{"value": value, "title": value} for value in ("cat", "dog")]
PET = Question("pet", "choice", "Which pet?", {"labels": LABELS})
MOOD = Question("mood", "choice", "Which mood?", {"labels": LABELS, "subjective": True})
PARTS = Question("parts", "mask", "Where?", {"labels": LABELS, "instances": False})


def outline(left: int, right: int) -> dict[str, object]:
    drawn = np.zeros((10, 10), dtype=bool)
    drawn[:, left:right] = True
    return {"size": [10, 10], "regions": [{"label": "cat", "counts": rle.encode(drawn)}]}


def test_each_question_is_measured_by_its_kind() -> None:
    given = [("cat", "cat"), ("dog", "dog"), ("cat", "dog"), ("dog", "dog"), ("cat", "cat")]
    rows: list[Row] = []
    for task, answers in enumerate(given):
        for person, answer in enumerate(answers):
            value = {"pet": answer, "mood": answers[0], "parts": outline(0, 4 + 4 * person)}
            rows.append((task, person, value))

    pet, mood, parts = agree_on((PET, MOOD, PARTS), rows, np.random.default_rng(1))

    tasks, people = [row[0] for row in rows], [row[1] for row in rows]
    alpha = krippendorff_alpha(
        tasks, people, [row[2]["pet"] for row in rows], np.random.default_rng(2)
    )
    assert pet.measure == "alpha"
    assert pet.value == pytest.approx(alpha.value)
    assert None not in (pet.value, pet.low, pet.high)
    assert (pet.low or 0) <= (pet.value or 0) <= (pet.high or 0)
    assert (mood.value, mood.is_subjective) == (1.0, True)
    assert (parts.measure, parts.value, parts.tasks) == ("iou", 0.5, 5)


def test_what_cannot_be_told_says_why() -> None:
    alike: list[Row] = [(task, person, {"pet": "cat"}) for task in range(5) for person in (1, 2)]
    (same,) = agree_on((PET,), alike, np.random.default_rng(1))
    assert same.value is None
    assert "one and the same answer" in same.why
    alone: list[Row] = [(1, 1, {"pet": "cat", "parts": outline(0, 4)})]
    for one in agree_on((PET, PARTS), alone, np.random.default_rng(1)):
        assert one.value is None
        assert "two answers" in one.why
