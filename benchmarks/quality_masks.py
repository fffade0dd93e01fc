"""Crowd outlines against an expert's: accuracy and speed beside SimpleITK's STAPLE.

    python -m benchmarks.quality_masks --peers VENV

Mean IoU over images; CPU nanoseconds a vote pixel (people x pixels), the best of three passes over
all images, from packed bits, from arrays, and from the run-length text of mask answers. With five
gold images: the mean over random draws (seed 0), scored on the images not drawn.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.labels import rle
from fairhand.quality import Staple, consensus_mask, learn_outline
from fairhand.quality.mask_overlap import layers_of, mean_pairwise_iou
from fairhand.quality.structured.mask_consensus import mask_iou

Bits = NDArray[np.bool_]

SETS = ("cell_masks_2", "cell_masks_4")
GOLD, PASSES = 5, 3
_PEER = """
import json, sys, time
import numpy as np
import SimpleITK as itk
itk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
scores, spent, pixels = [], 0.0, 0
with np.load(sys.argv[1]) as archive:
    for index in range(int(archive["n"])):
        height, width = archive[f"shape_{index}"].tolist()
        area = height * width
        crowd = np.unpackbits(archive[f"crowd_{index}"], axis=1)[:, :area]
        gold = np.unpackbits(archive[f"gold_{index}"])[:area].reshape(height, width) > 0
        images = [itk.GetImageFromArray(one.reshape(height, width)) for one in crowd]
        best = 1e9
        for _ in range(2):
            start = time.process_time()
            fused = itk.STAPLE(images, 1.0)
            best = min(best, time.process_time() - start)
        spent += best
        pixels += crowd.size
        mask = itk.GetArrayFromImage(fused) > 0.5
        scores.append((mask & gold).sum() / (mask | gold).sum())
print(json.dumps([float(np.mean(scores)), spent / pixels * 1e9]))
"""


@dataclass(frozen=True)
class Picture:
    """One image as it is stored, its crowd (people x height x width) and the expert's mask."""

    packed: NDArray[np.uint8]
    crowd: Bits
    gold: Bits

    def unpacked(self) -> Bits:
        """The crowd again, from packed bits."""
        shape = self.crowd.shape
        bits = np.unpackbits(self.packed, axis=1)[:, : shape[1] * shape[2]]
        return bits.view(bool).reshape(shape)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = os.environ.get("FAIRHAND_DATA", "../shared/data")
    parser.add_argument("--data", type=Path, default=Path(default), help="folder of data sets")
    parser.add_argument("--peers", type=Path, help="venv with SimpleITK installed")
    parser.add_argument("--draws", type=int, default=40, help="random draws of gold images")
    options = parser.parse_args()
    if options.peers is None:
        print("no --peers VENV: ours alone\n")
    for name in SETS:
        path = options.data / "crowd" / name / "masks.npz"
        if not path.exists():
            print(f"{name}: not there ({path})")
            continue
        show(name, path, options.draws, options.peers)
    readers(options.data / "crowd" / "lidc_4reader_masks" / "masks.npz")


def show(name: str, path: Path, draws: int, peers: Path | None) -> None:
    """Print one set: accuracy, then speed."""
    pictures = load(path)
    pixels = sum(one.crowd.size for one in pictures)
    peer = ask_peer(path, peers) if peers else None
    print(f"{name}: {len(pictures)} images, {pixels:,} vote pixels\n{'':34}mean IoU")
    for what, score in accuracies(pictures, draws).items():
        print(f"  {what:32}{score:8.4f}")
    if peer:
        print(f"  {'SimpleITK STAPLE':32}{peer[0]:8.4f}")
    print(f"{'':34}ns a vote pixel{'':4}SimpleITK / this")
    for what, nanoseconds in speeds(pictures, pixels).items():
        ratio = f"{peer[1] / nanoseconds:12.0f} x" if peer else ""
        print(f"  {what:32}{nanoseconds:8.2f}{'':9}{ratio}")
    if peer:
        print(f"  {'SimpleITK STAPLE, one thread':32}{peer[1]:8.2f}")
    print()


def load(path: Path) -> list[Picture]:
    """Read one set."""
    found = []
    with np.load(path) as archive:
        for index in range(int(archive["n"])):
            height, width = archive[f"shape_{index}"].tolist()
            packed = archive[f"crowd_{index}"]
            bits = np.unpackbits(packed, axis=1)[:, : height * width]
            gold = np.unpackbits(archive[f"gold_{index}"])[: height * width]
            crowd = bits.reshape(-1, height, width) > 0
            found.append(Picture(packed, crowd, gold.reshape(height, width) > 0))
    return found


def accuracies(pictures: Sequence[Picture], draws: int) -> dict[str, float]:
    """Mean IoU with the expert of each way of joining."""

    def score(join: Callable[[Any], Any]) -> float:
        return float(np.mean([mask_iou(join(one.crowd), one.gold) for one in pictures]))

    people = [[mask_iou(mask, one.gold) for mask in one.crowd] for one in pictures]
    learned, base, least = with_gold(pictures, draws)
    return {
        "mean person": float(np.mean([np.mean(row) for row in people])),
        "majority": score(lambda crowd: 2 * crowd.sum(axis=0) > len(crowd)),
        "ours, STAPLE": score(lambda crowd: Staple().fit(crowd).mask),
        "ours, neighbours' vote": score(lambda crowd: consensus_mask(crowd).mask),
        f"ours, {GOLD} gold, {draws} draws, held out": learned,
        "  majority on the same images": base,
        "  least gain over it in a draw": least,
    }


def with_gold(pictures: Sequence[Picture], draws: int) -> tuple[float, float, float]:
    """Learn from some images, score on the others: ours, majority, and the least gain."""
    rng = np.random.default_rng(0)
    plain = [mask_iou(2 * one.crowd.sum(axis=0) > len(one.crowd), one.gold) for one in pictures]
    ours, base = [], []
    for _ in range(draws):
        chosen = set(rng.choice(len(pictures), GOLD, replace=False).tolist())
        outline = learn_outline([(pictures[one].crowd, pictures[one].gold) for one in chosen])
        rest = [one for one in range(len(pictures)) if one not in chosen]
        masks = [consensus_mask(pictures[one].crowd, outline).mask for one in rest]
        scores = [mask_iou(m, pictures[one].gold) for m, one in zip(masks, rest, strict=True)]
        ours.append(float(np.mean(scores)))
        base.append(float(np.mean([plain[one] for one in rest])))
    return float(np.mean(ours)), float(np.mean(base)), float(np.min(np.subtract(ours, base)))


def speeds(pictures: Sequence[Picture], pixels: int) -> dict[str, float]:
    """Nanoseconds a vote pixel of each way in."""
    answers = [[answer_of(mask) for mask in one.crowd] for one in pictures]
    ways: dict[str, Callable[[int], object]] = {
        "from arrays": lambda one: consensus_mask(pictures[one].crowd),
        "from packed bits": lambda one: consensus_mask(pictures[one].unpacked()),
        "from run-length text": lambda one: consensus_mask(answers[one]),
        "ours, STAPLE, from arrays": lambda one: Staple().fit(pictures[one].crowd),
    }
    return {what: best_of(way, len(pictures)) / pixels * 1e9 for what, way in ways.items()}


def answer_of(mask: Bits) -> dict[str, Any]:
    """Write a mask as a mask answer."""
    return {"size": list(mask.shape), "regions": [{"label": "cell", "counts": rle.encode(mask)}]}


def best_of(way: Callable[[int], object], images: int) -> float:
    """CPU seconds over all images, the best of some passes."""
    best = float("inf")
    for _ in range(PASSES):
        start = time.process_time()
        for one in range(images):
            way(one)
        best = min(best, time.process_time() - start)
    return best


def ask_peer(path: Path, peers: Path) -> tuple[float, float]:
    """Run SimpleITK in its own process: mean IoU, nanoseconds a vote pixel."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
        script.write(_PEER)
        script.flush()
        command = [str(peers / "bin" / "python"), script.name, str(path.resolve())]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    score, nanoseconds = json.loads(done.stdout.strip().splitlines()[-1])
    return score, nanoseconds


def readers(path: Path) -> None:
    """Check the mean pairwise IoU of four readers against the known 0.712."""
    if not path.exists():
        print(f"lidc_4reader_masks: not there ({path})")
        return
    found, plain = [], []
    with np.load(path) as archive:
        shapes, packed = archive["shapes"], archive["packed"]
    place = 0
    for height, width in shapes.tolist():
        size = (height * width + 7) // 8
        rows = packed[place : place + 4 * size].reshape(4, size)
        place += 4 * size
        masks = np.unpackbits(rows, axis=1)[:, : height * width].reshape(4, height, width) > 0
        found.append(mean_pairwise_iou([layers_of(answer_of(mask)) for mask in masks]))
        plain.append(np.mean([mask_iou(one, other) for one, other in combinations(masks, 2)]))
    print(f"LIDC: {len(found)} nodules, mean pairwise IoU {np.mean(found):.4f}")
    print(f"      {np.mean(plain):.4f} pixel by pixel")


if __name__ == "__main__":
    main()
