"""Checkpoints (C2SP tlog-checkpoint 1.0): the log's name, size and root, signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairhand.proof.log.merkle import HASH_SIZE
from fairhand.proof.log.note import (
    NoteError,
    Signer,
    Verifier,
    decode64,
    encode64,
    open_note,
    sign_note,
    split_note,
)

_MAX_SIZE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log at one size; `extensions` are opaque lines, normally none."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The text that is signed."""
        lines = (self.origin, str(self.size), encode64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> str:
    """Sign a checkpoint under the log's key."""
    return sign_note(checkpoint.text(), signer)


def open_checkpoint(note: str, verifiers: Sequence[Verifier]) -> Checkpoint:
    """Read a checkpoint that one of its own log's keys signed; NoteError when none did.

    A key signs for the log of its name alone, so that one log cannot speak for another.
    """
    origin = parse_checkpoint(split_note(note)[0]).origin
    own = [key for key in verifiers if key.name == origin]
    if not own:
        raise NoteError(f"the checkpoint is of another log: {origin}")
    return parse_checkpoint(open_note(note, own))


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint, strictly."""
    lines = text.split("\n")
    if lines.pop() or len(lines) < 3 or not all(lines):
        raise NoteError("a checkpoint has an origin, a size and a root, one to a line")
    origin, size, encoded, *extensions = lines
    tree_root = decode64(encoded)
    if len(tree_root) != HASH_SIZE:
        raise NoteError("the root of a checkpoint has 32 bytes")
    return Checkpoint(origin, parse_count(size), tree_root, tuple(extensions))


def parse_count(text: str) -> int:
    """Read a decimal count without sign, spaces or leading zeroes."""
    if not text.isascii() or not text.isdigit() or len(text) > 19 or str(int(text)) != text:
        raise NoteError(f"not a count: {text[:40]!r}")
    if int(text) > _MAX_SIZE:
        raise NoteError(f"too large: {text}")
    return int(text)
