"""A file that somebody found elsewhere: what it is, its prints, and what it is a copy of.

Nothing here keeps anything. A picture, a sound or a text is compared with prints of what one
person gave; how often that finds a copy that was changed is in docs/explanation/likeness.md.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Final, Literal

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.authenticity.pictures import apart, is_plain, picture_prints, read_image
from fairhand.compute.authenticity.sounds import read_prints, resembles, sound_prints
from fairhand.compute.authenticity.texts import overlap, text_print
from fairhand.compute.models.sound import Sound, read_sound
from fairhand.core.errors import InvalidError, Issue
from fairhand.core.ids import sha256_hex
from fairhand.formats.sounds import kind_of

Sort = Literal["image", "sound", "text"]

MOST_BYTES: Final = 8 * 1024 * 1024 - 64 * 1024
MOST_PIXELS: Final = 50_000_000
MOST_SECONDS: Final = 600
MOST_TEXT: Final = 200_000
OPEN: Final = "open_"
"""Before the kind of a print of what others see, where that is not the original."""

_NEAR: Final = {"phash": 12, "flip": 12, "dhash": 10, "look": 40}
"""Bits in which prints of a copy may differ."""
_SAME_TEXT: Final = 0.6
_SAME_SOUND: Final = 0.05
_LEAST_PAIRS: Final = 10
_PICTURES: Final = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF8",
    b"RIFF",
    b"BM",
    b"II*\0",
    b"MM\0*",
)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A file by its sort, hash and prints; `sound` is kept for comparing voices."""

    sort: Sort
    sha256: str
    prints: Mapping[str, bytes] = field(default_factory=dict)
    pieces: tuple[bytes, ...] = ()  # of a text: the prints of its paragraphs
    sound: Sound | None = None


def read_suspect(content: bytes, *, look: bool = True) -> Suspect:
    """Say what a file is by its bytes, and print it; raises InvalidError (`cannot_look_up`).

    Without `look` pictures are printed quickly, and crops of them are not found.
    """
    if not content:
        raise _unreadable("Choose a file, or put a text into the field.")
    if len(content) > MOST_BYTES:
        raise _unreadable("The file is too large. Send a part of it: less than 8 MB.")
    try:
        if kind_of(content[:64]) is not None:
            return _sound(content)
        if content.startswith(_PICTURES) or content[8:12] == b"WEBP":
            return _picture(content, look)
    except AssistantError as error:
        raise _unreadable(f"The file could not be opened: {error.message}") from error
    return _text(content)


def resemblance(suspect: Suspect, kind: str, bits: bytes) -> float:
    """Say how much a print of one's own is like the suspect's, 0 to 1; 0 where it is no copy.

    `kind` is as stored; prints of open files (`OPEN` before the kind) count alike.
    """
    plain = kind.removeprefix(OPEN)
    if plain in _NEAR:
        return _picture_like(suspect.prints, plain, bits)
    if plain == "sound" and suspect.prints.get("sound") and bits:
        return _sound_like(suspect.prints["sound"], bits)
    if plain == "minhash":
        share = max((overlap(one, bits) for one in suspect.pieces), default=0.0)
        return share if share >= _SAME_TEXT else 0.0
    return 0.0


def open_prints(content: bytes, media_type: str, *, look: bool = True) -> dict[str, bytes]:
    """Print what others see of a contribution; what cannot be printed is marked as looked at."""
    try:
        if media_type.startswith("audio/"):
            sound = read_sound(content)
            found = {"sound": sound_prints(sound.samples, sound.rate)}
        elif media_type.startswith("image/"):
            image = read_image(content)
            found = {} if is_plain(image) else picture_prints(image, look=look)
        else:
            found = {"minhash": text_print(content.decode("utf-8", "replace"))}
    except AssistantError:
        found = {}
    kept = {OPEN + kind: bits for kind, bits in found.items() if bits}
    return kept or {OPEN + "none": b""}


def _picture_like(prints: Mapping[str, bytes], kind: str, bits: bytes) -> float:
    """Compare prints of pictures; a mirrored copy's `flip` is the original's `phash`."""
    pairs: Iterable[tuple[str, str]] = [(kind, kind)]
    if kind == "phash":
        pairs = [("phash", "phash"), ("flip", "phash")]
    best = 0.0
    for theirs, ours in pairs:
        own = prints.get(theirs)
        if own and len(own) == len(bits) and apart(own, bits) <= _NEAR[ours]:
            best = max(best, 1.0 - apart(own, bits) / (8 * len(bits)))
    return best if kind != "flip" else 0.0


def _sound_like(one: bytes, other: bytes) -> float:
    share = resembles(one, other)
    pairs = share * min(len(read_prints(one)), len(read_prints(other)))
    return share if share >= _SAME_SOUND and round(pairs) >= _LEAST_PAIRS else 0.0


def _sound(content: bytes) -> Suspect:
    if _seconds(content) > MOST_SECONDS:
        raise _unreadable("The recording is too long. Send a part of it: up to ten minutes.")
    sound = read_sound(content)
    prints = {"sound": sound_prints(sound.samples, sound.rate)}
    return Suspect("sound", sha256_hex(content), prints, sound=sound)


def _seconds(content: bytes) -> float:
    """Say how long a recording says it is, before any of it is decoded."""
    try:
        library = import_module("soundfile")
        with library.SoundFile(io.BytesIO(content)) as file:
            return float(file.frames / max(file.samplerate, 1))
    except (ImportError, RuntimeError, TypeError, ValueError):
        return 0.0  # the reader that comes next refuses what it does not know


def _picture(content: bytes, look: bool) -> Suspect:
    image = read_image(content, MOST_PIXELS)
    if is_plain(image):
        raise _unreadable("The picture shows next to nothing, so nothing can be compared.")
    return Suspect("image", sha256_hex(content), picture_prints(image, look=look))


def _text(content: bytes) -> Suspect:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(
            "This is no picture, sound or text that can be read here. Send a JPEG, PNG, WebP, "
            "WAV, FLAC, Ogg or MP3, or plain text."
        ) from error
    if len(text) > MOST_TEXT or not text.strip() or "\x00" in text:
        raise _unreadable("Send a text of up to 200,000 letters.")
    parts = [text, *re.split(r"\n\s*\n", text), *text.splitlines()]
    pieces = {text_print(part) for part in parts[:2_000]} - {b""}
    return Suspect("text", sha256_hex(text.strip().encode()), pieces=tuple(sorted(pieces)))


def _unreadable(words: str) -> InvalidError:
    return InvalidError(words, code="cannot_look_up", issues=[Issue("file", words)])
