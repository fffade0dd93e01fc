"""Answers too many for memory become labels: what each pass costs, and that nothing changes.

    python -m benchmarks.quality_scale [--labels 1e7] [--engine native] [--passes 3] [--check]

Five answers a task, four classes, people by Zipf's law (a hundredth as many as answers), in
Parquet files of five million answers. The order is the worst there is: no two answers to a task
lie in one file next to each other, and mostly not in the same file. Printed are the processor
seconds, the wall seconds and the peak memory of the preparation and of each pass; `--check` fits
the same answers in memory with as many passes and compares.

With `--engine ray` processor seconds and memory are those of the driving process alone.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fairhand.jobs.aggregate_large import AggregateLarge, LargeAggregation, aggregate_large
from fairhand.jobs.large_passes import PassReport

FILE_ROWS = 5_000_000
STRIDE = 1_000_000_007
"""A prime: steps of it visit every task once before any comes again."""


def make_files(folder: Path, labels: int) -> list[Path]:
    """Write the answers, a file at a time."""
    tasks, people = labels // 5, max(labels // 100, 10)
    rng = np.random.default_rng(1)
    share = np.cumsum(1.0 / np.arange(1, people + 1))
    skill = rng.uniform(0.5, 0.95, people)
    paths = []
    for start in range(0, labels, FILE_ROWS):
        place = np.arange(start, min(start + FILE_ROWS, labels))
        task = (place % tasks) * STRIDE % tasks
        worker = np.searchsorted(share, rng.random(len(place)) * share[-1])
        right = rng.random(len(place)) < skill[worker]
        label = np.where(right, task * 2_654_435_761 // 128 % 4, rng.integers(0, 4, len(place)))
        path = folder / f"answers-{start // FILE_ROWS:04d}.parquet"
        pq.write_table(pa.table({"task": task, "worker": worker, "label": label}), path)
        paths.append(path)
    return paths


class Meter:
    """Counts processor seconds, wall seconds and peak memory between two readings."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Start again; the peak of memory too, where the system lets a process forget it."""
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def tell(self, title: str) -> None:
        """Print a line, and start again."""
        status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        cpu, wall = time.process_time() - self.cpu, time.perf_counter() - self.wall
        print(f"{title:<22}{cpu:9.1f}{wall:9.1f}{peak / 1024:9,.0f}", flush=True)
        self.begin()


def measure(files: list[Path], args: argparse.Namespace, output: Path) -> LargeAggregation:
    """Join the answers, with a line for each part of the work."""
    print(f"{'':<22}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}")
    meter = Meter()

    def prepared(title: str, done: int, total: int) -> None:
        if done == total:
            meter.tell(title)

    def swept(report: PassReport) -> None:
        meter.tell(f"pass {report.number}")

    command = AggregateLarge(
        files,
        output,
        args.method,
        args.engine,
        args.partitions,
        max_iterations=args.passes,
        tolerance=0.0,
        processors=2,
    )
    found = aggregate_large(command, prepared, swept)
    meter.tell("writing labels")
    return found


def check(files: list[Path], args: argparse.Namespace, output: Path) -> None:
    """Fit the same answers in memory, and say how far the two are from each other."""
    from fairhand.quality import DawidSkene, OneCoin

    table = pq.read_table(files)
    model: Any = OneCoin if args.method == "one-coin" else DawidSkene
    meter = Meter()
    whole = model(args.passes, 0.0).fit(*(table.column(name).to_numpy() for name in COLUMNS))
    meter.tell("in memory, all of it")
    found = pq.read_table(output)
    same = np.array(found.column("label")) == np.array(whole.labels)
    parted = np.stack([found.column(f"p({name})").to_numpy() for name in whole.classes], axis=1)
    furthest = np.abs(parted - whole.probabilities).max()
    print(f"same labels: {same.mean():.6%}; largest difference of a probability: {furthest:.1e}")


COLUMNS = ("task", "worker", "label")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=lambda text: int(float(text)), default=10_000_000)
    parser.add_argument("--engine", choices=("native", "ray"), default="native")
    parser.add_argument("--method", choices=("dawid-skene", "one-coin"), default="dawid-skene")
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--partitions", type=int)
    parser.add_argument("--folder", type=Path, help="where to put answers and partitions")
    parser.add_argument("--check", action="store_true", help="compare with the fit in memory")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        files = make_files(folder, args.labels)
        output = folder / "labels.parquet"
        found = measure(files, args, output)
        print(
            f"{found.answers:,} answers of {len(found.workers):,} people to {found.tasks:,} tasks "
            f"in {found.partitions} partitions on {args.engine}"
        )
        if args.check:
            check(files, args, output)


if __name__ == "__main__":
    main()
