"""The sources that data may be imported from: for their administrator, or for one project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairhand.core.errors import NotFoundError
from fairhand.core.source_settings import EVERYONE, SourceSettings
from fairhand.storage.database import Database
from fairhand.use_cases.ask_import_from import proven_address
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source without any secret; `is_listed` is False for web servers: they want addresses."""

    name: str
    kind: str
    url: str
    is_listed: bool
    projects: tuple[str, ...]
    owners: int
    credentials: tuple[str, ...]


def all_sources(sources: Mapping[str, SourceSettings]) -> list[SourceView]:
    """List every source by name."""
    return [_view(name, one) for name, one in sorted(sources.items())]


def sources_for(
    db: Database,
    sources: Mapping[str, SourceSettings],
    project_id: int,
    person_id: int,
    *,
    at_terminal: bool = False,
) -> list[SourceView]:
    """List the sources that somebody may import from into a project."""
    with db.read() as connection:
        project = projects.load_project(connection, project_id)
        email = proven_address(connection, person_id)
    if project is None:
        raise NotFoundError(f"There is no project {project_id}.")
    return [
        _view(name, one)
        for name, one in sorted(sources.items())
        if one.lets(project.slug, email, at_terminal=at_terminal)
    ]


def sources_for_new(
    db: Database, sources: Mapping[str, SourceSettings], person_id: int
) -> list[SourceView]:
    """List the sources that somebody may import from into whatever project they make."""
    with db.read() as connection:
        email = proven_address(connection, person_id)
    return [
        _view(name, one)
        for name, one in sorted(sources.items())
        if (not one.projects or EVERYONE in one.projects) and one.lets("", email)
    ]


_KINDS = {
    "s3": "S3",
    "gs": "Google Cloud Storage",
    "az": "Azure",
    "file": "folder of the server",
    "https": "web server",
    "http": "web server",
}


def _view(name: str, one: SourceSettings) -> SourceView:
    return SourceView(
        name,
        _KINDS[one.scheme],
        one.url,
        one.scheme not in ("http", "https"),
        one.projects or (EVERYONE,),
        0 if EVERYONE in one.owners else len(one.owners),
        tuple(sorted(one.credentials)),
    )
