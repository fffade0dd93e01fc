"""Pictures for the journeys: nuclei from the data folder, scans and tissue from the packages."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fairhand.demo.digits import digit_samples
from fairhand.demo.policies import digits_policy, structures_policy
from fairhand.demo.sample import make_task
from fairhand.labels import rle
from fairhand.model.task import NewPrediction, NewTask
from tests.data import data_dir

DIGIT = digits_policy().questions[0]
STRUCTURES = structures_policy().questions[0]

TILE = 128
DARK = 110


@cache
def digits(count: int) -> tuple[NewTask, ...]:
    """Give scans of digits without any guess."""
    return tuple(replace(sample.task, predictions=()) for sample in digit_samples(count))


@cache
def guessed_digits(count: int) -> tuple[NewTask, ...]:
    """Give scans of digits that each come with a model's guess."""
    tasks = (sample.task for sample in digit_samples(2 * count))
    return tuple(task for task in tasks if task.predictions)


@cache
def tissue(count: int, *, guessed: bool = False) -> tuple[NewTask, ...]:
    """Cut tiles out of a picture of stained tissue, with or without a rough proposal."""
    import skimage

    with Image.open(Path(skimage.__file__).parent / "data" / "ihc.png") as opened:
        whole = np.asarray(opened.convert("RGB"))
    corners = [(y, x) for y in range(0, 512, TILE) for x in range(0, 512, TILE)][:count]
    return tuple(_tile(whole[y : y + TILE, x : x + TILE], f"{y}-{x}", guessed) for y, x in corners)


def _tile(pixels: NDArray[np.uint8], name: str, guessed: bool) -> NewTask:
    dark = pixels[..., 2] < DARK
    regions = [{"label": "stained", "counts": rle.encode(dark)}]
    value = {STRUCTURES.name: {"size": [TILE, TILE], "regions": regions}}
    guess = (NewPrediction(value, "threshold@1", 0.6),) if guessed else ()
    return make_task(f"tissue-{name}.png", "scikit-image", pixels, guess)


def tissue_files(folder: Path, count: int) -> list[Path]:
    """Write tiles of tissue as files to upload."""
    folder.mkdir(parents=True)
    for task in tissue(count):
        (folder / task.place).write_bytes(task.media_bytes or b"")
    return sorted(folder.iterdir())


def nuclei_files(count: int) -> list[Path]:
    """Find pictures of nuclei; skips the journey when the data folder is absent."""
    return sorted(data_dir("seg_nuclei").glob("*_img.png"))[:count]


def nuclei_tasks(count: int) -> tuple[tuple[NewTask, ...], tuple[NDArray[np.int64], ...]]:
    """Give pictures of nuclei, and which nucleus each of their pixels belongs to (0: none)."""
    folder = data_dir("seg_nuclei")
    tasks, truths = [], []
    for name in [f"{number:03d}" for number in range(count)]:
        with Image.open(folder / f"{name}_img.png") as opened:
            pixels = np.asarray(opened.convert("RGB"))
        with Image.open(folder / f"{name}_inst.png") as opened:
            truths.append(np.asarray(opened).astype(np.int64))
        tasks.append(make_task(f"nuclei-{name}.png", "BBBC038", pixels, ()))
    return tuple(tasks), tuple(truths)
