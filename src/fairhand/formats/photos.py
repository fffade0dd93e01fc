"""Photos from people's phones: what they are by their bytes, and free of what they must not carry.

Place, device, time, names, thumbnails, second pictures, films behind the picture and whatever else
is not needed to show it are left out: what stays is a list of known parts, not all but known ones.
Colour profiles are written anew, with nothing but the numbers that say what colours mean.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from PIL import Image

from fairhand.core.errors import MalformedError
from fairhand.formats.images import probe_image, strip_metadata

_HEAD: Final = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"))
_MEDIA_TYPES: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_HEIF: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis")
_PNG_KEEP: Final = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"sBIT", b"sRGB", b"cICP")
)
_JPEG_KEEP: Final = frozenset((*range(0xC0, 0xC8), *range(0xC9, 0xD0), 0xDB))
"""Frames, tables of codes and of steps (ITU-T T.81, table B.1)."""
_JPEG_KEEP_SHORT: Final = frozenset((0xDC, 0xDD))
"""Number of lines, restart interval: two bytes each."""
_WEBP_KEEP: Final = frozenset((b"VP8X", b"ALPH", b"VP8 ", b"VP8L"))
_WEBP_PROFILE: Final = 0x20
_WEBP_ALPHA: Final = 0x10
_PROFILE_TAGS: Final = frozenset(
    (b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt", b"chad", b"rTRC", b"gTRC", b"bTRC", b"kTRC")
)
_PROFILE_HEADER: Final = 128
_MOST_PROFILE: Final = 60_000
_GPS, _EXIF, _ORIENTATION = 0x8825, 0x8769, 0x0112
_DEVICE_TAGS: Final = frozenset((0x010F, 0x0110, 0x0131, 0x013C, 0xA431, 0xA433, 0xA434, 0xA435))
_TIME_TAGS: Final = frozenset((0x0132, 0x9003, 0x9004, 0x9010, 0x9011, 0x9012))


class NotAPhotoError(MalformedError):
    """The file is no photo that can be taken; says what it is and what to send instead."""

    code = "not_a_photo"
    status = 422


@dataclass(frozen=True, slots=True)
class Photo:
    """A clean photo as people see it; `removed` names what it had carried.

    `removed`: place, device, time, words, more. `turned` says that its pixels were written anew to
    stand it upright.
    """

    content: bytes
    media_type: str
    width: int
    height: int
    removed: tuple[str, ...]
    turned: bool


def clean_photo(data: bytes, max_pixels: int) -> Photo:
    """Check a photo by its bytes and take out all that is not needed to show it.

    Raises NotAPhotoError for another kind of file, a moving picture, one that is damaged, or has
    more pixels than allowed; that is decided before it is unpacked.
    """
    kind = _kind_of(data)
    try:
        found = probe_image(data, max_pixels)
        with Image.open(BytesIO(data), formats=(kind, "MPO")) as image:
            _refuse_moving(image, kind)
            removed = _carried(image)
            turned = image.getexif().get(_ORIENTATION, 1) != 1
        upright = strip_metadata(data, max_pixels)
        with Image.open(BytesIO(upright), formats=(kind, "MPO")) as image:
            profile = _plain_profile(image.info.get("icc_profile"))
        content = b"".join(_WRITERS[kind](upright, profile))
        _check_clean(content, kind, max_pixels)
    except NotAPhotoError:
        raise
    except MalformedError as error:
        raise NotAPhotoError(f"The file {error.message}. Take the photo again.") from None
    except (struct.error, IndexError, ValueError, OSError, SyntaxError) as error:
        raise NotAPhotoError("The file is a damaged picture. Take the photo again.") from error
    if len(content) < len(data) and not removed:
        removed = ("more",)
    media = (found.width or 0, found.height or 0)
    return Photo(content, _MEDIA_TYPES[kind], *media, removed, turned)


def media_type_of(data: bytes) -> str:
    """Say what a photo is by its bytes; raises NotAPhotoError for anything else."""
    return _MEDIA_TYPES[_kind_of(data)]


def _kind_of(data: bytes) -> str:
    for head, kind in _HEAD:
        if data.startswith(head):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF:
        raise NotAPhotoError(
            "This is a HEIC or AVIF picture, which most people cannot open. Set the camera to "
            "“most compatible” (JPEG), or choose another picture."
        )
    raise NotAPhotoError("This is no JPEG, PNG or WebP picture, whatever its name says.")


def _refuse_moving(image: Image.Image, kind: str) -> None:
    if kind != "JPEG" and getattr(image, "n_frames", 1) > 1:
        raise NotAPhotoError("This is a moving picture. Send a single photo.")


def _carried(image: Image.Image) -> tuple[str, ...]:
    """Name what a picture tells of its person besides itself."""
    exif = image.getexif()
    tags = set(exif) | set(exif.get_ifd(_EXIF))
    words = _packets(image.info)
    found = {
        "place": bool(exif.get_ifd(_GPS)) or b"GPSL" in words or b"City" in words,
        "device": bool(tags & _DEVICE_TAGS) or b"tiff:Model" in words or b"CreatorTool" in words,
        "time": bool(tags & _TIME_TAGS) or b"Date" in words,
        "words": bool(words) or "comment" in image.info or "photoshop" in image.info,
        "more": bool(tags),
    }
    return tuple(name for name, is_there in found.items() if is_there)


def _packets(info: dict[Any, Any]) -> bytes:
    """Join the texts and XMP packets that a picture carries."""
    names = ("xmp", "XML:com.adobe.xmp", "Raw profile type xmp", "Comment", "Description", "Author")
    texts = [info[name] for name in names if name in info]
    return b" ".join(one if isinstance(one, bytes) else str(one).encode() for one in texts)


def _plain_profile(profile: bytes | None) -> bytes | None:
    """Write a colour profile anew with its numbers alone (ICC.1:2022, 7.2 and 7.3).

    None where there is none, or it says colours in tables: those are not what phones write.
    """
    if not profile or len(profile) < _PROFILE_HEADER + 4 or profile[36:40] != b"acsp":
        return None
    (count,) = struct.unpack_from(">I", profile, _PROFILE_HEADER)
    tags: dict[bytes, bytes] = {}
    for at in range(min(count, 100)):
        name, start, size = struct.unpack_from(">4sII", profile, _PROFILE_HEADER + 4 + 12 * at)
        if name in _PROFILE_TAGS:
            tags[name] = profile[start : start + size]
    if not ({b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC"} <= set(tags) or b"kTRC" in tags):
        return None
    return _profile_of(_plain_header(profile), tags)


def _plain_header(profile: bytes) -> bytes:
    """Keep version, class, spaces, intent and illuminant; leave out device, creator, time, id."""
    blank = bytes(4)
    return b"".join(
        (blank, profile[8:24], _PROFILE_DATE, b"acsp", bytes(24), profile[64:80], bytes(48))
    )


_PROFILE_DATE: Final = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)


def _profile_of(header: bytes, tags: dict[bytes, bytes]) -> bytes | None:
    table, body = [], b""
    start = _PROFILE_HEADER + 4 + 12 * len(tags)
    places: dict[bytes, int] = {}
    for name, content in sorted(tags.items()):
        if content not in places:
            places[content] = start + len(body)
            body += content + bytes(-len(content) % 4)
        table.append(struct.pack(">4sII", name, places[content], len(content)))
    written = header + struct.pack(">I", len(tags)) + b"".join(table) + body
    if len(written) + 4 > _MOST_PROFILE:
        return None
    return struct.pack(">I", len(written) + 4) + written


def _jpeg(data: bytes, profile: bytes | None) -> Iterator[bytes]:
    """Keep frames, tables and scans (ITU-T T.81, B.1), Adobe's colour transform, no thumbnail."""
    yield data[:2]
    if profile is not None:
        content = b"ICC_PROFILE\x00\x01\x01" + profile
        yield b"\xff\xe2" + struct.pack(">H", len(content) + 2) + content
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise MalformedError("is a JPEG whose segments do not fit together")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            break
        (length,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + length
        if marker == 0xDA:
            end = _end_of_scan(data, end)
            yield data[at:end]
        elif marker == 0xEE and data[at + 4 : at + 9] == b"Adobe":
            yield b"\xff\xee\x00\x0e" + data[at + 4 : at + 16]
        elif marker == 0xE0 and data[at + 4 : at + 9] == b"JFIF\x00":
            yield b"\xff\xe0\x00\x10" + data[at + 4 : at + 16] + b"\x00\x00"
        elif marker in _JPEG_KEEP or (marker in _JPEG_KEEP_SHORT and length == 4):
            yield data[at:end]
        at = end
    yield b"\xff\xd9"


def _end_of_scan(data: bytes, at: int) -> int:
    """Find the next true marker; inside a scan FF is followed by 00 or a restart marker."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] not in (0x00, 0xFF) and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 1 if data[at + 1] == 0xFF else 2
    return len(data)


def _png(data: bytes, profile: bytes | None) -> Iterator[bytes]:
    """Keep the chunks that say what the pixels are (PNG specification, 11)."""
    yield data[:8]
    at, name = 8, b""
    while name != b"IEND" and at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if name in _PNG_KEEP:
            yield data[at:end]
        if name == b"IHDR" and profile is not None:
            content = b"iCCP" + b"colours\x00\x00" + zlib.compress(profile)
            yield struct.pack(">I", len(content) - 4) + content
            yield struct.pack(">I", zlib.crc32(content))
        at = end


def _webp(data: bytes, profile: bytes | None) -> Iterator[bytes]:
    """Keep the picture, its transparency and its colours (WebP container specification)."""
    kept = []
    at, end = 12, min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    while at + 8 <= end:
        name, length = struct.unpack_from("<4sI", data, at)
        after = at + 8 + length + (length & 1)
        if name == b"VP8X":
            flags = (data[at + 8] & _WEBP_ALPHA) | (_WEBP_PROFILE if profile else 0)
            kept.append(data[at : at + 8] + bytes((flags, 0, 0, 0)) + data[at + 12 : at + 18])
            if profile is not None:
                padded = profile + bytes(len(profile) & 1)
                kept.append(b"ICCP" + struct.pack("<I", len(profile)) + padded)
        elif name in _WEBP_KEEP:
            kept.append(data[at:after])
        at = after
    yield b"RIFF" + struct.pack("<I", 4 + sum(map(len, kept))) + b"WEBP"
    yield from kept


_WRITERS: Final = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp}


def _check_clean(content: bytes, kind: str, max_pixels: int) -> None:
    """Open what was written as anybody would: it shows, and carries nothing."""
    probe_image(content, max_pixels)
    with Image.open(BytesIO(content), formats=(kind,)) as image:
        image.load()
        if image.getexif() or _packets(image.info) or "comment" in image.info:
            raise MalformedError("carries hidden words that cannot be taken out")
