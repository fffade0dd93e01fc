"""Keys as text: base58btc multibase and Multikey, and the did:key that names a key by itself.

Formats: W3C Controlled Identifiers 1.0, section 2.2.2 (Multikey) and 2.4 (Multibase); did:key 0.9.
Ed25519 alone: that is what the eddsa-jcs-2022 cryptosuite signs with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES: Final[Mapping[str, int]] = {char: value for value, char in enumerate(_ALPHABET)}
_BASE58BTC: Final = "z"
_PUBLIC: Final = bytes((0xED, 0x01))
_SECRET: Final = bytes((0x80, 0x26))
_LONGEST: Final = 200  # reading base58 costs the square of its length
_KEY_BYTES: Final = 32
DID_KEY: Final = "did:key:"


class KeyTextError(ValueError):
    """A text is not the key or the base58 that it should be."""


def base58btc(data: bytes) -> str:
    """Write bytes as multibase base58btc: `z`, then the digits."""
    number, digits = int.from_bytes(data, "big"), []
    while number:
        number, digit = divmod(number, 58)
        digits.append(_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return _BASE58BTC + "1" * zeros + "".join(reversed(digits))


def from_base58btc(text: str) -> bytes:
    """Read multibase base58btc; raises KeyTextError."""
    if not text.startswith(_BASE58BTC) or len(text) > _LONGEST:
        raise KeyTextError("it is not multibase base58btc")
    digits, number = text[1:], 0
    for char in digits:
        if char not in _VALUES:
            raise KeyTextError("it holds a character that base58 does not know")
        number = number * 58 + _VALUES[char]
    zeros = len(digits) - len(digits.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


@dataclass(frozen=True)
class PublicKey:
    """An Ed25519 public key, by its Multikey text (`z6Mk…`)."""

    multikey: str

    def __post_init__(self) -> None:
        _ = self._key

    @cached_property
    def _key(self) -> Ed25519PublicKey:
        data = from_base58btc(self.multikey)
        if not data.startswith(_PUBLIC) or len(data) != len(_PUBLIC) + _KEY_BYTES:
            raise KeyTextError("it is not an Ed25519 Multikey")
        return Ed25519PublicKey.from_public_bytes(data[len(_PUBLIC) :])

    @property
    def did(self) -> str:
        """The decentralised identifier that is this key."""
        return DID_KEY + self.multikey

    @property
    def method(self) -> str:
        """The address of the key as a verification method."""
        return f"{self.did}#{self.multikey}"

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Say whether this key signed a message."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class KeyPair:
    """A signing key; never shown, never logged."""

    private: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"KeyPair({self.public.multikey})"

    @cached_property
    def public(self) -> PublicKey:
        """The half that everybody may know."""
        return PublicKey(base58btc(_PUBLIC + self.private.public_key().public_bytes_raw()))

    def sign(self, message: bytes) -> bytes:
        """Sign a message (Ed25519, RFC 8032)."""
        return self.private.sign(message)

    def secret(self) -> str:
        """Write the private half as secretKeyMultibase."""
        return base58btc(_SECRET + self.private.private_bytes_raw())


def read_secret(text: str) -> KeyPair:
    """Read a secretKeyMultibase; raises KeyTextError."""
    data = from_base58btc(text.strip())
    if not data.startswith(_SECRET) or len(data) != len(_SECRET) + _KEY_BYTES:
        raise KeyTextError("it is not an Ed25519 secret key")
    return KeyPair(Ed25519PrivateKey.from_private_bytes(data[len(_SECRET) :]))


def key_of_method(method: str) -> PublicKey:
    """Find the key that a did:key verification method names; raises KeyTextError."""
    did, _, fragment = method.partition("#")
    if not did.startswith(DID_KEY) or did.removeprefix(DID_KEY) != fragment:
        raise KeyTextError("the verification method is not a did:key with its own key")
    return PublicKey(fragment)


def key_of(text: str) -> PublicKey:
    """Read a key as people paste it: a Multikey, a did:key or a verification method."""
    return PublicKey(text.strip().removeprefix(DID_KEY).partition("#")[0])
