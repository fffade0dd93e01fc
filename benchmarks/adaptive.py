"""Fewer judgements for the same labels: real crowds replayed with everything set beforehand.

Each set is replayed in random orders: two answers a task first, a refit each round, one more
answer wherever `plan_stops` still sees a gain, with its one default for all sets. `hindsight` is
the best one could do with a threshold on confidence, chosen afterwards by looking at the truth.
`rho` is how far mistakes are found to depend on each other, by the answers asked and by all there
are; ! says that chance is ruled out. Claims are made from the answers alone and, beside it, with a
random tenth of the known answers (thirty at least) as gold; the other known answers are the judges.

    python -m benchmarks.adaptive --data ../shared/data/crowd
    python -m benchmarks.adaptive --data ../shared/data/crowd --sets rte bluebird --orders 5
    python -m benchmarks.adaptive --data ../shared/data/crowd --full   # the large sets whole
    python -m benchmarks.adaptive --fold                               # a thousand into a million
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fairhand.quality import DawidSkene, DawidSkeneFit, MajorityVote
from fairhand.quality.adaptive import (
    Dependence,
    Evidence,
    LiveModel,
    measure_dependence,
    plan_stops,
    weigh_evidence,
    weigh_trust,
)
from fairhand.quality.adaptive.stopping import MOST_LOSS
from fairhand.quality.aggregation.codes import AnswerCodes

SETS = "bluebird rte web dog music_genre tweets trec adult fact_eval labelme product".split()
THRESHOLDS = (0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999)
TOLERANCE = 0.5
"""Points of accuracy that fewer judgements may cost."""

_FIRST = 2
_GOLD_SHARE, _LEAST_GOLD = 0.1, 30
_SAMPLE = 1_500
_MODEL = DawidSkene(tolerance=1e-3)

Ints = NDArray[np.int64]
Stops = Callable[[DawidSkeneFit, Evidence, Dependence, Ints], NDArray[np.bool_]]


@dataclass(frozen=True)
class Crowd:
    """Answers as three columns of codes, sorted by task, and the truth (-1 unknown)."""

    task: Ints
    person: Ints
    label: Ints
    truth: Ints
    classes: int

    @property
    def votes(self) -> Ints:
        return np.bincount(self.task, minlength=len(self.truth))

    def first(self, asked: Ints) -> AnswerCodes:
        """Give the first `asked` answers of each task, in their order."""
        starts = np.concatenate([[0], np.cumsum(self.votes)[:-1]])
        keep = np.arange(len(self.task)) - starts[self.task] < asked[self.task]
        return AnswerCodes(
            self.task[keep].astype(np.intp),
            self.person[keep].astype(np.intp),
            self.label[keep].astype(np.intp),
            tuple(range(len(self.truth))),
            tuple(range(int(self.person.max()) + 1)),
            tuple(range(self.classes)),
        )

    def shuffled(self, rng: np.random.Generator) -> Crowd:
        """Put each task's answers in a random order."""
        order = np.lexsort((rng.random(len(self.task)), self.task))
        return Crowd(
            self.task[order], self.person[order], self.label[order], self.truth, self.classes
        )


@dataclass(frozen=True)
class Replay:
    """One replay of one order; shares in per cent."""

    full: float
    majority: float
    adaptive: float
    saved: float
    hindsight: float
    true_error: float
    blind_claim: float
    gold_claim: float
    gold_low: float
    gold_high: float
    rho: float
    rho_of_all: float
    noticed: bool


def main() -> None:
    """Replay and print the table."""
    asked = _arguments()
    if asked.fold:
        _time_the_fold()
        return
    if not asked.data.is_dir():
        sys.exit(f"There is no {asked.data}: give the folder of crowd sets as --data.")
    print(f"{'set':12} {'votes':>5} {'MV':>5} {'full':>5} {'adapt':>5} {'diff':>5} {'saved':>6} "
          f"{'hinds.':>6} {'error':>6} {'claim':>6} {'gold claim':>18} "
          f"{'rho':>5} {'all':>5}")  # fmt: skip
    rows: list[tuple[str, list[Replay]]] = []
    for name in asked.sets:
        crowd = load(asked.data / name, None if asked.full else _SAMPLE)
        replays = [replay(crowd, seed) for seed in range(asked.orders)]
        rows.append((name, replays))
        _print_row(name, crowd, replays)
    _print_summary(rows)


def load(folder: Path, most: int | None) -> Crowd:
    """Read a set; of a large one a random sample of tasks, those with a known answer first."""
    rows = np.array(list(_read(folder / "labels.csv.gz")), dtype=np.int64)
    known = {row[0]: row[1] for row in _read(folder / "truth.csv.gz")}
    rng = np.random.default_rng(0)
    tasks = rng.permutation(np.unique(rows[:, 0]))
    tasks = tasks[np.argsort([task not in known for task in tasks.tolist()], kind="stable")]
    rows = rows[np.isin(rows[:, 0], tasks[:most])]
    names, task = np.unique(rows[:, 0], return_inverse=True)
    _, person = np.unique(rows[:, 1], return_inverse=True)
    labels = sorted({*rows[:, 2].tolist(), *known.values()})
    place = {label: code for code, label in enumerate(labels)}
    truth = [place[known[name]] if name in known else -1 for name in names.tolist()]
    order = np.argsort(task, kind="stable")
    label = np.array([place[one] for one in rows[:, 2].tolist()])
    return Crowd(task[order], person[order], label[order], np.array(truth), len(labels))


def replay(crowd: Crowd, seed: int) -> Replay:
    """Replay one random order: by plan, and by every threshold."""
    rng = np.random.default_rng(seed)
    crowd = crowd.shuffled(rng)
    everything = crowd.first(crowd.votes)
    whole = DawidSkene().fit_codes(everything)
    of_all = measure_dependence(weigh_evidence(everything, whole))
    full = right(whole.probabilities, crowd.truth)
    majority = right(MajorityVote().fit_codes(everything).probabilities, crowd.truth)
    asked, fit, evidence, dependence = run(crowd, by_plan)
    adaptive = right(fit.probabilities, crowd.truth)
    hindsight = max(
        (saved for saved, share in (threshold(crowd, at) for at in THRESHOLDS)
         if share >= full - TOLERANCE),
        default=0.0,
    )  # fmt: skip
    gold = _gold(crowd.truth, rng)
    blind, seen = weigh_trust(evidence, dependence), weigh_trust(evidence, dependence, gold)
    judged = np.where(gold >= 0, -1, crowd.truth)
    return Replay(
        full, majority, adaptive, _saved(asked, crowd), hindsight,
        100 - right(seen.probabilities, judged),
        100 * blind.error.value, 100 * seen.error.value,
        100 * seen.error.low, 100 * seen.error.high, dependence.rho, of_all.rho,
        dependence.noticed or of_all.noticed,
    )  # fmt: skip


def run(crowd: Crowd, stops: Stops) -> tuple[Ints, DawidSkeneFit, Evidence, Dependence]:
    """Ask round by round until nobody needs more; give the answers asked and what is known."""
    votes = crowd.votes
    asked = np.minimum(_FIRST, votes)
    while True:
        codes = crowd.first(asked)
        fit = _MODEL.fit_codes(codes)
        evidence = weigh_evidence(codes, fit, in_order=True)
        dependence = measure_dependence(evidence)
        going = ~stops(fit, evidence, dependence, votes - asked) & (asked < votes)
        if not going.any():
            return asked, fit, evidence, dependence
        asked = asked + going


def by_plan(
    fit: DawidSkeneFit, evidence: Evidence, dependence: Dependence, more: Ints
) -> NDArray[np.bool_]:
    """Stop by the one default that was set beforehand."""
    return plan_stops(evidence, dependence, fit, more).stop


def threshold(crowd: Crowd, at: float) -> tuple[float, float]:
    """Stop at a posterior of `at`; give the share saved and the share right."""
    asked, fit, _, _ = run(crowd, lambda fit, *_: fit.probabilities.max(axis=1) >= at)
    return _saved(asked, crowd), right(fit.probabilities, crowd.truth)


def right(probabilities: NDArray[np.float64], truth: Ints) -> float:
    """Give the per cent of known answers that are met; ties share the credit."""
    given, known = probabilities[truth >= 0], truth[truth >= 0]
    best = np.isclose(given, given.max(axis=1, keepdims=True), atol=1e-9)
    return float(100 * np.mean(best[np.arange(len(known)), known] / best.sum(axis=1)))


def _saved(asked: Ints, crowd: Crowd) -> float:
    return float(100 * (1 - asked.sum() / crowd.votes.sum()))


def _gold(truth: Ints, rng: np.random.Generator) -> Ints:
    known = rng.permutation(np.flatnonzero(truth >= 0))
    kept = known[: max(_LEAST_GOLD, round(_GOLD_SHARE * len(known)))]
    gold = np.full(len(truth), -1, dtype=np.int64)
    gold[kept] = truth[kept]
    return gold


def _print_row(name: str, crowd: Crowd, replays: list[Replay]) -> None:
    def mean(read: Callable[[Replay], float]) -> float:
        return float(np.mean([read(one) for one in replays]))

    gold = (f"{mean(lambda r: r.gold_claim):.1f} "
            f"[{mean(lambda r: r.gold_low):.1f}, {mean(lambda r: r.gold_high):.1f}]")  # fmt: skip
    print(
        f"{name:12} {crowd.votes.mean():5.1f} {mean(lambda r: r.majority):5.1f} "
        f"{mean(lambda r: r.full):5.1f} {mean(lambda r: r.adaptive):5.1f} "
        f"{mean(lambda r: r.adaptive - r.full):+5.1f} {mean(lambda r: r.saved):5.1f}% "
        f"{mean(lambda r: r.hindsight):5.1f}% {mean(lambda r: r.true_error):6.1f} "
        f"{mean(lambda r: r.blind_claim):6.1f} {gold:>18} "
        f"{mean(lambda r: r.rho):5.2f} {mean(lambda r: r.rho_of_all):5.2f}"
        f"{'!' if any(r.noticed for r in replays) else ' '}",
        flush=True,
    )


def _print_summary(rows: list[tuple[str, list[Replay]]]) -> None:
    every = [one for _, replays in rows for one in replays]
    worth = [one for _, replays in rows for one in replays if _worth_it(replays)]
    covered = np.mean([one.gold_low <= one.true_error <= one.gold_high for one in every])
    print(f"\nbars (most loss {MOST_LOSS}, the same for every set; ! = dependence noticed)")
    for title, some in (("all sets", every), ("full worth more than majority", worth)):
        if not some:
            continue
        saved, best = (np.mean([getattr(one, name) for one in some]) for name in
                       ("saved", "hindsight"))  # fmt: skip
        print(f"  {title}: saved {saved:.1f} %, hindsight {best:.1f} % "
              f"({f'{saved / best:.0%}' if best else 'none'} of it), accuracy "
              f"{np.mean([one.adaptive - one.full for one in some]):+.2f} points")  # fmt: skip
    for title, claim in (("answers alone", "blind_claim"), ("with gold", "gold_claim")):
        gaps = np.array([getattr(one, claim) - one.true_error for one in every])
        print(f"  claimed less true error, {title}: mean {gaps.mean():+.1f}, "
              f"mean distance {np.abs(gaps).mean():.1f} points")  # fmt: skip
    print(f"  claimed interval with gold holds the true error: {covered:.0%}")


def _worth_it(replays: list[Replay]) -> bool:
    return float(np.mean([one.full - one.majority for one in replays])) > TOLERANCE


def _time_the_fold() -> None:
    """Fold a thousand answers into a model of a million, several times."""
    rng = np.random.default_rng(0)
    tops = (200_000, 10_000, 4)
    task = np.repeat(np.arange(tops[0]), 5)
    person, label = (rng.integers(0, top, len(task)) for top in tops[1:])
    names = (tuple(range(tops[0])), tuple(range(tops[1])), (0, 1, 2, 3))
    codes = AnswerCodes(task, person, label, *names)
    model = LiveModel(codes, DawidSkene(max_iterations=3).fit_codes(codes))
    spent = []
    for _ in range(20):
        fresh = [rng.integers(0, top, 1_000).tolist() for top in tops]
        started = time.process_time()
        model.fold(*fresh)
        spent.append(1e3 * (time.process_time() - started))
    print(f"1,000 answers into {len(model):,}: {np.median(spent[1:]):.1f} ms "
          f"(most {max(spent[1:]):.1f}; the first, which compiles, {spent[0]:.0f})")  # fmt: skip


def _read(path: Path) -> Iterator[list[int]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        next(rows)
        yield from ([int(cell) for cell in row[:3]] for row in rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/crowd"))
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--orders", type=int, default=3, help="random orders a set")
    parser.add_argument("--full", action="store_true", help="replay the large sets whole")
    parser.add_argument("--fold", action="store_true", help="time the fold of new answers only")
    return parser.parse_args()


if __name__ == "__main__":
    main()
