"""The SDK's part for webhooks: keep them, and check what arrives."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

from fairhand.client.transport import Transport

_WINDOW_S = 300


class WebhookError(ValueError):
    """A message that did not come from this webhook, is too old, or cannot be read."""


def verify_webhook(
    headers: Mapping[str, str],
    body: bytes | str,
    secret: str,
    *,
    tolerance_s: int = _WINDOW_S,
    now: float | None = None,
) -> dict[str, Any]:
    """Check who sent a message and how old it is, and give what it says.

    Give the body as it came, byte for byte. Raises WebhookError. The same event may come twice:
    keep the `webhook-id` of what you have handled, and answer 200 when you see it again.

        event = verify_webhook(request.headers, request.body, "whsec_...")
    """
    found = {name.lower(): value for name, value in headers.items()}
    content = body.encode() if isinstance(body, str) else body
    try:
        name, seconds = found["webhook-id"], found["webhook-timestamp"]
        given = found["webhook-signature"].split()
    except KeyError as error:
        raise WebhookError(f"The header {error.args[0]} is missing.") from None
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 12):
        raise WebhookError("The header webhook-timestamp is no number of seconds.")
    clock = time.time() if now is None else now  # noqa: TID251  # imports nothing of the server
    if abs(clock - int(seconds)) > tolerance_s:
        raise WebhookError("The message is too old or from the future; is the clock right?")
    signed = hmac.new(_key(secret), f"{name}.{seconds}.".encode() + content, hashlib.sha256)
    expected = b"v1," + base64.b64encode(signed.digest())
    # Every one is compared: after a change of the secret two are sent.
    fits = [hmac.compare_digest(expected, one.encode()) for one in given]
    if not any(fits):
        raise WebhookError("The signature does not fit: another secret, or another sender.")
    try:
        return cast("dict[str, Any]", json.loads(content))
    except ValueError:
        raise WebhookError("The message is not JSON.") from None


class Webhooks:
    """Where events are told to; found at `client.webhooks`. Project 0 is the whole workspace."""

    def __init__(self, http: Transport) -> None:
        self._http = http

    def list(self, project_id: int) -> list[dict[str, Any]]:
        """List webhooks with their state and what is on its way."""
        found = self._http.json("GET", _path(project_id))["webhooks"]
        return cast("list[dict[str, Any]]", found)

    def add(
        self, project_id: int, url: str, *, events: Sequence[str] = (), with_content: bool = False
    ) -> dict[str, Any]:
        """Add a webhook; `secret` in the answer is shown this once."""
        body = {"url": url, "events": [*events], "with_content": with_content}
        return cast("dict[str, Any]", self._http.json("POST", _path(project_id), body))

    def test(self, project_id: int, webhook_id: int) -> dict[str, Any]:
        """Send a test event; gives the request and the answer as they were."""
        path = f"{_path(project_id)}/{webhook_id}/test"
        return cast("dict[str, Any]", self._http.json("POST", path, {}))

    def change(self, project_id: int, webhook_id: int, do: str, number: int = 0) -> dict[str, Any]:
        """Do one of pause, resume, skip, rotate, resend (a delivery's `number`), remove."""
        body = {"do": do, "number": number}
        path = f"{_path(project_id)}/{webhook_id}"
        return cast("dict[str, Any]", self._http.json("POST", path, body))

    def deliveries(self, project_id: int, webhook_id: int) -> Sequence[dict[str, Any]]:
        """List what went out or is on its way, newest first."""
        path = f"{_path(project_id)}/{webhook_id}/deliveries"
        return cast("Sequence[dict[str, Any]]", self._http.json("GET", path)["deliveries"])


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise WebhookError("The secret is not one: it begins with whsec_.") from None


def _path(project_id: int) -> str:
    return f"/api/v1/projects/{project_id}/webhooks"
