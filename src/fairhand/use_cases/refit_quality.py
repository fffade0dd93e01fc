"""Everything is learned anew from all answers of a project; before a release, and now and then.

The fit itself runs on a snapshot, without holding up anybody. Its results are written in short
transactions; a task that was aggregated since the snapshot keeps its newer consensus. What such
tasks moved in the models meanwhile is made exact by the next refit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.labels.answers import Asked
from fairhand.model.project import Project
from fairhand.model.system import loaded
from fairhand.people.conduct import monitor_store as monitors
from fairhand.proof.log import store as log
from fairhand.quality import insight_store, store
from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.aggregation.confusion import ConfusionPriors, crowd_confusion
from fairhand.quality.consensus import KINDS
from fairhand.quality.consensus.kind import Voted
from fairhand.quality.follow import Consensus, decide_by_worth, task_confidence
from fairhand.quality.insight import Insight, Proposals, Slices, look_at_overlap
from fairhand.quality.redundancy import AskMore, decide
from fairhand.quality.refit import Ballots, QuestionFit, look_due
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.label_history import said_now
from fairhand.use_cases.overlap import overlap_policy
from fairhand.use_cases.versions import version_of
from fairhand.work.assignment import store as queue
from fairhand.work.gold import store as gold
from fairhand.work.projects import store as projects
from fairhand.work.review import store as reviews

_CHUNK = 500
_SEED = 20261121
"""The same answers give the same intervals, so that a release can be made again."""

Refitted = tuple[int, int, list[Consensus], bool]
"""Task, live answers, consensus, and whether no one else is asked."""


@dataclass(frozen=True, slots=True)
class RefitResult:
    """What a refit has seen and what it asked for."""

    answers: int
    tasks: int
    asked_more: int


@dataclass(frozen=True, slots=True)
class _Snapshot:
    project: Project
    questions: Sequence[Asked]
    run: store.Run
    ballots: Ballots
    voted: dict[str, dict[int, float]]
    slices: Slices
    proposals: Mapping[str, Proposals]
    is_looked_into: bool
    stands: frozenset[int]


def refit_quality(
    db: Database, project_id: int, now: Instant, *, in_passing: bool = False
) -> RefitResult:
    """Fit all live answers; renew models, agreement, consensus, and what the owner is shown.

    `in_passing` is for refits between answers: looking into people and slices costs more than
    the fit, so it waits until there are half as many answers again as at the last look.
    """
    seen = _look(db, project_id, in_passing=in_passing)
    rng = np.random.default_rng(_SEED)
    fits = seen.ballots.fit(rng)
    insights = _insights(seen, fits, rng) if seen.is_looked_into else None
    tasks = asked_more = 0
    results = _decided(seen, fits)
    while chunk := list(islice(results, _CHUNK)):
        asked_more += _save(db, seen, chunk, now)
        tasks += len(chunk)
    result = RefitResult(len(seen.ballots), tasks, asked_more)
    with db.write() as connection:
        store.lock_aggregation(connection, project_id, now, step=0)
        store.replace_models(connection, project_id, seen.questions, fits)
        store.finish_refit(connection, project_id, fits, seen.run.answers, now)
        if insights is not None:
            _save_insights(connection, project_id, insights, now)
        body = {
            "project": project_id,
            "answers": result.answers,
            "tasks": result.tasks,
            "asked_more": result.asked_more,
        }
        log.append(connection, "quality.refitted", body, now, project_id=project_id)
    return result


def _insights(
    seen: _Snapshot, fits: Sequence[QuestionFit], rng: np.random.Generator
) -> dict[str, Insight]:
    most = seen.project.max_overlap
    found = seen.ballots.insights(fits, seen.slices, seen.proposals, rng, most=most)
    for question, overlaps in seen.voted.items():
        found[question] = look_at_overlap(overlaps, seen.slices, rng)
    return found


def _save_insights(
    connection: Connection, project_id: int, insights: Mapping[str, Insight], now: Instant
) -> None:
    for question, found in insights.items():
        insight_store.save_report(connection, project_id, question, found.body, now)
    signals = [
        (name, one)
        for name, found in insights.items()
        for one in found.signals
        if not monitors.is_off(connection, f"watch.{one.kind}")
    ]
    insight_store.save_signals(connection, project_id, signals, now)


def _look(db: Database, project_id: int, *, in_passing: bool) -> _Snapshot:
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        questions = version_of(db, connection, project_id, project.version).questions
        run = store.look_at_aggregation(connection, project_id)
        known = {one.task_id: one.value for one in gold.list_gold(connection, project_id)}
        now_said = said_now(connection, project_id)
        ballots = store.gather_ballots(connection, project_id, questions, known, now_said)
        voted = {
            question.name: store.load_confidences(connection, project_id, question.name)
            for question in questions
            if isinstance(KINDS[question.kind], Voted)
        }
        reports = insight_store.load_reports(connection, project_id)
        shown = max((one.body["answers"] for one in reports.values()), default=0)
        due = not in_passing or look_due(shown, len(ballots))
        slices = insight_store.load_slices(connection, project_id) if due else {}
        proposals = insight_store.load_proposals(connection, project_id) if due else {}
        stands = reviews.list_adjudicated(connection, project_id)
    return _Snapshot(project, questions, run, ballots, voted, slices, proposals, due, stands)


def _decided(seen: _Snapshot, fits: Sequence[QuestionFit]) -> Iterator[Refitted]:
    policy = overlap_policy(seen.project)
    crowds = _crowds(fits)
    for task_id, answers, consensus in seen.ballots.consensus(fits):
        votes = [found[task_id] for found in seen.voted.values() if task_id in found]
        confidence = min([task_confidence(consensus), *votes])
        if policy.worth_micros is None:
            decision = loaded("work.overlap", decide)(policy, answers, confidence)
        elif min(votes, default=1.0) < policy.target_confidence:
            decision = loaded("work.overlap", decide)(policy, answers, 0.0)
        else:
            decision = decide_by_worth(policy, answers, consensus, crowds)
        settled = task_id in seen.stands or not isinstance(decision, AskMore)
        yield task_id, answers, consensus, settled


def _crowds(fits: Sequence[QuestionFit]) -> dict[tuple[str, str], Floats]:
    """Give how everybody answers, P(given | truth), by question and part."""
    return {
        (fit.question, name): crowd_confusion(part.counts.sum(axis=0), ConfusionPriors())
        for fit in fits
        for name, part in fit.parts.items()
    }


def _save(db: Database, seen: _Snapshot, chunk: Sequence[Refitted], now: Instant) -> int:
    """Save one chunk of tasks, and ask one more person where the refit has found doubt."""
    project = seen.project
    rows = [(task_id, one, settled) for task_id, _, found, settled in chunk for one in found]
    doubtful = [
        (task_id, answers + 1)
        for task_id, answers, _, settled in chunk
        if not settled and answers >= project.min_overlap
    ]
    with db.write() as connection:
        batch = seen.run.batch
        store.save_consensus(connection, project.id, seen.questions, rows, batch, now)
        if seen.voted:
            store.settle_tasks(connection, {task: settled for task, *_, settled in chunk}, batch)
        for task_id, wanted in doubtful:
            queue.reopen(connection, task_id, project.id, wanted)
    return len(doubtful)
