"""The media of a release: each file copied once, listed, and its content credentials beside it.

A sidecar has its file's name and the ending `.c2pa`, where C2PA's own tools look for it. It is not
in the manifest: a signature is another one each time, and the same inputs give the same release.
What the manifest says is how many there are, and the certificate under which they were signed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import orjson

from fairhand.proof.release import manifest as names
from fairhand.proof.release.shape import LABELS

SIDECAR: Final = ".c2pa"
SIDECAR_TYPE: Final = "application/c2pa"
_EXTENSIONS: Final = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/tiff": ".tif",
    "image/bmp": ".bmp",
    "audio/wav": ".wav",
    "audio/flac": ".flac",
    "audio/mpeg": ".mp3",
    SIDECAR_TYPE: SIDECAR,
}
_UNKNOWN: Final = "application/octet-stream"
_TYPES: Final = {ending: media_type for media_type, ending in _EXTENSIONS.items()}

ReadMedia = Callable[[str], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who makes content credentials: the root's certificate, and the sidecar of one file.

    `sign` gets the file, its media type and what to say of it; None: there can be none of it.
    """

    root: bytes
    sign: Callable[[Path, str, Mapping[str, str]], bytes | None]


def media_path(sha256: str, media_type: str | None) -> str:
    """Where a media file lies in a release."""
    return f"media/{sha256[:2]}/{sha256}{_EXTENSIONS.get(media_type or '', '')}"


def sidecar_path(path: str) -> str:
    """Where the content credentials of a media file lie."""
    return str(PurePosixPath(path).with_suffix(SIDECAR))


def type_of(path: str) -> str | None:
    """The media type of a file by its place in a release; None where the place does not tell."""
    return _TYPES.get(PurePosixPath(path).suffix)


def copy_media(
    draft: Path, read_media: ReadMedia, credentials: Credentials | None, said: Mapping[str, str]
) -> dict[str, int] | None:
    """Copy each file that a row or an item names, once, in their order.

    With `credentials`, what came without its own gets some, which say that it was published as
    `said`. Gives how many have some and how many cannot; None: nobody makes any here.
    """
    copied: set[bytes] = set()
    own = set(_with_own(draft)) if credentials else set()
    counts = {"files": 0, "without": 0}
    with (draft / names.MEDIA_LIST).open("wb") as listing:
        for sha256, media_type in _named_media(draft):
            if bytes.fromhex(sha256) in copied:
                continue
            copied.add(bytes.fromhex(sha256))
            path = media_path(sha256, media_type)
            size = _copy(draft / path, read_media(sha256))
            entry = {"path": path, "bytes": size, "sha256": sha256}
            listing.write(orjson.dumps(entry) + b"\n")
            if credentials and media_type != SIDECAR_TYPE and bytes.fromhex(sha256) not in own:
                is_signed = _sign(draft, path, credentials, said)
                counts["files" if is_signed else "without"] += 1
    if credentials is None or not counts["files"]:
        return None
    (draft / names.CREDENTIALS_ROOT).write_bytes(credentials.root)
    return counts


def _sign(draft: Path, path: str, credentials: Credentials, said: Mapping[str, str]) -> bool:
    made = credentials.sign(draft / path, type_of(path) or _UNKNOWN, said)
    if made is not None:
        (draft / sidecar_path(path)).write_bytes(made)
    return made is not None


def _named_media(draft: Path) -> Iterator[tuple[str, str | None]]:
    with (draft / names.LABELS_JSONL).open("rb") as lines:
        for line in lines:
            row = LABELS.parse(line)
            if row.media_sha256 is not None:
                yield row.media_sha256, row.media_type
    for item in _items(draft):
        if item.get("sha256"):
            yield item["sha256"], item.get("media_type")
        if item.get("credentials_sha256"):
            yield item["credentials_sha256"], SIDECAR_TYPE


def _with_own(draft: Path) -> Iterator[bytes]:
    """Name the files that got credentials when they were given."""
    for item in _items(draft):
        if item.get("sha256") and item.get("credentials_sha256"):
            yield bytes.fromhex(item["sha256"])


def _items(draft: Path) -> Iterator[dict[str, Any]]:
    if (draft / names.ITEMS).exists():
        with (draft / names.ITEMS).open("rb") as lines:
            yield from (orjson.loads(line) for line in lines)


def _copy(target: Path, chunks: Iterable[bytes]) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with target.open("wb") as file:
        for chunk in chunks:
            size += file.write(chunk)
    return size
