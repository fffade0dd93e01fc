"""A person accepts an offer: they agree to a notice, and their grant is kept with its words."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.core.money import MICROS, Money
from fairhand.model.project import Project
from fairhand.pay.floors.rules import offer_issues
from fairhand.pay.floors.store import floor_of_person
from fairhand.people.accounts import store as accounts
from fairhand.people.consent import store as consent
from fairhand.people.consent.rules import WORK_SCOPE, work_notice
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class JoinProject:
    """Who joins what; `notice_sha256` is the hash of the words they agreed to."""

    person_id: int
    project_id: int
    notice_sha256: str | None = None


def notice_for(project: Project) -> str:
    """Write the notice of a project as it stands now."""
    rate = Money(project.rate_micros_per_hour // MICROS, project.currency)
    return work_notice(
        title=project.title, purpose=project.purpose, rate=str(rate), mode=project.mode
    )


def join_project(db: Database, command: JoinProject, now: Instant) -> bool:
    """Enrol a person under a new grant; False when they take part already.

    Raises ConflictError when the notice has changed since they read it, and ForbiddenError when no
    wage floor is active where they live and the project is open for paid work.
    """
    with db.write() as connection:
        project = projects.load_project(connection, command.project_id)
        person = accounts.load_person(connection, command.person_id)
        if project is None or person is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        if project.mode in ("closed", "paused"):
            raise ConflictError(f"This project is {project.mode}; nobody can join it now.")
        notice = notice_for(project)
        if command.notice_sha256 not in (None, sha256_hex(notice.encode())):
            raise ConflictError(
                "The terms changed while you were reading. Please read them again.",
                code="notice_changed",
            )
        if project.mode == "open":
            _check_floor(connection, project, person, now)
        if consent.is_enrolled(connection, person.id, project.id):
            return False
        grant_id = consent.save_grant(
            connection,
            person_id=person.id,
            project_id=project.id,
            scope=WORK_SCOPE,
            notice=notice,
            locale=person.locale,
            now=now,
        )
        consent.enrol(connection, person.id, project.id, grant_id, now)
        body = {
            "grant": grant_id,
            "project": project.id,
            "person": person.id,
            "notice_sha256": sha256_hex(notice.encode()),
            "simulated": person.is_simulated,
        }
        log.append(connection, "project.joined", body, now, person.id, project.id)
    return True


def _check_floor(
    connection: Connection, project: Project, person: accounts.PersonRow, now: Instant
) -> None:
    floor = floor_of_person(connection, person.id, now)
    place = person.place_country or "where you live (your account names no country)"
    issues = offer_issues(floor, place, project.rate_micros_per_hour, project.currency)
    if issues:
        raise ForbiddenError(
            f"This work cannot be offered to you yet: {issues[0].message} Ask the manager.",
            code="no_floor",
            issues=issues,
        )
