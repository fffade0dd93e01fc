"""An owner pauses a webhook, has it go on, changes its secret, sends again, or removes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.proof.log import store as log
from fairhand.proof.webhooks import store
from fairhand.proof.webhooks.rules import OLD_SECRET_MS, Secrets, Webhook
from fairhand.storage.database import Connection, Database
from fairhand.storage.vault import Vault
from fairhand.use_cases.webhook_secret import keep_secrets, new_secret, open_secrets

Change = Literal["pause", "resume", "skip", "rotate", "resend", "remove"]


@dataclass(frozen=True, slots=True)
class ChangeWebhook:
    """What changes; `number` is the delivery that is sent again.

    `resume` takes up what was given up; `skip` goes on without it.
    """

    author_id: int
    project_id: int
    webhook_id: int
    do: str
    number: int = 0


def change_webhook(db: Database, vault: Vault, command: ChangeWebhook, now: Instant) -> str:
    """Make the change; gives the new secret where one was made, else nothing.

    Raises NotFoundError, ConflictError for a webhook that has ended, InvalidError.
    """
    if command.do not in get_args(Change):
        words = f"{command.do!r} is nothing that can be done; one of {', '.join(get_args(Change))}."
        raise InvalidError(words, issues=[Issue("do", words)])
    with db.write() as connection:
        one = load_webhook(connection, command.project_id, command.webhook_id)
        if one.ended_at is not None:
            raise ConflictError("This webhook has ended. Add a new one.", code="webhook_ended")
        secret = _change(connection, vault, one, command, now)
        body = {"webhook": one.id, "project": one.project_id, "change": command.do}
        if command.do == "resend":
            body["number"] = command.number
        about = one.project_id or None
        log.append(connection, "webhook.changed", body, now, command.author_id, about)
    return secret


def load_webhook(connection: Connection, project_id: int, webhook_id: int) -> Webhook:
    """Load a webhook of a project (0: the workspace); raises NotFoundError."""
    one = store.load(connection, webhook_id)
    if one is None or one.project_id != project_id:
        raise NotFoundError(f"There is no webhook {webhook_id} here.")
    return one


def _change(
    connection: Connection, vault: Vault, one: Webhook, command: ChangeWebhook, now: Instant
) -> str:
    if command.do == "rotate":
        fresh = new_secret()
        before = open_secrets(vault, one).now
        keep_secrets(
            connection, vault, one.id, Secrets(fresh, before, Instant(now + OLD_SECRET_MS))
        )
        return fresh
    if command.do == "resend":
        if not store.send_again(connection, one.id, command.number, now):
            raise NotFoundError(f"There is no delivery {command.number}.")
    elif command.do == "remove":
        store.change(connection, one.id, active=False, ended_at=now, secret=b"")
    elif command.do == "pause":
        store.change(connection, one.id, active=False)
    else:
        if command.do == "resume":
            store.take_up_again(connection, one.id, now)
        store.change(connection, one.id, active=True, failing_since=None)
    return ""
