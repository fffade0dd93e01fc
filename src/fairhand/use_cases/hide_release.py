"""An owner takes a release's public page away; what others have read of it they have read."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.proof.log import store as log
from fairhand.proof.release import page_store, store
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class HideRelease:
    """Which release to hide, and who decided it; whoever calls has asked whether they may."""

    release_id: int
    person_id: int | None = None


def hide_release(db: Database, command: HideRelease, now: Instant) -> None:
    """Show a release to its members alone again; doing it twice changes nothing.

    Raises NotFoundError where there is no such release.
    """
    with db.write() as connection:
        found = store.load_release(connection, command.release_id)
        if found is None:
            raise NotFoundError(f"There is no release {command.release_id}.")
        page = page_store.load_page(connection, found.id)
        if page is None or not page.is_shown:
            return
        page_store.hide_page(connection, found.id, now)
        body = {"project": found.project_id, "release": found.id, "version": found.version}
        log.append(connection, "release.hidden", body, now, command.person_id, found.project_id)
