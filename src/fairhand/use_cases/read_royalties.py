"""What royalty pages read: a person's own shares, and every use with who got what."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.pay.earnings.store import project_currency
from fairhand.pay.royalties import store
from fairhand.pay.royalties.rules import Terms, terms_in_force
from fairhand.pay.royalties.store import OwnShare, PersonShare, UsageRow
from fairhand.proof.release.store import list_releases
from fairhand.storage.database import Database
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class ProjectRoyalties:
    """A project's promise, as it stands and as it was, and the releases that can be used."""

    project_id: int
    title: str
    currency: str
    in_force: Terms | None
    history: tuple[Terms, ...]
    releases: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class RoyaltyOffice:
    """The page of those who pay."""

    projects: tuple[ProjectRoyalties, ...]
    usages: tuple[UsageRow, ...]


def read_royalty_office(db: Database, now: Instant) -> RoyaltyOffice:
    """Load every project's terms and every use, newest first."""
    with db.read() as connection:
        found = []
        for project in projects.list_projects(connection):
            history = store.list_terms(connection, project.id)
            releases = list_releases(connection, project.id)
            found.append(
                ProjectRoyalties(
                    project.id,
                    project.title,
                    project.currency,
                    terms_in_force(history, now),
                    tuple(history),
                    tuple((one.id, one.version) for one in releases),
                )
            )
        return RoyaltyOffice(tuple(found), tuple(store.list_usages(connection)))


def read_terms(db: Database, project_id: int) -> tuple[str, list[Terms]]:
    """Load a project's currency and the terms it has had; raises NotFoundError."""
    with db.read() as connection:
        currency = project_currency(connection, project_id)
        if currency is None:
            raise NotFoundError(f"There is no project {project_id}.")
        return currency, store.list_terms(connection, project_id)


def read_usage(db: Database, usage_id: int) -> tuple[UsageRow, list[PersonShare]]:
    """Load a use and who got what of it; raises NotFoundError."""
    with db.read() as connection:
        found = [one for one in store.list_usages(connection) if one.id == usage_id]
        if not found:
            raise NotFoundError(f"There is no use {usage_id}.")
        return found[0], store.shares_of_usage(connection, usage_id)


def read_own_royalties(db: Database, person_id: int) -> list[OwnShare]:
    """Load a person's own shares, newest first."""
    with db.read() as connection:
        return store.shares_of_person(connection, person_id)
