"""New answers of a project become consensus; where doubt is left, one more person is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.model.project import Project
from fairhand.people.conduct import store as conduct
from fairhand.proof.log import store as log
from fairhand.quality import store
from fairhand.quality.consensus.warm import warm
from fairhand.quality.follow import Followed, follow_task
from fairhand.quality.redundancy import AskMore
from fairhand.quality.refit import refit_due
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.label_history import said_now
from fairhand.use_cases.overlap import overlap_policy
from fairhand.use_cases.tell_of_answers import tell_of_answers
from fairhand.use_cases.versions import current_version, version_of
from fairhand.work.assignment import store as queue
from fairhand.work.gold import store as gold
from fairhand.work.projects import store as projects
from fairhand.work.review import store as reviews


@dataclass(frozen=True, slots=True)
class AggregateResult:
    """What one batch did; `more` says that answers are left, `refit_due` that a refit pays."""

    answers: int = 0
    tasks: int = 0
    settled: int = 0
    asked_more: int = 0
    more: bool = False
    refit_due: bool = False


def aggregate_labels(
    db: Database, project_id: int, now: Instant, limit: int = 5_000
) -> AggregateResult:
    """Aggregate up to `limit` answers that are not aggregated yet; nothing new changes nothing.

    Two processes at once take turns: the second sees what the first has left.
    """
    if (project := _load_if_fresh(db, project_id)) is None:
        return AggregateResult()
    for question in current_version(db, project.id, project.version).questions:
        warm(question.kind)
    with db.write() as connection:
        run = store.lock_aggregation(connection, project_id, now)
        answers = store.claim_answers(connection, project_id, limit)
        if not answers:
            return AggregateResult()
        claimed = [one.task_id for one in answers]
        # A gold task's truth is known: it teaches the models at the next refit, and asks nobody.
        known = gold.load_known(connection, claimed)
        # What a reviewer let stand is left alone; the answers teach the models at the next refit.
        stands = reviews.adjudicated_of(connection, sorted(set(claimed)))
        open_tasks = sorted(set(claimed) - known.keys() - stands)
        followed = _follow(db, connection, project, open_tasks, run, now)
        asked_more = _ask_more(connection, project, followed)
        questions = version_of(db, connection, project.id, project.version).questions
        told = tell_of_answers(connection, project.id, questions, answers, known, now)
        store.count_answers(connection, project_id, len(claimed))
        result = AggregateResult(
            answers=len(claimed),
            tasks=len(followed),
            settled=sum(not isinstance(one.decision, AskMore) for one in followed.values()),
            asked_more=asked_more,
            more=len(claimed) == limit,
            refit_due=refit_due(run.fitted_answers, run.answers + len(claimed)),
        )
        body = {
            "project": project_id,
            "batch": run.batch,
            "answers": result.answers,
            "tasks": result.tasks,
            "settled": result.settled,
            "asked_more": result.asked_more,
            "decisions": told,
            **conduct.decided(connection, project_id, now),
        }
        log.append(connection, "labels.aggregated", body, now, project_id=project_id)
    return result


def _load_if_fresh(db: Database, project_id: int) -> Project | None:
    """Look without holding up writers; most looks find nothing to do."""
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        return project if store.has_fresh(connection, project_id) else None


def _follow(
    db: Database,
    connection: Connection,
    project: Project,
    task_ids: list[int],
    run: store.Run,
    now: Instant,
) -> dict[int, Followed]:
    questions = version_of(db, connection, project.id, project.version).questions
    policy = overlap_policy(project)
    judgements = store.load_judgements(connection, task_ids, said_now(connection, project.id))
    earlier = store.load_earlier(connection, task_ids, questions)
    people = {one.person_id for found in judgements.values() for one in found}
    models = store.load_models(connection, project.id, questions, people)
    followed = {
        task_id: follow_task(questions, models, judgements[task_id], earlier[task_id], policy)
        for task_id in task_ids
    }
    rows = [
        (task_id, consensus, not isinstance(one.decision, AskMore))
        for task_id, one in followed.items()
        for consensus in one.consensus
    ]
    store.save_consensus(connection, project.id, questions, rows, run.batch, now)
    store.save_models(connection, project.id, questions, models)
    return followed


def _ask_more(connection: Connection, project: Project, followed: Mapping[int, Followed]) -> int:
    """Open one more place where doubt is left; below the least overlap places are open already."""
    doubtful = [
        (task_id, one.answers + one.decision.count)
        for task_id, one in followed.items()
        if isinstance(one.decision, AskMore) and one.answers >= project.min_overlap
    ]
    for task_id, wanted in doubtful:
        queue.reopen(connection, task_id, project.id, wanted)
    return len(doubtful)
