"""What a picture is known by: prints that copies of it share, whatever was done to the file.

`phash` and `dhash` (64 bits each) survive scaling, recompression and small retouches; `flip` is
the `phash` of the mirrored picture, so that a mirrored copy is found by comparing it with others'
`phash`. `look` (256 bits) is what a trained network makes of the picture; it survives a crop and a
small turn, and is there only where fairhand[assist] is installed. Prints are compared by the bits
in which they differ (`apart`).
"""

from __future__ import annotations

import hashlib
import io
import warnings
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models import efficientnet
from fairhand.compute.models.images import MOST_PIXELS, to_rgb

KINDS: Final = ("phash", "dhash", "flip", "look")
LOOK_BITS: Final = 256
_SIDE: Final = 32
_LOW: Final = 8
_NETWORK_SIDE: Final = 192
_DRAFT: Final = 384


def read_image(content: bytes, most_pixels: int = MOST_PIXELS) -> Image.Image:
    """Decode a picture upright as 8-bit RGB, no finer than prints need.

    Raises AssistantError for what cannot be read or has more pixels than `most_pixels`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content)) as image:
                if image.width * image.height > most_pixels:
                    raise ValueError(f"{image.width} x {image.height} pixels are too many")
                image.draft("RGB", (_DRAFT, _DRAFT))
                image.load()
                return ImageOps.exif_transpose(to_rgb(image))
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise AssistantError(f"The picture cannot be read: {error}", hop="shape") from error


def size_of(content: bytes) -> tuple[int, int]:
    """Give the width and height that a readable picture has upright, in pixels."""
    with Image.open(io.BytesIO(content)) as image:
        turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
        return (image.height, image.width) if turned else image.size


def picture_prints(image: Image.Image, *, look: bool = True) -> dict[str, bytes]:
    """Give a picture's prints by kind; the same picture gives the same prints.

    Without `look` it is quick: what a trained network makes of the picture is left out.
    """
    grey = image.convert("L")
    prints = {
        "phash": _phash(grey),
        "dhash": _dhash(grey),
        "flip": _phash(ImageOps.mirror(grey)),
    }
    if look and efficientnet.is_installed():
        prints["look"] = _look(image.convert("RGB"))
    return prints


def apart(one: bytes, other: bytes) -> int:
    """Count the bits in which two prints of one kind differ."""
    left, right = np.frombuffer(one, np.uint8), np.frombuffer(other, np.uint8)
    return int(np.bitwise_count(left ^ right).sum())


def is_plain(image: Image.Image) -> bool:
    """Say whether a picture shows next to nothing: prints of such pictures mean nothing."""
    small = np.asarray(image.convert("L").resize((_SIDE, _SIDE)), dtype=np.float32)
    return bool(small.std() < 2.0)


def _phash(grey: Image.Image) -> bytes:
    """Which of the 64 slowest waves (DCT-II) of the picture at 32 x 32 lie above their median.

    Zauner (2010), "Implementation and Benchmarking of Perceptual Image Hash Functions", 3.2.1.
    """
    from scipy.fft import dctn

    small = np.asarray(grey.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS), dtype=np.float64)
    low = dctn(small)[:_LOW, :_LOW]
    return _bits(low > np.median(low))


def _dhash(grey: Image.Image) -> bytes:
    """Where it gets brighter to the right, in 8 x 8 places."""
    small = np.asarray(grey.resize((_LOW + 1, _LOW), Image.Resampling.LANCZOS), dtype=np.int16)
    return _bits(small[:, 1:] > small[:, :-1])


def _look(picture: Image.Image) -> bytes:
    """On which side of 256 fixed planes the network's features of the picture lie.

    The share of bits in which two looks differ estimates the angle between the features, divided
    by pi (Charikar 2002, "Similarity estimation techniques from rounding algorithms").
    """
    small = picture.resize((_NETWORK_SIDE, _NETWORK_SIDE), Image.Resampling.BICUBIC)
    pixels = ((np.asarray(small, dtype=np.float32) - 127.0) / 128.0).transpose(2, 0, 1)
    found = efficientnet.open_network().run(None, {"pictures": pixels[None]})[0][0]
    return _bits(_planes() @ (found - found.mean()) > 0)


@lru_cache(maxsize=1)
def _planes() -> NDArray[np.float32]:
    """256 planes of +1 and -1, drawn from SHA-256 so that they are the same for ever."""
    wide = efficientnet.DIMENSIONS
    drawn = b"".join(
        hashlib.sha256(f"look {number}".encode()).digest()
        for number in range(LOOK_BITS * wide // 256)
    )
    bits = np.unpackbits(np.frombuffer(drawn, np.uint8)).reshape(LOOK_BITS, wide)
    return bits.astype(np.float32) * 2.0 - 1.0


def _bits(yes: NDArray[np.bool_]) -> bytes:
    return np.packbits(yes.ravel()).tobytes()
