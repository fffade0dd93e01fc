"""Read a project's webhooks and what is on its way to each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairhand.core.errors import NotFoundError
from fairhand.proof.webhooks import store
from fairhand.proof.webhooks.rules import Webhook
from fairhand.proof.webhooks.store import Delivery
from fairhand.storage.database import Database
from fairhand.use_cases.change_webhook import load_webhook
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class WebhookView:
    """A webhook with how many deliveries stand where; `first` is what everything waits for."""

    webhook: Webhook
    counts: Mapping[str, int]
    first: Delivery | None


def read_webhooks(db: Database, project_id: int) -> list[WebhookView]:
    """List the webhooks of a project (0: the workspace); raises NotFoundError."""
    with db.read() as connection:
        if project_id and projects.load_project(connection, project_id) is None:
            raise NotFoundError(f"There is no project {project_id}.")
        found = store.list_webhooks(connection, project_id)
        counted = store.counts(connection, [one.id for one in found])
        return [
            WebhookView(one, counted[one.id], store.next_waiting(connection, one.id))
            for one in found
        ]


def read_deliveries(
    db: Database, project_id: int, webhook_id: int, most: int, before: int | None = None
) -> tuple[Webhook, list[Delivery]]:
    """Read a webhook and its deliveries, newest first; raises NotFoundError."""
    with db.read() as connection:
        one = load_webhook(connection, project_id, webhook_id)
        return one, store.list_deliveries(connection, webhook_id, most, before)
