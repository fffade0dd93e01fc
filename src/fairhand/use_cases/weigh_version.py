"""Versions of backends, functions and files are measured as built-in ones are, and take over so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairhand.compute.assistants.contract import AssistantError, Proposal
from fairhand.core.clock import Instant
from fairhand.model.project import Question
from fairhand.proof.log import store as log
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.measure_candidate import Shown, Weighed, weigh_proposals
from fairhand.use_cases.open_version import open_version
from fairhand.use_cases.read_examples import Answered, gather_examples
from fairhand.use_cases.train_model import open_shown
from fairhand.use_cases.versions import version_of
from fairhand.work.prelabel import store
from fairhand.work.prelabel.rules import FEWEST_HELD_OUT
from fairhand.work.prelabel.store import Assistant, ModelVersion
from fairhand.work.projects import store as projects

_NEVER_ASKED: Final = ("openai", "file")
"""Kinds that cost money to ask, or cannot be asked: measured on what they proposed already."""


@dataclass(frozen=True, slots=True)
class Source:
    """The newest version of a source, measured; or the failure that came instead."""

    version: ModelVersion
    shown_id: int | None
    weighed: Weighed | None
    problem: AssistantError | None = None


def weigh_sources(db: Database, blobs: BlobStore, project_id: int) -> list[Source]:
    """Measure the newest version of each source that is not built in, on held-out answers.

    Nothing is measured before there are enough of these. Holds no transaction while it asks.
    """
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        policy = store.load_policy(connection, project_id)
        newest = _newest(connection, project_id)
        if project is None or policy is None or not policy.is_on or not newest:
            return []
        questions = version_of(db, connection, project_id, project.version).questions
        shown = store.load_shown(connection, project_id)
        gathered = gather_examples(connection, blobs, project, questions, shown.holdout_permille)
        held_out = gathered.held_out
        rival = open_shown(connection, blobs, shown.version_id, questions)
    if len(held_out) < FEWEST_HELD_OUT:
        return []
    found = []
    for one, version in newest:
        if version.id == shown.version_id:
            continue
        try:
            weighed = _weigh(
                db, blobs, (one, version), questions, held_out, rival, policy.slice_fields
            )
        except AssistantError as error:
            found.append(Source(version, shown.version_id, None, error))
        else:
            if weighed is not None:
                found.append(Source(version, shown.version_id, weighed))
    return found


def weigh_version(db: Database, sources: Sequence[Source], now: Instant) -> int | None:
    """Write down how each did; the best of those that are better takes over. Give its version."""
    better = [
        (one.weighed.verdict.difference, -at)
        for at, one in enumerate(sources)
        if one.weighed is not None
        and one.weighed.verdict.takes_over
        and one.version.promoted_at is None  # whoever rolled it back meant it
    ]
    best = sources[-max(better)[1]] if better else None
    if not sources:
        return None
    project_id = sources[0].version.project_id
    with db.write() as connection:
        policy = store.lock_policy(connection, project_id)
        for one in sources:
            _save(connection, one, now)
        same = store.load_shown(connection, project_id).version_id == sources[0].shown_id
        if best is None or not same or policy is None or not policy.is_on:
            best = None
        else:
            store.promote(connection, project_id, best.version.id, now, None)
        body = {
            "project": project_id,
            "versions": [one.version.id for one in sources],
            "promoted": None if best is None else best.version.id,
        }
        log.append(connection, "model.weighed", body, now, None, project_id)
    return None if best is None else best.version.id


def _newest(connection: Connection, project_id: int) -> list[tuple[Assistant, ModelVersion]]:
    """List the newest version of each source that is asked and not built in."""
    found: dict[int, ModelVersion] = {}
    for version in store.list_versions(connection, project_id):
        found.setdefault(version.assistant_id, version)
    return [
        (one, found[one.id])
        for one in store.list_assistants(connection, project_id)
        if one.kind != "builtin" and one.id in found
    ]


def _weigh(
    db: Database,
    blobs: BlobStore,
    source: tuple[Assistant, ModelVersion],
    questions: Sequence[Question],
    held_out: Sequence[Answered],
    rival: Shown | None,
    slice_fields: Sequence[str],
) -> Weighed | None:
    """Measure one; None when it has proposed for too few held-out tasks and is not to be asked."""
    one, version = source
    asked = list(held_out)
    if one.kind in _NEVER_ASKED:
        ids = [each.example.item.task_id for each in asked]
        with db.read() as connection:
            values = store.predicted_values(connection, version.id, ids)
        asked = [each for each in asked if each.example.item.task_id in values]
        proposals = [Proposal(values[each.example.item.task_id]) for each in asked]
    else:
        with db.read() as connection:
            predictor = open_version(connection, blobs, version, questions)
        proposals = predictor.predict([each.example.item for each in asked])
    if len(asked) < FEWEST_HELD_OUT or len(proposals) != len(asked):
        return None
    return weigh_proposals(questions, asked, proposals, rival, slice_fields)


def _save(connection: Connection, one: Source, now: Instant) -> None:
    if one.problem is not None:
        error = one.problem
        problem = {"hop": error.hop, "code": error.code, "message": error.message}
        store.set_problem(connection, one.version.assistant_id, problem, now)
        return
    if one.weighed is None:
        return
    state = "candidate" if one.weighed.verdict.takes_over else "refused"
    if one.version.promoted_at is not None:
        state = one.version.state
    store.change_version(
        connection,
        one.version.id,
        report={**one.version.report, **one.weighed.report()},
        verdict=one.weighed.verdict.words,
        held_out=one.weighed.held_out,
        state=state,
    )
