"""How deep the answers are that a model learns from: the models between them and a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairhand.model.origin import Judgement, of_answer
from fairhand.model.project import Question
from fairhand.storage.database import Connection
from fairhand.use_cases.read_examples import Gathered
from fairhand.use_cases.release_likeness import says_the_same
from fairhand.work.prelabel import learning_store
from fairhand.work.prelabel.learning_store import Behind


def depth_of(
    connection: Connection, gathered: Gathered, questions: Sequence[Question]
) -> int | None:
    """Give the greatest depth of what a model learns from; None where nobody can say.

    That of an example is that of its answer (see `model.origin.of_answer`) or of its data,
    whichever is greater. It is not known when a proposal was taken over as it was, and nobody said
    what the model behind it had learned from.
    """
    asked = {question.name: question for question in questions}
    by_task: dict[int, list[Behind]] = {}
    for one in learning_store.list_behind(connection, gathered.answer_ids):
        by_task.setdefault(one.task_id, []).append(one)
    depths = []
    for answered in gathered.training:
        behind = by_task.get(answered.example.item.task_id, [])
        for name, value in answered.example.value.items():
            depth = _depth(behind, asked[name], value)
            if depth is None:
                return None
            depths.append(depth)
    return max(depths, default=0)


def _depth(behind: Sequence[Behind], question: Question, value: Any) -> int | None:  # noqa: ANN401
    agreeing = [
        one for one in behind if says_the_same(question, value, one.value.get(question.name))
    ] or list(behind)
    standing = of_answer(
        [
            Judgement(one.assisted, one.changed, one.model_depth or 0, of_person=one.of_person)
            for one in agreeing
        ]
    )
    if standing.origin == "synthetic" and any(one.model_depth is None for one in agreeing):
        return None
    return max([standing.depth, *(one.task_depth for one in behind)])
