"""Somebody keeps a view of the task browser: saves it, changes it, shares it, forgets it."""

from __future__ import annotations

from dataclasses import dataclass, field

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.work.projects import store as projects
from fairhand.work.tasks import view_store as store
from fairhand.work.tasks.rules import TaskQuery, check_name, query_texts
from fairhand.work.tasks.view_store import SavedView

_MOST = 100


@dataclass(frozen=True, slots=True)
class SaveView:
    """A question to keep under a name, for oneself or for all who see the project."""

    person_id: int
    project_id: int
    name: str
    query: TaskQuery = field(default_factory=TaskQuery)
    shared: bool = False


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What becomes of one's own view; None leaves it as it is."""

    person_id: int
    project_id: int
    view_id: int
    name: str | None = None
    query: TaskQuery | None = None
    shared: bool | None = None


@dataclass(frozen=True, slots=True)
class DeleteView:
    """Which of one's own views is forgotten."""

    person_id: int
    project_id: int
    view_id: int


def save_view(db: Database, command: SaveView, now: Instant) -> int:
    """Keep a view and give its number.

    Raises InvalidError for a name that is none, ConflictError for one that is taken.
    """
    _check(command.name)
    name = command.name.strip()
    with db.write() as connection:
        if projects.load_project(connection, command.project_id) is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        own = _own(connection, command.project_id, command.person_id)
        if len(own) >= _MOST:
            raise ConflictError(f"You have {_MOST} views here; delete one first.")
        view_id = store.add_view(
            connection,
            command.project_id,
            command.person_id,
            name,
            query_texts(command.query),
            command.shared,
            now,
        )
        if view_id is None:
            raise ConflictError(f"You have a view called {name!r} already.", code="name_taken")
        body = {"project": command.project_id, "view": view_id, "shared": command.shared}
        log.append(connection, "view.saved", body, now, command.person_id, command.project_id)
    return view_id


def change_view(db: Database, command: ChangeView, now: Instant) -> None:
    """Rename one's own view, ask something else by it, share it or stop sharing it.

    Raises NotFoundError for a view that is not theirs, ConflictError for a name that is taken.
    """
    if command.name is not None:
        _check(command.name)
    name = None if command.name is None else command.name.strip()
    with db.write() as connection:
        own = _own(connection, command.project_id, command.person_id)
        if command.view_id not in own:
            raise NotFoundError("There is no such view of yours.")
        if any(one.name == name and one.id != command.view_id for one in own.values()):
            raise ConflictError(f"You have a view called {name!r} already.", code="name_taken")
        query = None if command.query is None else query_texts(command.query)
        store.change_view(connection, command.view_id, name, query, command.shared)
        body = {"project": command.project_id, "view": command.view_id}
        if command.shared is not None:
            body["shared"] = command.shared
        log.append(connection, "view.changed", body, now, command.person_id, command.project_id)


def delete_view(db: Database, command: DeleteView, now: Instant) -> None:
    """Forget one's own view; raises NotFoundError for one that is not theirs."""
    with db.write() as connection:
        if command.view_id not in _own(connection, command.project_id, command.person_id):
            raise NotFoundError("There is no such view of yours.")
        store.delete_view(connection, command.view_id)
        body = {"project": command.project_id, "view": command.view_id}
        log.append(connection, "view.deleted", body, now, command.person_id, command.project_id)


def _own(connection: Connection, project_id: int, person_id: int) -> dict[int, SavedView]:
    seen = store.list_views(connection, project_id, person_id)
    return {one.id: one for one in seen if one.person_id == person_id}


def _check(name: str) -> None:
    if issues := check_name(name):
        raise InvalidError(issues[0].message, issues=issues)
