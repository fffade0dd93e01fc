"""Which data helped: a project's value studies, as its owner and each contributor may see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fairhand.core.clock import iso
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.core.ids import pseudonym
from fairhand.model.project import Project
from fairhand.proof.release import store, value_store
from fairhand.proof.release.value_store import Study
from fairhand.storage.database import Database
from fairhand.use_cases.open_value_test import opened_json
from fairhand.work.projects import store as projects

FEWEST_PEOPLE: Final = 10
"""Shares of people are drawn for others from so many on, and without their names."""
_LOWEST: Final = 12


@dataclass(frozen=True, slots=True)
class ValueReport:
    """The newest measured study with its lowest tasks, and all studies of the project.

    `people` are shares of the whole with intervals, the largest first and unnamed; empty where
    fewer than ten people would be seen.
    """

    project: Project
    studies: tuple[Study, ...]
    newest: Study | None
    lowest: tuple[tuple[int, int], ...]
    people: tuple[tuple[float, float, float], ...]
    releases: tuple[tuple[int, int], ...]


def read_value(db: Database, project_id: int) -> ValueReport:
    """Load the page of which data helped; raises NotFoundError."""
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        if project is None:
            raise NotFoundError(f"There is no project {project_id}.")
        studies = value_store.list_studies(connection, project_id)
        newest = next((one for one in studies if "measured" in one.result), None)
        lowest = value_store.lowest_tasks(connection, newest.id, _LOWEST) if newest else []
        releases = store.list_releases(connection, project_id)
    return ValueReport(
        project,
        tuple(studies),
        newest,
        tuple(lowest),
        people_of(newest),
        tuple((one.id, one.version) for one in releases),
    )


def read_study(db: Database, study_id: int) -> tuple[Study, list[tuple[int, int]]]:
    """Load one study and the tasks that misled most; raises NotFoundError."""
    with db.read() as connection:
        found = value_store.load_study(connection, study_id)
        if found is None:
            raise NotFoundError(f"There is no value study {study_id}.")
        return found, value_store.lowest_tasks(connection, study_id, _LOWEST)


def read_studies(db: Database, release_id: int) -> list[Study]:
    """List a release's studies, newest first."""
    with db.read() as connection:
        return value_store.list_of_release(connection, release_id)


def read_opened(db: Database, study_id: int) -> dict[str, Any]:
    """Give what `fairhand value check` reads; raises NotFoundError, ConflictError before."""
    with db.read() as connection:
        study = value_store.load_study(connection, study_id)
        if study is None:
            raise NotFoundError(f"There is no value study {study_id}.")
        if study.state != "opened":
            raise ConflictError(f"Study {study_id} was not opened yet.", code="not_opened")
        return opened_json(connection, study)


def study_json(study: Study) -> dict[str, Any]:
    """Write a study for those who may see its release: no test set, and nobody's own share."""
    measured = study.result.get("measured", {})
    return {
        "study": study.id,
        "project": study.project_id,
        "release": study.release_id,
        "question": study.question,
        "state": study.state,
        "test_sha256": study.test_sha256,
        "test_tasks": study.test_tasks,
        "event": study.committed_event,
        "sealed_at": iso(study.committed_at),
        "measured_at": iso(study.measured_at) if study.measured_at else None,
        "opened_at": iso(study.opened_at) if study.opened_at else None,
        **{name: one for name, one in measured.items() if name != "by_person"},
    }


def people_of(study: Study | None) -> tuple[tuple[float, float, float], ...]:
    """Give shares of people for others' eyes: unnamed, and none where they are fewer than ten."""
    if study is None:
        return ()
    measured: dict[str, Any] = study.result["measured"]
    people, gain = measured["by_person"], measured["gain"]
    if len(people) < FEWEST_PEOPLE or gain <= 0:
        return ()
    shares = [(one["value"] / gain, one["low"] / gain, one["high"] / gain) for one in people]
    return tuple(sorted(shares, reverse=True))


def read_own_value(
    db: Database, secret: bytes, person_id: int, project_id: int
) -> tuple[float, float, float] | None:
    """Give a person their own share with its 95 % interval by the newest study; None without."""
    with db.read() as connection:
        studies = value_store.list_studies(connection, project_id)
    measured: dict[str, Any] = next(
        (one.result["measured"] for one in studies if "measured" in one.result), {"gain": 0}
    )
    if measured["gain"] <= 0:
        return None
    mine, gain = pseudonym(secret, project_id, person_id), measured["gain"]
    own = next((one for one in measured["by_person"] if one["name"] == mine), None)
    return None if own is None else (own["value"] / gain, own["low"] / gain, own["high"] / gain)
