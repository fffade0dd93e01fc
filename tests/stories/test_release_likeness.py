"""How far people agree with a released answer is told by the measure of its kind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fairhand.core.clock import Instant
from fairhand.model.project import Question
from fairhand.proof.release.guard_counts import Blind
from fairhand.proof.release.guard_watch import BlindCounting
from fairhand.proof.release.rules import AnnotationRow, ReleaseRow
from fairhand.proof.release.source import Answer, Given, ReleaseSource, TaskSheet
from fairhand.use_cases.release_likeness import MEASURE, same_answers, says_the_same

LABELS = {"labels": [{"value": "cat"}, {"value": "dog"}]}
CHOICE = Question("q", "choice", "Which?", LABELS)
FELT = Question("q", "choice", "How is it?", {**LABELS, "subjective": True})
BOXES = Question("q", "boxes", "Where?", LABELS)
TEXT = Question("q", "text", "What?", {})
RATING = Question("q", "rating", "How good?", {"steps": 5})
VOICE = Question("q", "recording", "Read this.", {})


def box(left: float, label: str = "cat") -> dict[str, Any]:
    return {"size": [100, 100], "boxes": [{"label": label, "box": [left, 0.0, left + 10.0, 10.0]}]}


def given(number: int, value: object, *, accepted: bool = False) -> Given:
    return Given(
        number, 1, number, 1, json.dumps({"q": value}), Instant(0), counted=True, late=False,
        assisted=accepted, changed=False, simulated=False, superseded=False,
        model="yolo@1" if accepted else None, model_depth=0 if accepted else None,
    )  # fmt: skip


def row_of(question: Question, released: object, *behind: Given) -> ReleaseRow:
    ids = json.dumps([one.id for one in behind])
    answer = Answer("q", json.dumps(released), 0.9, "vote", "{}", ids)
    held = {one.id: one for one in behind}
    sheet = TaskSheet(1, "{}", None, None, held=False, answers=(answer,), given=held)
    source = ReleaseSource(
        lambda: [sheet], [question], "open", lambda one: f"c-{one}", frozenset(), measure=MEASURE
    )
    (row,) = source.rows()
    return row


def test_boxes_that_nobody_drew_just_so_agree_by_their_overlap() -> None:
    row = row_of(BOXES, box(1.0), given(1, box(0.0)), given(2, box(2.0)))
    assert row.agreement == round(90 / 110, 6)  # each shares nine of eleven columns
    apart = row_of(BOXES, box(0.0), given(1, box(0.0)), given(2, box(50.0)))
    assert apart.agreement == 0.5


@pytest.mark.parametrize(
    ("question", "released", "others", "agreement"),
    [
        (CHOICE, "cat", ["cat", "cat", "dog"], round(2 / 3, 6)),
        (CHOICE, "cat", ["dog"], 0.0),
        (FELT, {"cat": 1, "dog": 1}, ["cat", "dog"], None),
        (TEXT, "the cellar", ["the cellar", "the cellars"], round((1 + 20 / 21) / 2, 6)),
        (RATING, {"ratings": {"clear": 4}}, [{"ratings": {"clear": 4}}], 1.0),
        (VOICE, {"recording": "a"}, [{"recording": "a"}, {"recording": "b"}], None),
    ],
)
def test_each_kind_has_its_own_measure(
    question: Question, released: object, others: list[Any], agreement: float | None
) -> None:
    behind = [given(number, one) for number, one in enumerate(others, 1)]
    assert row_of(question, released, *behind).agreement == agreement


def test_a_box_drawn_by_somebody_who_saw_no_proposal_confirms_the_proposal() -> None:
    taken = given(1, box(0.0), accepted=True)
    confirmed = row_of(BOXES, box(0.5), taken, given(2, box(1.0)))
    assert (confirmed.origin, confirmed.depth, confirmed.models) == ("assisted", 0, ())
    elsewhere = row_of(BOXES, box(0.0), taken, given(2, box(50.0)))
    assert (elsewhere.origin, elsewhere.depth, elsewhere.models) == ("synthetic", 1, ("yolo@1",))
    other = row_of(BOXES, box(0.0), taken, given(2, box(0.0, "dog")))
    assert other.origin == "synthetic"


def test_who_draws_the_same_unseen_is_counted_as_a_blind_check_that_held() -> None:
    def drawn(number: int, left: float, *, seen: bool) -> AnnotationRow:
        return AnnotationRow(
            number, 1, f"c-{number}", "2026-11-21", 1, {"q": box(left)}, counted=True, late=False,
            assisted=seen, changed=False, model=None, simulated=False,
        )  # fmt: skip

    for left, same in ((1.0, 1), (50.0, 0)):
        blind = BlindCounting(same_answers([BOXES]))
        blind.add_annotation(drawn(1, 0.0, seen=True))
        blind.add_annotation(drawn(2, left, seen=False))
        assert blind.result() == Blind(tasks=1, relabelled=1, same=same)


def test_a_grade_beside_the_proposed_one_confirms_nothing() -> None:
    one, other = {"ratings": {"clear": 4}}, {"ratings": {"clear": 5}}
    assert not says_the_same(RATING, one, other)
    assert not says_the_same(BOXES, box(0.0), None)
    assert says_the_same(TEXT, "the cellar", "The cellar.")
