"""Segmentation assist beside classical yardsticks, on pictures that nothing was learnt from.

Clicks: a simulated person clicks on the centre of the largest mistake until the mask is good; a
thing that is not good after 20 clicks counts as 20. Models: learn from K corrected pictures and
propose masks for others. Both sides see the same things, pictures and clicks, in one run.

    python -m benchmarks.segmentation_assist clicks --objects 1
    python -m benchmarks.segmentation_assist models --draws 3

`geodesic` and `random walker` are scikit-image's; `GrabCut` is OpenCV's and runs where `cv2` is
installed. The weights of the built-in clicker were learnt from the pictures with even numbers
(`learn_clicker`); the clicks here are on the odd ones. The pixel model's rules were chosen on even
pictures as well: `models --odd` learns from and measures on odd ones alone. With `--asked`, what is
learnt from is what Fairhand asks first, its coverage of the pictures apart from those of the test,
and no draw. Times are CPU time of one thread, so that neighbours do not count.
"""

from __future__ import annotations

import argparse
import csv
import os
import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from fairhand.compute.assistants.contract import Example, Item
from fairhand.compute.models.clicks import OutlineClicker
from fairhand.compute.models.images import image_embedder
from fairhand.compute.models.pixels import PixelTrainer
from fairhand.compute.models.prompts import Click, Mask, Picture, Prompt
from fairhand.labels import rle
from fairhand.model.project import Question
from fairhand.work.active_learning.choose import choose
from fairhand.work.active_learning.shapes import Pool

DATA = Path(os.environ.get("FAIRHAND_DATA", Path(__file__).parents[2] / "shared" / "data"))
MOST_CLICKS = 20
GOALS = (0.80, 0.85, 0.90)
Outliner = Callable[[Sequence[Click], Mask], Mask]
QUESTION = Question("things", "mask", "?", {"labels": [{"value": "thing"}]})


def nuclei() -> list[str]:
    with (DATA / "seg_nuclei" / "index.csv").open() as file:
        return [row["name"] for row in csv.DictReader(file)]


def load_nuclei(name: str) -> tuple[Picture, NDArray[np.int64]]:
    folder = DATA / "seg_nuclei"
    picture = np.asarray(Image.open(folder / f"{name}_img.png").convert("RGB"))
    return picture, np.asarray(Image.open(folder / f"{name}_inst.png")).astype(np.int64)


def iou(one: Mask, other: Mask) -> float:
    together = int((one | other).sum())
    return float((one & other).sum() / together) if together else 1.0


def deepest(wrong: Mask) -> tuple[int, int, float]:
    depth = ndimage.distance_transform_edt(np.pad(wrong, 1))[1:-1, 1:-1]
    row, column = divmod(int(depth.argmax()), wrong.shape[1])
    return row, column, float(depth.max())


def mistakes(truth: Mask, mask: Mask) -> tuple[Mask, Mask, int, int]:
    """Cut out what is missing and what is too much; gives the first row and column as well."""
    rows, columns = (np.flatnonzero((truth | mask).any(axis=axis)) for axis in (1, 0))
    top, left = int(rows[0]), int(columns[0])
    part = slice(top, int(rows[-1]) + 1), slice(left, int(columns[-1]) + 1)
    return truth[part] & ~mask[part], mask[part] & ~truth[part], top, left


def next_click(truth: Mask, mask: Mask) -> Click:
    """Click on the centre of the largest mistake: the pixel deepest inside one."""
    lacking, surplus, top, left = mistakes(truth, mask)
    missing, extra = deepest(lacking), deepest(surplus)
    row, column, _ = missing if missing[2] >= extra[2] else extra
    return Click(left + column, top + row, positive=missing[2] >= extra[2])


def built_in(picture: Picture) -> Outliner:
    ready = OutlineClicker().prepare(picture)
    return lambda clicks, mask: (
        ready.outline(Prompt(tuple(clicks), None, mask if mask.any() else None)).mask
    )


def geodesic(picture: Picture) -> Outliner:
    """Nearer to a positive click than to a negative one, or to the window's border."""
    from skimage.graph import MCP_Geometric

    grey = picture.mean(axis=2) / 255
    cost = 0.01 + ndimage.gaussian_gradient_magnitude(grey, 1.0) / 0.1

    def outline(clicks: Sequence[Click], mask: Mask) -> Mask:
        rows, columns = window(clicks, mask.shape)
        part = cost[rows, columns]
        border = np.ones(part.shape, bool)
        border[1:-1, 1:-1] = False
        own = [(c.y - rows.start, c.x - columns.start) for c in clicks if c.positive]
        others = [(c.y - rows.start, c.x - columns.start) for c in clicks if not c.positive]
        others += [tuple(place) for place in np.argwhere(border)]
        near, _ = MCP_Geometric(part).find_costs(own)
        far, _ = MCP_Geometric(part).find_costs(others)
        found = np.zeros(mask.shape, bool)
        found[rows, columns] = near < far
        return found

    return outline


def random_walker(picture: Picture) -> Outliner:
    from skimage.segmentation import random_walker as walk

    grey = ndimage.gaussian_filter(picture.mean(axis=2) / 255, 0.7)

    def outline(clicks: Sequence[Click], mask: Mask) -> Mask:
        rows, columns = window(clicks, mask.shape)
        seeds = np.zeros(mask[rows, columns].shape, np.int32)
        seeds[[0, -1]], seeds[:, [0, -1]] = 2, 2
        for click in clicks:
            seeds[click.y - rows.start, click.x - columns.start] = 1 if click.positive else 2
        found = np.zeros(mask.shape, bool)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found[rows, columns] = walk(grey[rows, columns], seeds, beta=1_000, mode="cg_j") == 1
        return found

    return outline


def grab_cut(picture: Picture) -> Outliner:
    import cv2

    def outline(clicks: Sequence[Click], mask: Mask) -> Mask:
        rows, columns = window(clicks, mask.shape)
        part = np.ascontiguousarray(picture[rows, columns, ::-1])
        seeds = np.full(part.shape[:2], cv2.GC_PR_BGD, np.uint8)
        seeds[[0, -1]], seeds[:, [0, -1]] = cv2.GC_BGD, cv2.GC_BGD
        if mask.any():
            seeds[mask[rows, columns]] = cv2.GC_PR_FGD
        for click in clicks:
            at = (click.x - columns.start, click.y - rows.start)
            if not mask.any():
                cv2.circle(seeds, at, 8, cv2.GC_PR_FGD, -1)
            cv2.circle(seeds, at, 2, cv2.GC_FGD if click.positive else cv2.GC_BGD, -1)
        cv2.grabCut(
            part, seeds, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK
        )
        found = np.zeros(mask.shape, bool)
        found[rows, columns] = (seeds == cv2.GC_FGD) | (seeds == cv2.GC_PR_FGD)
        return found

    return outline


def window(clicks: Sequence[Click], shape: tuple[int, ...], reach: int = 48) -> tuple[slice, slice]:
    """All clicks with a margin."""
    rows, columns = [c.y for c in clicks], [c.x for c in clicks]
    return (
        slice(max(0, min(rows) - reach), min(shape[0], max(rows) + reach + 1)),
        slice(max(0, min(columns) - reach), min(shape[1], max(columns) + reach + 1)),
    )


def click_through(outline: Outliner, truth: Mask) -> tuple[list[float], list[float]]:
    """Click until .95 or 20 clicks; gives IoU after each click, and milliseconds of each."""
    mask, clicks, curve, took = np.zeros(truth.shape, bool), [], [], []
    while len(clicks) < MOST_CLICKS and (not curve or curve[-1] < 0.95):
        clicks.append(next_click(truth, mask))
        began = process_time()
        mask = outline(clicks, mask)
        took.append((process_time() - began) * 1_000)
        curve.append(iou(mask, truth))
    return curve, took


def run_clicks(objects: int, draws: int, pictures: int, with_peers: bool) -> None:
    methods: dict[str, Callable[[Picture], Outliner]] = {"built-in": built_in}
    if with_peers:
        methods |= {"geodesic": geodesic, "random walker": random_walker}
        if find_spec("cv2") is None:
            print("GrabCut: not run, cv2 is not installed here")
        else:
            methods["GrabCut"] = grab_cut
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        curves: dict[str, list[list[float]]] = {name: [] for name in methods}
        took: dict[str, list[float]] = {name: [] for name in methods}
        names = rng.permutation(nuclei()[1::2])[:pictures]
        for name in names:
            picture, instances = load_nuclei(name)
            numbers, areas = np.unique(instances, return_counts=True)
            chosen = rng.permutation(numbers[(numbers > 0) & (areas >= 20)])[:objects]
            ready = {method: make(picture) for method, make in methods.items()}
            for number in chosen:
                for method, outline in ready.items():
                    curve, ms = click_through(outline, instances == number)
                    curves[method].append(curve)
                    took[method] += ms
        print(f"draw {draw}: {len(curves['built-in'])} nuclei in {len(names)} pictures")
        for method in methods:
            print(f"  {method:14s}", summary(curves[method], took[method]), flush=True)


def summary(curves: list[list[float]], took: list[float]) -> str:
    whole = np.array([curve + [curve[-1]] * (MOST_CLICKS - len(curve)) for curve in curves])
    at = " / ".join(f"{whole[:, n - 1].mean():.3f}" for n in (1, 2, 3, 5))
    clicks = []
    for goal in GOALS:
        reached = whole >= goal
        needed = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, MOST_CLICKS)
        clicks.append(f"{needed.mean():.2f}")
    never = (whole.max(axis=1) < 0.9).mean()
    steps = np.concatenate([np.diff(curve) for curve in curves])
    return (
        f"IoU@1/2/3/5 {at}  clicks to .80/.85/.90 {' / '.join(clicks)}  never .90 {never:.1%}  "
        f"worse after a click {(steps < -1e-9).mean():.1%}  {np.mean(took):.0f} ms of CPU"
    )


def as_example(number: int, path: Path, mask: Mask) -> Example:
    content = path.read_bytes()
    value = {
        "things": {
            "size": list(mask.shape),
            "regions": [{"label": "thing", "counts": rle.encode(mask)}],
        }
    }
    return Example(Item(number, {}, lambda: content, "image/png"), value)


def pairs(which: str) -> list[tuple[Path, Mask]]:
    """List the pictures of a set with their true masks."""
    if which == "nuclei":
        folder = DATA / "seg_nuclei"
        return [(folder / f"{name}_img.png", load_nuclei(name)[1] > 0) for name in nuclei()]
    folder = DATA / f"seg_retina_{which}"
    return [
        (
            path,
            np.asarray(Image.open(str(path).replace("_img.jpg", "_manual1.png")).convert("L"))
            > 127,
        )
        for path in sorted(folder.glob("*_img.jpg"))
    ]


def run_models(
    which: str,
    counts: Sequence[int],
    draws: int,
    tests: int,
    with_peer: bool,
    half: int | None,
    asked: bool,
) -> None:
    known = pairs(which) if half is None else pairs(which)[half::2]
    seen = looks(known) if asked else None
    ours: dict[int, list[float]] = {count: [] for count in counts}
    peer: dict[int, list[float]] = {count: [] for count in counts}
    for draw in range(draws):
        order = np.random.default_rng(draw).permutation(len(known))
        test = [known[index] for index in order[:tests]]
        for count in counts:
            others = order[tests:]
            first = np.arange(count) if seen is None else asked_first(seen[others], count, draw)
            train = [known[index] for index in others[first]]
            score, text = our_model(train, test, draw)
            ours[count].append(score)
            print(f"{which} draw {draw}, {count} pictures: built-in {text}", flush=True)
            if with_peer:
                score, text = yardstick(train, test, draw)
                peer[count].append(score)
                print(f"{which} draw {draw}, {count} pictures: yardstick {text}", flush=True)
    for count in counts:
        line = f"{which} after {count}: built-in {np.mean(ours[count]):.3f}"
        if peer[count]:
            line += f", yardstick {np.mean(peer[count]):.3f}"
            line += f", ratio {np.mean(ours[count]) / np.mean(peer[count]):.2f}"
        print(line)


Pairs = Sequence[tuple[Path, Mask]]


def looks(known: Pairs) -> NDArray[np.float32]:
    """Give the features by which Fairhand chooses which pictures are drawn first."""
    return image_embedder().embed(
        [as_example(number, *pair).item for number, pair in enumerate(known)]
    )


def asked_first(seen: NDArray[np.float32], count: int, seed: int) -> NDArray[np.int64]:
    """Choose as Fairhand does while nothing has been answered; gives rows."""
    return choose(Pool(features=seen), count, np.random.default_rng(seed)).indices


def our_model(train: Pairs, test: Pairs, seed: int) -> tuple[float, str]:
    trainer = PixelTrainer()
    examples = [as_example(number, *pair) for number, pair in enumerate(train)]
    began = process_time()
    learnt = trainer.fit(QUESTION, examples, seed=seed, version="1")
    fitted = process_time() - began
    predictor = trainer.load(QUESTION, learnt, version="1")
    scores, took, said = [], [], []
    for path, truth in test:
        item = as_example(0, path, truth).item
        began = process_time()
        proposal = predictor.predict([item])[0]
        took.append((process_time() - began) * 512**2 / truth.size)
        assert proposal.value is not None
        regions = proposal.value["things"]["regions"]
        mask = np.zeros(truth.shape, bool)
        for region in regions:
            mask |= rle.decode(region["counts"], *truth.shape)
        scores.append(iou(mask, truth))
        said.append(proposal.score or 0.0)
    return report(scores, fitted, took) if not said else _with_score(scores, said, fitted, took)


def _with_score(
    scores: list[float], said: list[float], fitted: float, took: list[float]
) -> tuple[float, str]:
    mean, text = report(scores, fitted, took)
    off = np.mean(np.abs(np.array(said) - np.array(scores)))
    return mean, f"{text}, its score off by {off:.3f}"


def yardstick(train: Pairs, test: Pairs, seed: int) -> tuple[float, str]:
    """A random forest on scikit-image's multi-scale features of stretched pictures."""
    from skimage.feature import multiscale_basic_features
    from sklearn.ensemble import RandomForestClassifier

    def features(path: Path) -> NDArray[Any]:
        grey = np.asarray(Image.open(path).convert("L"), np.float32)
        low, high = np.percentile(grey, (0.5, 99.5))
        plain = np.clip((grey - low) / max(high - low, 1e-6), 0, 1)
        found: NDArray[Any] = multiscale_basic_features(plain, sigma_min=1, sigma_max=16)
        return found

    rng = np.random.default_rng(seed)
    began = process_time()
    seen = [(features(path), truth) for path, truth in train]
    chosen = [rng.choice(truth.size, 12_000 // len(train)) for _, truth in seen]
    rows = np.concatenate(
        [f.reshape(-1, f.shape[2])[at] for (f, _), at in zip(seen, chosen, strict=True)]
    )
    known = np.concatenate([t.ravel()[at] for (_, t), at in zip(seen, chosen, strict=True)])
    forest = RandomForestClassifier(60, max_depth=16, random_state=seed).fit(rows, known)

    def chance(given: NDArray[Any]) -> NDArray[Any]:
        flat = forest.predict_proba(given.reshape(-1, given.shape[2]))[:, 1]
        shaped: NDArray[Any] = flat.reshape(given.shape[:2])
        return shaped

    own = [(chance(f), truth) for f, truth in seen]
    levels = np.arange(0.2, 0.8, 0.05)
    best = max(levels, key=lambda level: np.mean([iou(p > level, t) for p, t in own]))
    fitted = process_time() - began
    scores, took = [], []
    for path, truth in test:
        began = process_time()
        mask = chance(features(path)) > best
        took.append((process_time() - began) * 512**2 / truth.size)
        scores.append(iou(mask, truth))
    return report(scores, fitted, took)


def report(scores: list[float], fitted: float, took: list[float]) -> tuple[float, str]:
    text = (
        f"IoU {np.mean(scores):.3f} (worst {min(scores):.3f}), learnt in {fitted:.1f} s of CPU, "
        f"{np.median(took):.2f} s per 512 x 512"
    )
    return float(np.mean(scores)), text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["clicks", "models"])
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--objects", type=int, default=2, help="nuclei per picture")
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--sets", nargs="+", default=["nuclei", "chase", "drive"])
    parser.add_argument("--tests", type=int, default=8, help="pictures measured on")
    parser.add_argument("--counts", nargs="+", type=int, help="pictures learnt from")
    parser.add_argument("--no-peer", action="store_true")
    halves = parser.add_mutually_exclusive_group()
    halves.add_argument("--odd", action="store_true", help="nuclei with odd numbers alone")
    halves.add_argument("--even", action="store_true", help="nuclei with even numbers alone")
    parser.add_argument(
        "--asked", action="store_true", help="learn from what is asked first, not from a draw"
    )
    given = parser.parse_args()
    if given.part == "clicks":
        run_clicks(given.objects, given.draws, given.pictures, not given.no_peer)
        return
    for which in given.sets:
        usual = [2, 4] if which == "nuclei" else [min(8, len(pairs(which)) - 4)]
        counts = given.counts or usual
        tests = given.tests if which == "nuclei" else 4
        half = None
        if which == "nuclei" and (given.odd or given.even):
            half = 1 if given.odd else 0
        run_models(which, counts, given.draws, tests, not given.no_peer, half, given.asked)


if __name__ == "__main__":
    main()
