"""Answers of before are carried through a change of labels, some tasks at a time.

Each piece is a transaction of its own, so that people go on working meanwhile; how far it came is
kept with the version, so that whoever comes next goes on from there, after a kill too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any, Final

from fairhand.core.clock import Instant
from fairhand.proof.log import store as log
from fairhand.quality import store as quality
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.label_history import said_before
from fairhand.use_cases.late_answers import Anew, ask_anew
from fairhand.work.projects import change_store as store
from fairhand.work.projects import store as projects
from fairhand.work.projects.change_store import Carrying
from fairhand.work.projects.changes import is_asked_anew, translate
from fairhand.work.review import store as reviews

AT_ONCE: Final = 100
"""Tasks of one piece: as long as anybody waits who writes to the same rows."""

_LONGEST_PAUSE_S: Final = 0.1
_PAUSE_S: Final = 0.002


@dataclass(slots=True)
class _Met:
    """What a piece has met: how many answers, and which tasks."""

    mapped: int = 0
    lost: int = 0
    again: set[int] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)


def carry_labels(
    db: Database, project_id: int, now: Instant, at_once: int = AT_ONCE
) -> Carrying | None:
    """Carry the next tasks through the change that is under way; None where none is."""
    with db.write() as connection:
        # The project first, as everywhere: one piece at a time, whoever carries.
        if projects.lock_project(connection, project_id) is None:
            return None
        found = store.load_carrying(connection, project_id)
        if found is None:
            return None
        tasks = store.next_tasks(connection, project_id, found.after, at_once)
        met = _meet(connection, project_id, found, tasks)
        _carry_predictions(connection, found, tasks)
        _carry_standing(connection, project_id, found, tasks, now)
        quality.aggregate_again(connection, sorted(met.again))
        anew = Anew(found.version, found.change["people"])
        asked = ask_anew(connection, project_id, sorted(met.asked), anew)
        carried = found.further(tasks, at_once, mapped=met.mapped, lost=met.lost, asked=asked)
        store.save_carrying(connection, project_id, carried)
        if not carried.is_running:
            body = {
                "project": project_id,
                "version": carried.version,
                "mapped": carried.mapped,
                "lost": carried.lost,
                "asked": carried.asked,
            }
            log.append(connection, "labels.carried", body, now, project_id=project_id)
    return carried


def carry_labels_gently(db: Database, project_id: int, now: Instant) -> Carrying | None:
    """Carry the next tasks; where one writes at a time, leave others as long as that took."""
    begun = monotonic()
    carried = carry_labels(db, project_id, now)
    if carried is not None and carried.is_running:
        took = monotonic() - begun
        sleep(min(took, _LONGEST_PAUSE_S) if db.is_sqlite else _PAUSE_S)
    return carried


def _meet(connection: Connection, project_id: int, found: Carrying, tasks: Sequence[int]) -> _Met:
    """See what the change does to every answer of before, and about which tasks it asks."""
    change, met = found.change, _Met()
    before = said_before(connection, project_id, found.version)
    lost: dict[int, bool] = defaultdict(bool)
    for task_id, version, given in store.list_before(connection, tasks, found.version):
        value = before(version, given)
        said, gone = translate(value, change["labels"], change["removed"])
        # Who answered a question that is not asked any more need not be asked anew.
        is_lost = bool(gone - set(change["removed"]))
        lost[task_id] |= is_lost
        met.lost += is_lost
        if is_lost or said != value:
            met.again.add(task_id)
            met.mapped += not is_lost
    met.asked = {
        task_id
        for task_id, is_lost in lost.items()
        if is_asked_anew(change["ask"], task_id, is_lost=is_lost)
    }
    return met


def _carry_predictions(connection: Connection, found: Carrying, tasks: Sequence[int]) -> None:
    """Say what models proposed in the new labels; what is lost is proposed no more."""
    changed: dict[int, Mapping[str, Any]] = {}
    for number, value in store.list_proposed(connection, tasks, found.created_at):
        said, _ = translate(value, found.change["labels"], found.change["removed"])
        if said != value:
            changed[number] = said
    store.change_proposed(connection, changed)


def _carry_standing(
    connection: Connection, project_id: int, found: Carrying, tasks: Sequence[int], now: Instant
) -> None:
    """Say what reviewers let stand in the new labels; what is lost falls, and may be reviewed."""
    labels, removed = found.change["labels"], found.change["removed"]
    for task_id in sorted(reviews.adjudicated_of(connection, tasks)):
        standing = reviews.load_standing(connection, task_id)
        if standing is None or standing[0] > found.change["reviews_to"]:
            continue
        review_id, before = standing
        value, lost = translate(before, labels, removed)
        if value == before:
            continue
        reviews.unadjudicate(connection, task_id, review_id)
        if value and not lost - set(removed):
            ids = [one.annotation_id for one in reviews.list_answers(connection, task_id)]
            reviews.adjudicate(connection, project_id, task_id, review_id, value, now)
            quality.let_stand(connection, project_id, task_id, value, ids, now)
        else:
            quality.let_fall(connection, task_id)
