"""SQL of public pages: which releases anybody may read about. Their data stay where they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select, update

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.proof import release, release_page
from fairhand.storage.tables.work import project


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """Since when a release has a public page; `hidden_at` is None while it is shown."""

    release_id: int
    shown_at: Instant
    hidden_at: Instant | None

    @property
    def is_shown(self) -> bool:
        """Say whether anybody may read it now."""
        return self.hidden_at is None


_PAGES: Final = select(
    release_page.c.release_id, release_page.c.shown_at, release_page.c.hidden_at
).join(release, release.c.id == release_page.c.release_id)
_OF_PROJECT: Final = _PAGES.where(release.c.project_id == bindparam("p_project"))
_ONE: Final = _PAGES.where(release_page.c.release_id == bindparam("p_release"))
_SHOWN: Final = (
    select(release.c.id)
    .join(project, project.c.id == release.c.project_id)
    .join(release_page, release_page.c.release_id == release.c.id)
    .where(
        project.c.slug == bindparam("p_slug"),
        release.c.state == "published",
        release_page.c.hidden_at.is_(None),
    )
)
_ADDRESSED: Final = _SHOWN.where(release.c.version == bindparam("p_version"))
_VERSIONS: Final = _SHOWN.with_only_columns(release.c.version).order_by(release.c.version.desc())


def show_page(connection: Connection, release_id: int, person_id: int | None, now: Instant) -> None:
    """Show a release to anybody, from now on."""
    statement = insert(connection, release_page)
    row = {"release_id": release_id, "shown_at": now, "shown_by": person_id, "hidden_at": None}
    shown = {"shown_at": now, "shown_by": person_id, "hidden_at": None}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["release_id"], set_=shown), row
    )


def hide_page(connection: Connection, release_id: int, now: Instant) -> None:
    """Show it to members alone again."""
    connection.execute(
        update(release_page)
        .where(release_page.c.release_id == release_id, release_page.c.hidden_at.is_(None))
        .values(hidden_at=now)
    )


def load_page(connection: Connection, release_id: int) -> ReleasePage | None:
    """Load what is known of a release's page; None when it never had one."""
    row = connection.execute(_ONE, {"p_release": release_id}).one_or_none()
    return None if row is None else ReleasePage(*row)


def list_pages(connection: Connection, project_id: int) -> Mapping[int, ReleasePage]:
    """List the pages of a project's releases, by the release's number."""
    rows = connection.execute(_OF_PROJECT, {"p_project": project_id})
    return {row.release_id: ReleasePage(*row) for row in rows}


def find_shown(connection: Connection, slug: str, version: int) -> int | None:
    """Find a release that is shown by its address; None when there is none to be seen."""
    where = {"p_slug": slug, "p_version": version}
    found: int | None = connection.execute(_ADDRESSED, where).scalar_one_or_none()
    return found


def shown_versions(connection: Connection, slug: str) -> list[int]:
    """List a project's shown versions, newest first."""
    return list(connection.execute(_VERSIONS, {"p_slug": slug}).scalars())
