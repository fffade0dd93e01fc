"""Open the workspace that a command is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairhand.core.settings import Settings
    from fairhand.model.project import Project
    from fairhand.people.accounts.store import PersonRow
    from fairhand.storage.database import Connection
    from fairhand.use_cases.house import House


def settings_of(workspace: Path | None, **overrides: object) -> Settings:
    """Load a workspace's settings; raises InvalidError naming every setting that is wrong."""
    from pydantic import ValidationError

    from fairhand.core.errors import InvalidError, Issue, MalformedError
    from fairhand.core.settings import load_settings

    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return load_settings(workspace, **given)
    except ValidationError as error:
        issues = [
            Issue(".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, "))
            for one in error.errors()
        ]
        raise InvalidError("A setting is not right.", issues=issues) from None
    except ValueError as error:  # TOML that cannot be read
        raise MalformedError(f"fairhand.toml cannot be read: {error}") from None


def need_workspace(settings: Settings) -> None:
    """Raise UnavailableError when there is no workspace, before anything is created there."""
    from fairhand.core.errors import UnavailableError

    is_there = (settings.workspace / "fairhand.db").exists() or settings.database_url
    if not is_there:
        raise UnavailableError(
            f"There is no workspace in {settings.workspace}. Run `fairhand init` first, or say "
            "where it is with --workspace or FAIRHAND_WORKSPACE.",
            code="not_initialised",
        )


@contextmanager
def opened(workspace: Path | None) -> Iterator[House]:
    """Open a workspace for the time of a command."""
    from fairhand.use_cases.house import open_house

    settings = settings_of(workspace)
    need_workspace(settings)
    house = open_house(settings)
    try:
        yield house
    finally:
        house.close()


def find_project(house: House, name: str) -> Project:
    """Find a project by number or short name; raises NotFoundError listing those there are."""
    from fairhand.core.errors import NotFoundError
    from fairhand.work.projects import store

    with house.db.read() as connection:
        by_number = name.isascii() and name.isdigit() and len(name) < 18
        number = int(name) if by_number else 0
        found = store.load_project(connection, number) or store.find_project(connection, name)
        known = [] if found else [project.slug for project in store.list_projects(connection)]
    if found is None:
        others = f"There are: {', '.join(known[:20])}." if known else "There is none yet."
        raise NotFoundError(f"There is no project {name!r}. {others}")
    return found


def owner_of(connection: Connection) -> PersonRow:
    """Find whom the command acts for: the workspace's first owner."""
    from fairhand.core.errors import NotFoundError
    from fairhand.people.accounts import store

    owners = [person for person, roles in store.list_people(connection) if "owner" in roles]
    if not owners:
        raise NotFoundError("This workspace has no owner. Run `fairhand init` again.")
    return min(owners, key=lambda person: person.id)


def owner_id_of(house: House) -> int:
    """Give the id of the person the command acts for."""
    with house.db.read() as connection:
        return owner_of(connection).id


def sign_in_url(settings: Settings, token: str) -> str:
    """Write the address that a one-time link opens, where the workspace is served just now."""
    from fairhand.cli.served_at import address_of

    return f"{address_of(settings)}/sign-in/{token}"
