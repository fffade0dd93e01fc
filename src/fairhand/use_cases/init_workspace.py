"""A workspace comes to life: its secret, its first owner, its shipped wage floors."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError
from fairhand.people.accounts import store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class InitWorkspace:
    """The workspace's name and its first owner."""

    name: str
    owner_name: str
    owner_email: str | None = None
    owner_country: str = ""


def init_workspace(db: Database, command: InitWorkspace, now: Instant) -> int:
    """Write the workspace and its owner; return the owner's id. ConflictError when it is there."""
    with db.write() as connection:
        if store.load_workspace(connection) is not None:
            raise ConflictError("This workspace is set up already.", code="already_initialised")
        store.create_workspace(connection, command.name, now)
        owner_id = store.create_person(
            connection,
            email=command.owner_email,
            display_name=command.owner_name,
            locale="en",
            country=command.owner_country,
            region="",
            is_simulated=False,
            now=now,
        )
        assert owner_id is not None, "the first account"  # noqa: S101
        for role in ("owner", "manager"):
            store.add_role(connection, owner_id, role, 0, now)
        log.append(
            connection, "workspace.created", {"owner": owner_id, "decided": []}, now, owner_id
        )
    return owner_id
