"""What people are told a task takes is measured anew, and held against what came of it.

Meant to be called every few minutes. Reading is done before anything is locked; what is told
changes only with ten new answers, or when the owner's own guess changes.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.model.project import Project
from fairhand.model.system import loaded
from fairhand.pay.estimates import rules, store
from fairhand.pay.estimates.rules import Score, Told
from fairhand.pay.estimates.store import Estimate
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.versions import version_of
from fairhand.work.projects import store as projects

_ENOUGH_NEW = 10


@dataclass(frozen=True, slots=True)
class _Fresh:
    """What a look at one project found: a score for the old estimate, or a new one, or both."""

    project_id: int
    scored: tuple[int, Score] | None = None
    told: Told | None = None
    last_entry_id: int = 0


def refresh_estimates(db: Database, now: Instant) -> int:
    """Score and renew the estimates of every project that is not closed; return how many are new.

    Run twice at once it writes the same estimate twice, which tells nobody anything else.
    """
    with db.read() as connection:
        open_ones = [one for one in projects.list_projects(connection) if one.mode != "closed"]
        latest = store.load_latest(connection, [one.id for one in open_ones])
        looked = [_look(db, connection, one, latest.get(one.id)) for one in open_ones]
    changed = [one for one in looked if one.scored or one.told]
    if not changed:
        return 0
    with db.write() as connection:
        for one in changed:
            if one.scored is not None:
                store.save_score(connection, *one.scored)
            if one.told is not None:
                store.save_estimate(connection, one.project_id, one.told, one.last_entry_id, now)
        told = [(one.project_id, one.told) for one in changed if one.told is not None]
        if told:
            body = [
                {"project": id_, "p50_ms": it.p50_ms, "p90_ms": it.p90_ms, "items": it.items}
                for id_, it in told
            ]
            log.append(connection, "pay.estimates_told", {"estimates": body}, now)
    return len(told)


def _look(db: Database, connection: Connection, project: Project, old: Estimate | None) -> _Fresh:
    after = old.last_entry_id if old else 0
    new, newest = store.count_answers(connection, project.id, after)
    items = new + (old.told.items if old else 0)
    scored = None
    if old is not None and new:
        found = rules.score(old.told, store.load_times(connection, project.id, after))
        scored = None if found == old.score else (old.id, found)
    if not _is_due(project, old, new):
        return _Fresh(project.id, scored)
    if items < rules.MEASURED_FROM:
        version = version_of(db, connection, project.id, project.version)
        kinds = [question.kind for question in version.questions]
        told = rules.by_kind(project.expected_ms, kinds, items)
    else:
        history = [one.score for one in store.load_history(connection, project.id)]
        if scored is not None and old is not None and old.told.basis == "measured":
            history = [*(history[:-1] if old.score.scored else history), scored[1]]
        start = store.window_start(connection, project.id, items)
        told = loaded("pay.estimate", rules.measure)(
            store.load_times(connection, project.id, start), items, history
        )
    return _Fresh(project.id, scored, told, max(newest, after))


def _is_due(project: Project, old: Estimate | None, new: int) -> bool:
    """Say whether people should be told something else now."""
    if old is None or new >= _ENOUGH_NEW:
        return True
    if old.told.basis == "measured":
        return False
    reached = old.told.items + new >= rules.MEASURED_FROM
    return reached or old.told.p50_ms != project.expected_ms
