"""An owner changes what is asked in mid-project: one new version, old answers kept and mapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.model.project import Project
from fairhand.proof.log import store as log
from fairhand.quality import store as quality
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_label_change import look_at_answers, tasks_to_ask
from fairhand.use_cases.versions import version_of
from fairhand.work.assignment import store as queue
from fairhand.work.gold import store as gold
from fairhand.work.projects import store
from fairhand.work.projects.changes import ASKS, Change, ChangePlan, plan_changes, translate
from fairhand.work.projects.rules import GUIDELINES_MAX, MAX_OVERLAP
from fairhand.work.review import store as reviews


@dataclass(frozen=True, slots=True)
class ChangeLabels:
    """The changes, new guidelines if any, and who is asked again.

    `version` is the one that was looked at; `people` are asked about each task, None: the least
    that the project asks for.
    """

    author_id: int
    project_id: int
    changes: Sequence[Change]
    version: int
    ask: str = "touched"
    people: int | None = None
    guidelines: str | None = None


@dataclass(frozen=True, slots=True)
class ChangedLabels:
    """The new version, how many answers were mapped or say nothing now, and tasks asked again."""

    version: int
    mapped: int
    lost: int
    asked: int


def change_labels(db: Database, command: ChangeLabels, now: Instant) -> ChangedLabels:
    """Make the next version and let touched tasks be worked out anew.

    Raises InvalidError for changes that cannot be made, ConflictError where the project changed
    since it was looked at. All of it happens, or nothing.
    """
    _check(command)
    with db.write() as connection:
        project = store.lock_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        if project.version != command.version:
            raise ConflictError(
                f"The project is at version {project.version} by now and not {command.version}. "
                "Look at the preview again.",
                code="changed_meanwhile",
            )
        current = version_of(db, connection, project.id, project.version)
        plan = plan_changes(current.questions, command.changes)
        guidelines = current.guidelines if command.guidelines is None else command.guidelines
        touched = look_at_answers(connection, project.id, plan)
        number = project.version + 1
        people = command.people or project.min_overlap
        written = {
            "labels": plan.labels,
            "removed": plan.removed,
            "changes": command.changes,
            "ask": command.ask,
            "people": people,
        }
        store.add_version(
            connection,
            project.id,
            number,
            plan.questions,
            guidelines,
            command.author_id,
            now,
            written if command.changes else None,
        )
        _map_known(connection, project, plan, command.author_id, now)
        _map_standing(connection, project, plan, now)
        quality.aggregate_again(connection, sorted(touched.mapped | touched.lost))
        tasks = sorted(tasks_to_ask(command.ask, touched))
        asked = queue.ask_more(connection, project.id, tasks, people, MAX_OVERLAP)
        body = {
            "project": project.id,
            "version": number,
            "changes": [dict(one) for one in command.changes],
            "guidelines_sha256": sha256_hex(guidelines.encode()),
            "ask": command.ask,
            "asked": asked,
        }
        log.append(connection, "project.labels_changed", body, now, command.author_id, project.id)
    return ChangedLabels(number, touched.answers_mapped, touched.answers_lost, asked)


def _check(command: ChangeLabels) -> None:
    issues = []
    if command.ask not in ASKS:
        issues.append(Issue("ask", f"Say one of {', '.join(ASKS)}."))
    if command.people is not None and not 1 <= command.people <= MAX_OVERLAP:
        issues.append(Issue("people", f"Ask 1 to {MAX_OVERLAP} people about each task."))
    if not command.changes and command.guidelines is None:
        issues.append(Issue("changes", "There is nothing to change."))
    text = command.guidelines
    if text is not None and not (text.strip() and len(text) <= GUIDELINES_MAX):
        issues.append(Issue("guidelines", f"Write 1 to {GUIDELINES_MAX:,} characters."))
    if issues:
        raise InvalidError(issues[0].message, issues=issues)


def _map_known(
    connection: Connection, project: Project, plan: ChangePlan, author_id: int, now: Instant
) -> None:
    """Say known answers in the new labels; a gold task whose answer is lost becomes ordinary."""
    changed: dict[int, tuple[Mapping[str, Any], str]] = {}
    for one in gold.list_gold(connection, project.id):
        value, _ = translate(one.value, plan.labels, plan.removed)
        if not value:
            gold.unmark(connection, project.id, one.task_id, project.min_overlap)
            quality.aggregate_again(connection, [one.task_id])
        elif value != one.value:
            changed[one.task_id] = (value, one.explanation)
    if changed:
        gold.mark(connection, project.id, changed, author_id, now)


def _map_standing(connection: Connection, project: Project, plan: ChangePlan, now: Instant) -> None:
    """Say what reviewers let stand in the new labels; what is lost falls, and may be reviewed."""
    standing = reviews.list_adjudicated(connection, project.id)
    for task_id in sorted(standing):
        found = reviews.load_standing(connection, task_id)
        if found is None:
            continue
        review_id, before = found
        value, lost = translate(before, plan.labels, plan.removed)
        if value == before:
            continue
        reviews.unadjudicate(connection, task_id, review_id)
        if value and not lost - set(plan.removed):
            ids = [one.annotation_id for one in reviews.list_answers(connection, task_id)]
            reviews.adjudicate(connection, project.id, task_id, review_id, value, now)
            quality.let_stand(connection, project.id, task_id, value, ids, now)
        else:
            quality.let_fall(connection, task_id)
