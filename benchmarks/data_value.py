"""What KNN-Shapley finds and costs: flipped labels, the copying attack, seconds by size.

    python -m benchmarks.data_value --data DATA
    python -m benchmarks.data_value --peer PYTHON [--sizes 10000x1000 100000x100]

DATA holds features/cifar10_effnetlite0_pca128.npz (5,000 training pictures, 1,500 test pictures).
PYTHON is that of an environment with pyDVL 0.10.0 (it wants NumPy 1.26): then only both are timed,
one after the other in one run, on the same rows. Without DATA only the seconds are measured, on
random features.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from fairhand.quality import knn_shapley, merge_near_duplicates

SIZES = ((10_000, 1_000), (100_000, 100), (100_000, 1_000))
_FILE = "features/cifar10_effnetlite0_pca128.npz"


def main() -> None:
    """Print three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--dimensions", type=int, default=128)
    parser.add_argument("--peer", type=Path, help="the Python that has pyDVL")
    parser.add_argument("--sizes", nargs="*", default=["10000x1000", "100000x100"])
    options = parser.parse_args()
    if options.peer:
        beside_peer(options.peer, options.sizes)
        return
    if (options.data / _FILE).is_file():
        held = np.load(options.data / _FILE)
        train = held["split"] == "train"
        features, label = held["X"].astype(np.float64), held["y"]
        pictures = features[train], label[train], features[~train], label[~train]
        find_flipped(*pictures)
        copy_rows(*pictures)
    else:
        print(f"no {_FILE} under {options.data}: --data names another folder\n")
    take_time(options.dimensions)


def find_flipped(features: Any, label: Any, points: Any, wanted: Any) -> None:  # noqa: ANN401
    """Flip a tenth of the labels; values from one half of the tests, accuracy on the other."""
    print("a tenth of the labels flipped: share of flipped in the lowest tenth, AUC, and accuracy")
    print("of the others' majority with all rows, without the lowest tenth, without a random one")
    for distance in ("euclidean", "cosine"):
        rows = []
        for seed in range(3):
            rng = np.random.default_rng(seed)
            flipped = rng.random(len(label)) < 0.1
            noisy = np.where(flipped, (label + rng.integers(1, 10, len(label))) % 10, label)
            half = features, noisy, points[::2], wanted[::2]
            values = knn_shapley(*half, distance=distance).values  # type: ignore[arg-type]
            order, tenth = np.argsort(values), len(label) // 10
            kept = (np.arange(len(label)), order[tenth:], rng.permutation(len(label))[tenth:])
            rows.append([
                flipped[order[:tenth]].mean(), (values[flipped][:, None] < values[~flipped]).mean(),
                *(accuracy(features[k], noisy[k], points[1::2], wanted[1::2]) for k in kept),
            ])  # fmt: skip
        print(f"{distance:34}" + "".join(f"{figure:12.3f}" for figure in np.mean(rows, axis=0)))
    print()


def accuracy(features: Any, label: Any, points: Any, wanted: Any, k: int = 10) -> float:  # noqa: ANN401
    """Share of test points that the majority of their k nearest rows gets right."""
    gaps = (features**2).sum(axis=1) - 2 * points @ features.T
    nearest = label[np.argpartition(gaps, k, axis=1)[:, :k]]
    votes = np.stack([(nearest == one).sum(axis=1) for one in range(10)], axis=1)
    return float((votes.argmax(axis=1) == wanted).mean())


def copy_rows(features: Any, label: Any, points: Any, wanted: Any) -> None:  # noqa: ANN401
    """One of a hundred contributors uploads every row of theirs ten times."""
    names = np.random.default_rng(1).integers(0, 100, len(label))
    mine = np.repeat(np.flatnonzero(names == 0), 9)
    more = np.vstack([features, features[mine]]), np.append(label, label[mine])
    print("share of one contributor in a hundred")
    for title, train, people, tolerance in (
        ("honest", (features, label), names, 0.0447),
        ("ten copies, merged", more, np.append(names, names[mine]), 0.0447),
        ("ten copies, not merged", more, np.append(names, names[mine]), None),
    ):
        found = knn_shapley(*train, points, wanted, contributor=people, tolerance=tolerance)
        one, whole = found.by_contributor[0], found.gain
        print(f"{title:26}{one.value / whole:8.2%}  95 % {one.low / whole:.2%} to "
              f"{one.high / whole:.2%}")  # fmt: skip
    print()


def take_time(dimensions: int) -> None:
    """CPU seconds on random features: the hardest for the search for near-duplicates."""
    print(f"{'rows x test points':26}{'near-duplicates':>16}{'values':>10}  CPU seconds")
    rng = np.random.default_rng(0)
    for rows, tests in SIZES:
        features, label = rng.normal(size=(rows, dimensions)), rng.integers(0, 10, rows)
        points, wanted = rng.normal(size=(tests, dimensions)), rng.integers(0, 10, tests)
        knn_shapley(features[:100], label[:100], points[:2], wanted[:2])  # compiles
        start = time.process_time()
        merge_near_duplicates(features, label)
        merged = time.process_time()
        knn_shapley(features, label, points, wanted, tolerance=None)
        ended = time.process_time()
        print(f"{f'{rows:,} x {tests:,}':26}{merged - start:16.2f}{ended - merged:10.2f}")


def beside_peer(python: Path, sizes: list[str]) -> None:
    """Seconds of both on the same rows of 384 dimensions, and how far their values differ.

    By the clock, and of CPU, which says more where others use the machine at the same time.
    """
    print(
        f"{'rows x test points':22}{'Fairhand':>10}{'pyDVL':>10}{'ratio':>8}"
        f"{'CPU':>10}{'CPU':>10}{'ratio':>8}{'differ by':>12}"
    )
    script = Path(__file__).with_name("data_value_peer.py")
    for size in sizes:
        rows, tests = map(int, size.split("x"))
        rng = np.random.default_rng(0)
        middles = rng.normal(size=(10, 384))
        label, wanted = rng.integers(0, 10, rows), rng.integers(0, 10, tests)
        train = middles[label] + 4 * rng.normal(size=(rows, 384))
        points = middles[wanted] + 4 * rng.normal(size=(tests, 384))
        knn_shapley(train[:2_000], label[:2_000], points[:200], wanted[:200])  # compiles
        start, busy = time.perf_counter(), time.process_time()
        own = knn_shapley(train, label, points, wanted, tolerance=None, resamples=2).values
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "rows.npz")
            np.savez(path, train=train, label=label, tests=points, wanted=wanted)
            said = subprocess.run(  # the Python that was named
                [str(python), str(script), str(path)], capture_output=True, text=True, check=True
            )
            theirs = np.load(path.with_suffix(".npy"))
        peer, theirs_busy = map(float, said.stdout.split()[-2:])
        print(
            f"{f'{rows:,} x {tests:,}':22}{seconds:10.2f}{peer:10.2f}{peer / seconds:8.1f}"
            f"{busy:10.2f}{theirs_busy:10.2f}{theirs_busy / busy:8.1f}"
            f"{np.abs(own - theirs).max():12.1e}",
            flush=True,
        )


if __name__ == "__main__":
    main()
