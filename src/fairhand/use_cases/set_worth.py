"""An owner says what a right answer is worth; people are then asked only while it pays."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.projects import store
from fairhand.work.projects.rules import check_worth


@dataclass(frozen=True, slots=True)
class SetWorth:
    """What one right answer is worth, in micros; None: the target confidence rules again."""

    author_id: int
    project_id: int
    worth_micros: int | None


def set_worth(db: Database, command: SetWorth, now: Instant) -> None:
    """Set it for what is asked from now on; tasks that stopped are looked at by the next refit.

    Raises InvalidError for a worth that is not above zero, NotFoundError for an unknown project.
    """
    if issues := check_worth(command.worth_micros):
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        if store.load_project(connection, command.project_id) is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        store.set_worth(connection, command.project_id, command.worth_micros)
        body = {"project": command.project_id, "worth_micros": command.worth_micros}
        log.append(
            connection, "project.worth_set", body, now, command.author_id, command.project_id
        )
