"""A contributor joins the contributors' channels with a key that only they can open, or leaves.

Nothing of it is logged: who speaks with whom is not for a log that managers read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, Issue
from fairhand.people.channel import store
from fairhand.people.channel.rules import handle_issues, public_key_issues, wrapped_issues
from fairhand.people.channel.store import Member
from fairhand.people.council.store import belongs
from fairhand.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class JoinChannel:
    """Under which name, with which keys: the public one, and the private one as it was sealed."""

    person_id: int
    handle: str
    public_key: Mapping[str, Any]
    wrapped_key: Mapping[str, Any]


def join_channel(db: Database, command: JoinChannel, now: Instant) -> None:
    """Join, or join again with new keys; what was sealed for old keys cannot be opened any more.

    Raises ForbiddenError for everybody who manages or audits anything.
    """
    handle = command.handle.strip()
    issues = [
        *handle_issues(handle),
        *public_key_issues(command.public_key),
        *wrapped_issues(command.wrapped_key),
    ]
    if issues:
        raise InvalidError("You cannot join so.", issues=issues)
    with db.write() as connection:
        check_belongs(connection, command.person_id)
        holder = store.find_handle(connection, handle)
        if holder not in (None, command.person_id):
            message = "Somebody has this name already."
            raise ConflictError(message, code="taken", issues=[Issue("handle", message)])
        member = Member(command.person_id, handle, dict(command.public_key))
        store.keep_member(connection, member, command.wrapped_key, now)


def leave_channel(db: Database, person_id: int, now: Instant) -> None:
    """Leave every channel; keys that were sealed for one are gone at once."""
    with db.write() as connection:
        if not store.leave(connection, person_id, now):
            raise ConflictError("You are in no channel.", code="not_in")


def check_belongs(connection: Connection, person_id: int) -> None:
    """Let contributors pass who manage and audit nothing; raises ForbiddenError."""
    if not belongs(connection, person_id):
        raise ForbiddenError(
            "The channel is for contributors alone: nobody who owns, manages or audits has a way "
            "in.",
            code="not_a_contributor",
        )
