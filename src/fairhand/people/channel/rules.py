"""What the server asks of sealed things: their shape and size, never what is in them; pure.

`fairhand-channel/v1`: everybody has an ECDH key pair on P-256, the private half sealed by words of
their own. A channel has an AES-256 key for each epoch, sealed from one member for another; letters
are sealed with it. Whoever leaves, or comes to manage, ends the epoch: what is said afterwards they
cannot open.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from fairhand.core.errors import Issue

LEAST_ROUNDS: Final = 600_000
"""Of PBKDF2 with SHA-256, over the words that seal a private key (OWASP's advice of 2023)."""
LETTER_MOST: Final = 16 * 1024
SEALED_MOST: Final = 4_096
_HANDLE: Final = (2, 40)
_COORDINATE: Final = 32


def handle_issues(handle: str) -> list[Issue]:
    """Say what is wrong with the name that others see."""
    fits = _HANDLE[0] <= len(handle) <= _HANDLE[1] and handle.isprintable()
    if fits and handle == handle.strip():
        return []
    return [Issue("handle", "Choose a name of 2 to 40 characters; it need not be your own.")]


def public_key_issues(key: Mapping[str, Any]) -> list[Issue]:
    """Say what is wrong with a public key: a point of P-256 as JWK (RFC 7517), nothing secret."""
    if "d" in key:
        return [Issue("public_key", "This is a private key. It must never leave your browser.")]
    is_point = key.get("kty") == "EC" and key.get("crv") == "P-256"
    if is_point and all(_size(key.get(one)) == _COORDINATE for one in ("x", "y")):
        return []
    return [Issue("public_key", "Send a P-256 public key as JWK.")]


def wrapped_issues(wrapped: Mapping[str, Any]) -> list[Issue]:
    """Say what is wrong with a private key that was sealed by words."""
    rounds = wrapped.get("rounds")
    if not isinstance(rounds, int) or rounds < LEAST_ROUNDS:
        return [Issue("wrapped_key", f"Use at least {LEAST_ROUNDS} rounds of PBKDF2.")]
    if not all(_size(wrapped.get(one)) for one in ("salt", "nonce", "sealed")):
        return [Issue("wrapped_key", "Send salt, nonce and sealed bytes.")]
    return []


def sealed_key_issues(sealed: Mapping[str, Any]) -> list[Issue]:
    """Say what is wrong with a channel's key that was sealed for a member."""
    is_whole = set(sealed) == {"from", "nonce", "sealed"}
    if is_whole and all(_size(sealed[one]) for one in ("nonce", "sealed")):
        return []
    return [Issue("keys", "Send who sealed it, nonce and sealed bytes, for each member.")]


def read_letter(text: str) -> bytes | None:
    """Read sealed bytes; None where they are none, or more than a letter holds."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if 12 + 16 < len(found) <= LETTER_MOST else None


def _size(text: object) -> int:
    if not isinstance(text, str) or len(text) > SEALED_MOST:
        return 0
    try:
        plain = text.replace("-", "+").replace("_", "/").rstrip("=")
        return len(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))
    except (binascii.Error, ValueError):
        return 0
