"""An owner sends a test, and sees the very request and the very answer. Nothing is kept of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from time import monotonic

import orjson

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.backends.guard import guarded_client
from fairhand.core.clock import Instant, iso
from fairhand.core.errors import ConflictError
from fairhand.proof.webhooks.rules import headers_of
from fairhand.storage.database import Database
from fairhand.storage.vault import Vault
from fairhand.use_cases.change_webhook import load_webhook
from fairhand.use_cases.send_deliveries import LIMITS
from fairhand.use_cases.webhook_secret import open_secrets


@dataclass(frozen=True, slots=True)
class Tried:
    """What was sent and what came back; no status where nobody answered."""

    url: str
    headers: Mapping[str, str]
    body: str
    status: int | None
    answer: str
    trouble: str
    took_ms: int

    @property
    def ok(self) -> bool:
        """Whether a delivery would have arrived."""
        return self.status is not None and 200 <= self.status < 300


def try_webhook(
    db: Database,
    vault: Vault,
    project_id: int,
    webhook_id: int,
    now: Instant,
    *,
    allowed: Collection[str] = (),
) -> Tried:
    """Send a signed test event now; raises NotFoundError, ConflictError."""
    with db.read() as connection:
        one = load_webhook(connection, project_id, webhook_id)
    if one.ended_at is not None:
        raise ConflictError("This webhook has ended. Add a new one.", code="webhook_ended")
    words = {"webhook": one.id, "project": one.project_id, "words": "Fairhand says hello."}
    message = {"type": "webhook.test", "timestamp": iso(now), "data": words}
    body = orjson.dumps(message)
    headers = headers_of(open_secrets(vault, one).valid(now), f"test_{one.id}_{now}", now, body)
    began = monotonic()
    status, said, trouble = None, b"", ""
    try:
        with guarded_client(allowed) as client:
            status, said = client.send(one.url, body, headers, LIMITS)
    except AssistantError as error:
        trouble = error.message
    took = round((monotonic() - began) * 1_000)
    answer = said.decode("utf-8", "replace").replace("\x00", "")
    return Tried(one.url, headers, body.decode(), status, answer, trouble, took)
