"""Rules of submitted answers; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairhand.core.errors import Issue

CLIENT_KEY_MAX = 64


def check_client_key(key: str) -> list[Issue]:
    """List what is wrong with the key that makes a retry count once."""
    if not 8 <= len(key) <= CLIENT_KEY_MAX or not key.isascii() or not key.isprintable():
        return [Issue("client_key", "Send 8 to 64 printable ASCII characters, as a UUID.")]
    return []


def was_changed(value: Mapping[str, Any], proposed: Mapping[str, Any] | None) -> bool:
    """Say whether a person changed a proposal before submitting it."""
    return proposed is not None and dict(value) != dict(proposed)
