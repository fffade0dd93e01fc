"""Which credentials are revoked, as one compressed list that tells nobody who is asking for whom.

W3C Bitstring Status List 1.0: a bit for each credential, at least 131,072 of them so that one is
hidden among many; GZIP, then multibase base64url.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterable
from typing import Final

LENGTH: Final = 131_072
_BASE64URL: Final = "u"
_MOST_BYTES: Final = 2 * 1024 * 1024


class StatusListError(ValueError):
    """A status list cannot be read."""


def place_of(credential_id: int, key_id: int) -> tuple[str, int]:
    """Say in which list (`1-1`) and at which bit a credential stands.

    Each key has lists of its own, for whoever wants a list from the issuer of the credential.
    """
    return list_name(key_id, credential_id // LENGTH + 1), credential_id % LENGTH


def list_name(key_id: int, number: int) -> str:
    """Name a list: by the number of its key, and its own (1, 2, …)."""
    return f"{key_id}-{number}"


def parse_list_name(name: str) -> tuple[int, int] | None:
    """Read a list's name; None for what is none."""
    key_id, dash, number = name.partition("-")
    is_name = dash and all(
        one.isascii() and one.isdigit() and len(one) < 18 for one in (key_id, number)
    )
    return (int(key_id), int(number)) if is_name else None


def encode(revoked: Iterable[int]) -> str:
    """Write a list with these bits set."""
    bits = bytearray(LENGTH // 8)
    for index in revoked:
        bits[index // 8] |= 0x80 >> (index % 8)
    packed = gzip.compress(bytes(bits), mtime=0)
    return _BASE64URL + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def is_set(encoded: str, index: int) -> bool:
    """Read one bit of a list; raises StatusListError."""
    bits = _decode(encoded)
    if not 0 <= index < len(bits) * 8:
        raise StatusListError("the list is too short for this credential")
    return bool(bits[index // 8] & (0x80 >> (index % 8)))


def _decode(encoded: str) -> bytes:
    if not encoded.startswith(_BASE64URL):
        raise StatusListError("the list is not multibase base64url")
    text = encoded[1:]
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        reader = zlib.decompressobj(wbits=31)  # GZIP
        bits = reader.decompress(packed, _MOST_BYTES)
    except (binascii.Error, zlib.error, ValueError):
        raise StatusListError("the list cannot be read") from None
    if not reader.eof or len(bits) * 8 < LENGTH:
        raise StatusListError("the list is too long or too short")
    return bits
