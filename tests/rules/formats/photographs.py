"""Photographs as phones and strangers make them: with places, names and things that hide."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

SECRETS = (b"Nakuru", b"Pixel 9", b"SN-48151623", b"2026:11", b"GPSL", b"<script>", b"PK\x03\x04")
"""What the makers below hide; none of it may be left."""

XMP = (
    b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description '
    b'exif:GPSLatitude="0,17.2S" tiff:Model="Pixel 9" photoshop:City="Nakuru" '
    b'xmp:CreateDate="2026:11:22"/></x:xmpmeta><?xpacket end="w"?>'
)


def scene(width: int = 120, height: int = 80, seed: int = 3) -> Image.Image:
    """A soft picture whose left half is red, so that a turn shows."""
    noise = np.random.default_rng(seed).integers(0, 40, (height, width, 3))
    pixels = noise.astype(np.uint8)
    pixels[:, : width // 2, 0] += 180
    return Image.fromarray(pixels)


def exif(orientation: int = 1) -> Image.Exif:
    """Metadata of a phone: where, when, by which device, under which number."""
    found = Image.Exif()
    found[0x010F], found[0x0110], found[0x0112] = "Google", "Pixel 9", orientation
    found[0x0132], found[0x013B] = "2026:11:22 09:00:00", "Amina of Nakuru"
    inner = found.get_ifd(0x8769)
    inner[0x9003], inner[0xA431] = "2026:11:22 09:00:00", "SN-48151623"
    place = found.get_ifd(0x8825)
    place[1], place[2] = "S", (0.0, 17.0, 12.0)
    place[3], place[4] = "E", (36.0, 4.0, 0.0)
    return found


def profile() -> bytes:
    """A colour profile that names its maker."""
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return plain[:48] + b"PIXE" + plain[52:]


def jpeg(
    orientation: int = 1,
    seed: int = 3,
    width: int = 120,
    height: int = 80,
    **more: Any,  # noqa: ANN401
) -> bytes:
    """A JPEG of a phone, with everything that phones write, and a ZIP behind it."""
    out = io.BytesIO()
    scene(width, height, seed).save(
        out, "JPEG", quality=92, exif=exif(orientation), xmp=XMP, icc_profile=profile(),
        comment=b"<script>Nakuru</script>", **more,
    )  # fmt: skip
    data = out.getvalue()
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x0bNakuru SN-48151623"
    hidden = b"".join(
        _segment(marker, content)
        for marker, content in (
            (0xED, iptc),
            (0xE0, b"JFXX\x00\x10Nakuru thumbnail"),
            (0xE2, b"FPXR\x00Pixel 9"),
            (0xE9, b"maker SN-48151623"),
            (0xEE, b"not Adobe: Nakuru"),
        )
    )
    return data[:2] + hidden + data[2:] + b"PK\x03\x04Nakuru.zip"


def png(**more: Any) -> bytes:  # noqa: ANN401
    """A PNG with texts, EXIF, XMP, a chunk nobody knows and a ZIP behind it."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "Nakuru <script>")
    info.add_text("Author", "SN-48151623", zip=True)
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    out = io.BytesIO()
    picture = scene(**more)
    picture.save(out, "PNG", pnginfo=info, exif=exif(), icc_profile=profile())
    data = out.getvalue()
    unknown = _chunk(b"prVt", b"Nakuru Pixel 9")
    return data[:33] + unknown + data[33:] + b"PK\x03\x04Nakuru.zip"


def webp() -> bytes:
    """A WebP with EXIF, XMP, an unknown chunk and a ZIP behind it."""
    out = io.BytesIO()
    scene().save(out, "WEBP", quality=90, exif=exif(), xmp=XMP, icc_profile=profile())
    data = out.getvalue()
    unknown = b"SECR" + struct.pack("<I", 6) + b"Nakuru"
    body = data[8:] + unknown
    return b"RIFF" + struct.pack("<I", len(body)) + body + b"PK\x03\x04Nakuru.zip"


def bomb(side: int = 30_000) -> bytes:
    """A PNG of few bytes that says it is 30,000 pixels wide and high."""
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(10_000))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (_chunk(b"IHDR", head), _chunk(b"IDAT", rows), _chunk(b"IEND", b""))
    )


def heic() -> bytes:
    """The beginning of a HEIC file as phones write it."""
    return struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(200)


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def _chunk(name: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content)) + name + content
        + struct.pack(">I", zlib.crc32(name + content))
    )  # fmt: skip
