"""A person accepts an offer: they agree to a notice, and their grant is kept with its words."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.core.money import MICROS, Money
from fairhand.core.words import ENGLISH, Words, words_for
from fairhand.model.project import Project
from fairhand.pay.floors.rules import offer_issues
from fairhand.pay.floors.store import floor_of_person
from fairhand.pay.fx.store import find_rate
from fairhand.pay.royalties.rules import Terms, terms_in_force
from fairhand.pay.royalties.store import list_terms
from fairhand.pay.royalties.words import royalty_words
from fairhand.people.accounts import store as accounts
from fairhand.people.campaigns import store as campaigns
from fairhand.people.consent import grant_store as grants
from fairhand.people.consent import store as consent
from fairhand.people.consent.rules import WORK_SCOPE, work_notice
from fairhand.people.learning import store as learning
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.accept_contract import check_accepted
from fairhand.use_cases.bar_words import bar_words
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class JoinProject:
    """Who joins what; `notice_sha256` is the hash of the words they agreed to."""

    person_id: int
    project_id: int
    notice_sha256: str | None = None


def notice_for(project: Project, royalties: Terms | None = None, words: Words = ENGLISH) -> str:
    """Write the notice of a project as it stands now, with what it promises for later uses."""
    rate = Money(project.rate_micros_per_hour // MICROS, project.currency)
    return work_notice(
        title=project.title,
        purpose=project.purpose,
        rate=words.coins(rate),
        mode=project.mode,
        royalties=royalty_words(royalties, project.currency, words),
        words=words,
    )


def join_project(db: Database, command: JoinProject, now: Instant) -> bool:
    """Enrol a person under a new grant; False when they take part already.

    Where the project has a live course, who has not shown its skill yet learns first, paid.
    Raises ConflictError when the notice has changed since they read it or a contract that holds has
    not been accepted, and ForbiddenError when no
    wage floor is active where they live and the project is open for paid work.
    """
    with db.write() as connection:
        campaign = campaigns.load_campaign(connection, command.project_id)
        if campaign is not None and not _has_given(connection, command, now):
            raise ConflictError(
                "This is a campaign: it is joined by reading its notice and saying what may be "
                f"done with what you give, on /campaigns/{command.project_id}.",
                code="campaign",
            )
        return join_within(connection, command, now)


def join_within(connection: Connection, command: JoinProject, now: Instant) -> bool:
    """Enrol a person as a part of a larger act; see `join_project`."""
    project = projects.load_project(connection, command.project_id)
    person = accounts.load_person(connection, command.person_id)
    if project is None or person is None:
        raise NotFoundError(f"There is no project {command.project_id}.")
    if project.mode in ("closed", "paused"):
        raise ConflictError(f"This project is {project.mode}; nobody can join it now.")
    promised = terms_in_force(list_terms(connection, project.id), now)
    notice, language = _read(project, promised, person, command.notice_sha256)
    if command.notice_sha256 not in (None, sha256_hex(notice.encode())):
        raise ConflictError(
            "The terms changed while you were reading. Please read them again.",
            code="notice_changed",
        )
    if (bar := bar_words(connection, person.id, project.id, now)) is not None:
        raise ForbiddenError(bar, code="suspended")
    if project.mode == "open":
        _check_floor(connection, project, person, now)
    if consent.enrolment_state(connection, person.id, project.id) in ("active", "learning"):
        return False
    check_accepted(connection, person.id, project.id, now)
    grant_id = consent.save_grant(
        connection,
        person_id=person.id,
        project_id=project.id,
        scope=WORK_SCOPE,
        notice=notice,
        locale=language,
        now=now,
    )
    state = "learning" if _learns_first(connection, person.id, project.id, now) else "active"
    consent.enrol(connection, person.id, project.id, grant_id, now, state)
    body = {
        "grant": grant_id,
        "project": project.id,
        "person": person.id,
        "notice_sha256": sha256_hex(notice.encode()),
        "simulated": person.is_simulated,
        "learns": state == "learning",
    }
    log.append(connection, "project.joined", body, now, person.id, project.id)
    return True


def _read(
    project: Project, promised: Terms | None, person: accounts.PersonRow, sha256: str | None
) -> tuple[str, str]:
    """Give the notice that was read, and its language: one's own, or English from programs."""
    said = {
        words.language: notice_for(project, promised, words)
        for words in (words_for(person.locale), ENGLISH)
    }
    for language, notice in said.items():
        if sha256 == sha256_hex(notice.encode()):
            return notice, language
    return said[ENGLISH.language], ENGLISH.language


def _has_given(connection: Connection, command: JoinProject, now: Instant) -> bool:
    own = grants.list_own(connection, command.person_id, command.project_id)
    return any(one.is_living(now) for one in own)


def _learns_first(connection: Connection, person_id: int, project_id: int, now: Instant) -> bool:
    course = learning.live_course(connection, project_id)
    return course is not None and not learning.has_skill(
        connection, person_id, course.skill_id, now
    )


def _check_floor(
    connection: Connection, project: Project, person: accounts.PersonRow, now: Instant
) -> None:
    floor = floor_of_person(connection, person.id, now)
    place = person.place_country or "where you live (your account names no country)"
    exchange = find_rate(connection, floor.currency, project.currency, now) if floor else None
    issues = offer_issues(floor, place, project.rate_micros_per_hour, project.currency, exchange)
    errors = [issue for issue in issues if issue.severity == "error"]
    if errors:
        raise ForbiddenError(
            f"This work cannot be offered to you yet: {errors[0].message} Ask the manager.",
            code="no_floor",
            issues=issues,
        )
