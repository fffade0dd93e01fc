"""What a model version says of the tasks it is measured by: stored, or asked of it now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairhand.compute.assistants.contract import Predictor, Proposal
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.labels.answers import normalise_value, validate_value
from fairhand.labels.kind import AnswerContext
from fairhand.model.project import Question
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.evaluation_facts import held_out_tasks
from fairhand.use_cases.model_items import load_items
from fairhand.use_cases.open_version import open_version
from fairhand.use_cases.read_outputs import Output, Outputs
from fairhand.use_cases.versions import version_of
from fairhand.work.prelabel import evaluation_store as evaluations
from fairhand.work.prelabel import store
from fairhand.work.prelabel.store import ModelVersion
from fairhand.work.projects import store as projects

Told = Callable[[int, int], None]
_BATCH: Final = 64
_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class VersionOutputs:
    """A version, its outputs on the tasks that may measure it, and the fold they come from."""

    version: ModelVersion
    outputs: Outputs
    held_out_permille: int


def read_version_outputs(
    db: Database,
    blobs: BlobStore,
    project_id: int,
    version_id: int,
    question: Question,
    told: Told = lambda _done, _total: None,
) -> VersionOutputs:
    """Gather a version's outputs on the tasks it has not learnt from, asking it where none is kept.

    Raises NotFoundError for a version of another project, ConflictError for one that learnt while
    nothing was held back, AssistantError when the model cannot be asked.
    """
    with db.read() as connection:
        version = store.load_version(connection, version_id)
        if version is None or version.project_id != project_id:
            raise NotFoundError(f"There is no model version {version_id} in this project.")
        fold = _fold(connection, version)
        ids = held_out_tasks(connection, project_id, question, fold)
        wanted = set(ids)
        found = {
            task_id: one
            for task_id, one in _stored(connection, version_id, question)
            if task_id in wanted
        }
        missing = [task_id for task_id in ids if task_id not in found]
        predictor = _opened(db, connection, blobs, version) if missing else None
    told(len(found), len(ids))
    for start in range(0, len(missing) if predictor else 0, _BATCH):
        assert predictor is not None  # noqa: S101  # for the type checker
        some = missing[start : start + _BATCH]
        found |= _ask(db, blobs, predictor, question, some)
        told(len(found), len(ids))
    return VersionOutputs(version, Outputs(found), fold)


def _fold(connection: Connection, version: ModelVersion) -> int:
    """The tasks that this version has not learnt from: those held out then and now."""
    now = store.load_shown(connection, version.project_id).holdout_permille
    then = version.report.get("holdout_permille")
    if then is None:
        return now
    if then == 0:
        raise ConflictError(
            "No tasks were held back when this version learnt, so nothing can measure it fairly. "
            "Tick assistance with a held-out share and train again.",
            code="nothing_held_out",
        )
    # A fold is a part of every larger one, so the smaller of two was held out both times.
    return min(int(then), now) if now else int(then)


def _stored(
    connection: Connection, version_id: int, question: Question
) -> list[tuple[int, Output]]:
    found, after = [], 0
    while page := store.list_predictions(connection, version_id, after=after, limit=_PAGE):
        after = page[-1].task_id
        for one in page:
            answer = one.value.get(question.name)
            known = one.details.get("probabilities")
            probabilities = known.get(question.name) if isinstance(known, Mapping) else None
            found.append((one.task_id, _sure(answer, one.score, probabilities)))
    return found


def _opened(
    db: Database, connection: Connection, blobs: BlobStore, version: ModelVersion
) -> Predictor:
    project = projects.load_project(connection, version.project_id)
    if project is None:
        raise NotFoundError(f"There is no project {version.project_id}.")
    questions = version_of(db, connection, project.id, project.version).questions
    return open_version(connection, blobs, version, questions)


def _ask(
    db: Database,
    blobs: BlobStore,
    predictor: Predictor,
    question: Question,
    task_ids: Sequence[int],
) -> dict[int, Output]:
    with db.read() as connection:
        items = load_items(connection, blobs, task_ids)
        contexts = evaluations.load_contexts(connection, task_ids)
    proposals = predictor.predict(items)
    return {
        item.task_id: _output(question, one, contexts[item.task_id])
        for item, one in zip(items, proposals, strict=True)
    }


def _output(question: Question, proposal: Proposal, context: AnswerContext) -> Output:
    """An answer that does not fit the question is no answer."""
    value: dict[str, Any] = {}
    if proposal.value is not None and question.name in proposal.value:
        value = {question.name: proposal.value[question.name]}
    if not value or validate_value([question], value, context):
        return Output(None)
    answer = normalise_value([question], value)[question.name]
    probabilities = proposal.probabilities.get(question.name)
    return _sure(answer, proposal.score, probabilities)


def _sure(
    answer: Any,  # noqa: ANN401  # an answer
    score: float | None,
    probabilities: Mapping[str, float] | None,
) -> Output:
    """An output of this question alone: a proposal's score speaks of all its questions."""
    known = dict(probabilities) if probabilities else None
    own = known.get(answer) if known and isinstance(answer, str) else None
    return Output(answer, score if own is None else own, known)
