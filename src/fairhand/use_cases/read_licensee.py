"""A licensee's own page: what they asked for, what they hold, what they must do; by its secret."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.model.project import Project
from fairhand.proof.licensing import store
from fairhand.proof.licensing.store import LicenceRequest, Licensee
from fairhand.proof.licensing.words import licence_words
from fairhand.proof.release import store as releases
from fairhand.proof.revocation import store as revocations
from fairhand.storage.database import Database
from fairhand.use_cases.licensee_access import find_licensee, own_licence
from fairhand.use_cases.read_licences import Held, held
from fairhand.use_cases.read_releases import ReleaseFolder, open_folder
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class Holding:
    """A licence as its holder sees it: in words, and whether its release can be fetched."""

    held: Held
    project: Project
    words: str
    revoked: int
    in_force: bool

    @property
    def can_fetch(self) -> bool:
        """Say whether the release may be downloaded now."""
        return self.in_force and self.held.licence.release_id is not None and not self.revoked


@dataclass(frozen=True, slots=True)
class LicenseePage:
    """All of a licensee."""

    licensee: Licensee
    requests: tuple[tuple[LicenceRequest, Project], ...]
    holdings: tuple[Holding, ...]


def read_licensee(db: Database, token: str, now: Instant) -> LicenseePage:
    """Load a licensee's page by its secret; NotFoundError for any other secret."""
    with db.read() as connection:
        licensee = find_licensee(connection, token)
        requests = store.list_requests(connection, licensee_id=licensee.id)
        known = {
            number: projects.load_project(connection, number)
            for number in {one.project_id for one in requests}
        }
        holdings = []
        for one in held(connection, store.list_licences(connection, licensee_id=licensee.id)):
            project = known[one.licence.project_id]
            release_id = one.licence.release_id
            gone = revocations.count_revoked(connection, release_id) if release_id else 0
            words = licence_words(one.licence.policy["policies"])
            if project is not None:
                in_force = one.licence.is_in_force(now)
                holdings.append(Holding(one, project, words, gone, in_force))
        asked = tuple(
            (one, project) for one in requests if (project := known[one.project_id]) is not None
        )
    return LicenseePage(licensee, asked, tuple(holdings))


def read_licensed_release(db: Database, token: str, licence_id: int, now: Instant) -> ReleaseFolder:
    """Open a licensed release to fetch it; refused when the licence is over or items left it."""
    with db.read() as connection:
        licence = own_licence(connection, find_licensee(connection, token), licence_id)
        if licence.release_id is None:
            raise NotFoundError("Your release is not written yet.")
        if not licence.is_in_force(now):
            raise ConflictError("This licence is over.", code="licence_over")
        if revocations.count_revoked(connection, licence.release_id) or revocations.has_untold(
            connection, licence.project_id
        ):
            raise ConflictError(
                "People took items of this release back, so it cannot be fetched any more. "
                "Ask on your page for a release without them.",
                code="items_taken_back",
            )
        found = releases.load_release(connection, licence.release_id)
    if found is None or found.state != "published":
        raise NotFoundError("Your release is not in its place yet.")
    if not Path(found.directory).is_dir():
        raise NotFoundError("The files of your release are not in their place any more.")
    return open_folder(found)


def read_receipt(db: Database, token: str, notice_id: int) -> str:
    """Give the receipt of an answer again."""
    with db.read() as connection:
        holder = find_licensee(connection, token)
        told = store.load_notice(connection, notice_id)
        if told is not None:
            own_licence(connection, holder, told.licence_id)
        if told is None or told.receipt is None:
            raise NotFoundError("There is no receipt of that number.")
        return told.receipt
