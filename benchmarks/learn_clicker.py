"""Learn the weights of the built-in clicker, and write them where it looks for them.

    python -m benchmarks.learn_clicker

A simulated person clicks things through, as in `segmentation_assist`, on the nuclei pictures with
even numbers and on every second field of the satellite picture; some clicks are off the middle, as
people's are. What the network then sees of pixels, and whether they belong to the thing, is learnt
from. The next rounds see the masks that the network of the round before leaves behind. The nuclei
pictures with odd numbers are not touched.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from benchmarks.segmentation_assist import DATA, deepest, iou, load_nuclei, mistakes, nuclei
from fairhand.compute.models import click_network
from fairhand.compute.models.click_sight import sight
from fairhand.compute.models.clicks import OutlineClicker, PreparedPicture
from fairhand.compute.models.learnt import pack_learnt
from fairhand.compute.models.net import Net, learn_net
from fairhand.compute.models.prompts import Click, Mask, Prompt

ROUNDS = 2
PIXELS = 120
MOST_CLICKS = 10
OFF = 0.4
"""Share of the clicks that miss the middle of the mistake, by up to half of its depth."""
Points = tuple[NDArray[np.float32], NDArray[np.bool_]]


def things(each: int, seed: int) -> Iterator[tuple[PreparedPicture, Mask]]:
    """Give pictures to learn from, with some things in each."""
    rng = np.random.default_rng(seed)
    for name in nuclei()[::2]:
        picture, numbers = load_nuclei(name)
        yield from _some(picture, numbers, each, rng)
    folder = DATA / "seg_satellite_fields"
    picture = np.asarray(Image.open(folder / "sentinel2_rgb.png").convert("RGB"))
    numbers = np.asarray(Image.open(folder / "fields_inst.png")).astype(np.int64)
    yield from _some(picture, np.where(numbers % 2 == 0, numbers, 0), 5 * each, rng)


def _some(
    picture: NDArray[np.uint8], numbers: NDArray[np.int64], each: int, rng: np.random.Generator
) -> Iterator[tuple[PreparedPicture, Mask]]:
    ready = OutlineClicker().prepare(picture)
    assert isinstance(ready, PreparedPicture)
    found, areas = np.unique(numbers, return_counts=True)
    for number in rng.permutation(found[(found > 0) & (areas >= 20)])[:each]:
        yield ready, numbers == number


def click(truth: Mask, mask: Mask, rng: np.random.Generator) -> Click:
    """Click in the middle of the largest mistake, or beside it."""
    missing, extra, top, left = mistakes(truth, mask)
    found = [deepest(missing), deepest(extra)]
    positive = found[0][2] >= found[1][2]
    wrong = missing if positive else extra
    row, column, depth = found[0] if positive else found[1]
    if rng.random() < OFF:
        turn, away = rng.uniform(0, 2 * np.pi), rng.uniform(0, depth / 2)
        y, x = round(row + away * np.sin(turn)), round(column + away * np.cos(turn))
        if 0 <= y < wrong.shape[0] and 0 <= x < wrong.shape[1] and wrong[y, x]:
            row, column = y, x
    return Click(column + left, row + top, positive)


def look_back(
    ready: PreparedPicture, mask: Mask, clicks: list[Click], truth: Mask, rng: np.random.Generator
) -> Points:
    """Give some of the pixels that the network sees, most of them near outlines."""
    is_first = len(clicks) == 1
    rows, columns, scene = click_network.see_scene(ready.planes, mask, clicks, is_first=is_first)
    here = truth[rows, columns]
    rim = np.zeros_like(here)
    for one, reach in ((here, 2), (scene.mask, 3)):
        rim |= ndimage.binary_dilation(one, iterations=reach)
        rim &= ~ndimage.binary_erosion(one, iterations=reach)
    near, few = np.flatnonzero(rim), PIXELS // 3
    chosen = rng.integers(here.size, size=few)
    if near.size:
        chosen = np.concatenate([chosen, rng.choice(near, PIXELS - few)])
    seen = sight(scene)
    return seen.reshape(len(seen), -1)[:, chosen].T, here.ravel()[chosen]


def watch(each: int, seed: int, *, with_network: bool) -> Points:
    """Click things through with the clicker as it is, and keep what there was to see."""
    rng = np.random.default_rng(seed)
    kept: list[Points] = []
    for ready, truth in things(each, seed):
        mask = np.zeros(truth.shape, bool)
        clicks: list[Click] = []
        while len(clicks) < MOST_CLICKS and iou(mask, truth) < 0.96:
            clicks.append(click(truth, mask, rng))
            before = mask if mask.any() else ready.guess(clicks[0])
            kept.append(look_back(ready, before, clicks, truth, rng))
            if not with_network:
                break
            mask = ready.outline(Prompt(tuple(clicks), None, mask)).mask
            if len(clicks) == 1:
                kept.append(look_back(ready, mask, clicks, truth, rng))
    return np.concatenate([rows for rows, _ in kept]), np.concatenate([one for _, one in kept])


def keep(network: Net) -> None:
    """Write the weights into the package."""
    header = {"features": network.features, "model": "outline@2"}
    place = Path(str(resources.files(click_network.__package__ or "")))
    (place / click_network.WEIGHTS).write_bytes(pack_learnt(header, network.arrays()))
    click_network.network.cache_clear()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=8, help="things of each picture")
    given = parser.parse_args()
    seen: list[Points] = []
    for number in range(ROUNDS + 1):
        seen.append(watch(given.each, number, with_network=number > 0))
        rows, truth = (np.concatenate(part) for part in zip(*seen, strict=True))
        keep(learn_net(rows, truth, np.ones(len(truth)), seed=0))
        print(json.dumps({"round": number, "pixels": len(truth)}), flush=True)


if __name__ == "__main__":
    main()
