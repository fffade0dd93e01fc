"""An owner shows a release to anybody: its card and what it is made of, never its data."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.proof.log import store as log
from fairhand.proof.release import page_store, store
from fairhand.storage.database import Database
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class ShowRelease:
    """Which release to show, and who decided it; whoever calls has asked whether they may."""

    release_id: int
    person_id: int | None = None


def show_release(db: Database, command: ShowRelease, now: Instant) -> str:
    """Give a published release a page that anybody may read, and return its address.

    Showing it again changes nothing. Raises NotFoundError where there is no such release, and
    ConflictError while it is not in place.
    """
    with db.write() as connection:
        found = store.load_release(connection, command.release_id)
        project = projects.load_project(connection, found.project_id) if found else None
        if found is None or project is None:
            raise NotFoundError(f"There is no release {command.release_id}.")
        if found.state != "published":
            raise ConflictError(f"Version {found.version} is not in place, so it has no page yet.")
        page = page_store.load_page(connection, found.id)
        if page is None or not page.is_shown:
            page_store.show_page(connection, found.id, command.person_id, now)
            body = {"project": project.id, "release": found.id, "version": found.version}
            log.append(connection, "release.shown", body, now, command.person_id, project.id)
        return page_address(project.slug, found.version)


def page_address(slug: str, version: int) -> str:
    """Where a release's public page is."""
    return f"/r/{slug}/v{version}"
