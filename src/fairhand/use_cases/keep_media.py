"""A task's file is put away with what is made of it beforehand: a preview, and tiles."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

import numpy as np
from PIL import Image, ImageOps

from fairhand.formats.image_values import Window
from fairhand.formats.images import make_preview, preview_of
from fairhand.formats.pyramid import CONTENT_TYPE, bands_of, write_pyramid
from fairhand.formats.tiff import tiff_pyramid
from fairhand.model.task import Media, NewTask
from fairhand.storage.blobs import BlobStore
from fairhand.use_cases.hear_sound import draw_peaks
from fairhand.use_cases.read_tiles import PYRAMID
from fairhand.work.media.store import Part


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a file's preview lies, and what else was made of it."""

    preview_sha256: str | None = None
    parts: tuple[Part, ...] = ()


def keep_media(blobs: BlobStore, task: NewTask) -> Kept:
    """Put a task's file and its preview away; all are named by content, so twice is once.

    A large picture is read once, in bands, and gets its tiles.
    """
    media = task.media
    if media is not None and media.content_type.startswith("audio/"):
        return _keep_sound(blobs, media, task.media_bytes)
    if media is None or not media.content_type.startswith("image/"):
        return Kept()
    window = _window(media)
    if task.media_file is not None:
        try:
            blobs.put(task.media_file)
            return _keep_tiles(blobs, media, task.media_file, window)
        finally:
            task.media_file.close()
    if task.media_bytes is None:
        return Kept()
    blobs.put(task.media_bytes)
    if (media.details or {}).get("levels"):
        return _keep_tiles(blobs, media, task.media_bytes, window)
    return Kept(blobs.put(make_preview(task.media_bytes, window=window)))


def _keep_sound(blobs: BlobStore, media: Media, content: bytes | None) -> Kept:
    """Draw a sound beforehand, so that no device has to decode it to show it."""
    if content is None:
        return Kept()
    duration_ms = (media.details or {}).get("duration_ms")
    return Kept(None, (draw_peaks(blobs, blobs.put(content), content, duration_ms),))


def _keep_tiles(
    blobs: BlobStore, media: Media, source: bytes | IO[bytes], window: Window | None
) -> Kept:
    with tempfile.NamedTemporaryFile(prefix="fairhand-spool-") as spool:
        if isinstance(source, bytes):
            small = _tiles_of_bytes(source, spool)
        else:
            small = tiff_pyramid(source, spool)
        size = spool.tell()
        spool.seek(0)
        sha256 = blobs.put(spool)
    part = Part(media.sha256, PYRAMID, sha256, CONTENT_TYPE, size)
    return Kept(blobs.put(preview_of(small, window=window)), (part,))


def _tiles_of_bytes(content: bytes, target: IO[bytes]) -> Image.Image:
    """Write the tiles of a picture that has to be unpacked whole; its size was checked."""
    with Image.open(BytesIO(content)) as image:
        exact = image.format != "JPEG"
        upright = ImageOps.exif_transpose(image)
        if not upright.mode.startswith("I;16"):
            upright = upright.convert("L" if upright.mode in ("1", "L") else "RGB")
        pixels = np.asarray(upright)
    height, width = pixels.shape[:2]
    return write_pyramid(bands_of(pixels), width, height, target, exact=exact)


def _window(media: Media) -> Window | None:
    found: Any = (media.details or {}).get("window")
    return (found[0], found[1]) if found else None
