"""How fast 100 items are chosen out of a million, beside three peers in the same run.

    python -m benchmarks.selection_speed [--items 1e5 1e6] [--peers FOLDER] [--rounds 3]

384 features as float32, 10 classes, 200 items answered. Every figure is one strategy in a process
of its own, with the input in memory: the shortest wall seconds of `--rounds` calls, and the peak
of resident memory (ru_maxrss) above what was held before the first call. `CPU s` are the
processor's seconds, of all threads; `/ margin` is those over what our plain margin takes in the
same run, which says more than wall seconds on a machine that others use too.

`--peers` names a folder that holds virtual environments `skactiveml`, `modal` and `smalltext`;
see `benchmarks/active_learning.py`. What takes a peer more than `--limit` seconds, or more memory
than there is, is left out and said to be.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

DIMENSIONS, CLASSES, ANSWERED, BATCH = 384, 10, 200, 100
PEERS: dict[str, dict[str, int]] = {
    "skactiveml": {"margin": 10**7, "core-set": 10**6, "badge": 10**5, "typical": 10**5},
    "modal": {"margin": 10**7},
    "smalltext": {"margin": 10**7, "core-set": 10**5},
}
"""The largest pool that each is asked: beyond, they take minutes, or more memory than there is."""


def make_input(items: int) -> dict[str, Any]:
    """Make items in 40 clumps, and the probabilities of a linear model of 10 classes."""
    rng = np.random.default_rng(5)
    centres = rng.normal(size=(40, DIMENSIONS)).astype(np.float32)
    weights = rng.normal(size=(DIMENSIONS, CLASSES)).astype(np.float32) / 12.0
    features = rng.standard_normal((items, DIMENSIONS), np.float32)
    probabilities = np.empty((items, CLASSES), np.float32)
    for start in range(0, items, 10_000):
        part = features[start : start + 10_000]
        part += centres[rng.integers(40, size=len(part))]
        logits = features[start : start + 10_000] @ weights
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities[start : start + 10_000] = raised / raised.sum(axis=1, keepdims=True)
    known = features[:ANSWERED].copy()
    return {
        "features": features,
        "probabilities": probabilities,
        "known": known,
        "labels": (known @ weights).argmax(axis=1),
    }


def _ours(strategy: str, given: dict[str, Any]) -> Callable[[int], Any]:
    from fairhand.work.active_learning.choose import Pool, Settings, choose

    pool = Pool(given["features"], given["probabilities"], given["known"], given["labels"])
    if strategy == "auto-cold":
        pool = Pool(given["features"], classes=CLASSES)
    settings = Settings(strategy.removesuffix("-cold"))
    if strategy == "bald":
        heads = np.stack([given["probabilities"]] * 3)
        heads[1:] = np.roll(heads[1:], 1, axis=2)
        pool = Pool(given["features"], given["probabilities"], heads=heads)
    return lambda seed: choose(pool, BATCH, np.random.default_rng(seed), settings).indices


def resident_now() -> int:
    """Read this process's resident memory in kilobytes."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def measure(peer: str, strategy: str, items: int, rounds: int) -> None:
    """Measure one strategy in this process, and print the figures as JSON."""
    given = make_input(items)
    if peer == "ours":
        ask = _ours(strategy, given)
        small = {name: values[:2_000] for name, values in given.items()}
        _ours(strategy, small)(0)
    else:
        sys.path.insert(0, str(Path(__file__).parent))
        import active_learning_peers

        ask = active_learning_peers.selection(peer, strategy, given, BATCH)
    before = resident_now()
    took, worked = [], []
    for seed in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        chosen = ask(seed)
        took.append(time.perf_counter() - wall)
        worked.append(time.process_time() - cpu)
        assert len(set(np.asarray(chosen).tolist())) == BATCH
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = {"seconds": min(took), "cpu": min(worked), "extra_mb": (peak - before) / 1024}
    print(json.dumps(figures))


def run_one(python: str, args: list[str], limit: float) -> dict[str, float] | str:
    """Run one measurement in a process of its own; say why where there is no figure."""
    command = [python, __file__, "--one", *args]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=True)
    except subprocess.TimeoutExpired:
        return f"more than {limit:.0f} s"
    except subprocess.CalledProcessError as error:
        return (error.stderr.strip().splitlines() or ["no figure"])[-1][:60]
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def compare(items: int, peers: Path | None, wanted: argparse.Namespace) -> None:
    """Print one table: a line a strategy, ours first, each peer's after it."""
    from fairhand.work.active_learning.choose import strategy_names

    print(f"\n{items:,} items x {DIMENSIONS}, {BATCH} chosen", flush=True)
    print(
        f"{'strategy':16} {'of':12} {'seconds':>8} {'CPU s':>7} {'/ margin':>9} {'+MB':>7}",
        flush=True,
    )
    names = ["margin", "auto-cold", *(name for name in strategy_names() if name != "margin")]
    base: float | None = None
    for strategy in [name for name in names if name in wanted.strategies or not wanted.strategies]:
        lines = [("ours", sys.executable)]
        for peer, known in PEERS.items():
            if peers is not None and items <= known.get(strategy, 0):
                lines.append((peer, str(peers / peer / "bin" / "python")))
        for peer, python in lines:
            args = [peer, strategy, str(items), str(wanted.rounds if peer == "ours" else 1)]
            found = run_one(python, args, wanted.limit)
            if isinstance(found, str):
                print(f"{strategy:16} {peer:12} ({found})", flush=True)
                continue
            base = base or found["cpu"]
            ratio = found["cpu"] / base
            text = f"{found['seconds']:8.2f} {found['cpu']:7.2f} {ratio:8.1f}x"
            text += f" {found['extra_mb']:7.0f}"
            print(f"{strategy:16} {peer:12} {text}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    size: Callable[[str], int] = lambda text: int(float(text))  # noqa: E731
    parser.add_argument("--items", nargs="+", type=size, default=[100_000, 1_000_000])
    parser.add_argument("--peers", type=Path, help="folder of virtual environments")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--strategies", nargs="+", default=[], help="only these")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds one may take")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.one:
        peer, strategy, items, rounds = wanted.one
        measure(peer, strategy, int(items), int(rounds))
        return
    for items in wanted.items:
        compare(items, wanted.peers, wanted)


if __name__ == "__main__":
    main()
