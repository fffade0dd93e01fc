"""A person's function becomes an assistant, and what it gets wrong is said in words."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

import fairhand
from fairhand.compute.assistants.contract import AssistantError, Item, Proposal
from fairhand.compute.assistants.functions import FunctionPredictor, allow_functions, marked
from fairhand.compute.assistants.opening import open_assistant
from fairhand.model.project import Question

LABELS = {"labels": [{"value": "cat"}, {"value": "dog"}]}
ANIMAL = Question("animal", "choice", "Which animal?", dict(LABELS))
SEVERAL = Question("animals", "choice", "Which animals?", {**LABELS, "multiple": True})
MASK = Question("cells", "mask", "Where?", {"labels": [{"value": "cell"}]})
ITEMS = [Item(17, {"text": "meow"}), Item(18, {"text": "woof"}), Item(19, {"text": "…"})]


@pytest.fixture
def module() -> Iterator[types.ModuleType]:
    """A module of the operator's own, as it lies beside them."""
    made = types.ModuleType("operators_own")
    sys.modules["operators_own"] = made
    yield made
    del sys.modules["operators_own"]


def opened(
    module: types.ModuleType, function: Callable[..., Any], *questions: Question
) -> FunctionPredictor:
    module.propose = function  # type: ignore[attr-defined]
    allow_functions(["operators_own:propose"])
    found = open_assistant(
        "function", {"function": "operators_own:propose"}, None, questions or (ANIMAL,)
    )
    assert isinstance(found, FunctionPredictor)
    return found


def test_a_function_of_one_item_answers_with_plain_values(module: types.ModuleType) -> None:
    said = {17: "cat", 18: ("dog", np.float32(0.75)), 19: None}

    @fairhand.assistant("ears", version="3", question="animal")
    def propose(item: Item) -> object:
        return said[item.task_id]

    predictor = opened(module, propose)
    found = predictor.predict(ITEMS)
    assert predictor.model == "ears@3"
    assert [one.value for one in found] == [{"animal": "cat"}, {"animal": "dog"}, None]
    assert [one.score for one in found] == [None, 0.75, None]
    assert propose(ITEMS[0]) == "cat", "the function stays callable as it was"


def test_a_function_of_many_items_is_asked_once(module: types.ModuleType) -> None:
    asked: list[int] = []

    @fairhand.assistant("ears")
    def propose(items: Sequence[Item]) -> object:
        asked.append(len(items))
        return np.array(["cat", "dog", "cat"])

    found = opened(module, propose).predict(ITEMS)
    assert asked == [3]
    assert [one.value for one in found] == [{"animal": name} for name in ("cat", "dog", "cat")]
    assert all(type(one.value["animal"]) is str for one in found if one.value), "plain JSON"


def test_a_parameter_that_is_a_sequence_means_many(module: types.ModuleType) -> None:
    @fairhand.assistant("ears")
    def propose(these: list[Item]) -> list[str]:
        return ["cat"] * len(these)

    assert len(opened(module, propose).predict(ITEMS)) == 3


def test_probabilities_of_labels_name_the_most_probable(module: types.ModuleType) -> None:
    @fairhand.assistant("ears")
    def propose(item: Item) -> dict[str, float]:
        return {"cat": 0.25, "dog": 0.75}

    (found,) = opened(module, propose).predict(ITEMS[:1])
    assert (found.value, found.score) == ({"animal": "dog"}, 0.75)
    assert found.probabilities == {"animal": {"cat": 0.25, "dog": 0.75}}


def test_several_labels_come_in_the_order_of_the_question(module: types.ModuleType) -> None:
    @fairhand.assistant("ears", question="animals")
    def propose(item: Item) -> object:
        return (["dog", "cat"], 0.5)

    (found,) = opened(module, propose, ANIMAL, SEVERAL).predict(ITEMS[:1])
    assert found == Proposal({"animals": ["cat", "dog"]}, 0.5)


def test_a_mask_is_held_against_the_picture(module: types.ModuleType) -> None:
    @fairhand.assistant("cells")
    def propose(item: Item) -> object:
        return {"size": [4, 4], "regions": [], "nothing": True}

    fits, other = Item(1, {}, width=4, height=4), Item(2, {}, width=5, height=4)
    good, bad = opened(module, propose, MASK).predict([fits, other])
    assert good.value == {"cells": {"size": [4, 4], "regions": [], "nothing": True}}
    assert bad.value is None
    assert "task 2" in bad.details["problem"]
    assert "does not match the image" in bad.details["problem"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("cow", "task 18: proposes an answer that is none: animal 'cow' is not a label"),
        (3, "task 18: proposes an answer that is none: animal a number is not a label"),
        (("cat", 1.5), "task 18: gives the score 1.5, which is not between 0 and 1"),
        (("cat", float("nan")), "task 18: gives the score nan"),
        (("cat", "dog"), "task 18: gives a tuple that is not"),
        ({"cat": 1.5, "dog": 0.1}, "task 18: gives probabilities that are not between 0 and 1"),
        (Proposal({"colour": "red"}), "task 18: proposes an answer that is none: value 'colour'"),
    ],
)
def test_one_bad_answer_names_its_item_and_spares_the_others(
    module: types.ModuleType, said: object, words: str
) -> None:
    @fairhand.assistant("ears")
    def propose(item: Item) -> object:
        return said if item.task_id == 18 else "cat"

    found = opened(module, propose).predict(ITEMS)
    assert [one.value is None for one in found] == [False, True, False]
    assert found[1].details["problem"].startswith(f"ears, {words}")


def test_a_function_that_raises_names_the_item(module: types.ModuleType) -> None:
    @fairhand.assistant("ears")
    def propose(item: Item) -> object:
        return {"meow": "cat", "woof": "dog"}[item.data["text"]]

    found = opened(module, propose).predict(ITEMS)
    assert found[2].details["problem"] == "ears, task 19: raised KeyError: '…'"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (lambda items: ["cat"], "3 items from task 17 on: gave 1 answers"),
        (lambda items: "cat", "gave str, not a list of answers"),
        (lambda items: None, "gave NoneType, not a list"),
        (lambda items: 1 / 0, "raised ZeroDivisionError"),
        (lambda items: ["cow"] * 3, "task 17: proposes an answer that is none"),
    ],
)
def test_what_cannot_be_used_at_all_is_raised(
    module: types.ModuleType, said: Callable[[Any], Any], words: str
) -> None:
    def propose(items: Sequence[Item]) -> Any:  # noqa: ANN401
        return said(items)

    predictor = opened(module, fairhand.assistant("ears")(propose))
    with pytest.raises(AssistantError, match=words):
        predictor.predict(ITEMS)


def test_a_function_that_no_operator_named_is_not_even_imported() -> None:
    config = {"function": "antigravity:propose"}
    with pytest.raises(AssistantError, match="not among the functions that this server may run"):
        open_assistant("function", config, None, (ANIMAL,))
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no_such_module_here:propose", "cannot be imported: ModuleNotFoundError"),
        ("operators_own:absent", "operators_own has no absent"),
        ("operators_own:plain", "is not an assistant; write @fairhand.assistant"),
        ("operators_own", "does not name a function; write module:function"),
    ],
)
def test_a_name_that_leads_nowhere_says_why(
    module: types.ModuleType, name: str, words: str
) -> None:
    module.plain = lambda item: "cat"  # type: ignore[attr-defined]
    allow_functions([name])
    with pytest.raises(AssistantError, match=words):
        marked(name)


def test_a_project_with_several_questions_needs_a_name(module: types.ModuleType) -> None:
    propose = fairhand.assistant("ears")(lambda item: "cat")
    with pytest.raises(AssistantError, match="Say which question it answers; there are: animal, c"):
        opened(module, propose, ANIMAL, MASK)
    other = fairhand.assistant("ears", question="colour")(lambda item: "cat")
    with pytest.raises(AssistantError, match="no question 'colour'"):
        opened(module, other, ANIMAL, MASK)


@pytest.mark.parametrize("name", ["", "a@b", "x" * 81])
def test_a_name_that_would_confuse_versions_is_refused_at_once(name: str) -> None:
    with pytest.raises(ValueError, match="short text without @"):
        fairhand.assistant(name)


def test_without_a_name_it_is_called_what_the_function_is(module: types.ModuleType) -> None:
    @fairhand.assistant
    def meows(item: Item) -> str:
        return "cat"

    @fairhand.assistant(version="2")
    def barks(item: Item) -> str:
        return "dog"

    assert opened(module, meows).model == "meows@1"
    assert opened(module, meows).predict(ITEMS)[0].value == {"animal": "cat"}
    assert opened(module, barks).model == "barks@2"
