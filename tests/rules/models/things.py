"""Questions and items that tests of models share."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fairhand.compute.assistants.contract import Example, Item
from fairhand.model.project import Question


def choice(*labels: str, multiple: bool = False) -> Question:
    """A question with these labels."""
    config = {"labels": [{"value": label} for label in labels], "multiple": multiple}
    return Question("topic", "choice", "What is it about?", config)


def text(at: int, words: str) -> Item:
    """A task that is a text."""
    return Item(at, {"text": words})


def picture(at: int, image: Image.Image, form: str = "PNG") -> Item:
    """A task that is a picture."""
    out = io.BytesIO()
    image.save(out, form)
    return raw_picture(at, out.getvalue())


def raw_picture(at: int, content: bytes) -> Item:
    """A task whose picture is these bytes, sound or not."""
    return Item(at, {}, lambda: content, "image/png")


def photo(name: str) -> Image.Image:
    """A photograph that scikit-image ships."""
    from skimage import data

    return Image.fromarray(getattr(data, name)())


def answered(items: Sequence[Item], answers: Sequence[Any]) -> list[Example]:
    """Items with an answer each."""
    return [Example(i, {"topic": answer}) for i, answer in zip(items, answers, strict=True)]


@lru_cache(maxsize=1)
def digits() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Handwritten digits: 1,797 x 64 shades and what each is, in an order drawn by chance."""
    from sklearn.datasets import load_digits

    found = load_digits()
    order = np.random.default_rng(5).permutation(len(found.target))
    return found.data[order].astype(np.float32), found.target[order].astype(np.int64)
