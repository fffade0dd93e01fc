"""An owner changes what is asked in mid-project: one new version, old answers kept and mapped.

The version holds at once. Answers of before are carried through it a piece at a time; of many, a
tick carries the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.model.project import Project
from fairhand.proof.log import store as log
from fairhand.quality import store as quality
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.carry_labels import AT_ONCE as PIECE
from fairhand.use_cases.carry_labels import carry_labels_gently
from fairhand.use_cases.stand_again import stand_again
from fairhand.use_cases.versions import version_of
from fairhand.work.gold import store as gold
from fairhand.work.projects import change_store, store
from fairhand.work.projects.changes import ASKS, Change, ChangePlan, plan_changes, translate
from fairhand.work.projects.rules import GUIDELINES_MAX, MAX_OVERLAP
from fairhand.work.remarks import store as remarks

AT_ONCE: Final = 10_000
"""Tasks that are gone through before this returns."""


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
    """The new version, how many answers were mapped or say nothing now, and tasks asked again.

    `left` tasks are not gone through yet: their answers are counted when they are.
    """

    version: int
    mapped: int
    lost: int
    asked: int
    left: int = 0


def change_labels(
    db: Database, command: ChangeLabels, now: Instant, at_once: int = AT_ONCE
) -> ChangedLabels:
    """Make the next version, and let the first touched tasks be worked out anew.

    Raises InvalidError for changes that cannot be made, ConflictError where the project changed
    since it was looked at, or an earlier change is under way: then nothing happens.
    """
    _check(command)
    number = _begin(db, command, now)
    return carry_on(db, command.project_id, ChangedLabels(number, 0, 0, 0, 1), now, at_once)


def carry_on(
    db: Database, project_id: int, told: ChangedLabels, now: Instant, at_once: int = AT_ONCE
) -> ChangedLabels:
    """Go through about `at_once` more tasks; where somebody else came to the end, that is told."""
    gone = 0
    while gone < at_once:
        carried = carry_labels_gently(db, project_id, now)
        if carried is None or carried.version != told.version:
            return _ended(db, project_id, told)
        left = max(1, carried.tasks - carried.done) if carried.is_running else 0
        told = ChangedLabels(told.version, carried.mapped, carried.lost, carried.asked, left)
        if not left:
            break
        gone += PIECE
    return told


def _ended(db: Database, project_id: int, told: ChangedLabels) -> ChangedLabels:
    """Tell of a change that has come to its end."""
    with db.read() as connection:
        kept = dict(store.list_changes(connection, project_id)).get(told.version)
    if kept is None:  # nothing was changed but the guidelines
        return replace(told, left=0)
    return ChangedLabels(told.version, kept["mapped"], kept["lost"], kept["asked"])


def _begin(db: Database, command: ChangeLabels, now: Instant) -> int:
    """Put the next version in force, with its mapping and what is known for sure."""
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
        if change_store.load_carrying(connection, project.id) is not None:
            raise ConflictError(
                "An earlier change of labels is still under way here; wait for its end.",
                code="change_under_way",
            )
        plan = plan_changes(current.questions, command.changes)
        guidelines = current.guidelines if command.guidelines is None else command.guidelines
        number = project.version + 1
        people = command.people or project.min_overlap
        written = {
            "labels": plan.labels,
            "removed": plan.removed,
            "changes": command.changes,
            "ask": command.ask,
            "people": people,
            **change_store.begin_carrying(connection, project.id),
        }
        # New titles and new labels touch no answer: then there is nothing to carry.
        touches = plan.labels or plan.removed or command.ask in ("all", "sample")
        written["is_running"] = bool(touches)
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
        _map_examples(connection, project, plan, now)
        body = {
            "project": project.id,
            "version": number,
            "changes": [dict(one) for one in command.changes],
            "guidelines_sha256": sha256_hex(guidelines.encode()),
            "ask": command.ask,
        }
        log.append(connection, "project.labels_changed", body, now, command.author_id, project.id)
    return number


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
            stand_again(connection, project.id, one.task_id, now)
        elif value != one.value:
            changed[one.task_id] = (value, one.explanation)
    if changed:
        gold.mark(connection, project.id, changed, author_id, now)


def _map_examples(connection: Connection, project: Project, plan: ChangePlan, now: Instant) -> None:
    """Say the guidelines' examples in the new labels; what is lost is shown no more."""
    for one in remarks.list_examples(connection, project.id):
        value, lost = translate(one.value, plan.labels, plan.removed)
        if not value or lost - set(plan.removed):
            remarks.remove_example(connection, project.id, one.id, now)
        elif value != one.value:
            remarks.change_example(connection, one.id, value)
