"""What came in of a campaign: how far it is, and what waits for a human, with what to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fairhand.core.errors import NotFoundError
from fairhand.people.campaigns import store as campaigns
from fairhand.people.contributions import intake_store, review_store
from fairhand.people.contributions.review_store import Noticed, Reviewed
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database

PAGE: Final = 10
STATES: Final = ("new", "ready", "held", "withdrawn", "erased")


@dataclass(frozen=True, slots=True)
class Seen:
    """A contribution with all that was noticed, and the one it resembles, if it may be shown."""

    given: Reviewed
    noticed: tuple[Noticed, ...]
    other: Reviewed | None
    text: str
    other_text: str


@dataclass(frozen=True, slots=True)
class Intake:
    """How many contributions are in which state, how many wait, and a page of those.

    `after` is where the next page begins; None on the last one.
    """

    counts: Mapping[str, int]
    waiting: int
    listed: tuple[Seen, ...]
    after: int | None


def read_intake(db: Database, blobs: BlobStore, project_id: int, after: int = 0) -> Intake:
    """Read how a campaign's intake stands; raises NotFoundError for a project that is none."""
    with db.read() as connection:
        if campaigns.load_campaign(connection, project_id) is None:
            raise NotFoundError("This project collects nothing of people's own.")
        counts = dict.fromkeys(STATES, 0) | intake_store.count_states(connection, project_id)
        waiting = review_store.count_to_review(connection, project_id)
        ids = review_store.list_to_review(connection, project_id, after, PAGE + 1)
        shown, more = ids[:PAGE], ids[PAGE:]
        noticed = review_store.list_noticed(connection, shown)
        others = {one: _other(noticed[one]) for one in shown}
        wanted = {*shown, *(other for other in others.values() if other is not None)}
        found = review_store.load_reviewed(connection, project_id, sorted(wanted))
    listed = []
    for one in shown:
        other = found.get(others[one] or 0)
        texts = (_text(blobs, found[one]), _text(blobs, other) if other else "")
        listed.append(Seen(found[one], tuple(noticed[one]), other, *texts))
    return Intake(counts, waiting, tuple(listed), shown[-1] if more else None)


def read_open_file(db: Database, project_id: int, contribution_id: int) -> tuple[str, str]:
    """Find the file that reviewers are shown, and its type; never an original."""
    with db.read() as connection:
        found = review_store.load_reviewed(connection, project_id, [contribution_id])
    given = found.get(contribution_id)
    if given is None or given.open_sha256 is None or given.state not in ("ready", "held"):
        raise NotFoundError("There is no such file for you to see.")
    return given.open_sha256, given.media_type


def _other(noticed: list[Noticed]) -> int | None:
    return next((one.other for one in noticed if one.other is not None), None)


def _text(blobs: BlobStore, given: Reviewed) -> str:
    """Read what others read of a text."""
    if not given.media_type.startswith("text/") or given.open_sha256 is None:
        return ""
    return blobs.get(given.open_sha256).decode("utf-8", "replace")
