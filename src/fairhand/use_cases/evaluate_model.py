"""A model is measured against what people said and it has not seen; the report is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.model.project import Question
from fairhand.proof.log import store as log
from fairhand.quality.evaluation.failures import Failure
from fairhand.quality.evaluation.report import evaluate, to_report
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.evaluation_facts import Facts, gather_facts
from fairhand.use_cases.read_outputs import Outputs
from fairhand.work.prelabel import evaluation_store as store
from fairhand.work.prelabel import store as assistance
from fairhand.work.prelabel.evaluation_store import NewEvaluation
from fairhand.work.projects import store as projects

MOST_FAILURES = 10_000
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class EvaluateModel:
    """Whose outputs are measured on which question.

    `on` "all" takes every answered task, for a model that certainly never saw one of them; the
    report says so. `held_out_permille` is the fold where it is not the project's own.
    """

    person_id: int
    project_id: int
    model: str
    question: Question
    outputs: Outputs
    version_id: int | None = None
    slice_fields: tuple[str, ...] = ()
    on: Literal["held_out", "all"] = "held_out"
    held_out_permille: int | None = None


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The evaluation, its score, and how many tasks failed; `again` when it was there already."""

    evaluation_id: int
    measure: str
    score: float
    low: float
    high: float
    tasks: int
    failures: int
    again: bool = False


def evaluate_model(db: Database, command: EvaluateModel, now: Instant) -> Evaluated:
    """Measure a model and keep the report with its failures; the same inputs are kept once.

    Raises InvalidError when fewer than ten tasks can be measured by, saying why.
    """
    name = " ".join(command.model.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        message = f"Name the model in one line of up to {_LONGEST_NAME} characters."
        raise InvalidError(message, issues=[Issue("model", message)])
    with db.read() as connection:
        facts = _facts(connection, command)
    inputs = _fingerprint(name, command, facts)
    try:
        found, failures = evaluate(
            command.question,
            facts.judged,
            facts.fields,
            facts.country_of,
            np.random.default_rng(int(inputs[:15], 16)),
        )
    except InvalidError as error:
        raise InvalidError(f"{error.message} {_why_few(facts)}", code=error.code) from None
    report = to_report(found) | {
        "kind": "answers",
        "basis": facts.basis_json(),
        "fields": list(facts.fields),
        "inputs_sha256": inputs,
        "file": {"name": command.outputs.file_name, "sha256": command.outputs.sha256},
        "failures": len(failures),
        "title": command.question.title,
        "question_kind": command.question.kind,
    }
    told = (found.measure, found.score.value, found.score.low, found.score.high, found.score.tasks)
    with db.write() as connection:
        before = _same(connection, command, name, inputs)
        if before is not None:
            return Evaluated(before, *told, len(failures), again=True)
        evaluation_id = _keep(connection, command, name, report, failures, now)
        body = {
            "project": command.project_id,
            "evaluation": evaluation_id,
            "model": name,
            "question": command.question.name,
            "report_sha256": sha256_hex(orjson.dumps(report, option=orjson.OPT_SORT_KEYS)),
        }
        log.append(connection, "model.evaluated", body, now, command.person_id, command.project_id)
    return Evaluated(evaluation_id, *told, len(failures))


def fold_of(
    connection: Connection, project_id: int, on: Literal["held_out", "all"] = "held_out"
) -> int:
    """Say how many of a thousand tasks are held out; 0: all may be measured by."""
    return 0 if on == "all" else assistance.load_shown(connection, project_id).holdout_permille


def _facts(connection: Connection, command: EvaluateModel) -> Facts:
    if projects.load_project(connection, command.project_id) is None:
        raise NotFoundError(f"There is no project {command.project_id}.")
    policy = assistance.load_policy(connection, command.project_id)
    fold = command.held_out_permille
    if fold is None:
        fold = fold_of(connection, command.project_id, command.on)
    return gather_facts(
        connection,
        command.project_id,
        command.question,
        command.outputs.by_task,
        held_out_permille=fold,
        slice_fields=command.slice_fields or _present(policy, command.outputs, connection),
    )


def _present(
    policy: assistance.AssistPolicy | None, outputs: Outputs, connection: Connection
) -> Sequence[str]:
    """The fields that the owner asked reports by, those that the tasks have."""
    if policy is None or not policy.slice_fields:
        return ()
    from fairhand.work.prelabel import task_store

    sample = task_store.load_tasks(connection, sorted(outputs.by_task)[:500])
    names = {name for row in sample for name in row.data}
    return [name for name in policy.slice_fields if name in names]


def _fingerprint(name: str, command: EvaluateModel, facts: Facts) -> str:
    """Name all that goes into a report, so that the same is measured and drawn once."""
    judged = [
        (one.task_id, _plain(one.truth), _plain(one.predicted), one.score, len(one.answers))
        for one in facts.judged
    ]
    content = [name, command.question.name, facts.fields, asdict(facts.basis), judged]
    return sha256_hex(orjson.dumps(content))


def _plain(answer: Any) -> Any:  # noqa: ANN401  # an answer
    return sorted(answer) if isinstance(answer, list) else answer


def _why_few(facts: Facts) -> str:
    """Say where the tasks went, so that one knows what to do."""
    basis = facts.basis
    words = [f"{basis.known:,} tasks have an answer of people."]
    if basis.not_held_out:
        words.append(
            f"{basis.not_held_out:,} of them are not held out for measuring: a model may have "
            "learnt from them."
        )
    if basis.not_in_outputs:
        words.append(f"The outputs say nothing of {basis.not_in_outputs:,}.")
    if basis.swayed:
        words.append(f"{basis.swayed:,} were answered with a proposal in view.")
    return " ".join(words)


def _same(connection: Connection, command: EvaluateModel, name: str, inputs: str) -> int | None:
    for one in store.list_evaluations(connection, command.project_id):
        is_same = one.model == name and one.version_id == command.version_id
        if is_same and one.report.get("inputs_sha256") == inputs:
            return one.id
    return None


def _keep(
    connection: Connection,
    command: EvaluateModel,
    name: str,
    report: Mapping[str, Any],
    failures: Sequence[Failure],
    now: Instant,
) -> int:
    new = NewEvaluation(
        command.project_id,
        name,
        "file" if command.version_id is None else "version",
        command.question.name,
        report,
        command.person_id,
        command.version_id,
    )
    evaluation_id = store.add_evaluation(connection, new, now)
    rows = (
        (one.task_id, one.expected, one.predicted, one.score, one.loss)
        for one in failures[:MOST_FAILURES]
    )
    store.add_failures(connection, evaluation_id, rows)
    return evaluation_id
