"""How fast ten million answers become labels, beside crowd-kit in the same run.

    python -m benchmarks.quality_speed [--labels 1e5 1e6 1e7] [--peers VENV] [--peer-models 1e6]

Five answers a task, four classes, people by Zipf's law (1,000, 10,000 and 100,000 of them). Every
figure is one method in a process of its own, with the answers as integer arrays already in memory
(crowd-kit: as the data frame it asks for): CPU seconds and wall seconds of the call, and the peak
of memory above what the answers took. Twenty iterations each and no early stop. `same` is the
share of tasks on which both say the same label.

`--peers` names a virtual environment that has crowd-kit 1.4. Its models other than Dawid-Skene
and majority are 10 to 100 times slower; they run up to the size that `--peer-models` names.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality import (
    IBCC,
    DawidSkene,
    Difficulty,
    MajorityVote,
    OneCoin,
    ShapedCoin,
    Spamming,
    WeightedMajority,
)

PEOPLE = {100_000: 1_000, 1_000_000: 10_000, 10_000_000: 100_000}
PASSES = 20
OURS: dict[str, Any] = {
    "majority": MajorityVote(),
    "weighted-majority": WeightedMajority(iterations=1),
    "dawid-skene": DawidSkene(PASSES, 0.0),
    "one-coin": OneCoin(PASSES, 0.0),
    "spamming": Spamming(PASSES, 0.0),
    "difficulty": Difficulty(PASSES, 0.0),
    "shaped-coin": ShapedCoin(PASSES, 0.0),
    "ibcc": IBCC(PASSES, 0.0),
}
PEER_ALWAYS = ("majority", "dawid-skene")
PEER_MODELS = ("weighted-majority", "one-coin", "spamming", "difficulty")


def make_answers(labels: int) -> dict[str, NDArray[np.int64]]:
    """Plant a truth and people between 50 and 95 percent right."""
    rng = np.random.default_rng(1)
    people, tasks = PEOPLE.get(labels, max(labels // 100, 10)), labels // 5
    truth = rng.integers(0, 4, tasks)
    task = np.repeat(np.arange(tasks), 5)
    share = 1.0 / np.arange(1, people + 1)
    worker = rng.choice(people, len(task), p=share / share.sum())
    right = rng.random(len(task)) < rng.uniform(0.5, 0.95, people)[worker]
    label = np.where(right, truth[task], rng.integers(0, 4, len(task)))
    return {"task": task, "worker": worker, "label": label}


def memory(kind: str) -> float:
    """Read this process's memory in megabytes: VmRSS now, VmHWM at its peak."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return float(next(line for line in lines if line.startswith(kind)).split()[1]) / 1024


def measure(folder: Path, name: str) -> None:
    """Run one of our methods in this process, and print the figures as JSON."""
    answers = [np.load(folder / f"{column}.npy") for column in ("task", "worker", "label")]
    # The compiler's work is kept on disk; here it is only loaded.
    OURS[name].fit(*(np.resize(column[:1_000], 100_000) for column in answers))
    before, cpu, wall = memory("VmRSS"), time.process_time(), time.perf_counter()
    fit = OURS[name].fit(*answers)
    found = {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "extra_mb": max(memory("VmHWM") - before, 0.0),
    }
    np.save(folder / f"ours-{name}.npy", np.array(fit.labels))
    print(json.dumps(found))


def run_one(command: list[str], limit: float) -> dict[str, float] | None:
    """Run one measurement in a process of its own; None when it fails or takes too long."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(f"   ({' '.join(command[-2:])}: {type(error).__name__})")
        return None
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def compare(
    labels: int, methods: list[str], peers: Path | None, peer_models: int, limit: float
) -> None:
    """Print one table: a line a method."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for column, values in make_answers(labels).items():
            np.save(folder / f"{column}.npy", values)
        print(f"\n{labels:,} labels")
        print(
            "method             ours: CPU s  wall s  +MB   crowd-kit: CPU s   +MB    ratio   same"
        )
        base = 0.0
        for method in methods:
            ours = run_one(
                [sys.executable, "-m", "benchmarks.quality_speed", "--one", name, method], limit
            )
            wanted = method in PEER_ALWAYS or (method in PEER_MODELS and labels <= peer_models)
            theirs = None
            if peers is not None and wanted:
                script = str(Path(__file__).with_name("quality_speed_peer.py"))
                theirs = run_one([str(peers / "bin" / "python"), script, name, method], limit)
            if ours is not None:
                base = ours["cpu"] if method == "dawid-skene" else base
                print(line(method, ours, theirs, base, folder), flush=True)


def line(
    method: str,
    ours: dict[str, float],
    theirs: dict[str, float] | None,
    base: float,
    folder: Path,
) -> str:
    """Tell one method's figures."""
    text = f"{method:18} {ours['cpu']:11.3f} {ours['wall']:7.2f} {ours['extra_mb']:5.0f}"
    if theirs is not None:
        mine, other = (np.load(folder / f"{who}-{method}.npy") for who in ("ours", "peer"))
        text += f"   {theirs['cpu']:16.3f} {theirs['extra_mb']:5.0f}"
        text += f" {theirs['cpu'] / ours['cpu']:7.1f}x"
        text += f"  {np.mean(mine == other):.4f}"
    if base and method != "dawid-skene":
        text += f"   ({ours['cpu'] / base:.1f} x our Dawid-Skene)"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    size: Callable[[str], int] = lambda text: int(float(text))  # noqa: E731
    parser.add_argument("--labels", nargs="+", type=size, default=[100_000, 1_000_000])
    parser.add_argument("--peers", type=Path, help="a virtual environment with crowd-kit")
    parser.add_argument("--peer-models", type=size, default=100_000)
    parser.add_argument("--methods", nargs="+", choices=OURS, default=list(OURS))
    parser.add_argument("--limit", type=float, default=1_800.0, help="seconds a method may take")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.one:
        measure(Path(wanted.one[0]), wanted.one[1])
        return
    if wanted.peers is None:
        print("Without --peers only our own figures are shown.")
    for labels in wanted.labels:
        compare(labels, wanted.methods, wanted.peers, wanted.peer_models, wanted.limit)


if __name__ == "__main__":
    main()
