"""What a model may learn from, and what it is measured by: people's joined answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairhand.compute.assistants.contract import Example
from fairhand.model.project import Project, Question
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection
from fairhand.use_cases.model_items import load_items
from fairhand.work.prelabel import learning_store
from fairhand.work.prelabel.blind import is_held_out
from fairhand.work.prelabel.learning_store import Answer

LONE_WEIGHT: Final = 0.75
"""What an answer weighs at least that stands alone."""
LEAST_WEIGHT: Final = 0.05
"""What answers weigh at least, however little people agree."""
_MOST_ANSWERS: Final = 60_000
_MOST_DRAWINGS: Final = 600
_MOST_TASKS: Final = 20_000
_MOST_HELD_OUT: Final = 500


@dataclass(frozen=True, slots=True)
class Answered:
    """A task with what people say of it.

    `through` is the newest of its answers. It is held out when no model may learn from it; then
    nobody who answered it had seen a proposal.
    """

    example: Example
    through: int
    held_out: bool


@dataclass(frozen=True, slots=True)
class Gathered:
    """All answered tasks, newest first, and how many answers they rest on, held out or not.

    `answer_ids` are the annotations that may train, sorted: the checkpoint is made of them.
    """

    answered: tuple[Answered, ...]
    answer_ids: tuple[int, ...]
    answers: int
    through: int

    @property
    def training(self) -> list[Answered]:
        """Those that models learn from."""
        return [one for one in self.answered if not one.held_out]

    @property
    def held_out(self) -> list[Answered]:
        """Those that models are measured by, the newest of them."""
        return [one for one in self.answered if one.held_out][:_MOST_HELD_OUT]


def gather_examples(
    connection: Connection,
    blobs: BlobStore,
    project: Project,
    questions: Sequence[Question],
    holdout_permille: int,
) -> Gathered:
    """Gather what people said: the consensus with its probability, else the newest answer.

    What simulated people said counts in draft and demo projects only. A held-out task is left out
    altogether when somebody who answered it had seen a proposal.
    """
    drawn = any(question.kind != "choice" for question in questions)
    answers = learning_store.list_answers(
        connection,
        project.id,
        with_simulated=project.mode in ("draft", "demo"),
        most=_MOST_DRAWINGS if drawn else _MOST_ANSWERS,
    )
    by_task: dict[int, list[Answer]] = {}
    for answer in answers:
        by_task.setdefault(answer.task_id, []).append(answer)
    held = {task_id for task_id in by_task if is_held_out(task_id, holdout_permille)}
    swayed = {task_id for task_id in held if any(one.saw_proposal for one in by_task[task_id])}
    kept = [task_id for task_id in by_task if task_id not in swayed][:_MOST_TASKS]
    joined = learning_store.load_consensus(connection, kept)
    answered = []
    for item in load_items(connection, blobs, kept):
        own = by_task[item.task_id]
        value, weight = _said(own, joined.get(item.task_id, {}), questions)
        if value:
            through = max(answer.id for answer in own)
            example = Example(item, value, weight)
            answered.append(Answered(example, through, item.task_id in held))
    used = {one.example.item.task_id for one in answered if not one.held_out}
    ids = tuple(sorted(answer.id for answer in answers if answer.task_id in used))
    through = max((one.id for one in answers), default=0)
    return Gathered(tuple(answered), ids, len(answers), through)


def _said(
    answers: Sequence[Answer],
    joined: Mapping[str, tuple[Any, float]],
    questions: Sequence[Question],
) -> tuple[dict[str, Any], float]:
    """Give the value people hold of a task, and how sure that is: the least sure question rules."""
    value: dict[str, Any] = {}
    weights = []
    for question in questions:
        if question.name in joined:
            value[question.name], sure = joined[question.name]
            alone = len(answers) == 1 and sure == 0.0  # unchecked by anybody, which is not wrong
            weight = LONE_WEIGHT if alone else max(sure, LEAST_WEIGHT)
        elif question.name in answers[0].value:
            value[question.name], weight = answers[0].value[question.name], LONE_WEIGHT
        else:
            continue
        weights.append(weight)
    return value, min(weights, default=0.0)
