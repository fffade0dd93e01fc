"""The administrator at the machine gives an account a role."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.people.accounts import store
from fairhand.people.readiness import store as readiness
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.invite_person import ROLES


@dataclass(frozen=True, slots=True)
class GiveRole:
    """Who gets which role, where (project 0: the whole workspace)."""

    person_id: int
    role: str
    project_id: int = 0


def give_role(db: Database, command: GiveRole, now: Instant) -> None:
    """Give a role; giving it twice changes nothing."""
    if command.role not in ROLES:
        raise InvalidError(f"{command.role!r} is not a role; choose from {', '.join(ROLES)}.")
    with db.write() as connection:
        if store.load_person(connection, command.person_id) is None:
            raise NotFoundError(f"There is no person {command.person_id}.")
        for project_id in (
            command.project_id,
            *readiness.running_pilots(connection, command.project_id),
        ):
            store.add_role(connection, command.person_id, command.role, project_id, now)
        body = {
            "person": command.person_id,
            "role": command.role,
            "project": command.project_id,
        }
        log.append(connection, "person.role_given", body, now, command.person_id)
