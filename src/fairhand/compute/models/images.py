"""Pictures as features, whatever their depth, size and soundness."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from fairhand.compute.assistants.contract import AssistantError, Embedder, Features, Item
from fairhand.compute.models import efficientnet

MOST_PIXELS: Final = 150_000_000
SMALL: Final = 96
"""Longest side, in pixels, of a picture that the network looks at with 128 pixels, not 192."""
_SIZES: Final = (128, 192)
_BATCH: Final = 16

Pixels = NDArray[np.uint8]
Problems = dict[int, str]


class NetworkEmbedder:
    """1,280 features by EfficientNet-Lite0, as its last layer but one sees the picture."""

    name = "efficientnet-lite0@1"

    def embed(self, items: Sequence[Item]) -> Features:
        """Give N x 1280 float32 features; zero for a picture that cannot be read."""
        return self.embed_readable(items)[0]

    def embed_readable(self, items: Sequence[Item]) -> tuple[Features, Problems]:
        """Give features, and by place what is wrong with the pictures that cannot be read."""
        whole = np.zeros((len(items), efficientnet.DIMENSIONS), dtype=np.float32)
        problems: Problems = {}
        for places, pictures in _batches(items, problems):
            found = efficientnet.open_network().run(None, {"pictures": pictures})[0]
            whole[places] = found
        return whole, problems


class GridEmbedder:
    """336 features of colour and edges on a grid: needs no package, knows no objects."""

    name = "grid-image@2"

    def embed(self, items: Sequence[Item]) -> Features:
        """Give N x 336 float32 features; zero for a picture that cannot be read."""
        return self.embed_readable(items)[0]

    def embed_readable(self, items: Sequence[Item]) -> tuple[Features, Problems]:
        """Give features, and by place what is wrong with the pictures that cannot be read."""
        whole = np.zeros((len(items), 336), dtype=np.float32)
        problems: Problems = {}
        for at, item in enumerate(items):
            try:
                whole[at] = grid_features(read_picture(item, 64))
            except AssistantError as error:
                problems[at] = error.message
        return whole, problems


def image_embedder() -> Embedder:
    """Give the best features that are installed."""
    return NetworkEmbedder() if efficientnet.is_installed() else GridEmbedder()


def read_picture(item: Item, side: int) -> Image.Image:
    """Read an item's picture as 8-bit RGB; a large one no finer than `side` pixels needs.

    Raises AssistantError when there is none, it is broken, or it has more than 150 million pixels.
    """
    if item.media is None:
        raise AssistantError("The task has no picture.", hop="shape")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(item.media())) as image:
                return _bring_down(image, side)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise AssistantError(f"The picture cannot be read: {error}", hop="shape") from error


def _bring_down(image: Image.Image, side: int) -> Image.Image:
    """Decode, upright, at 8 bits; shrink a picture that is far larger than asked."""
    if image.width * image.height > MOST_PIXELS:
        raise ValueError(f"{image.width} x {image.height} pixels are too many")
    image.draft("RGB", (2 * side, 2 * side))
    image.load()
    factor = min(image.width, image.height) // (2 * side)
    plain = to_rgb(image.reduce(factor) if factor > 1 and image.mode in ("L", "RGB") else image)
    return ImageOps.exif_transpose(plain)


def to_rgb(image: Image.Image) -> Image.Image:
    """Bring any picture to 8-bit RGB: deep greys are stretched, what is clear becomes white."""
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_stretch(np.asarray(image, dtype=np.float64))).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _stretch(values: NDArray[np.float64]) -> Pixels:
    """Bring what lies between the 1st and 99th percentile to 0 … 255; one shade stays mid-grey."""
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = np.percentile(finite, (1, 99))
    if high <= low:
        low, high = finite.min(), finite.max()
    if high <= low:
        return np.full(finite.shape, 128, dtype=np.uint8)
    shades: Pixels = np.clip((finite - low) * (255.0 / (high - low)), 0, 255).astype(np.uint8)
    return shades


def _batches(
    items: Sequence[Item], problems: Problems
) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
    """Read pictures and group those of one size, sixteen at a time, however many there are."""
    waiting: dict[int, list[tuple[int, NDArray[np.float32]]]] = {size: [] for size in _SIZES}
    for at, item in enumerate(items):
        try:
            picture = read_picture(item, _SIZES[-1])
        except AssistantError as error:
            problems[at] = error.message
            continue
        size = _SIZES[0] if max(picture.size) <= SMALL else _SIZES[1]
        waiting[size].append((at, _for_network(picture, size)))
        if len(waiting[size]) == _BATCH:
            yield _together(waiting[size])
            waiting[size] = []
    yield from (_together(group) for group in waiting.values() if group)


def _together(
    group: list[tuple[int, NDArray[np.float32]]],
) -> tuple[list[int], NDArray[np.float32]]:
    """Stack a group's pictures and list their places."""
    return [at for at, _ in group], np.stack([picture for _, picture in group])


def _for_network(picture: Image.Image, size: int) -> NDArray[np.float32]:
    """Give 3 x size x size fractions between -1 and 1, as the network was trained on."""
    small = picture.resize((size, size), Image.Resampling.BICUBIC)
    scaled = (np.asarray(small, dtype=np.float32) - 127.0) / 128.0
    return scaled.transpose(2, 0, 1)


def grid_features(picture: Image.Image) -> NDArray[np.float32]:
    """Mean colour in 8 x 8 cells (192), and edges by nine directions in 4 x 4 cells (144).

    The edges are histograms of oriented gradients (Dalal and Triggs 2005), each of length one.
    """
    small = picture.resize((64, 64), Image.Resampling.BILINEAR)
    colour = np.asarray(small.resize((8, 8), Image.Resampling.BOX), dtype=np.float32) / 255.0
    grey = np.asarray(small.convert("L"), dtype=np.float32) / 255.0
    down, across = np.gradient(grey)
    strength = np.hypot(down, across)
    direction = np.minimum((np.arctan2(down, across) % np.pi) / np.pi * 9, 8).astype(np.int64)
    cell = np.add.outer(np.arange(64) // 16 * 4, np.arange(64) // 16)
    edges = np.bincount((cell * 9 + direction).ravel(), strength.ravel(), minlength=144)
    blocks = edges.reshape(16, 9)
    blocks = blocks / np.maximum(np.linalg.norm(blocks, axis=1, keepdims=True), 1e-3)
    return np.concatenate([colour.ravel(), blocks.ravel()]).astype(np.float32)
