"""What anybody may read of a release that its owner shows: documents and state, never data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fairhand.core.errors import NotFoundError
from fairhand.model.project import Project
from fairhand.proof.release import gate_store, page_store, store
from fairhand.proof.release.manifest import Manifest
from fairhand.proof.release.page_store import ReleasePage
from fairhand.proof.release.public import DOCUMENTS
from fairhand.proof.release.store import StoredRelease
from fairhand.proof.revocation import store as revocations
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_releases import ReleaseFolder, open_folder
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class ConsentNow:
    """Whether what is in a release may still be used.

    `revoked` items were taken back since it was made, under the signed list of number `list_number`
    (0: nothing was). `is_settled` is false while a withdrawal is still being worked through.
    `succeeded_by` is the version that takes its place, if one does.
    """

    revoked: int
    list_number: int
    is_settled: bool
    succeeded_by: int | None = None


@dataclass(frozen=True, slots=True)
class ShownRelease:
    """A release as everybody may read it; `versions` are the others that are shown."""

    project: Project
    folder: ReleaseFolder
    page: ReleasePage
    consent: ConsentNow
    versions: tuple[int, ...]

    @property
    def release(self) -> StoredRelease:
        """The release itself."""
        return self.folder.release

    @property
    def manifest(self) -> Manifest | None:
        """Its manifest; None when its folder was moved away."""
        return self.folder.manifest

    @property
    def documents(self) -> tuple[str, ...]:
        """The files that anybody may fetch, those that are there."""
        if self.manifest is None:
            return ()
        here = Path(self.release.directory)
        return tuple(name for name in DOCUMENTS if (here / name).is_file())


def read_release_page(db: Database, slug: str, version: int) -> ShownRelease:
    """Load a release that is shown; NotFoundError for hidden ones and for none, alike."""
    with db.read() as connection:
        release_id = page_store.find_shown(connection, slug, version)
        found = None if release_id is None else store.load_release(connection, release_id)
        project = projects.load_project(connection, found.project_id) if found else None
        page = page_store.load_page(connection, found.id) if found else None
        if found is None or project is None or page is None:
            raise NotFoundError("There is no public page of such a release.")
        consent = consent_now(connection, found)
        others = page_store.shown_versions(connection, slug)
    return ShownRelease(project, open_folder(found), page, consent, tuple(others))


def find_document(shown: ShownRelease, name: str) -> Path:
    """Find a document that anybody may fetch; data are never among them."""
    path = Path(shown.release.directory) / name
    if name not in shown.documents or path.is_symlink():
        raise NotFoundError("There is no such document on this page.")
    return path


def read_pages(db: Database, project_id: int) -> Mapping[int, ReleasePage]:
    """List which releases of a project have a page, by the release's number."""
    with db.read() as connection:
        return page_store.list_pages(connection, project_id)


def read_consent(db: Database, release: StoredRelease) -> ConsentNow:
    """Say whether what is in a release may still be used."""
    with db.read() as connection:
        return consent_now(connection, release)


def consent_now(connection: Connection, release: StoredRelease) -> ConsentNow:
    """Say it from within a transaction."""
    newest = revocations.newest_list(connection, release.id)
    return ConsentNow(
        revoked=revocations.count_revoked(connection, release.id),
        list_number=0 if newest is None else newest.number,
        is_settled=not revocations.has_untold(connection, release.project_id),
        succeeded_by=gate_store.load_place(
            connection, release.id, release.project_id
        ).superseded_by,
    )
