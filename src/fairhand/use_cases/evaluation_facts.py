"""What people said of the tasks that a model may be measured by; nothing is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fairhand.core.errors import InvalidError
from fairhand.labels.answers import validate_value
from fairhand.labels.kind import AnswerContext
from fairhand.model.project import Question
from fairhand.quality.evaluation.judged import Judged
from fairhand.quality.evaluation.slices import choose_fields, slice_value
from fairhand.storage.database import Connection
from fairhand.use_cases.read_outputs import Output
from fairhand.work.prelabel import evaluation_store as store
from fairhand.work.prelabel import task_store
from fairhand.work.prelabel.blind import is_held_out
from fairhand.work.prelabel.evaluation_store import GivenRow, TruthRow


@dataclass(frozen=True, slots=True)
class Basis:
    """What an evaluation rests on, counted, so that nobody takes it for more.

    `held_out_permille` is 0 where no tasks were held back. `swayed` tasks were answered with a
    proposal in view, and are left out; `asked_again` ones were asked once more because some model
    failed them, which favours models.
    """

    held_out_permille: int
    known: int
    not_held_out: int
    not_in_outputs: int
    swayed: int
    gold: int
    one_answer: int
    asked_again: int
    mean_confidence: float
    answers: int
    people: int
    simulated_answers: int


@dataclass(frozen=True, slots=True)
class Facts:
    """The judged tasks, the fields they are sliced by, where people live, what it all rests on."""

    judged: tuple[Judged, ...]
    fields: tuple[str, ...]
    country_of: Mapping[int, str]
    basis: Basis

    def basis_json(self) -> dict[str, Any]:
        """Write the basis as JSON values."""
        return asdict(self.basis)


def gather_facts(
    connection: Connection,
    project_id: int,
    question: Question,
    outputs: Mapping[int, Output],
    *,
    held_out_permille: int,
    slice_fields: Sequence[str] = (),
) -> Facts:
    """Put a model's outputs beside what people said of the same tasks.

    Only held-out tasks count, or all where `held_out_permille` is 0; what was answered with a
    proposal in view never counts. Raises InvalidError for a field that no task has.
    """
    truths = [
        one
        for one in store.iter_truths(connection, project_id, question.name)
        if _is_asked_still(question, one.value)
    ]
    held = [one for one in truths if _counts(one, held_out_permille)]
    there = [one for one in held if one.task_id in outputs]
    given = _given(connection, there)
    fair = [
        one for one in there if one.is_gold or not any(row.was_shown for row in given[one.task_id])
    ]
    ids = [one.task_id for one in fair]
    rows = {row.id: row.data for row in task_store.load_tasks(connection, ids)}
    fields = _fields(rows, slice_fields, question)
    judged = tuple(
        _judged(one, outputs[one.task_id], question, rows[one.task_id], fields, given[one.task_id])
        for one in fair
    )
    again = store.asked_before(connection, project_id)
    people = {row.person_id: row for one in fair for row in given[one.task_id]}
    answers = [row for one in fair for row in given[one.task_id]]
    return Facts(
        judged,
        tuple(fields),
        {person: row.country for person, row in people.items() if row.country},
        Basis(
            held_out_permille,
            len(truths),
            len(truths) - len(held),
            len(held) - len(there),
            len(there) - len(fair),
            sum(one.is_gold for one in fair),
            sum(one.n_answers == 1 and not one.is_gold for one in fair),
            sum(one.task_id in again for one in fair),
            sum(one.confidence for one in fair) / max(1, len(fair)),
            len(answers),
            len(people),
            sum(row.simulated for row in answers),
        ),
    )


def held_out_tasks(
    connection: Connection, project_id: int, question: Question, held_out_permille: int
) -> list[int]:
    """List the tasks with an answer of people that a model may be measured by, by number."""
    return sorted(
        one.task_id
        for one in store.iter_truths(connection, project_id, question.name)
        if _counts(one, held_out_permille)
    )


def _is_asked_still(question: Question, value: Any) -> bool:  # noqa: ANN401  # an answer
    """Say whether a truth is made of labels that the question has today."""
    answered = {question.name: value}
    return question.kind != "choice" or not validate_value([question], answered, AnswerContext())


def _counts(one: TruthRow, held_out_permille: int) -> bool:
    return not held_out_permille or is_held_out(one.task_id, held_out_permille)


def _given(connection: Connection, truths: Sequence[TruthRow]) -> dict[int, list[GivenRow]]:
    found: defaultdict[int, list[GivenRow]] = defaultdict(list)
    for row in store.load_given(connection, [one.task_id for one in truths]):
        found[row.task_id].append(row)
    return found


def _fields(
    rows: Mapping[int, Mapping[str, Any]], wanted: Sequence[str], question: Question
) -> list[str]:
    present = {name for row in rows.values() for name in row}
    absent = [name for name in wanted if rows and name not in present]
    if absent:
        there = ", ".join(sorted(present)[:20])
        raise InvalidError(
            f"No task has a field {absent[0][:60]!r} to slice by; there are: {there}.",
            code="no_such_field",
        )
    return choose_fields(rows.values(), wanted)


def _judged(
    truth: TruthRow,
    output: Output,
    question: Question,
    data: Mapping[str, Any],
    fields: Sequence[str],
    given: Sequence[GivenRow],
) -> Judged:
    named = {name: slice_value(data.get(name)) for name in fields}
    return Judged(
        truth.task_id,
        truth.value,
        output.answer,
        output.score,
        output.probabilities,
        {name: value for name, value in named.items() if value is not None},
        [(row.person_id, row.value[question.name]) for row in given if question.name in row.value],
    )
