"""Small helpers to read what a test wrote."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fairhand.core.errors import Issue
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from fairhand.model.task import NewTask


@dataclass(frozen=True)
class Asked:
    """A question, as far as answers care."""

    name: str
    kind: str
    config: dict[str, Any] = field(default_factory=dict)
    required: bool = True
    only_if: dict[str, Any] | None = None


def split(read: Iterable[NewTask | Issue]) -> tuple[list[NewTask], list[Issue]]:
    """Sort what was read into tasks and issues."""
    everything = list(read)
    tasks = [one for one in everything if isinstance(one, NewTask)]
    return tasks, [one for one in everything if isinstance(one, Issue)]


def read(
    folder: Path, name: str, content: bytes, options: ReadOptions | None = None
) -> tuple[list[NewTask], list[Issue]]:
    """Write a file and read it."""
    path = folder / name
    path.write_bytes(content)
    return split(read_tasks(path, options))


def saved(pixels: NDArray[Any] | Image.Image, kind: str = "PNG", **how: Any) -> bytes:  # noqa: ANN401
    """Code a picture."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    out = BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def gradient(height: int, width: int) -> NDArray[np.uint8]:
    """A smooth colour picture."""
    across = np.linspace(0, 255, width, dtype=np.uint8)
    down = np.linspace(0, 255, height, dtype=np.uint8)
    red, green = np.meshgrid(across, down)
    return np.dstack([red, green, red // 2 + green // 2])
