"""Changing labels: what the questions are after it, and what answers of before say then."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.errors import InvalidError
from fairhand.labels.answers import validate_value
from fairhand.labels.kind import AnswerContext
from fairhand.labels.label_set import label_values
from fairhand.model.project import Question
from fairhand.work.projects.changes import plan_changes, translate

PETS = [{"value": one} for one in ("cat", "kitten", "dog", "cow")]
PET = Question("pet", "choice", "Which?", {"labels": PETS})
ALL = Question("all", "choice", "Which are there?", {"labels": PETS, "multiple": True})
BOX = Question("box", "boxes", "Where?", {"labels": PETS})
MASK = Question("area", "mask", "Where?", {"labels": PETS})
NOTE = Question("note", "text", "Anything else?", {}, required=False)

Step = dict[str, Any]


def planned(*changes: Step, asked: tuple[Question, ...] = (PET, ALL, BOX, NOTE)) -> Any:  # noqa: ANN401
    return plan_changes(asked, changes)


def test_a_new_title_changes_no_answer() -> None:
    plan = planned({"do": "rename", "question": "pet", "label": "cat", "title": "House cat"})
    assert plan.questions[0].config["labels"][0]["title"] == "House cat"
    assert (plan.labels, plan.removed, plan.added) == ({}, (), ())


def test_merged_labels_are_mapped_in_choices_and_in_what_was_drawn() -> None:
    steps = [
        {"do": "merge", "question": name, "labels": ["cat", "kitten"], "into": "cat"}
        for name in ("pet", "all", "box")
    ]
    plan = planned(*steps)
    assert label_values(plan.questions[0].config) == ["cat", "dog", "cow"]
    box = {"x": 1, "y": 2, "width": 3, "height": 4}
    before = {
        "pet": "kitten",
        "all": ["cat", "kitten", "dog"],
        "box": {"boxes": [{"label": "kitten", **box}, {"label": "dog", **box}]},
    }
    value, lost = translate(before, plan.labels, plan.removed)
    assert value == {
        "pet": "cat",
        "all": ["cat", "dog"],
        "box": {"boxes": [{"label": "cat", **box}, {"label": "dog", **box}]},
    }
    assert lost == frozenset()


def test_what_was_split_or_removed_says_nothing_any_more() -> None:
    plan = planned(
        {"do": "split", "question": "pet", "label": "dog", "into": ["pug", "hound"]},
        {"do": "remove", "question": "all", "label": "cow"},
        {"do": "remove_question", "question": "note"},
    )
    assert label_values(plan.questions[0].config) == ["cat", "kitten", "pug", "hound", "cow"]
    value, lost = translate(
        {"pet": "dog", "all": ["cat", "cow"], "note": "a tail"}, plan.labels, plan.removed
    )
    assert not value
    assert lost == {"pet", "all", "note"}
    kept = {"pet": "cat", "all": ["dog"]}
    assert translate(kept, plan.labels, plan.removed) == (kept, frozenset())


def test_steps_follow_one_another() -> None:
    plan = planned(
        {"do": "merge", "question": "pet", "labels": ["cat", "kitten"], "into": "feline"},
        {"do": "merge", "question": "pet", "labels": ["feline", "cow"], "into": "beast"},
        {"do": "add", "question": "pet", "label": "owl"},
    )
    assert plan.labels["pet"] == {
        "cat": "beast", "kitten": "beast", "feline": "beast", "cow": "beast"
    }  # fmt: skip
    assert plan.added == ("pet.owl",)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"do": "paint"},
        {"do": "rename", "question": "pet", "label": "cat"},
        {"do": "rename", "question": "pet", "label": "cat", "title": "x", "why": 1},
        {"do": "add", "question": "pet", "label": "cat"},
        {"do": "add", "question": "nobody", "label": "cat"},
        {"do": "add", "question": "note", "label": "cat"},
        {"do": "add", "question": "pet", "label": " "},
        {"do": "add", "question": "pet", "label": 7},
        {"do": "add", "question": "pet", "label": "x" * 500},
        {"do": "remove", "question": "pet", "label": "owl"},
        {"do": "merge", "question": "pet", "labels": ["cat"], "into": "dog"},
        {"do": "merge", "question": "pet", "labels": "cat", "into": "dog"},
        {"do": "merge", "question": "area", "labels": ["cat", "dog"], "into": "dog"},
        {"do": "split", "question": "pet", "label": "cat", "into": ["a"]},
        {"do": "split", "question": "pet", "label": "cat", "into": ["a", "a"]},
        {"do": "split", "question": "pet", "label": "cat", "into": ["dog", "b"]},
        {"do": "add_question", "question": "pet"},
        {"do": "add_question", "question": {"name": "pet", "kind": "text", "title": "Again?"}},
        {"do": "add_question", "question": {"name": "x", "kind": "no such", "title": "?"}},
        {"do": "add_question", "question": {"name": [], "kind": {}, "title": 1}},
        {"do": "remove_question", "question": ["pet"]},
    ],
    ids=str,
)
def test_what_cannot_be_done_is_said_with_its_place(change: Step) -> None:
    with pytest.raises(InvalidError) as caught:
        planned(change, asked=(PET, MASK, NOTE))
    assert caught.value.issues


def test_a_project_is_left_with_something_to_ask() -> None:
    with pytest.raises(InvalidError):
        planned({"do": "remove_question", "question": "pet"}, asked=(PET,))


LABEL = st.sampled_from([one["value"] for one in PETS])
STEP = st.one_of(
    st.builds(lambda one: {"do": "remove", "question": "all", "label": one}, LABEL),
    st.builds(
        lambda one: {
            "do": "split",
            "question": "all",
            "label": one,
            "into": [f"{one}1", f"{one}2"],
        },
        LABEL,
    ),
    st.builds(
        lambda some, into: {"do": "merge", "question": "all", "labels": some, "into": into},
        st.lists(LABEL, min_size=2, max_size=3, unique=True),
        LABEL | st.just("beast"),
    ),
    st.builds(lambda one: {"do": "add", "question": "all", "label": one}, st.just("owl")),
)


@given(steps=st.lists(STEP, max_size=4), answer=st.lists(LABEL, min_size=1, unique=True))
def test_an_answer_that_is_not_lost_is_valid_under_the_new_questions(
    steps: list[Step], answer: list[str]
) -> None:
    try:
        plan = planned(*steps, asked=(ALL,))
    except InvalidError:
        return
    value, lost = translate({"all": answer}, plan.labels, plan.removed)
    assert bool(value) != bool(lost)
    if value:
        assert validate_value(plan.questions, value, AnswerContext()) == []
