"""A file of a model's outputs: every row is about a task of the project, or wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from typing import Any

from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.formats.model_outputs import (
    Columns,
    OutputRow,
    adds_up,
    read_outputs_file,
)
from fairhand.labels.answers import normalise_value, validate_value
from fairhand.labels.kind import AnswerContext, shown
from fairhand.model.project import Question
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.versions import version_of
from fairhand.work.prelabel import evaluation_store as store
from fairhand.work.projects import store as projects

MOST_ISSUES = 1_000
_LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Output:
    """What a model says of one task; `answer` None: it said nothing."""

    answer: Any
    score: float | None = None
    probabilities: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Outputs:
    """A model's outputs by task, checked; `sha256` names the file they came from."""

    by_task: Mapping[int, Output]
    file_name: str = ""
    sha256: str = ""
    notes: tuple[str, ...] = field(default_factory=tuple)


def read_outputs(
    db: Database,
    project_id: int,
    question: Question,
    path: Path,
    columns: Columns,
    *,
    name: str | None = None,
) -> Outputs:
    """Read a file of outputs for one question.

    Raises InvalidError that names every row that is wrong (up to a thousand): a task of no number
    here or named twice, a label that the question does not have, a score that is no number from 0
    to 1, or scores in some rows and not in others.
    """
    called = name or path.name
    rows, issues = [], []
    for row in read_outputs_file(path, columns, question=question.name, name=name):
        if isinstance(row, OutputRow):
            rows.append(row)
        elif row.severity == "error":
            issues.append(row)
    if not rows and not issues:
        raise InvalidError(f"{called} has no rows.", issues=[Issue("file", "has no rows")])
    with db.read() as connection:
        tasks = _find_tasks(connection, project_id, rows)
        contexts = store.load_contexts(connection, sorted(set(tasks.values())))
    found: dict[int, Output] = {}
    first: dict[int, str] = {}
    for row in rows:
        task_id = tasks.get(row.key)
        if task_id is None:
            issues.append(Issue(row.place, _no_task(row)))
        elif task_id in first:
            message = f"is about task {task_id} a second time; {first[task_id]} was the first"
            issues.append(Issue(row.place, message))
        else:
            first[task_id] = row.place
            made, wrong = _output(question, row, contexts[task_id])
            found[task_id] = made
            issues += wrong
    issues += _half_scored(rows)
    _refuse(called, issues)
    with path.open("rb") as file:
        return Outputs(found, called, file_digest(file, "sha256").hexdigest())


def question_of(db: Database, project_id: int, name: str = "") -> Question:
    """Find the question to measure: the one named, else the only one that can be.

    Raises NotFoundError for an unknown project, InvalidError for a question that is not asked or
    has no one truth.
    """
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        questions = version_of(db, connection, project.id, project.version).questions
    fit = [one for one in questions if not one.config.get("subjective", False)]
    names = ", ".join(one.name for one in fit)
    if not name and len(fit) > 1:
        message = f"Say which question: {names}."
        raise InvalidError(message, issues=[Issue("question", message)])
    found = next((one for one in fit if not name or one.name == name), None)
    if found is None:
        there = f"There are: {names}." if names else "It has none with one truth."
        message = f"{shown(name)} is no question of this project to measure a model by. {there}"
        raise InvalidError(message, issues=[Issue("question", message)])
    return found


def find_output_tasks(
    db: Database, project_id: int, rows: Iterable[OutputRow]
) -> tuple[dict[str, int], list[Issue]]:
    """Find the task of each row by its key; what is of no task here comes as issues."""
    listed = list(rows)
    with db.read() as connection:
        tasks = _find_tasks(connection, project_id, listed)
    wrong = [Issue(row.place, _no_task(row)) for row in listed if row.key not in tasks]
    return tasks, wrong


def _find_tasks(
    connection: Connection, project_id: int, rows: Iterable[OutputRow]
) -> dict[str, int]:
    """Map keys to tasks; a key that two tasks share maps to none."""
    listed = list(rows)
    if not listed:
        return {}
    name, keys = listed[0].key_name, {row.key for row in listed}
    if name == "task_id":
        numbers = {int(key): key for key in keys if _is_number(key)}
        known = store.find_by_number(connection, project_id, sorted(numbers))
        return {numbers[task_id]: task_id for task_id in known}
    if name == "fingerprint":
        return store.find_by_fingerprint(connection, project_id, sorted(keys))
    found: dict[str, int] = {}
    twice: set[str] = set()
    for task_id, data in store.iter_data(connection, project_id):
        value = data.get(name)
        key = "" if value is None or isinstance(value, bool) else str(value).strip()
        if key in keys:
            (twice.add(key) if key in found else found.setdefault(key, task_id))
    return {key: task_id for key, task_id in found.items() if key not in twice}


def _is_number(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= _LONGEST_NUMBER


def _no_task(row: OutputRow) -> str:
    if row.key_name == "task_id":
        return f"is about task {shown(row.key)}, which this project does not have"
    return (
        f"is about {row.key_name} {shown(row.key)}, which no task of this project has, "
        "or more than one"
    )


def _output(
    question: Question, row: OutputRow, context: AnswerContext
) -> tuple[Output, list[Issue]]:
    """Read a row's answer; an empty one is an answer not given."""
    if row.said in (None, ""):
        return Output(None), []
    answer = _answer(question, row.said)
    value = {question.name: answer}
    wrong = [Issue(row.place, one.message) for one in validate_value([question], value, context)]
    labels = {label["value"] for label in question.config.get("labels", ())}
    strange = sorted(row.probabilities.keys() - labels)
    if strange:
        wrong.append(
            Issue(row.place, f"has a probability of {shown(strange[0])}, which is no label here")
        )
    elif (
        row.probabilities and not question.config.get("multiple") and not adds_up(row.probabilities)
    ):
        total = sum(row.probabilities.values())
        wrong.append(Issue(row.place, f"has probabilities that sum to {total:.3g}, not 1"))
    if wrong:
        return Output(None), wrong[:3]
    canonical = normalise_value([question], value)[question.name]
    return Output(canonical, row.score, row.probabilities or None), []


def _answer(question: Question, said: Any) -> Any:  # noqa: ANN401  # any JSON value
    """Read an answer from a cell, as an import does: a label, several with bars, or JSON."""
    if isinstance(said, int) and not isinstance(said, bool):
        said = str(said)
    if not isinstance(said, str):
        return said
    several = question.kind == "choice" and question.config.get("multiple", False)
    if said.startswith(("[", "{")) and (several or question.kind != "choice"):
        try:
            return json.loads(said)
        except (ValueError, RecursionError):
            return said
    return [part.strip() for part in said.split("|")] if several else said


def _half_scored(rows: Iterable[OutputRow]) -> list[Issue]:
    """A score in some rows and none in others is a slip of the file, and would mislead."""
    told = [row for row in rows if row.said not in (None, "")]
    without = [row for row in told if row.score is None]
    if not without or len(without) == len(told):
        return []
    return [
        Issue(row.place, "has no score (or NaN), though other rows have one") for row in without
    ]


def _refuse(called: str, issues: list[Issue]) -> None:
    if not issues:
        return
    many = "One row is" if len(issues) == 1 else f"{len(issues):,} things are"
    message = f"{many} wrong in {called}; nothing was stored."
    raise InvalidError(message, code="bad_outputs", issues=issues[:MOST_ISSUES])
