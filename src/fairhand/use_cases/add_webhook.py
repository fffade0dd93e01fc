"""An owner has events told to an address from now on."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.backends.guard import guarded_client, read_url
from fairhand.core.clock import Instant
from fairhand.core.errors import ForbiddenError, InvalidError, Issue, NotFoundError
from fairhand.people.accounts.rules import Actor, may
from fairhand.proof.log import store as log
from fairhand.proof.webhooks import store
from fairhand.proof.webhooks.rules import Secrets, issues_of
from fairhand.storage.database import Database
from fairhand.storage.vault import Vault
from fairhand.use_cases.webhook_secret import keep_secrets, new_secret
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class AddWebhook:
    """Where to, of which project (0: the whole workspace), which kinds (none: all), how much."""

    author_id: int
    project_id: int
    url: str
    events: tuple[str, ...] = ()
    with_content: bool = False


@dataclass(frozen=True, slots=True)
class Added:
    """The webhook, and the secret that is shown this once."""

    id: int
    secret: str


def add_webhook(
    db: Database,
    vault: Vault,
    command: AddWebhook,
    now: Instant,
    *,
    allowed: Collection[str] = (),
    by: Actor | None = None,
) -> Added:
    """Add a webhook; `allowed` are the places within the house, `by` is whoever asks.

    Raises InvalidError naming the field, ForbiddenError, NotFoundError.
    """
    url = command.url.strip()
    if by is not None and not may(by, "webhook.keep", command.project_id):
        raise ForbiddenError("Only an owner of the workspace may do this.")
    issues = [*address_issues(url, allowed), *issues_of(url, command.events)]
    if issues:
        raise InvalidError(issues[0].message, issues=issues)
    secret = new_secret()
    with db.write() as connection:
        known = not command.project_id or projects.load_project(connection, command.project_id)
        if not known:
            raise NotFoundError(f"There is no project {command.project_id}.")
        number = store.add(
            connection,
            project_id=command.project_id,
            url=url,
            events=sorted(set(command.events)),
            with_content=command.with_content,
            made_by=command.author_id,
            now=now,
        )
        keep_secrets(connection, vault, number, Secrets(secret))
        body = {
            "webhook": number,
            "project": command.project_id,
            "events": sorted(set(command.events)),
            "with_content": command.with_content,
        }
        about = command.project_id or None
        log.append(connection, "webhook.added", body, now, command.author_id, about)
    return Added(number, secret)


def address_issues(url: str, allowed: Collection[str]) -> list[Issue]:
    """Say what is wrong with an address; a name is looked up anew at every sending."""
    try:
        target = read_url(url)
        if _is_plain(target.host):
            with guarded_client(allowed) as client:
                client.check_address(url)
    except AssistantError as error:
        return [Issue("url", error.message)]
    return []


def _is_plain(host: str) -> bool:
    """Say whether a host needs no looking up."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True
