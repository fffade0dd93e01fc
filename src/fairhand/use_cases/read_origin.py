"""Where a project's items come from just now, judged as a release of them would be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.core.ids import pseudonym
from fairhand.model.project import Project
from fairhand.proof.release import store
from fairhand.proof.release.card import UNSTATED
from fairhand.proof.release.guard import DEFAULT, Judgement, guard_facts, judge, judge_facts
from fairhand.proof.release.outlook import Outlook, outlook
from fairhand.proof.release.source import ReleaseSource
from fairhand.storage.database import Connection
from fairhand.use_cases.guard_release import guard_release, is_enforced
from fairhand.use_cases.house import House
from fairhand.use_cases.read_releases import open_folder
from fairhand.use_cases.release_facts import gather_facts
from fairhand.use_cases.release_likeness import MEASURE
from fairhand.use_cases.release_permits import own_campaign
from fairhand.use_cases.versions import version_of
from fairhand.work.projects import store as projects

MOST_TASKS = 5_000
"""A page counts projects up to this size while one waits; of larger ones it shows a release."""


@dataclass(frozen=True, slots=True)
class OriginReport:
    """The guard's facts and verdict; `version` is None where they are of the project as it is now.

    `facts` is None when nothing was answered yet, or the only release does not say. `outlook` is
    what the literature predicts at this mix. `before` names the share of people's items in earlier
    releases, by version.
    """

    project: Project
    facts: dict[str, Any] | None
    judgement: Judgement | None
    version: int | None
    enforced: bool
    outlook: Outlook | None
    before: tuple[tuple[int, float], ...]


def read_origin(
    house: House, project_id: int, now: Instant, most: int | None = None
) -> OriginReport:
    """Look through all answers of a project; with more than `most` tasks, at its newest release."""
    with house.db.read() as connection:
        store.pin_snapshot(connection)
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        published = store.list_releases(connection, project_id)
        tasks = projects.count_progress(connection, project_id).tasks
        if most is not None and tasks > most and published:
            return _of_release(project, published[0], published)
        facts, enforced = _now(house, connection, project, now)
    return _report(project, facts, None, published, enforced=enforced)


def read_release_origin(house: House, release_id: int) -> OriginReport:
    """Read what the guard found when a release was made."""
    with house.db.read() as connection:
        found = store.load_release(connection, release_id)
        project = projects.load_project(connection, found.project_id) if found else None
        if found is None or project is None or found.state != "published":
            raise NotFoundError(f"There is no release {release_id}.")
        published = store.list_releases(connection, project.id)
    return _of_release(project, found, published)


def origin_json(report: OriginReport) -> dict[str, Any]:
    """Write a report as the API and the CLI give it."""
    seen = report.outlook
    return {
        "project_id": report.project.id,
        "version": report.version,
        "guard": report.facts,
        "enforced": report.enforced,
        "outlook": None
        if seen is None
        else {
            "real_weight": round(seen.weight, 6),
            "settles_at": None if seen.settles is None else round(seen.settles, 6),
            "curve": [[weight, round(error, 6)] for weight, error in seen.curve],
            "replaced": [[count, round(error, 6)] for count, error in seen.replaced],
            "added": [[count, round(error, 6)] for count, error in seen.added],
        },
        "before": [[version, round(share, 6)] for version, share in report.before],
    }


def _now(
    house: House, connection: Connection, project: Project, now: Instant
) -> tuple[dict[str, Any] | None, bool]:
    """Count what a release would hold; nothing is written, and no split is drawn."""
    name_of = lru_cache(maxsize=100_000)(
        lambda person_id: pseudonym(house.secret, project.id, person_id)
    )
    version = version_of(house.db, connection, project.id, project.version)
    withdrawn = store.load_withdrawn(connection, project.id)
    number = store.next_version(connection, project.id)
    next_one = store.StoredRelease(
        0, project.id, number, "writing", None, "", now, event_id=None, stats=None
    )
    facts = gather_facts(
        connection,
        project,
        version,
        next_one,
        name_of=name_of,
        withdrawn=withdrawn,
        licence=UNSTATED,
        media_copied=False,
        log_key=house.signer.verifier,
    )
    guard = guard_release(connection, next_one, facts, name_of, withdrawn)
    if own_campaign(connection, project.id) is not None:
        guard.parent = None  # what a campaign's release holds depends on what it is asked for
    source = ReleaseSource(
        lambda: store.iter_sheets(connection, project.id),
        version.questions,
        project.mode,
        name_of,
        withdrawn,
        measure=MEASURE,
    )
    for passing in (guard.rows(source.rows()), guard.annotations(source.annotations())):
        for _ in passing:
            pass
    enforced, counts = is_enforced(facts), guard.counts()
    if not counts.rows:
        return None, enforced
    found = guard_facts(counts, DEFAULT, judge(counts), enforced=enforced, accepted=False)
    return found, enforced


def _of_release(
    project: Project, one: store.StoredRelease, published: list[store.StoredRelease]
) -> OriginReport:
    manifest = open_folder(one).manifest
    facts = manifest.facts.guard if manifest else None
    enforced = bool(facts and facts["enforced"])
    return _report(project, facts, one.version, published, enforced=enforced)


def _report(
    project: Project,
    facts: dict[str, Any] | None,
    version: int | None,
    published: list[store.StoredRelease],
    *,
    enforced: bool,
) -> OriginReport:
    before = [
        (one.version, one.stats["real_items"] / one.stats["rows"])
        for one in reversed(published)
        if one.stats and one.stats.get("rows") and "real_items" in one.stats
    ]
    if facts is None:
        return OriginReport(project, None, None, version, enforced, None, tuple(before))
    counts = facts["counts"]
    return OriginReport(
        project,
        facts,
        judge_facts(facts),
        version,
        enforced,
        outlook(counts["real"] / counts["rows"]),
        tuple(before),
    )
