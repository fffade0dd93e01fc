"""Label errors beside cleanlab: the same candidates or better, and how long they take.

    python -m benchmarks.quality_label_errors --peers VENV

Precision is the share of candidates that most of five people found wrong, among those that were
looked at (only what the published study flagged was). Time is CPU seconds of one call on made
rows, in one run, cleanlab on one process. VENV is a virtual environment with cleanlab; without it
only our own figures are shown.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fairhand.quality import find_label_errors

SETS = ("label_errors_cifar10", "label_errors_20news")
DEPTHS = (10, 25, 50)
_PEER = """
import json, sys, time
import numpy as np
from cleanlab.filter import find_label_issues
data = np.load(sys.argv[1])
chances = data["pred_probs"].astype(np.float64)
chances /= chances.sum(axis=1, keepdims=True)
started = time.process_time()
rows = find_label_issues(data["given_label"].astype(int), chances, n_jobs=1,
                         return_indices_ranked_by="self_confidence")
seconds = time.process_time() - started
print(json.dumps({"rows": rows.tolist(), "seconds": seconds}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="data folder")
    parser.add_argument("--peers", type=Path, help="a virtual environment with cleanlab")
    parser.add_argument("--rows", type=int, default=1_000_000, help="made rows to time")
    parser.add_argument("--classes", type=int, default=10, help="classes of the made rows")
    options = parser.parse_args()
    if options.peers is None:
        print("cleanlab is missing (--peers VENV): own figures only\n")
    head = "".join(f"{f'top {depth}':>9}" for depth in DEPTHS)
    print(f"{'set':<22}{'who':<10}{'candidates':>11}{'reviewed':>10}{'precision':>11}{head}")
    for name in SETS:
        compare(options.data / "crowd" / name, options.peers)
    print()
    measure(options.rows, options.classes, options.peers)


def compare(folder: Path, peers: Path | None) -> None:
    if not folder.is_dir():
        print(f"{folder.name:<22}is not in the data folder (--data names another)")
        return
    data = folder / "predictions.npz"
    found = np.load(data)
    with gzip.open(folder / "review_votes.csv.gz", "rt", encoding="utf-8") as text:
        votes = {int(row["index"]): int(row["given"]) for row in csv.DictReader(text)}
    ours = find_label_errors(found["given_label"], found["pred_probs"]).candidates.tolist()
    show(folder.name, "Fairhand", ours, votes)
    if peers is not None:
        show("", "cleanlab", ask_peer(peers, data)[0], votes)


def show(name: str, who: str, rows: list[int], votes: dict[int, int]) -> None:
    wrong = [votes[row] < 3 for row in rows if row in votes]
    tops = "".join(f"{np.mean(wrong[:depth]):>9.3f}" for depth in DEPTHS)
    print(f"{name:<22}{who:<10}{len(rows):>11}{len(wrong):>10}{np.mean(wrong):>11.4f}{tops}")


def measure(rows: int, classes: int, peers: Path | None) -> None:
    chances, given = made(rows, classes)
    find_label_errors(given[:1_000], chances[:1_000])  # compiles
    started = time.process_time()
    found = find_label_errors(given, chances)
    seconds = time.process_time() - started
    print(f"{rows:,} x {classes}: Fairhand {seconds:.2f} s CPU, {len(found.candidates):,} found")
    if peers is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "made.npz"
        np.savez(data, pred_probs=chances, given_label=given)
        theirs, peer_seconds = ask_peer(peers, data)
    both = len(np.intersect1d(theirs, found.candidates))
    print(
        f"{'':<{len(f'{rows:,} x {classes}: ')}}cleanlab {peer_seconds:.2f} s CPU, "
        f"{len(theirs):,} found ({both:,} in common): {peer_seconds / seconds:.1f} times as long"
    )


def made(rows: int, classes: int) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Rows of a fair classifier, and one label in ten drawn by lot."""
    rng = np.random.default_rng(0)
    chances = rng.dirichlet(np.full(classes, 0.3), rows).astype(np.float32)
    given = chances.argmax(axis=1)
    by_lot = rng.random(rows) < 0.1
    given[by_lot] = rng.integers(0, classes, by_lot.sum())
    return chances, given


def ask_peer(peers: Path, data: Path) -> tuple[list[int], float]:
    done = subprocess.run(
        [str(peers / "bin" / "python"), "-c", _PEER, str(data)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["rows"], answer["seconds"]


if __name__ == "__main__":
    main()
