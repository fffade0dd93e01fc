"""The witness protocol (C2SP tlog-witness): both sides of `add-checkpoint`, without the network.

A witness remembers one thing of each log, the newest tree that it signed, and signs another only
when that one is its beginning. So whoever trusts a witness cannot be shown a second history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import Instant
from fairhand.proof.log import merkle
from fairhand.proof.log.checkpoint import Checkpoint, parse_checkpoint, parse_count
from fairhand.proof.log.cosignature import WitnessKey, WitnessSigner, read_cosignatures
from fairhand.proof.log.note import NoteError, Verifier, decode64, encode64, open_note, split_note

SIZE_TYPE: Final = "text/x.tlog.size"
TEXT_TYPE: Final = "text/plain; charset=utf-8"
LARGEST_BODY: Final = 64 * 1024
_MOST_HASHES: Final = 63
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Remembered:
    """The newest tree of a log that a witness signed."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness answers, and what it must have written down before it does."""

    status: int
    body: str
    media_type: str = TEXT_TYPE
    origin: str = ""
    remember: Remembered | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a log asks: its note, the old size that it knows of, and the proof from there."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    def body(self) -> bytes:
        """Write the request."""
        lines = [f"old {self.old}", *(encode64(item) for item in self.proof)]
        return ("\n".join(lines) + "\n\n" + self.note).encode()


def answer_checkpoint(
    body: bytes,
    logs: Mapping[str, Sequence[Verifier]],
    remembered: Mapping[str, Remembered],
    signer: WitnessSigner,
    now: Instant,
) -> Answer:
    """Answer a log as a witness: sign, or say why not.

    The caller holds a lock from reading what is remembered until the new is on disk.
    """
    try:
        asked = parse_request(body)
        text, _ = split_note(asked.note)
        origin = parse_checkpoint(text).origin
    except NoteError as error:
        return Answer(400, f"{error}\n")
    if origin not in logs:
        return Answer(404, "this log is not known here\n")
    try:
        head = parse_checkpoint(open_note(asked.note, logs[origin]))
    except NoteError as error:
        return Answer(403, f"{error}\n")
    known = remembered.get(origin, Remembered(0, merkle.EMPTY_ROOT))
    return _judge(asked, head, text, known) or Answer(
        200,
        signer.cosign(text, now),
        origin=origin,
        remember=Remembered(head.size, head.root),
    )


def _judge(asked: Asked, head: Checkpoint, text: str, known: Remembered) -> Answer | None:
    """Say why a head is not signed; None when nothing is in the way."""
    if asked.old > head.size:
        return Answer(400, "the old size is larger than the checkpoint's\n")
    if asked.old != known.size:
        return Answer(409, f"{known.size}\n", SIZE_TYPE)
    if asked.old == head.size and known.size and head.root != known.root:
        return Answer(409, f"{known.size}\n", SIZE_TYPE)
    if head.size == 0 and head.root != merkle.EMPTY_ROOT:
        return Answer(422, "an empty log has the empty root\n")
    if asked.old == 0:
        return Answer(422, "a proof from nothing is empty\n") if asked.proof else None
    if asked.old == head.size:
        return Answer(422, "a proof from the same size is empty\n") if asked.proof else None
    if merkle.verify_consistency(known.size, head.size, known.root, head.root, asked.proof):
        return None
    return Answer(422, "the consistency proof does not hold\n")


def parse_request(body: bytes) -> Asked:
    """Read what a log asks; NoteError when it is malformed."""
    if len(body) > LARGEST_BODY:
        raise NoteError("the request is too long")
    try:
        head, gap, note = body.decode().partition("\n\n")
    except UnicodeDecodeError as error:
        raise NoteError("the request is no text") from error
    old, *proof = head.split("\n")
    if not gap or not old.startswith("old ") or len(proof) > _MOST_HASHES:
        raise NoteError("a request has a line `old SIZE`, up to 63 hashes, and a checkpoint")
    hashes = tuple(decode64(line) for line in proof)
    if any(len(item) != merkle.HASH_SIZE for item in hashes):
        raise NoteError("a hash of the proof has another length than 32 bytes")
    return Asked(parse_count(old.removeprefix("old ")), hashes, note)


Post = Callable[[bytes], tuple[int, str]]
"""Send a request to a witness: its status and text."""


def ask_witness(
    post: Post,
    key: WitnessKey,
    note: str,
    cosigned_size: int,
    prove: Callable[[int], Sequence[bytes]],
) -> str:
    """Get a witness's signature line for a note; NoteError says why there is none.

    `cosigned_size` is what it signed last, as far as we know; where it knows better, it is asked
    again from there. `prove` gives the consistency proof from an old size.
    """
    size = parse_checkpoint(split_note(note)[0]).size
    old = min(cosigned_size, size)
    for _ in range(_TRIES):
        status, text = post(Asked(old, tuple(prove(old)), note).body())
        if status == 200:
            return _own_line(text, key, note)
        if status != 409:
            raise NoteError(f"the witness answered {status}: {text.strip()[:200]}")
        known = parse_count(text.strip())
        if known > size:
            raise NoteError(f"the witness has signed {known} leaves, this log has {size}")
        if known == old:
            raise NoteError(f"the witness has signed another log of {known} leaves")
        old = known
    raise NoteError("the witness changes its mind about what it signed last")


def _own_line(text: str, key: WitnessKey, note: str) -> str:
    """Choose the line of this witness among those it sent, and check it."""
    for line in text.splitlines():
        if line.split(" ")[1:2] == [key.name]:
            whole = f"{line}\n"
            if read_cosignatures(note + whole, [key]):
                return whole
    raise NoteError("the witness sent no signature under the key that we know")
