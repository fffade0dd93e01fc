"""What of an event is public: a leaf that commits to the event and says nothing about a person.

The leaf is canonical JSON (RFC 8785) of a version, a kind, a time and a commitment:
HMAC-SHA256(salt, canonical body) (RFC 2104). A salt of 128 random bits makes guessing a body
from its leaf hopeless; erasing body and salt leaves the leaf, and so every proof, as it was.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from typing import Any

import orjson
import rfc8785

from fairhand.core.clock import Instant

SALT_SIZE = 16
Body = Mapping[str, Any]

_KIND = re.compile(r"[a-z][a-z0-9_.]{0,63}", re.ASCII)
_EXACT = 2**53 - 1
_UTF16_SAFE = "\ud7ff"  # below the surrogates, UTF-8 and UTF-16 order keys alike


def canonical(value: object) -> bytes:
    """Write JSON in the one form of RFC 8785; ValueError for what JSON cannot hold exactly."""
    try:
        if _is_plain(value):
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        return rfc8785.dumps(value)  # type: ignore[arg-type]  # it checks the types itself
    except (rfc8785.CanonicalizationError, orjson.JSONEncodeError, UnicodeEncodeError) as error:
        raise ValueError(f"this cannot be written as canonical JSON: {error}") from error


def commitment(salt: bytes, body: bytes) -> str:
    """Commit to a canonical body, hex."""
    return hmac.digest(salt, body, "sha256").hex()


def make_leaf(kind: str, at: Instant, committed: str) -> bytes:
    """Write a leaf; nothing in it needs escaping, so a format string is canonical JSON."""
    if not _KIND.fullmatch(kind):
        raise ValueError(f"{kind!r} is not an event kind such as annotation.submitted")
    return f'{{"at":{at:d},"commitment":"{committed}","kind":"{kind}","v":1}}'.encode()


def _is_plain(value: object) -> bool:
    """Say whether orjson writes this exactly as RFC 8785 does (no floats, no large integers)."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return -_EXACT <= value <= _EXACT  # type: ignore[operator]
    if kind is dict:
        return all(
            type(key) is str and max(key, default="") <= _UTF16_SAFE and _is_plain(item)
            for key, item in value.items()  # type: ignore[attr-defined]
        )
    if kind is list or kind is tuple:
        return all(_is_plain(item) for item in value)  # type: ignore[attr-defined]
    return False
