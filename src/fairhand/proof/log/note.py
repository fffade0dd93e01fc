"""Signed notes (C2SP signed-note 1.0): a text and the Ed25519 signatures under it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fairhand.core.errors import MalformedError

_ED25519 = b"\x01"
DASH = "\u2014"
_MAX_SIGNATURES = 100
_MAX_NOTE = 1_000_000


class NoteError(MalformedError):
    """A note, a key or a proof is malformed, or no trusted key signed it."""

    code = "proof_invalid"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and the name it signs under."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise NoteError(f"{self.name!r} is no key name: no spaces, no plus signs")
        if len(self.public_key) != 32:
            raise NoteError("an Ed25519 public key has 32 bytes")

    @property
    def key_id(self) -> bytes:
        """SHA-256(name, newline, 0x01, public key), its first four bytes."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public_key).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key as others keep it: `name+hexid+base64`."""
        return f"{self.name}+{self.key_id.hex()}+{encode64(_ED25519 + self.public_key)}"

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """Say whether this key made the signature over the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class Signer:
    """A private key and the name it signs under; with `also`, notes get that key's line too."""

    def __init__(
        self, name: str, private_key: Ed25519PrivateKey, also: Signer | None = None
    ) -> None:
        self.private_key = private_key
        self.also = also
        self.verifier = Verifier(name, private_key.public_key().public_bytes_raw())

    @property
    def name(self) -> str:
        """The name under which it signs."""
        return self.verifier.name

    def sign(self, message: bytes) -> bytes:
        """Sign a message (Ed25519, RFC 8032)."""
        return self.private_key.sign(message)

    def skey(self) -> str:
        """The private key as text, `PRIVATE+KEY+name+hexid+base64`: keep it from everybody."""
        seed = encode64(_ED25519 + self.private_key.private_bytes_raw())
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+{seed}"


def parse_vkey(text: str) -> Verifier:
    """Read a public key `name+hexid+base64`; raises NoteError when it contradicts itself."""
    name, key_id, key = _key_parts(text.strip(), "public key")
    verifier = Verifier(name, key)
    if verifier.key_id.hex() != key_id:
        raise NoteError("the public key does not match its own id: it was changed or cut")
    return verifier


def parse_skey(text: str) -> Signer:
    """Read a private key as `Signer.skey` writes it."""
    head = "PRIVATE+KEY+"
    if not text.startswith(head):
        raise NoteError(f"a private key starts with {head}")
    name, key_id, seed = _key_parts(text.removeprefix(head).strip(), "private key")
    signer = Signer(name, Ed25519PrivateKey.from_private_bytes(seed))
    if signer.verifier.key_id.hex() != key_id:
        raise NoteError("the private key does not match its own id: it was changed or cut")
    return signer


def sign_note(text: str, signer: Signer) -> str:
    """Sign a text that ends in a newline."""
    _check_text(text)
    signers = [signer] if signer.also is None else [signer, signer.also]
    return f"{text}\n" + "".join(_sign_line(text, one) for one in signers)


def _sign_line(text: str, signer: Signer) -> str:
    signature = encode64(signer.verifier.key_id + signer.sign(text.encode()))
    return f"{DASH} {signer.name} {signature}\n"


def as_keys(trusted: Verifier | Sequence[Verifier] | None) -> tuple[Verifier, ...]:
    """Take one key, several (a log that was given a new one), or none, as several."""
    if trusted is None:
        return ()
    return (trusted,) if isinstance(trusted, Verifier) else tuple(trusted)


def open_note(note: str, verifiers: Sequence[Verifier]) -> str:
    """Return the text of a note that one of these keys signed; signatures by others are ignored.

    Raises NoteError when none did, or when a signature under a known key is wrong.
    """
    text, signatures = split_note(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    trusted = False
    for name, key_id, signature in signatures:
        verifier = known.get((name, key_id))
        if verifier is None:
            continue
        if not verifier.accepts(signature, text.encode()):
            raise NoteError(f"the signature of {name} does not match the text")
        trusted = True
    if not trusted:
        names = ", ".join(sorted({verifier.name for verifier in verifiers}))
        raise NoteError(f"not signed by {names} under the key given")
    return text


def encode64(data: bytes) -> str:
    """Standard base64 (RFC 4648 section 4)."""
    return base64.b64encode(data).decode()


def decode64(text: str) -> bytes:
    """Read standard base64 strictly: what it decodes from is what it would be written as."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError(f"not base64: {text[:40]!r}") from error
    if encode64(data) != text:
        raise NoteError(f"base64 with stray bits: {text[:40]!r}")
    return data


def split_note(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Part a note into its text and its signatures: name, key id, what is signed with."""
    if len(note) > _MAX_NOTE or not note.endswith("\n"):
        raise NoteError("not a signed note: it must end in a newline and be under 1 MB")
    text, gap, tail = note.rpartition("\n\n")
    if not gap or not tail:
        raise NoteError("not a signed note: no empty line before the signatures")
    lines = tail.removesuffix("\n").split("\n")
    if len(lines) > _MAX_SIGNATURES:
        raise NoteError(f"more than {_MAX_SIGNATURES} signatures")
    _check_text(note)
    return text + "\n", [_signature_line(line) for line in lines]


def _signature_line(line: str) -> tuple[str, bytes, bytes]:
    dash, *rest = line.split(" ")
    if dash != DASH or len(rest) != 2 or not is_key_name(rest[0]):
        raise NoteError(f"not a signature line: {line[:60]!r}")
    data = decode64(rest[1])
    if len(data) < 5:
        raise NoteError("a signature is missing after its key id")
    return rest[0], data[:4], data[4:]


def is_key_name(name: str) -> bool:
    """Say whether a note can carry this name: no spaces, no plus signs."""
    return bool(name) and "+" not in name and not any(char.isspace() for char in name)


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise NoteError("the text of a note ends in a newline")
    if any(char < " " and char != "\n" for char in text):
        raise NoteError("the text of a note has no control characters")


def _key_parts(text: str, what: str) -> tuple[str, str, bytes]:
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = decode64(encoded)
    if data[:1] != _ED25519 or len(data) != 33:
        raise NoteError(f"the {what} is not an Ed25519 key of 32 bytes")
    return name, key_id, data[1:]
