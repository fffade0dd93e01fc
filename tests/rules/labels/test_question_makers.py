"""Questions that a script writes in one line are questions that the server takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fairhand.client import questions
from fairhand.labels.registry import validate_config, with_defaults


@pytest.mark.parametrize(
    "asked",
    [
        questions.pairwise("better", strength=2),
        questions.ranking("order"),
        questions.ranking("ends", best_worst=True),
        questions.rating("quality", ["helpful", "true"], each="reply"),
        questions.rating("quality"),
        questions.relevance("grade", passages="optional"),
    ],
    ids=lambda asked: asked["name"],
)
def test_a_question_in_one_line_is_valid(asked: Mapping[str, Any]) -> None:
    config = with_defaults(asked["kind"], asked["config"])
    assert validate_config(asked["kind"], config) == []
