"""The secrets of webhooks: made, sealed under the workspace's key, opened to sign."""

from __future__ import annotations

import base64
import secrets

import orjson

from fairhand.proof.webhooks import store
from fairhand.proof.webhooks.rules import Secrets, Webhook
from fairhand.storage.database import Connection
from fairhand.storage.vault import Vault

_BYTES = 32


def new_secret() -> str:
    """Make a secret that signs, as receivers' libraries want it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def keep_secrets(connection: Connection, vault: Vault, webhook_id: int, kept: Secrets) -> None:
    """Seal a webhook's secrets."""
    content = orjson.dumps([kept.now, kept.before, kept.until])
    sealed = vault.seal_secret(connection, content, _about(webhook_id))
    store.change(connection, webhook_id, secret=sealed)


def open_secrets(vault: Vault, webhook: Webhook) -> Secrets:
    """Open a webhook's secrets; raises UnavailableError when the workspace's key is another."""
    now, before, until = orjson.loads(vault.open_secret(webhook.secret, _about(webhook.id)))
    return Secrets(now, before, until)


def _about(webhook_id: int) -> str:
    return f"webhook {webhook_id}"
