"""How few labels each way of choosing needs, beside three peers in the same run.

    python -m benchmarks.active_learning [--quick] [--seeds 10] [--peers FOLDER] [--others]
        [--resume FILE]

Digits (pixels), tweets in three unbalanced classes (MiniLM features, macro-F1), CIFAR-10
(EfficientNet-lite0 features); ten labels at a time, 250, 400 and 400 of them; logistic regression;
every seed leaves out another tenth of the pool. AULC is the mean score over the curve divided by
the score with all labels of the pool. `to 95 %` is where the mean curve reaches 95 % of that
score. `default ahead` is what the default has over a line, the same seeds compared, with the 95 %
interval of Student's t; `below random` is the furthest that a line falls below chance on any set,
in standard errors of the paired difference.

`--others` adds sets that the default was not chosen on: wine, breast cancer, twenty made-up
classes, and two of which one is rare (2 %), on which a fault of the default was found. `--quick`
is three seeds and only a few strategies.

`--peers` names a folder that holds virtual environments `skactiveml` (scikit-activeml 1.0.1),
`modal` (modAL-python 0.4.2.1) and `smalltext` (small-text 1.4.1), each with scikit-learn.

`--resume` names a file that every seed's result is written to as it comes; what it holds already
is not run again. A line that lacks seeds is told apart below the table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

HERE = Path(__file__).parent
SETS = ("digits", "toxicity", "cifar")
OTHERS = ("wine", "cancer", "twenty", "rare")
QUICK = ("auto", "random", "margin", "typical+cluster-margin")
OURS = (
    "auto", "random", "margin", "entropy", "typical", "core-set", "badge", "cluster-margin",
    "density", "balanced", "typical+margin", "typical+cluster-margin", "typical+badge",
)  # fmt: skip
PEERS = {
    "skactiveml": ("margin", "badge", "core-set", "typical", "falcun"),
    "modal": ("margin", "ranked-batch"),
    "smalltext": ("margin", "core-set", "light-core-set", "k-means", "contrastive"),
}


@dataclass
class Line:
    """One way of choosing: its curves and full-data scores, by set and seed."""

    name: str
    curves: dict[str, dict[int, list[float]]] = field(default_factory=dict)
    full: dict[str, dict[int, float]] = field(default_factory=dict)

    def area(self, name: str, seed: int) -> float:
        """Give the area under a curve, as a share of the full-data score."""
        return float(np.mean(self.curves[name][seed])) / self.full[name][seed]

    def areas(self, name: str, seeds: Sequence[int]) -> NDArray[np.float64]:
        return np.array([self.area(name, seed) for seed in seeds])

    def means(self, names: Sequence[str], seeds: Sequence[int]) -> NDArray[np.float64]:
        """Give each seed's mean over sets."""
        found: NDArray[np.float64] = np.mean([self.areas(name, seeds) for name in names], axis=0)
        return found

    def labels_to(self, name: str, share: float) -> str:
        """Say how many labels the mean curve needs to this share of the full-data score."""
        curve = np.mean(list(self.curves[name].values()), axis=0)
        reached = np.flatnonzero(curve >= share * np.mean(list(self.full[name].values())))
        return str((int(reached[0]) + 1) * 10) if len(reached) else "-"


def _ours(strategy: str) -> Callable[[Any, int], NDArray[np.int64]]:
    """Make a strategy of ours that the loop can ask; `typical+x` covers for two labels a class."""
    from fairhand.work.active_learning.choose import STRATEGIES, Pool, Settings, choose

    cold, _, warm = strategy.rpartition("+")

    def ask(state: Any, batch: int) -> NDArray[np.int64]:  # noqa: ANN401 - loaded by its path
        free = state.free
        likely = None if state.model is None else state.probabilities(free)
        known = state.features[state.asked]
        pool = Pool(state.features[free], likely, known, np.array(state.said), state.classes)
        name = warm
        if warm != "auto" and likely is None and STRATEGIES[warm].needs:
            name = cold or "random"
        if cold and len(state.asked) < 2 * state.classes:
            name = cold
        rows: NDArray[np.int64] = free[choose(pool, batch, state.rng, Settings(name)).indices]
        return rows

    return ask


def replay_ours(strategy: str, seeds: Sequence[int], name: str) -> None:
    """Replay one of ours in this process; a line of JSON a seed."""
    sys.path.insert(0, str(HERE))
    import active_learning_replay as loop

    for data in loop.load_sets([name]):
        for seed in seeds:
            found = loop.replay(data, _ours(strategy), seed)
            print(json.dumps({"set": data.name, "seed": seed, **found}), flush=True)


@dataclass(frozen=True)
class Job:
    """A line on one set: how to start it; seeds and the set's name are put behind."""

    line: str
    set: str
    start: list[str]


def jobs(wanted: argparse.Namespace, names: list[str]) -> Iterator[Job]:
    """Give everything to run, ours first."""
    few = wanted.strategies or (QUICK if wanted.quick else OURS)
    starts = {
        strategy: [sys.executable, "-m", "benchmarks.active_learning", "--one", strategy]
        for strategy in few
    }
    if wanted.peers is not None:
        for peer, strategies in PEERS.items():
            python = str(wanted.peers / peer / "bin" / "python")
            for strategy in strategies[:1] if wanted.quick else strategies:
                start = [python, str(HERE / "active_learning_peers.py"), peer, strategy]
                starts[f"{peer} {strategy}"] = start
    for line, start in starts.items():
        for name in names:
            yield Job(line, name, start)


class Results:
    """Lines by name, kept in a file where one is named."""

    def __init__(self, file: Path | None) -> None:
        self.lines: dict[str, Line] = {}
        self.file = file
        self.lock = Lock()
        if file is not None and file.exists():
            for text in file.read_text(encoding="utf-8").splitlines():
                self._take(json.loads(text))

    def _take(self, found: dict[str, Any]) -> None:
        line = self.lines.setdefault(found["line"], Line(found["line"]))
        line.curves.setdefault(found["set"], {})[found["seed"]] = found["scores"]
        line.full.setdefault(found["set"], {})[found["seed"]] = found["full"]

    def add(self, found: dict[str, Any]) -> None:
        """Take one seed's result, and write it down."""
        with self.lock:
            self._take(found)
            if self.file is not None:
                with self.file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(found) + "\n")

    def missing(self, job: Job, seeds: int) -> list[int]:
        """List the seeds that a line lacks on a set."""
        line = self.lines.get(job.line, Line(job.line))
        return [seed for seed in range(seeds) if seed not in line.curves.get(job.set, {})]


def run_all(wanted: argparse.Namespace, names: list[str]) -> dict[str, Line]:
    """Run what is missing, a few commands at a time, one thread each."""
    results = Results(wanted.resume)
    limits = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

    def run(job: Job) -> None:
        seeds = results.missing(job, wanted.seeds)
        if not seeds:
            return
        command = [*job.start, ",".join(map(str, seeds)), job.set]
        with (
            TemporaryFile("w+", encoding="utf-8") as errors,
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, env=limits
            ) as process,
        ):
            assert process.stdout is not None
            for text in process.stdout:
                results.add({"line": job.line, **json.loads(text)})
            process.wait()
            errors.seek(0)
            told = errors.read().strip().splitlines()
        if process.returncode:
            print(f"({job.line}, {job.set}: {(told or ['ended'])[-1][:90]})", flush=True)
            return
        area = results.lines[job.line].areas(job.set, range(wanted.seeds)).mean()
        print(f"{job.line:28} {job.set} {area:.3f}", file=sys.stderr, flush=True)

    with ThreadPoolExecutor(wanted.workers) as threads:
        list(threads.map(run, jobs(wanted, names)))
    return results.lines


def below_chance(line: Line, chance: Line, names: Sequence[str], seeds: Sequence[int]) -> float:
    """Say how far a line falls below chance at worst: standard errors, below nought if never."""
    worst = -np.inf
    for name in names:
        gain = line.areas(name, seeds) - chance.areas(name, seeds)
        error = max(float(gain.std(ddof=1)) / np.sqrt(len(seeds)), 1e-9)
        worst = max(worst, -float(gain.mean()) / error)
    return worst


def show(lines: dict[str, Line], names: Sequence[str], seeds: Sequence[int]) -> None:
    """Print a table: a line each way of choosing, the best mean first."""
    whole = [
        line
        for line in lines.values()
        if all(set(seeds) <= set(line.curves.get(name, {})) for name in names)
    ]
    best = {name: max(float(line.areas(name, seeds).mean()) for line in whole) for name in names}
    default, chance = lines["auto"], lines["random"]
    print(f"\nAULC, mean of {len(seeds)} seeds (labels to 95 % of full-data quality)")
    head = "".join(f"{name:>18}" for name in names)
    print(f"{'':26}{head}{'mean':>7} {'regret':>7}  {'default ahead':22} below random")
    for line in sorted(whole, key=lambda one: -float(one.means(names, seeds).mean())):
        cells, regret = "", 0.0
        for name in names:
            found = line.areas(name, seeds)
            to_95 = f"({line.labels_to(name, 0.95)})"
            cells += f"{found.mean():7.3f}±{found.std(ddof=1):.3f} {to_95:>5}"
            regret = max(regret, best[name] - float(found.mean()))
        ahead = default.means(names, seeds) - line.means(names, seeds)
        reach = float(stats.t.ppf(0.975, len(seeds) - 1)) * ahead.std(ddof=1) / np.sqrt(len(seeds))
        interval = f"{ahead.mean():+.3f} [{ahead.mean() - reach:+.3f}, {ahead.mean() + reach:+.3f}]"
        low = below_chance(line, chance, names, seeds)
        tell = "" if line is chance else ("never" if low <= 0 else f"{low:.1f} s.e.")
        mean = float(line.means(names, seeds).mean())
        print(f"{line.name:26}{cells}{mean:7.3f} {regret:7.3f}  {interval:22} {tell}")
    for line in lines.values():
        if line not in whole:
            has = {name: len(set(seeds) & set(line.curves.get(name, {}))) for name in names}
            told = ", ".join(f"{count} seeds of {name}" for name, count in has.items())
            print(f"(not finished: {line.name}: {told})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="three seeds, a few strategies")
    parser.add_argument("--seeds", type=int, default=None)
    parser.add_argument("--peers", type=Path, help="folder of virtual environments")
    parser.add_argument("--others", action="store_true", help="also sets nothing was chosen on")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--strategies", nargs="+", help="of ours, only these")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--resume", type=Path, help="file of results to go on from")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.one:
        strategy, seeds, name = wanted.one
        replay_ours(strategy, [int(seed) for seed in seeds.split(",")], name)
        return
    wanted.seeds = wanted.seeds or (3 if wanted.quick else 10)
    others = list(OTHERS) if wanted.others else []
    lines = run_all(wanted, [*wanted.sets, *others])
    show(lines, wanted.sets, range(wanted.seeds))
    if others:
        print("\nSets that nothing was chosen on:")
        show(lines, others, range(wanted.seeds))


if __name__ == "__main__":
    main()
