"""What somebody gave, as they gave it and as others see it; for its giver alone; reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairhand.core.errors import NotFoundError
from fairhand.formats.photos import media_type_of
from fairhand.formats.sounds import kind_of
from fairhand.model.project import Project
from fairhand.people.campaigns import store as campaigns
from fairhand.people.contributions import hide_store, review_store
from fairhand.people.contributions import intake_store as store
from fairhand.people.contributions import store as contributions
from fairhand.people.contributions.intake_store import Waiting
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.storage.vault import Vault
from fairhand.use_cases.seal_original import open_original
from fairhand.work.projects import store as projects

_SOUNDS: Final = {
    "WAV": "audio/wav",
    "FLAC": "audio/flac",
    "OGG": "audio/ogg",
    "MP3": "audio/mpeg",
}


@dataclass(frozen=True, slots=True)
class OwnContribution:
    """One thing somebody gave, what was hidden in it, what was noticed, and what they marked."""

    given: Waiting
    project: Project
    hides: tuple[str, ...]
    done: Sequence[dict[str, Any]]
    noticed: Sequence[review_store.Noticed]
    boxes: str | None

    @property
    def sort(self) -> str:
        """What it is: image, audio or text."""
        return self.given.media_type.split("/")[0]

    @property
    def is_living(self) -> bool:
        """Whether it has not been taken back, ended or been erased."""
        return self.given.state in ("new", "ready", "held")


@dataclass(frozen=True, slots=True)
class OwnFile:
    """The bytes of one side, and what they are."""

    content: bytes
    media_type: str


def read_own_contribution(db: Database, person_id: int, contribution_id: int) -> OwnContribution:
    """Show one thing to who gave it; raises NotFoundError for everybody else."""
    with db.read() as connection:
        found = load_own(connection, person_id, contribution_id)
        project = projects.load_project(connection, found.project_id)
        campaign = campaigns.load_campaign(connection, found.project_id)
        if project is None or campaign is None:
            raise _absent()
        listed = contributions.list_own(connection, person_id, found.project_id, found.id + 1)
        done = [one.anonymised or [] for one in listed if one.id == found.id]
        return OwnContribution(
            given=found,
            project=project,
            hides=tuple(campaign.anonymise),
            done=done[0] if done else [],
            noticed=review_store.list_noticed(connection, [found.id])[found.id],
            boxes=hide_store.load_boxes(connection, found.id),
        )


def read_own_original(
    db: Database, blobs: BlobStore, vault: Vault, person_id: int, contribution_id: int
) -> OwnFile:
    """Open the sealed original for its giver; before it is sealed, the file as it came in.

    Raises NotFoundError for everybody else, and where it has ended.
    """
    with db.read() as connection:
        found = load_own(connection, person_id, contribution_id)
        if found.state not in ("new", "ready", "held"):
            raise _absent()
        words = store.load_answer(connection, found.annotation_id).get(found.question, "")
    if found.sealed_sha256 is not None:
        return _as_file(open_original(db, blobs, vault, found.id), found)
    if found.media_type.startswith("text/"):
        return OwnFile(str(words).encode(), found.media_type)
    return _as_file(blobs.get(found.original_sha256), found)


def read_own_open(db: Database, blobs: BlobStore, person_id: int, contribution_id: int) -> OwnFile:
    """Give what others see; raises NotFoundError while there is nothing that they see."""
    with db.read() as connection:
        found = load_own(connection, person_id, contribution_id)
    if found.open_sha256 is None or found.state not in ("ready", "held"):
        raise NotFoundError("There is nothing yet that others see.")
    return _as_file(blobs.get(found.open_sha256), found)


def load_own(connection: Connection, person_id: int, contribution_id: int) -> Waiting:
    """Load something as its giver's; raises NotFoundError for everybody else."""
    found = store.load_waiting(connection, contribution_id)
    if found is None or found.person_id != person_id:
        raise _absent()
    return found


def _as_file(content: bytes, found: Waiting) -> OwnFile:
    """Say what a file is by its bytes: what was hidden in may have become another sort."""
    if found.media_type.startswith("image/"):
        return OwnFile(content, media_type_of(content))
    if found.media_type.startswith("audio/") and (kind := kind_of(content[:64])):
        return OwnFile(content, _SOUNDS[kind])
    return OwnFile(content, "text/plain; charset=utf-8")


def _absent() -> NotFoundError:
    return NotFoundError("You gave nothing with this number.")
