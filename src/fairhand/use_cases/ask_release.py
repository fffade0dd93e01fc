"""An owner asks for a release: a durable job writes, logs, proves and places it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import new_token
from fairhand.model.job import NewJob
from fairhand.proof.log import store as log
from fairhand.proof.release.card import UNSTATED
from fairhand.proof.release.guard import parse_bounds
from fairhand.proof.release.notes import parse_notes
from fairhand.proof.release.splits import parse_splits
from fairhand.storage import job_store
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_reviews import refuse_while_open
from fairhand.use_cases.release_permits import (
    USUAL_DAYS,
    AskedTerms,
    own_campaign,
    settle_terms,
)
from fairhand.work.projects import store

RELEASE = "publish_release"
"""The kind of the job."""

LICENCE_MAX = 200


@dataclass(frozen=True, slots=True)
class AskRelease:
    """Which project to release, under which licence, with or without its files.

    `purposes`, `territory` and `days` say what the release of a campaign is for. `guard` holds the
    bounds of the synthetic-data guard that differ from its defaults; `accept_warnings` says that
    what it warns of was read.
    """

    person_id: int
    project_id: int
    licence: str = ""
    media: Literal["hashes", "copy"] = "hashes"
    # Bounds of the synthetic-data guard that differ from its defaults; see `guard.parse_bounds`.
    guard: Mapping[str, Any] = field(default_factory=dict)
    accept_warnings: bool = False
    purposes: Sequence[str] = ()
    territory: Sequence[str] = ()
    days: int = USUAL_DAYS
    # How rows are parted for training and evaluation, as `splits.parse_splits` reads it:
    # {"shares": "80/10/10", "by": "task" | "person" | "time", "seed": 0, "stratify": ["question"]}
    splits: Mapping[str, Any] = field(default_factory=dict)
    # The owner's own words for the datasheet, by question of `notes.NOTES`.
    notes: Mapping[str, str] = field(default_factory=dict)


def ask_release(db: Database, command: AskRelease, now: Instant) -> str:
    """Ask for a release and return the id of its job.

    Raises ConflictError while nobody has answered anything, or another release is being made, and
    InvalidError for what cannot be asked, such as bounds of the guard that are looser than its own
    without saying why.
    """
    parse_bounds(command.guard)
    parse_splits(command.splits)
    notes = parse_notes(command.notes)
    job_id = new_token()
    licence = _licence(command.licence)
    with db.write() as connection:
        project = store.lock_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        if not store.count_progress(connection, project.id).answers:
            raise ConflictError("There is nothing to release: nobody has answered yet.")
        refuse_while_open(connection, project.id)
        running = job_store.find_unfinished(connection, project.id, [RELEASE])
        if running is not None:
            raise ConflictError("A release of this project is being made just now.")
        content = {
            "project_id": project.id,
            "published_by": command.person_id,
            "licence": licence,
            "media": command.media,
            "guard": dict(command.guard),
            "accept_warnings": command.accept_warnings,
            "splits": dict(command.splits),
            "notes": notes,
            **_terms(connection, project.id, command, now),
        }
        new = NewJob(job_id, RELEASE, content, project.id, command.person_id)
        job_store.ask(connection, new, now)
        body = {"job": job_id, "project": project.id, "licence": licence, "media": command.media}
        log.append(connection, "release.asked", body, now, command.person_id, project.id)
    return job_id


def _licence(words: str) -> str:
    licence = words.strip() or UNSTATED
    if len(licence) > LICENCE_MAX or not licence.isprintable():
        issue = Issue("licence", f"Name a licence in one line of up to {LICENCE_MAX} characters.")
        raise InvalidError(issue.message, issues=[issue])
    return licence


def _terms(
    connection: Connection, project_id: int, command: AskRelease, now: Instant
) -> dict[str, Any]:
    """What a campaign's release is for; nothing where nobody gives data of their own."""
    campaign = own_campaign(connection, project_id)
    if campaign is None:
        return {}
    wanted = AskedTerms(command.purposes, command.territory, command.days)
    settle_terms(connection, campaign, wanted, now)
    return {
        "purposes": list(command.purposes),
        "territory": list(command.territory),
        "days": command.days,
    }
