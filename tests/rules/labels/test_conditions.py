"""Questions that are asked only where something gives rise to them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.labels.answers import validate_value
from fairhand.labels.conditions import asked_names, columns_read, condition_issues, reads_task
from fairhand.labels.kind import AnswerContext
from fairhand.model.project import Question

YES_NO = {"labels": [{"value": "yes"}, {"value": "no"}]}
TOXIC = Question("toxic", "choice", "Is it?", YES_NO)
WHY = Question("why", "choice", "Why?", YES_NO, only_if={"question": "toxic", "is": ["yes"]})
SURE = Question("sure", "choice", "Sure?", YES_NO, only_if={"question": "why", "is": ["yes"]})
STEP = Question("reply", "choice", "Reply?", YES_NO, only_if={"data": "step", "is": ["reply"]})


def said(questions: list[Question], value: dict[str, Any], **data: str) -> list[str]:
    context = AnswerContext(data=data)
    return [f"{one.place}: {one.message}" for one in validate_value(questions, value, context)]


def test_a_question_that_was_not_asked_must_not_be_answered_and_need_not_be() -> None:
    assert said([TOXIC, WHY], {"toxic": "no"}) == []
    assert said([TOXIC, WHY], {"toxic": "yes"}) == ["why: is not answered"]
    (told,) = said([TOXIC, WHY], {"toxic": "no", "why": "yes"})
    assert told == "why: is answered, but was not asked here"


def test_what_hangs_on_an_unasked_question_is_not_asked_either() -> None:
    questions = [TOXIC, WHY, SURE]
    assert asked_names(questions, {"toxic": "no", "why": "yes"}, {}) == {"toxic"}
    assert asked_names(questions, {"toxic": "yes", "why": "yes"}, {}) == {"toxic", "why", "sure"}


def test_the_task_itself_can_decide() -> None:
    assert reads_task([STEP])
    assert not reads_task([TOXIC, WHY])
    assert columns_read([STEP, WHY]) == {"step"}
    assert said([TOXIC, STEP], {"toxic": "no", "reply": "yes"}, step="reply") == []
    assert said([TOXIC, STEP], {"toxic": "no"}, step="review") == []
    assert said([TOXIC, STEP], {"toxic": "no"}, step="reply") == ["reply: is not answered"]


def test_one_of_several_answers_is_enough() -> None:
    several = Question("kinds", "choice", "Which?", {**YES_NO, "multiple": True})
    then = Question("then", "choice", "Then?", YES_NO, only_if={"question": "kinds", "is": ["no"]})
    assert asked_names([several, then], {"kinds": ["yes", "no"]}, {}) == {"kinds", "then"}


def test_a_question_that_is_checked_alone_stands_in_nobodys_way() -> None:
    assert said([WHY], {"why": "yes"}) == []
    assert validate_value([STEP], {"reply": "no"}, AnswerContext()) == []


@pytest.mark.parametrize(
    "condition",
    [
        "toxic",
        {},
        {"question": "toxic"},
        {"question": "later", "is": ["yes"]},
        {"question": ["toxic"], "is": ["yes"]},
        {"question": {"toxic": 1}, "is": ["yes"]},
        {"question": None, "is": ["yes"]},
        {"question": "toxic", "data": "step", "is": ["yes"]},
        {"question": "toxic", "is": []},
        {"question": "toxic", "is": "yes"},
        {"question": "toxic", "is": [["yes"]]},
        {"question": "toxic", "is": [2**64]},
        {"data": "step", "is": [1, float("nan")]},
        {"question": "toxic", "is": ["yes"], "isnt": []},
        {"data": "", "is": ["a"]},
        {"data": 5, "is": ["a"]},
    ],
)
def test_a_condition_that_cannot_be_read_is_said(condition: Any) -> None:  # noqa: ANN401
    wrong = Question("why", "choice", "Why?", YES_NO, only_if=condition)
    assert condition_issues([TOXIC, wrong])
    assert condition_issues([TOXIC, WHY, SURE, STEP]) == []


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from(["toxic", "why", "sure", "reply"]), st.text() | st.none()))
def test_no_value_however_strange_breaks_it(value: dict[str, Any]) -> None:
    names = asked_names([TOXIC, WHY, SURE, STEP], value, {"step": "reply"})
    assert {"toxic", "reply"} <= names
    assert isinstance(said([TOXIC, WHY, SURE, STEP], value, step="reply"), list)
