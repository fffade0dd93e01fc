"""Fair-paid minutes to equal quality: the whole loop against the habit of buying labels.

The habit draws tasks at random, asks three people from nothing, and takes the majority; overlap 1
asks one. Fairhand chooses what to ask (`auto`), proposes where its model has learnt enough, asks to
verify, mend or draw by expected seconds, asks again only where answers leave a doubt
(`plan_stops`), and pays for its own honesty: a fifth of its tasks is drawn at random and kept from
training, and a tenth of the others is answered without the proposal. Quality is that of the same
linear head, trained on the labels bought, on test items that nobody was asked about. Seconds are
those of `work/prelabel/data/seconds.json`, at half, once and twice for everything that concerns a
proposal. `sway` is the chance that a person who would have said something else takes a proposal.

    python -m benchmarks.economics --data ../shared/data
    python -m benchmarks.economics --data ../shared/data --sets digits --seeds 3
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.economics_world import MOST_VOTES, WORLDS, Ints, World
from fairhand.compute.assistants.contract import NotEnoughError
from fairhand.compute.models.heads import fit_head
from fairhand.quality import DawidSkene
from fairhand.quality.adaptive import measure_dependence, plan_stops, weigh_evidence
from fairhand.quality.aggregation.codes import AnswerCodes
from fairhand.work.active_learning.choose import Pool, Settings, choose
from fairhand.work.prelabel.ask import choose_ask
from fairhand.work.prelabel.seconds import Seconds, frozen_seconds

BATCH = 10
HELD_OUT, BLIND = 0.2, 0.1
AIM = 0.40
_FIRST = 20
"""Answers before a model is trained."""
_MODEL = DawidSkene(tolerance=1e-3)


@dataclass
class Spent:
    """A curve: minutes paid and quality reached, round by round; and what was bought."""

    minutes: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    votes: int = 0
    tasks: int = 0
    right: float = 0.0
    asks: dict[str, int] = field(default_factory=lambda: {"verify": 0, "fix": 0, "draw": 0})

    def note(self, seconds: float, score: float) -> None:
        """Add a point."""
        self.minutes.append(seconds / 60)
        self.score.append(score)


def main() -> None:
    """Replay and print the table."""
    asked = _arguments()
    if not asked.data.is_dir():
        sys.exit(f"There is no {asked.data}: give the folder of sets as --data.")
    print(f"minutes to the habit's quality, as a share of the habit's; aim: at most {AIM:.0%}")
    print(f"{'set':10} {'seconds':>8} {'sway':>5} {'habit > fairhand':>22} {'one answer':>11} "
          f"{'fairhand':>22} {'votes/task':>10} {'labels right':>17}")  # fmt: skip
    plain: list[float] = []
    Buyer.weighs_time = asked.weigh_time
    for name in asked.sets:
        for factor in asked.factors:
            for sway in asked.sways:
                share = compare(name, asked.data, asked.seeds, factor, sway)
                if factor == 1.0 and sway == asked.sways[0]:
                    plain.append(share)
    if plain:
        print(
            f"\nmean over sets, seconds as published: {np.mean(plain):.0%} of the habit's minutes"
        )


def compare(name: str, data: Path, seeds: int, factor: float, sway: float) -> float:
    """Replay a set; print and give the share of minutes."""
    habits, ones, ours = [], [], []
    for seed in range(seeds):
        world = WORLDS[name](data, np.random.default_rng(seed))
        seconds = at_pace(frozen_seconds("choice", world.medium), factor)
        habits.append(habit(world, seconds, 3, seed))
        ones.append(habit(world, seconds, 1, seed))
        ours.append(fairhand(world, seconds, sway, seed, 60 * habits[-1].minutes[-1]))
    rng = np.random.default_rng(0)
    picks = [list(range(seeds)), *(rng.integers(0, seeds, seeds).tolist() for _ in range(200))]
    shares = [share_of(habits, ours, pick) for pick in picks]
    one = share_of(habits, ones, picks[0])
    low, high = np.nanpercentile(shares[1:], [5, 95]) if seeds > 1 else (np.nan, np.nan)
    last = [float(np.mean([one.score[-1] for one in some])) for some in (habits, ours)]
    paid = float(np.mean([one.minutes[-1] for one in habits]))
    asks = sum(np.array(list(one.asks.values())) for one in ours)
    print(
        f"{name:10} {factor:>7}x {sway:>5.0%} {paid:6.0f} min {last[0]:.3f} > {last[1]:.3f} "
        f"{_per_cent(one):>11} {_per_cent(shares[0]):>7} [{_per_cent(low)}, {_per_cent(high)}] "
        f"{sum(one.votes for one in ours) / sum(one.tasks for one in ours):10.2f} "
        f"{np.mean([o.right for o in habits]):.3f} / {np.mean([o.right for o in ours]):.3f}  "
        f"verify {asks[0] / asks.sum():.0%} mend {asks[1] / asks.sum():.0%}",
        flush=True,
    )
    return float(shares[0])


def _per_cent(share: float) -> str:
    return "never" if np.isnan(share) else f"{share:.0%}"


def share_of(habits: list[Spent], others: list[Spent], pick: list[int]) -> float:
    """Give the minutes until the mean curve has reached the habit's last quality, over its own."""
    paid = float(np.mean([habits[one].minutes[-1] for one in pick]))
    goal = float(np.mean([np.mean(habits[one].score[-3:]) for one in pick]))
    grid = np.linspace(0, max(max(others[one].minutes) for one in pick), 2000)
    mean = np.mean(
        [np.interp(grid, others[one].minutes, others[one].score) for one in pick], axis=0
    )
    smooth = np.convolve(np.pad(mean, 20, mode="edge"), np.ones(41) / 41, mode="valid")
    reached = np.flatnonzero(smooth >= goal)
    return float(grid[reached[0]] / paid) if len(reached) else float("nan")


def at_pace(seconds: Seconds, factor: float) -> Seconds:
    """Give seconds at which all that concerns a proposal takes `factor` times as long."""
    return Seconds(factor * seconds.verify, factor * seconds.keep,
                   seconds.draw + factor * (seconds.mend - seconds.draw), seconds.draw)  # fmt: skip


def habit(world: World, seconds: Seconds, overlap: int, seed: int) -> Spent:
    """Random order, a fixed number of answers, majority, no help."""
    rng = np.random.default_rng([seed, overlap])
    order = rng.permutation(len(world.y))[: world.budget]
    spent, paid = Spent(), 0.0
    labels = np.array([_majority(world.said[task, :overlap], rng) for task in order])
    for end in range(BATCH, len(order) + 1, BATCH):
        votes = int(np.sum(world.said[order[end - BATCH : end], :overlap] >= 0))
        spent.votes += votes
        paid += votes * seconds.draw
        if end >= _FIRST:
            spent.note(paid, _train_and_score(world, order[:end], labels[:end], None))
    spent.right = float(np.mean(labels == world.y[order]))
    return spent


def _majority(said: Ints, rng: np.random.Generator) -> int:
    counts = np.bincount(said[said >= 0])
    return int(rng.choice(np.flatnonzero(counts == counts.max())))


def _train_and_score(
    world: World, tasks: Ints, labels: Ints, weights: NDArray[np.float64] | None
) -> float:
    head = _fit(world, tasks, labels, weights)
    if head is None:
        return world.score(np.full(len(world.test_y), np.bincount(labels).argmax()))
    return world.score(head.probabilities(world.test_x).argmax(axis=1))


def _fit(world: World, tasks: Ints, labels: Ints, weights: NDArray[np.float64] | None):  # type: ignore[no-untyped-def]  # noqa: ANN202
    weights = np.ones(len(tasks)) if weights is None else weights
    try:
        return fit_head(world.x[tasks], labels, weights, world.classes, np.arange(len(tasks)), 0)
    except NotEnoughError:
        return None


class Buyer:
    """Buys answers as Fairhand does, and remembers who said what, in order."""

    weighs_time = False

    def __init__(self, world: World, seconds: Seconds, sway: float, seed: int) -> None:
        self.world, self.seconds, self.sway = world, seconds, sway
        self.rng = np.random.default_rng([seed, 99])
        self.held_out = self.rng.random(len(world.y)) < HELD_OUT
        self.asked = np.zeros(len(world.y), np.int64)
        self.rows: list[tuple[int, int, int]] = []  # task, person, label
        self.spent, self.paid = Spent(), 0.0

    def ask(self, task: int, proposed: int, chance: float) -> bool:
        """Ask one more person about a task; False where nobody is left."""
        turn = int(self.asked[task])
        if turn >= MOST_VOTES or self.world.said[task, turn] < 0:
            return False
        own, person = int(self.world.said[task, turn]), int(self.world.people[task, turn])
        blind = proposed < 0 or self.held_out[task] or self.rng.random() < BLIND
        way = "draw" if blind else choose_ask(chance, self.seconds)
        said = own
        if way != "draw" and own != proposed and self.rng.random() < self.sway:
            said = proposed
        taken = way != "draw" and said == proposed
        self.paid += {
            "draw": self.seconds.draw,
            "verify": self.seconds.verify + (0.0 if taken else self.seconds.draw),
            "fix": self.seconds.keep if taken else self.seconds.mend,
        }[way]
        self.spent.asks[way] += 1
        self.spent.votes += 1
        self.asked[task] += 1
        self.rows.append((task, person, said))
        return True

    def know(self) -> tuple[Ints, NDArray[np.float64], Ints]:
        """Give the tasks asked, what is believed of each, and those that need another answer."""
        task, person, label = np.array(sorted(self.rows, key=lambda row: row[0])).T
        tasks, codes = np.unique(task, return_inverse=True)
        people, persons = np.unique(person, return_inverse=True)
        names = (tuple(range(top)) for top in (len(tasks), len(people), self.world.classes))
        answers = AnswerCodes(codes, persons, label, *names)
        fit = _MODEL.fit_codes(answers)
        evidence = weigh_evidence(answers, fit, in_order=True)
        left = np.sum(self.world.said[tasks] >= 0, axis=1) - self.asked[tasks]
        stops = plan_stops(evidence, measure_dependence(evidence), fit, left).stop
        return tasks, fit.probabilities, tasks[~stops]


def fairhand(world: World, seconds: Seconds, sway: float, seed: int, most: float) -> Spent:
    """Choose, propose, verify or draw, ask again where it is in doubt, for `most` paid seconds."""
    buyer = Buyer(world, seconds, sway, seed)
    probabilities: NDArray[np.float32] | None = None
    tasks = np.empty(0, np.int64)
    labels = tasks
    while buyer.paid < most:
        fresh = _choose(world, buyer, tasks, labels, probabilities)
        if not len(fresh):
            break
        for task in fresh.tolist():
            buyer.ask(task, *_proposal(probabilities, task))
        tasks, believed, doubted = buyer.know()
        for task in doubted.tolist():
            buyer.ask(task, *_proposal(probabilities, task))
        if len(doubted):
            tasks, believed, _ = buyer.know()
        labels = believed.argmax(axis=1)
        train = ~buyer.held_out[tasks]
        head = _fit(world, tasks[train], labels[train], believed.max(axis=1)[train])
        if head is None or len(tasks) < _FIRST:
            continue
        probabilities = head.probabilities(world.x).astype(np.float32)
        # Every label trains the model that is handed over; the held-out part has measured by then.
        whole = _train_and_score(world, tasks, labels, believed.max(axis=1))
        buyer.spent.note(buyer.paid, whole)
    buyer.spent.right = float(np.mean(labels == world.y[tasks]))
    buyer.spent.tasks = len(tasks)
    return buyer.spent


def _proposal(probabilities: NDArray[np.float32] | None, task: int) -> tuple[int, float]:
    if probabilities is None:
        return -1, 0.0
    best = int(probabilities[task].argmax())
    return best, float(probabilities[task, best])


def _choose(
    world: World, buyer: Buyer, tasks: Ints, labels: Ints,
    probabilities: NDArray[np.float32] | None,
) -> Ints:  # fmt: skip
    free = np.flatnonzero((buyer.asked == 0) & (world.said[:, 0] >= 0))
    pool = Pool(
        features=world.x[free],
        probabilities=None if probabilities is None else probabilities[free],
        labelled_features=world.x[tasks] if len(tasks) else None,
        labels=labels if len(tasks) else None,
        classes=world.classes,
        held_out=buyer.held_out[free],
        **_times(buyer, probabilities, free),
    )
    batch = max(BATCH, len(tasks) // 10)  # a model is not trained anew for every few answers
    chosen = choose(pool, batch, buyer.rng, Settings(holdout_share=HELD_OUT))
    return free[chosen.indices]


def _times(
    buyer: Buyer, probabilities: NDArray[np.float32] | None, free: Ints
) -> dict[str, NDArray[np.float64]]:
    """Say how long each item may take, where choosing shall weigh that."""
    if not buyer.weighs_time or probabilities is None:
        return {}
    return {
        "seconds": np.full(len(free), buyer.seconds.draw),
        "seconds_to_accept": np.full(len(free), buyer.seconds.verify),
        "acceptance": probabilities[free].max(axis=1).astype(np.float64),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", nargs="+", default=list(WORLDS), choices=list(WORLDS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--factors", nargs="+", type=float, default=[1.0, 0.5, 2.0])
    parser.add_argument("--weigh-time", action="store_true", help="choose by gain a minute")
    parser.add_argument("--sways", nargs="+", type=float, default=[0.1, 0.3])
    return parser.parse_args()


if __name__ == "__main__":
    main()
