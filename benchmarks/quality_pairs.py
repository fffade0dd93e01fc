"""Rankings from few votes on pairs, beside choix and evalica.

    python -m benchmarks.quality_pairs --data ../shared/data --peers VENV

Photos: 100 of them, three criteria, every pair voted on about five times. A share of the votes is
drawn, everybody ranks from it, and Kendall's tau says how near the ranking comes to the one of all
votes (by win rate, which is no contestant's model). The same draws for all; the settings are the
defaults, choix with alpha 0.01 and "same" left out, which it does not know. CPU seconds a ranking.
Models' answers (PandaLM): three people, no truth; log loss of held-out votes, five folds.
A planted crowd: a quarter click left or at random; what knowing people is worth.
Speed: a million votes on a thousand items, "same" among them, standard errors included.
The peers (choix, evalica, pandas installed in VENV) run in a process of their own.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

from fairhand.quality import BradleyTerry, PairRanking

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SHARES = (0.01, 0.03, 0.1)
_PHOTOS, _CRITERIA = 100, 3
_PEERS = """
import json, sys, time, warnings
import choix, evalica
import numpy as np
warnings.simplefilter("ignore")
sets = np.load(sys.argv[1])
items = int(sys.argv[2])
WINNERS = {1: evalica.Winner.X, -1: evalica.Winner.Y, 0: evalica.Winner.Draw}

def by_choix(rows):
    clear = [(a, b) if v > 0 else (b, a) for a, b, v in rows.tolist() if v]
    start = time.process_time()
    scores = choix.ilsr_pairwise(items, clear, alpha=0.01)
    return scores, time.process_time() - start

def by_evalica(method):
    def rank(rows):
        left, right, vote = rows.T.tolist()
        winners = [WINNERS[v] for v in vote]
        start = time.process_time()
        found = method(left, right, winners).scores
        seconds = time.process_time() - start
        return found.reindex(range(items)).to_numpy(dtype=float), seconds
    return rank

RANKERS = {
    "choix ilsr": by_choix,
    "evalica newman": by_evalica(evalica.newman),
    "evalica bradley_terry": by_evalica(evalica.bradley_terry),
    "evalica win rate": by_evalica(evalica.average_win_rate),
}
answer = {}
for name, rank in RANKERS.items():
    answer[name] = []
    for key in sets.files:
        try:
            scores, seconds = rank(sets[key])
        except Exception as error:  # a peer that gives up is told, not hidden
            scores, seconds = np.full(items, np.nan), float("nan")
        scores = [None if np.isnan(one) else float(one) for one in scores]
        answer[name].append([scores, seconds])
print(json.dumps(answer))
"""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Scores of each draw, NaN where the contestant gave none, and CPU seconds."""

    scores: list[Floats]
    seconds: list[float]


def main() -> None:
    """Print the four tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--peers", type=Path, help="venv with choix, evalica and pandas installed")
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--votes", type=int, default=1_000_000, help="votes of the speed table")
    options = parser.parse_args()
    if options.peers is None:
        print("no --peers VENV: ours alone\n")
    crowd = options.data / "crowd"
    for name, show in (("photo_pairs", show_photos), ("pandalm_pairs", show_held_out)):
        if (crowd / name).is_dir():
            show(crowd / name / "labels.csv.gz", options)
        else:
            print(f"{crowd / name} is not there: its table is left out\n")
    show_planted(options)
    show_speed(options)


def read(path: Path) -> Ints:
    """Read a table of whole numbers, the header left out."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = list(csv.reader(text))[1:]
    return np.array([[int(cell) for cell in row] for row in rows], dtype=np.int64)


def show_photos(path: Path, options: argparse.Namespace) -> None:
    """Print tau for each share of the votes."""
    rows = read(path) - np.array([0, 1, 1, 0])
    full = [by_win_rate(rows[rows[:, 0] == one, 1:], _PHOTOS) for one in range(_CRITERIA)]
    print(
        f"photos, Kendall's tau with the ranking of all votes, {options.draws} draws x 3 criteria"
    )
    for share in SHARES:
        draws, truths = [], []
        for criterion in range(_CRITERIA):
            own = rows[rows[:, 0] == criterion, 1:]
            for seed in range(options.draws):
                rng = np.random.default_rng(seed)
                draws.append(own[rng.choice(len(own), round(share * len(own)), replace=False)])
                truths.append(full[criterion])
        print(f"  {share:.0%} of the votes")
        contest(draws, truths, _PHOTOS, options.peers)
    print()


def contest(draws: list[Ints], truths: list[Floats], items: int, peers: Path | None) -> None:
    """Print a row for each contestant."""
    ranked = {"ours": by_ours(draws, items), "win rate": by_rates(draws, items)}
    if peers is not None:
        ranked |= by_peers(peers, draws, items)
    base = float(np.mean(ranked["ours"].seconds))
    for name, one in ranked.items():
        holes = sum(bool(np.isnan(scores).any()) for scores in one.scores)
        taus = [kendalltau(filled(s), t)[0] for s, t in zip(one.scores, truths, strict=True)]
        lost = int(np.isnan(taus).sum())
        seconds = float(np.nanmean(one.seconds))
        print(
            f"    {name:24}tau {np.nanmean(taus):.4f}   {seconds * 1000:9.2f} ms"
            f"   x{seconds / base:8.2f}"
            + (f"   items without a score in {holes} of {len(draws)}" if holes else "")
            + (f"   no ranking at all in {lost}, left out" if lost else "")
        )


def filled(scores: Floats) -> Floats:
    """Put an item without a score in the middle."""
    known = scores[np.isfinite(scores)]
    middle = float(np.median(known)) if len(known) else 0.0
    return np.where(np.isfinite(scores), scores, middle + np.arange(len(scores)) * 1e-12)


def by_ours(draws: list[Ints], items: int) -> Ranked:
    """Rank each draw with the defaults; the first call compiles and is not timed."""
    rank(draws[0], items)
    scores, seconds = [], []
    for draw in draws:
        start = time.process_time()
        scores.append(rank(draw, items).scores)
        seconds.append(time.process_time() - start)
    return Ranked(scores, seconds)


def rank(rows: Ints, items: int) -> PairRanking:
    """Rank rows of left, right, vote."""
    return BradleyTerry().fit(*rows[:, :3].T, items=range(items))


def by_rates(draws: list[Ints], items: int) -> Ranked:
    """Rank each draw by the share of votes won."""
    scores, seconds = [], []
    for draw in draws:
        start = time.process_time()
        scores.append(by_win_rate(draw, items))
        seconds.append(time.process_time() - start)
    return Ranked(scores, seconds)


def by_win_rate(rows: Ints, items: int) -> Floats:
    """Give the share of votes won, "same" counting half; a half where there was none."""
    won = np.bincount(rows[:, 0], weights=(1 + rows[:, 2]) / 2, minlength=items)
    won += np.bincount(rows[:, 1], weights=(1 - rows[:, 2]) / 2, minlength=items)
    met = np.bincount(rows[:, :2].ravel(), minlength=items)
    return np.where(met > 0, won / np.maximum(met, 1), 0.5)


def by_peers(peers: Path, draws: list[Ints], items: int) -> dict[str, Ranked]:
    """Let the peers rank the same draws."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "draws.npz"
        np.savez(path, **{f"draw{at:04}": draw[:, :3] for at, draw in enumerate(draws)})  # type: ignore[arg-type]
        command = [str(peers / "bin" / "python"), "-c", _PEERS, str(path), str(items)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"the peers did not run in {peers}:\n{done.stderr[-2000:]}")
    return {
        name: Ranked([np.array(s, dtype=np.float64) for s, _ in runs], [t for _, t in runs])
        for name, runs in json.loads(done.stdout).items()
    }


def show_held_out(path: Path, options: argparse.Namespace) -> None:
    """Print how likely held-out votes are, with people and without."""
    task, worker, label, *sides = read_words(path)
    left, right = map(np.array, sides)
    vote = np.array([{"1": 1, "2": -1, "0": 0}[one] for one in label])
    people = np.array(worker)
    # All votes on a task are held out together: its pair of answers is not seen.
    tasks, place = np.unique(np.array(task), return_inverse=True)
    fold = (np.random.default_rng(1).permutation(len(tasks)) % 5)[place]
    print("models' answers, log loss of held-out votes (lower is better)")
    shares = np.bincount(vote + 1, minlength=3) / len(vote)
    print(f"    {'shares of the votes':32}{-np.log(shares[vote + 1]).mean():.4f}")
    for name, model in (
        ("one crowd", BradleyTerry(people=False)),
        ("each person their own", BradleyTerry()),
    ):
        losses = []
        for held in range(5):
            kept = fold != held
            fit = model.fit(left[kept], right[kept], vote[kept], people[kept])
            chance = predicted(fit, left[~kept], right[~kept], people[~kept])
            losses.append(-np.log(chance[np.arange((~kept).sum()), 1 - vote[~kept]]))
        print(f"    {name:32}{np.concatenate(losses).mean():.4f}")
    print()


def read_words(path: Path) -> list[list[str]]:
    """Read a table as columns of words."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = list(csv.reader(text))[1:]
    return [list(column) for column in zip(*rows, strict=True)]


def predicted(
    fit: PairRanking, left: NDArray[np.str_], right: NDArray[np.str_], people: NDArray[np.str_]
) -> Floats:
    """Give each person's chances of saying left, same, right."""
    place = {name: at for at, name in enumerate(fit.items)}
    who = np.array([fit.workers.index(one) for one in people])
    gap = np.array([fit.scores[place[a]] - fit.scores[place[b]]
                    for a, b in zip(left, right, strict=True)])  # fmt: skip
    felt = fit.reliability[who] * gap + fit.person_side[who]
    odds = np.exp(np.stack([felt / 2, fit.person_tie[who], -felt / 2], axis=1))
    chances: Floats = odds / odds.sum(axis=1, keepdims=True)
    return chances


def show_planted(options: argparse.Namespace) -> None:
    """Print tau with the truth for a crowd of which a quarter does not look."""
    print("planted crowd: 50 items, 40 people, a quarter of whom do not look, tau with the truth")
    for votes in (500, 2_000, 8_000):
        taus: dict[str, list[float]] = {"people known": [], "one crowd": []}
        for seed in range(options.draws):
            left, right, vote, worker, truth = planted(seed, votes)
            for name in taus:
                model = BradleyTerry(people=name == "people known")
                fit = model.fit(left, right, vote, worker, items=range(50))
                taus[name].append(kendalltau(fit.scores, truth)[0])
        row = "   ".join(f"{name} {np.mean(found):.3f}" for name, found in taus.items())
        print(f"    {votes:6,} votes   {row}")
    print()


def planted(seed: int, votes: int) -> tuple[Ints, Ints, Ints, Ints, Floats]:
    """Make votes of forty people: five click left, five at random, thirty look."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 1, 50)
    left = rng.integers(0, 50, votes)
    right = (left + rng.integers(1, 50, votes)) % 50
    worker = rng.integers(0, 40, votes)
    vote = felt_votes(rng, truth[left] - truth[right])
    vote = np.where(worker < 5, 1, np.where(worker < 10, rng.choice([-1, 1], votes), vote))
    return left, right, vote, worker, truth


def felt_votes(rng: np.random.Generator, gap: Floats) -> Ints:
    """Draw votes, about one in five of them "same" between equals."""
    odds = np.exp(np.stack([gap / 2, np.full(len(gap), np.log(0.5)), -gap / 2], axis=1))
    cut = odds.cumsum(axis=1) / odds.sum(axis=1, keepdims=True)
    said: Ints = 1 - (rng.random(len(gap))[:, None] > cut).sum(axis=1)
    return said


def show_speed(options: argparse.Namespace) -> None:
    """Print CPU seconds for many votes."""
    items = 1_000
    rng = np.random.default_rng(9)
    truth = rng.normal(0, 1, items)
    left = rng.integers(0, items, options.votes)
    right = (left + rng.integers(1, items, options.votes)) % items
    rows = np.stack([left, right, felt_votes(rng, truth[left] - truth[right])], axis=1)
    print(f"{options.votes:,} votes on {items:,} items, tau with the truth")
    contest([rows], [truth], items, options.peers)
    worker = rng.integers(0, 500, options.votes)
    start = time.process_time()
    BradleyTerry().fit(rows[:, 0], rows[:, 1], rows[:, 2], worker, items=range(items))
    print(f"    ours, with 500 people               {(time.process_time() - start) * 1000:9.2f} ms")


if __name__ == "__main__":
    main()
