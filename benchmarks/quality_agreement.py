"""Agreement at scale: Krippendorff's alpha with its interval beside the krippendorff package.

    python -m benchmarks.quality_agreement --peers VENV

Five answers a task, four classes, rows in random order. Ours runs from codes and includes a 95 %
interval of 1,000 resamples; the peer (installed in VENV, in a process of its own) counts votes with
NumPy and gives no interval. CPU seconds, the best of several calls after one that compiles.
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

from fairhand.quality.aggregation.codes import AnswerCodes, encode
from fairhand.quality.agreement import alpha_of_codes
from fairhand.quality.agreement.alpha import Alpha

SIZES = (100_000, 1_000_000, 10_000_000)
METRICS = ("nominal", "ordinal", "interval", "ratio")
_A_TASK, _CLASSES = 5, 4
_PEER = """
import json, sys, time, warnings
import krippendorff
import numpy as np
warnings.simplefilter("ignore")
folder, metric, calls = sys.argv[1], sys.argv[2], int(sys.argv[3])
task, label, values = (np.load(f"{folder}/{name}.npy") for name in ("task", "label", "values"))
best = 1e9
for _ in range(calls):
    start = time.process_time()
    shape = int(task.max()) + 1, len(values)
    cells = np.bincount(task * shape[1] + label, minlength=shape[0] * shape[1]).reshape(shape)
    found = krippendorff.alpha(
        value_counts=cells, value_domain=values, level_of_measurement=metric
    )
    best = min(best, time.process_time() - start)
print(json.dumps([best, float(found)]))
"""


def main() -> None:
    """Print a table of seconds and ratios, and check that both give the same figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, help="venv with krippendorff installed")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    options = parser.parse_args()
    if options.peers is None:
        print("no --peers VENV: ours alone\n")
    print(f"{'':32}{'ours, with interval':>24}{'krippendorff':>14}{'ratio':>8}")
    for size in options.sizes:
        codes = crowd(size)
        for metric in METRICS:
            show(f"{size:,} {metric}", codes, metric, options.peers)
    for distinct in (300, 3_000):
        show(f"{distinct:,} values, interval", numbers(distinct), "interval", options.peers)
    million = numbers(1_000_000)
    show("1,000,000 values, interval", million, "interval", None)


def crowd(answers: int) -> AnswerCodes:
    """People who are right seven times in ten, in rows of random order."""
    rng = np.random.default_rng(answers)
    tasks = answers // _A_TASK
    truth = rng.integers(0, _CLASSES, tasks)
    task = rng.permutation(np.repeat(np.arange(tasks), _A_TASK))
    right = rng.random(answers) < 0.7
    label = np.where(right, truth[task], rng.integers(0, _CLASSES, answers))
    people = max(answers // 100, 10)
    worker = np.minimum(rng.zipf(1.3, answers), people) - 1
    values = tuple(range(1, _CLASSES + 1))
    return AnswerCodes(task, worker, label, tuple(range(tasks)), tuple(range(people)), values)


def numbers(distinct: int) -> AnswerCodes:
    """Three people measure so many things, with an error each; every value is another."""
    rng = np.random.default_rng(distinct)
    task = np.repeat(np.arange(distinct // 3), 3)
    value = rng.normal(0, 3, distinct // 3)[task] + rng.normal(0, 1, len(task))
    return encode(task, np.arange(len(task)) % 3, value)


def show(name: str, codes: AnswerCodes, metric: Any, peers: Path | None) -> None:  # noqa: ANN401
    """Measure one row of the table."""
    calls = 3 if len(codes) > 2_000_000 else 5
    seconds, wall, found = best_of(
        calls, lambda: alpha_of_codes(codes, np.random.default_rng(1), metric=metric)
    )
    row = f"{name:32}{seconds:13.4f} ({wall:.4f} wall)"
    if peers is not None:
        row += beside(measure_peer(peers, codes, metric, calls), seconds, found)
    print(row, f"  alpha {found.value:.4f} [{found.low:.4f}, {found.high:.4f}]", flush=True)


def beside(peer: tuple[float, float] | None, seconds: float, found: Alpha) -> str:
    """The peer's seconds, the ratio, and a cry when the figures differ."""
    if peer is None:
        return f"{'no memory':>13}{'-':>8}"
    same = found.value is not None and abs(found.value - peer[1]) < 1e-6
    return f"{peer[0]:13.4f}{peer[0] / seconds:8.1f}" + ("" if same else f"  UNLIKE {peer[1]}")


def best_of(calls: int, work: Callable[[], Alpha]) -> tuple[float, float, Alpha]:
    """CPU and wall seconds of the best of several calls, after one that may compile."""
    found, times = work(), []
    for _ in range(calls):
        cpu, wall = time.process_time(), time.perf_counter()
        found = work()
        times.append((time.process_time() - cpu, time.perf_counter() - wall))
    return min(times)[0], min(wall for _, wall in times), found


def measure_peer(
    peers: Path, codes: AnswerCodes, metric: str, calls: int
) -> tuple[float, float] | None:
    """CPU seconds and alpha of the krippendorff package; None where it runs out of memory."""
    with tempfile.TemporaryDirectory() as folder:
        values = np.array(codes.classes, dtype=np.float64)
        for name, column in (("task", codes.task), ("label", codes.label), ("values", values)):
            np.save(Path(folder) / f"{name}.npy", column)
        command = [str(peers / "bin" / "python"), "-c", _PEER, folder, metric, str(min(calls, 2))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "MemoryError" in done.stderr:
        return None
    if done.returncode != 0:
        sys.exit(f"krippendorff did not run in {peers}:\n{done.stderr[-2000:]}")
    seconds, figure = json.loads(done.stdout)
    return seconds, figure


if __name__ == "__main__":
    main()
