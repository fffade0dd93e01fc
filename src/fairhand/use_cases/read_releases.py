"""What pages and the API read of releases; their files are found by the manifest alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from fairhand.core.errors import FairhandError, NotFoundError
from fairhand.people.accounts.rules import Actor, may
from fairhand.proof.release import store
from fairhand.proof.release.manifest import (
    LOG,
    MANIFEST,
    MEDIA_LIST,
    REVOCATIONS,
    REVOCATIONS_HANDOVERS,
    REVOCATIONS_NOTE,
    STATEMENT,
    Manifest,
    parse_manifest,
)
from fairhand.proof.release.media import sidecar_path
from fairhand.proof.release.store import StoredRelease
from fairhand.proof.release.verify_rows import media_entries
from fairhand.storage.database import Database

REVOKED: Final = (REVOCATIONS, REVOCATIONS_NOTE, REVOCATIONS_HANDOVERS)


@dataclass(frozen=True, slots=True)
class ReleaseFolder:
    """A release with its manifest and card; both are None when its folder was moved away."""

    release: StoredRelease
    manifest: Manifest | None
    card: str | None


def list_releases(db: Database, project_id: int) -> list[StoredRelease]:
    """List a project's published releases, newest first."""
    with db.read() as connection:
        return store.list_releases(connection, project_id)


def read_release(db: Database, actor: Actor, release_id: int) -> ReleaseFolder:
    """Load a published release for who may see those of its project; else there is none to see."""
    with db.read() as connection:
        found = store.load_release(connection, release_id)
    if (
        found is None
        or found.state != "published"
        or not may(actor, "release.view", found.project_id)
    ):
        raise NotFoundError(f"There is no release {release_id} for you to see.")
    return open_folder(found)


def read_version(db: Database, project_id: int, version: int) -> ReleaseFolder:
    """Load a published release of a project by its version."""
    with db.read() as connection:
        published = store.list_releases(connection, project_id)
    found = next((release for release in published if release.version == version), None)
    if found is None:
        raise NotFoundError(f"This project has no release {version}.")
    return open_folder(found)


def find_file(folder: ReleaseFolder, name: str) -> Path:
    """Find one file of a release; only names that its manifest or media list leads to."""
    if folder.manifest is not None and (
        name in (*names_of(folder.manifest), *REVOKED)
        or (name.startswith("media/") and name in _media_of(folder))
    ):
        path = Path(folder.release.directory) / name
        if path.is_file() and not path.is_symlink():
            return path
    raise NotFoundError("This release has no such file.")


def iter_files(folder: ReleaseFolder) -> Iterator[tuple[str, Path]]:
    """List every file of a release with its place, media included, those gone left out.

    The signed list of what is gone goes along, or the rest would seem to be damaged.
    """
    listed = (*names_of(folder.manifest), *REVOKED) if folder.manifest else ()
    for name in chain(listed, _media_of(folder)):
        path = Path(folder.release.directory) / name
        if path.is_file() and not path.is_symlink():
            yield name, path


def _media_of(folder: ReleaseFolder) -> Iterator[str]:
    """Name the media files that were copied along; the manifest lists them through a file."""
    listing = Path(folder.release.directory) / MEDIA_LIST
    if folder.manifest is not None and listing.is_file():
        for entry in media_entries(listing):
            yield entry.path
            if folder.manifest.facts.credentials is not None:
                yield sidecar_path(entry.path)


def names_of(manifest: Manifest) -> tuple[str, ...]:
    """Name every file of a release: the manifest, its proofs, and what the manifest lists."""
    return (MANIFEST, LOG, STATEMENT, *(entry.path for entry in manifest.files))


def open_folder(found: StoredRelease) -> ReleaseFolder:
    """Read a release's manifest and card; whoever calls has asked whether this may be seen."""
    folder = Path(found.directory)
    try:
        manifest = parse_manifest((folder / MANIFEST).read_bytes())
        card = (folder / "card.md").read_text("utf-8")
    except (OSError, UnicodeDecodeError, FairhandError):
        return ReleaseFolder(found, None, None)
    return ReleaseFolder(found, manifest, card)
