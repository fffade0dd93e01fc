"""A person makes and revokes API tokens of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ForbiddenError, InvalidError, Issue, NotFoundError
from fairhand.people.accounts import store
from fairhand.people.accounts.rules import Actor
from fairhand.people.accounts.store import TokenRow
from fairhand.proof.log import store as log
from fairhand.storage.database import Database

_LONGEST_LABEL: Final = 100


@dataclass(frozen=True, slots=True)
class CreateToken:
    """What a token is for and how long it holds (project 0: every project of its person)."""

    label: str
    scope: str = "work"
    project_id: int = 0
    days: int = 90


def create_token(db: Database, actor: Actor, command: CreateToken, now: Instant) -> str:
    """Make a token and return its secret.

    A token cannot make one that reaches further, nor one that outlives it. Raises InvalidError for
    a label that is empty or longer than 100 characters.
    """
    if not 1 <= len(command.label.strip()) <= _LONGEST_LABEL:
        message = "Say what the token is for, in up to 100 characters."
        raise InvalidError(message, issues=[Issue("label", message)])
    if actor.scope is not None and actor.scope != "manage":
        raise ForbiddenError("A token can make others only if it was made to manage.")
    if actor.scope_project_id not in (0, command.project_id):
        raise ForbiddenError("This token is for one project and cannot make one for another.")
    with db.write() as connection:
        until = Instant(now + command.days * DAY_MS)
        secret = store.create_token(
            connection,
            actor.person_id,
            scope=command.scope,
            project_id=command.project_id,
            label=command.label,
            expires_at=until if actor.ends_at is None else min(until, actor.ends_at),
            now=now,
        )
        body = {"person": actor.person_id, "scope": command.scope, "project": command.project_id}
        log.append(connection, "token.created", body, now, actor.person_id)
    return secret


def list_tokens(db: Database, person_id: int) -> list[TokenRow]:
    """List a person's tokens, newest first."""
    with db.read() as connection:
        return store.list_tokens(connection, person_id)


def revoke_token(db: Database, person_id: int, token_id: int, now: Instant) -> None:
    """End one of a person's tokens; raises NotFoundError when it is not theirs."""
    with db.write() as connection:
        if not store.revoke_token(connection, person_id, token_id, now):
            raise NotFoundError(f"You have no token {token_id}.")
        log.append(connection, "token.revoked", {"token": token_id}, now, person_id)
