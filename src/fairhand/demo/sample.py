"""A task of the demo, and what its simulated contributors take to be right."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fairhand.core.ids import sha256_hex
from fairhand.formats.options import ReadOptions
from fairhand.formats.tasks import read_picture
from fairhand.model.task import NewPrediction, NewTask


@dataclass(frozen=True, slots=True)
class Sample:
    """One task to import; `variants` are the answers a simulated person may give."""

    task: NewTask
    variants: tuple[dict[str, Any], ...]

    @property
    def name(self) -> str:
        """The name by which simulated contributors find their answer."""
        return str(self.task.data["file_name"])


def make_task(
    name: str, source: str, pixels: NDArray[np.uint8], predictions: tuple[NewPrediction, ...]
) -> NewTask:
    """Make a task of a picture, as an import from a folder would."""
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    picture = read_picture(buffer.getvalue(), ReadOptions())
    return NewTask(
        data={"file_name": name, "source": source},
        fingerprint=sha256_hex(name.encode() + b"\n" + picture.original_sha256.encode()),
        place=name,
        media_bytes=picture.content,
        media=picture.media,
        predictions=predictions,
    )
