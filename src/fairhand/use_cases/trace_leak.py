"""Files turned up somewhere: whose copy are they? Ranked, with how often that would be wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.people.likeness import look_up_store as prints
from fairhand.people.likeness.canaries import Canaries
from fairhand.people.likeness.suspect import open_prints
from fairhand.proof.licensing import mark_store as store
from fairhand.proof.licensing.mark_store import Pair
from fairhand.proof.licensing.marks import Suspicion, suspect
from fairhand.proof.log import store as log
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class TraceLeak:
    """A project, and the files that turned up; each is read once and not kept."""

    project_id: int
    asked_by: int | None
    files: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Traced:
    """What a leak says: `both` pairs of which both items turned up hint at mixed copies."""

    files: int
    found: int
    pairs: int
    seen: int
    both: int
    recipients: tuple[tuple[str, Suspicion], ...]

    @property
    def named(self) -> tuple[str, ...]:
        """Those for whom the probability of a false alarm is low enough to name them."""
        return tuple(name for name, one in self.recipients if one.is_named)


def trace_leak(db: Database, blobs: BlobStore, command: TraceLeak, now: Instant) -> Traced:
    """Say whose copy files are, from the marks in them; nothing of the files is kept.

    Raises ConflictError (`no_marks`) where no recipient of the project holds marks.
    """
    project_id = command.project_id
    with db.read() as connection:
        names = store.list_recipients(connection, project_id)
        marks = store.list_marks(connection, project_id)
        pairs = store.list_pairs(connection, project_id)
    if not marks:
        raise ConflictError(
            "No release of this project for a licensee has marks, so nothing can be traced. Marks "
            "are put in when a release is made for somebody who holds a licence.",
            code="no_marks",
        )
    canaries = _canaries(db, blobs, pairs)
    files, copies, items = 0, 0, set[int]()
    for content in command.files:
        here = canaries.find(content)
        files, copies = files + 1, copies + bool(here)
        items.update(here)
    both = [one for one in pairs if {one.one, one.other} <= items]
    leaked = {
        one.id: one.other in items for one in pairs if (one.one in items) != (one.other in items)
    }
    ranked = tuple((names.get(one.recipient, ""), one) for one in suspect(marks, leaked))
    traced = Traced(files, copies, len(pairs), len(leaked), len(both), ranked)
    with db.write() as connection:
        body = {"project": project_id, "files": files, "pairs": len(leaked), "by": command.asked_by}
        log.append(connection, "leak.traced", body, now, command.asked_by, project_id)
    return traced


def _canaries(db: Database, blobs: BlobStore, pairs: Iterable[Pair]) -> Canaries:
    """Gather the items of pairs that still have an open file, printed as others see them."""
    found = Canaries()
    for pair in pairs:
        for item, sha256 in ((pair.one, pair.one_sha256), (pair.other, pair.other_sha256)):
            if sha256 is not None:
                found.add(item, sha256, _prints(db, blobs, item, sha256, pair.media_type))
    return found


def _prints(
    db: Database, blobs: BlobStore, item: int, sha256: str, media_type: str
) -> dict[str, bytes]:
    with db.read() as connection:
        known = prints.list_open_prints(connection, item)
    if known:
        return known
    try:
        made = open_prints(blobs.get(sha256), media_type, look=False)
    except NotFoundError:
        return {}
    with db.write() as connection:
        prints.add_prints(connection, item, made)
    return made
