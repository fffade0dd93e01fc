"""A whole annotation value is accepted only when every question got a real answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from fairhand.core.errors import Issue
from fairhand.labels import rle
from fairhand.labels.answers import normalise_value, validate_value
from fairhand.labels.kind import AnswerContext, Json

SIZE = [32, 48]
CONTEXT = AnswerContext(image_width=48, image_height=32)


@dataclass(frozen=True)
class Asked:
    """A question as the model keeps it."""

    name: str
    kind: str
    config: dict[str, Json] = field(default_factory=dict)
    required: bool = True
    only_if: dict[str, Any] | None = None


DIGIT = Asked("digit", "choice", {"labels": [{"value": str(n)} for n in range(10)]})
TAGS = Asked(
    "tags",
    "choice",
    {"labels": [{"value": "blurred"}, {"value": "dark"}], "multiple": True},
    required=False,
)
CELLS = Asked("cells", "mask", {"labels": [{"value": "cell"}], "instances": True})


def messages(questions: list[Asked], value: Json) -> list[str]:
    """What is wrong, each with its place."""
    return [f"{i.place}: {i.message}" for i in validate_value(questions, value, CONTEXT)]


def test_aminas_answer_is_accepted() -> None:
    assert messages([DIGIT, TAGS], {"digit": "7"}) == []
    assert messages([DIGIT, TAGS], {"digit": "7", "tags": ["dark"]}) == []


def test_a_label_outside_the_schema_is_refused() -> None:
    assert messages([DIGIT], {"digit": "eleven"}) == [
        "digit: 'eleven' is not a label of this question"
    ]


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_answer_does_not_count_as_done(empty: Json) -> None:
    assert messages([DIGIT], {"digit": empty}) == ["digit: an empty answer is no answer"]


def test_an_optional_question_is_left_out_and_not_answered_emptily() -> None:
    assert messages([DIGIT, TAGS], {"digit": "7", "tags": []}) == ["tags: empty; leave it out"]


def test_a_value_without_any_answer_is_no_annotation() -> None:
    assert messages([DIGIT], {}) == ["digit: is not answered"]
    assert messages([TAGS], {}) == ["value: is empty; answer at least one question"]


@pytest.mark.parametrize("value", ["7", 7, None, ["7"], float("nan"), True])
def test_a_value_that_is_not_a_mapping_is_refused(value: Json) -> None:
    (message,) = messages([DIGIT], value)
    assert message.startswith("value: must map question names to answers")


def test_an_answer_that_is_text_where_a_mapping_is_expected_is_refused() -> None:
    (message,) = messages([CELLS], {"cells": "everything"})
    assert message == "cells: must be a mapping with size and regions, not text"


def test_a_question_nobody_asked_is_refused() -> None:
    (message,) = messages([DIGIT], {"digit": "7", "colour": "red"})
    assert "'colour' is not a question of this project" in message


def test_a_thousand_unknown_names_give_a_short_list() -> None:
    value = {"digit": "7", **{f"x{n}" * 1000: 1 for n in range(1000)}}
    found = messages([DIGIT], value)
    assert len(found) == 10
    assert all(len(message) < 200 for message in found)


def test_places_name_the_question_and_the_region() -> None:
    region = {"label": "tree", "counts": rle.encode(np.eye(32, 48))}
    found = messages([CELLS], {"cells": {"size": SIZE, "regions": [region]}})
    assert found == ["cells.regions[0].label: 'tree' is not a label of this question"]


def test_a_question_of_a_kind_that_is_not_there_is_an_issue() -> None:
    (message,) = messages([Asked("steps", "dances")], {"steps": "left"})
    assert message.startswith("steps.kind: 'dances' is not a question kind")


def test_nothing_here_must_be_said() -> None:
    silent = {"size": SIZE, "regions": []}
    assert messages([CELLS], {"cells": silent}) == ["cells: an empty answer is no answer"]
    assert messages([CELLS], {"cells": {**silent, "nothing": True}}) == []


def test_equal_answers_have_equal_canonical_values() -> None:
    one, other = np.zeros(SIZE, bool), np.zeros(SIZE, bool)
    one[:4], other[10:] = True, True
    regions = [{"label": "cell", "counts": rle.encode(mask)} for mask in (one, other)]
    forth = {"cells": {"size": SIZE, "regions": regions}, "tags": ["dark", "blurred"]}
    back = {
        "tags": ["blurred", "dark"],
        "cells": {"regions": regions[::-1], "size": SIZE, "nothing": False},
    }
    assert messages([CELLS, TAGS], back) == []
    assert normalise_value([CELLS, TAGS], forth) == normalise_value([CELLS, TAGS], back)


def test_checking_a_choice_takes_microseconds_and_two_hundred_cells_milliseconds() -> None:
    drawn = []
    for n in range(200):
        mask = np.zeros((512, 512), np.bool_)
        mask[(n // 16) * 32 : (n // 16) * 32 + 20, (n % 16) * 32 : (n % 16) * 32 + 20] = True
        drawn.append({"label": "cell", "counts": rle.encode(mask)})
    cells = {"cells": {"size": [512, 512], "regions": drawn}}
    context = AnswerContext(512, 512)
    assert _seconds(lambda: validate_value([CELLS], cells, context)) < 0.2
    assert _seconds(lambda: validate_value([DIGIT], {"digit": "7"}, context)) < 0.001


def _seconds(check: Callable[[], list[Issue]]) -> float:
    """The quickest of five runs, so that a busy machine does not decide."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        assert check() == []
        times.append(time.perf_counter() - start)
    return min(times)
