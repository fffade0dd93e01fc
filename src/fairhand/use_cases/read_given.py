"""What somebody permitted and gave, and where it went; for themselves alone; reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.model.project import Project
from fairhand.people.consent import grant_store as grants
from fairhand.people.consent import notice_store as notices
from fairhand.people.consent.grant_store import DataGrant
from fairhand.people.consent.notice_store import Notice
from fairhand.people.contributions import store as contributions
from fairhand.people.contributions.store import Contribution, Went
from fairhand.proof.revocation import store as revocations
from fairhand.proof.revocation.store import Withdrawal
from fairhand.storage.database import Connection, Database
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class OwnGrant:
    """A grant with the notice it was given under."""

    grant: DataGrant
    notice: Notice
    is_living: bool


@dataclass(frozen=True, slots=True)
class OwnCampaign:
    """A campaign that somebody gave to: what they permit, how much they gave."""

    project: Project
    living: tuple[OwnGrant, ...]
    ended: tuple[OwnGrant, ...]
    counts: Mapping[str, int]

    @property
    def given(self) -> int:
        """How many things they gave that are still here."""
        return sum(many for state, many in self.counts.items() if state in ("new", "ready", "held"))


@dataclass(frozen=True, slots=True)
class OwnThing:
    """One thing somebody gave, what was noticed of it, and who has it."""

    contribution: Contribution
    findings: Sequence[Any]
    went: tuple[Went, ...]


@dataclass(frozen=True, slots=True)
class OwnThings:
    """A page of what somebody gave; `holders` and `models` by release."""

    things: tuple[OwnThing, ...]
    projects: Mapping[int, Project]
    holders: Mapping[int, Sequence[Any]] = field(default_factory=dict)
    models: Mapping[int, Sequence[Any]] = field(default_factory=dict)
    more_before: int | None = None


def read_given(db: Database, person_id: int, now: Instant) -> list[OwnCampaign]:
    """List the campaigns somebody gave to, the newest first."""
    with db.read() as connection:
        found: dict[int, list[OwnGrant]] = {}
        for grant in grants.list_own(connection, person_id):
            notice = notices.load_notice(connection, grant.notice_id)
            if notice is not None:
                own = OwnGrant(grant, notice, grant.is_living(now))
                found.setdefault(grant.project_id, []).append(own)
        return [
            OwnCampaign(
                _project(connection, project_id),
                tuple(one for one in own if one.is_living),
                tuple(one for one in own if not one.is_living),
                contributions.count_own(connection, person_id, project_id),
            )
            for project_id, own in found.items()
        ]


def read_withdrawals(db: Database, person_id: int) -> list[Withdrawal]:
    """List what somebody took back, the newest first."""
    with db.read() as connection:
        return revocations.list_own(connection, person_id)


def read_things(
    db: Database, person_id: int, project_id: int = 0, before: int = 2**62
) -> OwnThings:
    """Show a page of what somebody gave, with where each went."""
    with db.read() as connection:
        own = contributions.list_own(connection, person_id, project_id, before)
        numbers = [one.id for one in own]
        found = contributions.list_findings(connection, numbers)
        went: dict[int, list[Went]] = {}
        for one in contributions.where_they_went(connection, numbers):
            went.setdefault(one.contribution_id, []).append(one)
        releases = {one.release_id for many in went.values() for one in many}
        return OwnThings(
            tuple(OwnThing(one, found.get(one.id, ()), tuple(went.get(one.id, ()))) for one in own),
            {one.project_id: _project(connection, one.project_id) for one in own},
            revocations.who_holds(connection, releases),
            revocations.models_on(connection, releases),
            numbers[-1] if len(own) == contributions.PAGE else None,
        )


def _project(connection: Connection, project_id: int) -> Project:
    project = projects.load_project(connection, project_id)
    if project is None:
        raise NotFoundError(f"There is no project {project_id}.")
    return project
