"""Accuracy and calibration of `aggregate` on real crowds with known answers, beside crowd-kit.

    python -m benchmarks.quality_accuracy --peers VENV --cache peers.json

Every set under `--data` that has `labels.csv.gz` and `truth.csv.gz` is joined by `method="auto"`,
by majority and by our Dawid-Skene; with `--peers`, the path of a virtual environment that holds
crowd-kit, also by its aggregators with their defaults, in processes of their own. Of labels that
tie each gets its share of the credit. Probabilities are held against the truth by log loss and
expected calibration error. `--features` adds what a classifier brings; `--thin` joins the sets
again from half of the people, and from three answers a task; `--made` crowds with a planted truth.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality import aggregate
from fairhand.quality.aggregation.codes import AnswerCodes, encode
from fairhand.quality.calibration import calibration_error, log_loss

Floats = NDArray[np.float64]

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "crowd"
SETS = (
    "bluebird rte trec web dog music_genre tweets adult fact_eval labelme product".split()
)  # fmt: skip
PEERS = ("MajorityVote", "Wawa", "ZeroBasedSkill", "DawidSkene", "OneCoinDawidSkene", "GLAD",
         "MACE", "MMSR")  # fmt: skip
SLOW = {"GLAD": 20_000, "MACE": 30_000, "MMSR": 100_000, "OneCoinDawidSkene": 250_000}

PEER_SCRIPT = """
import json, sys, warnings
import numpy as np, pandas as pd
from crowdkit import aggregation as A
warnings.filterwarnings("ignore")
frame = pd.read_csv(sys.argv[1])
name, classes = sys.argv[2], json.loads(sys.argv[3])
model = {"GLAD": lambda: A.GLAD(), "DawidSkene": lambda: A.DawidSkene(100),
         "OneCoinDawidSkene": lambda: A.OneCoinDawidSkene(100)}.get(name, getattr(A, name))()
if name in ("MMSR",):
    labels = model.fit_predict(frame)
    table = pd.get_dummies(labels).astype(float)
else:
    table = model.fit_predict_proba(frame)
table = table.reindex(columns=classes).fillna(0.0).sort_index()
np.save(sys.argv[4], table.to_numpy())
"""


@dataclass(frozen=True, slots=True)
class Set:
    """Answers, and the tasks whose class is known (codes; -1 where nobody gave that class)."""

    name: str
    codes: AnswerCodes
    tasks: NDArray[np.intp]
    truth: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Measured:
    """Percent right, log loss in nats, expected calibration error, CPU seconds."""

    right: float
    loss: float
    ece: float
    seconds: float


def rows_of(path: Path) -> list[list[str]]:
    """Read a compressed csv without its header."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        next(rows)
        return list(rows)


def load(folder: Path) -> Set:
    """Read a set."""
    table = np.array([row[:3] for row in rows_of(folder / "labels.csv.gz")], dtype=np.int64)
    known = np.array([row[:2] for row in rows_of(folder / "truth.csv.gz")], dtype=np.int64)
    return with_truth(folder.name, encode(*table.T), dict(known.tolist()))


def with_truth(name: str, codes: AnswerCodes, truth: dict[int, int]) -> Set:
    """Put known classes into codes."""
    place = {label: code for code, label in enumerate(codes.classes)}
    found = [
        (row, place.get(truth[task], -1)) for row, task in enumerate(codes.tasks) if task in truth
    ]
    table = np.array(found, dtype=np.intp).reshape(-1, 2)
    return Set(name, codes, table[:, 0], table[:, 1])


def measure(found: Floats, one: Set, seconds: float = float("nan")) -> Measured:
    """Hold probabilities against the truth."""
    given = found[one.tasks]
    given = given / np.maximum(given.sum(axis=1, keepdims=True), 1e-12)
    known = one.truth >= 0
    best = np.isclose(given, given.max(axis=1, keepdims=True), rtol=0.0, atol=1e-9)
    hit = best[np.arange(len(given)), np.maximum(one.truth, 0)] / best.sum(axis=1)
    empty = given.sum(axis=1) <= 0
    given[empty] = 1.0 / given.shape[1]
    return Measured(
        right=float(100 * np.where(known, hit, 0.0).mean()),
        loss=log_loss(given[known], one.truth[known]),
        ece=calibration_error(given[known], one.truth[known]),
        seconds=seconds,
    )


def ours(one: Set, method: str, **more: Any) -> Measured:  # noqa: ANN401
    """Join a set by one of our methods."""
    codes = one.codes
    began = time.process_time()
    found = aggregate(codes.task, codes.worker, codes.label, method, **more)
    spent = time.process_time() - began
    return measure(found.probabilities, one, spent)


def peer(one: Set, name: str, folder: Path, venv: Path, cache: dict[str, list[float]],
         limit: float) -> Measured | None:  # fmt: skip
    """Join a set by one of crowd-kit's aggregators; None where it is too slow or fails."""
    key = f"{one.name}/{name}"
    if key in cache:
        return Measured(*cache[key])
    if len(one.codes) > SLOW.get(name, 10**9):
        return None
    codes, made = one.codes, folder / f"{one.name}.csv"
    if not made.exists():
        table = np.stack([codes.task, codes.worker, codes.label], axis=1)
        np.savetxt(made, table, "%d", ",", header="task,worker,label", comments="")
    target = folder / "peer.npy"
    words = [str(venv / "bin" / "python"), "-c", PEER_SCRIPT, str(made), name,
             json.dumps(list(range(len(codes.classes)))), str(target)]  # fmt: skip
    began = time.monotonic()
    try:
        done = subprocess.run(words, capture_output=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        print(f"{key} failed: {' '.join(reason)[:160]}", flush=True)
        return None
    found = measure(np.load(target), one, time.monotonic() - began)
    cache[key] = [found.right, found.loss, found.ece, found.seconds]
    return found


def table(title: str, columns: Sequence[str], rows: dict[str, dict[str, Measured | None]]) -> None:
    """Print percent right of each set and method, and the means."""
    print(f"\n{title}\n" + "set".ljust(14) + " ".join(name[:11].rjust(11) for name in columns))
    for name, row in rows.items():
        cells = [f"{cell.right:11.1f}" if (cell := row.get(c)) else " " * 10 + "-" for c in columns]
        print(name.ljust(14) + " ".join(cells))
    summary: list[tuple[str, Callable[[list[Measured], list[float]], float]]] = [
        ("mean", lambda found, _: float(np.mean([f.right for f in found]))),
        ("worst loss", lambda _, losses: max(0.0, *losses)),
        ("log loss", lambda found, _: float(np.mean([f.loss for f in found]))),
        ("ECE", lambda found, _: float(np.mean([f.ece for f in found]))),
        ("seconds", lambda found, _: float(np.sum([f.seconds for f in found]))),
    ]
    for words, of in summary:
        cells = []
        for column in columns:
            pairs = [(c, row["majority"]) for row in rows.values() if (c := row.get(column))]
            losses = [m.right - c.right for c, m in pairs if m is not None]
            value = of([c for c, _ in pairs], losses) if pairs else float("nan")
            whole = len(pairs) == len(rows)
            cells.append(f"{value:10.3f}" + (" " if whole else "*"))
        print(words.ljust(14) + " ".join(cells))
    print("worst loss: points under majority on the worst set; * over the sets that have a figure")


def thin(one: Set, how: str, seed: int) -> Set:
    """Keep half of the people, or three answers of each task."""
    rng = np.random.default_rng(seed)
    codes = one.codes
    if how == "half of the people":
        kept = rng.random(len(codes.workers))[codes.worker] < 0.5
    else:
        order = np.lexsort((rng.random(len(codes)), codes.task))
        first = np.searchsorted(codes.task[order], codes.task[order])
        kept = np.zeros(len(codes), dtype=bool)
        kept[order] = np.arange(len(codes)) - first < 3
    left = replace(codes, task=codes.task[kept], worker=codes.worker[kept], label=codes.label[kept])
    return replace(one, name=f"{one.name} {seed}", codes=left)


def judged(one: Set, drop_unanswered: bool = True) -> Set:
    """Judge only the tasks that still have an answer."""
    if not drop_unanswered:
        return one
    answered = np.bincount(one.codes.task, minlength=len(one.codes.tasks)) > 0
    names = np.flatnonzero(answered)
    place = np.full(len(answered), -1)
    place[names] = np.arange(len(names))
    kept = answered[one.tasks]
    codes = one.codes
    inside = replace(codes, task=place[codes.task], tasks=tuple(names.tolist()))
    return replace(one, codes=inside, tasks=place[one.tasks[kept]], truth=one.truth[kept])


REGIMES = ("plain", "few answers a person", "many classes", "spammers", "adversaries",
           "unclear tasks", "shared mistakes", "ordinal", "rare class", "two answers")  # fmt: skip


def made(regime: str, seed: int) -> Set:
    """Plant a truth and answer it in one of the regimes."""
    rng = np.random.default_rng(seed)
    classes = {"many classes": 12, "ordinal": 5, "rare class": 3}.get(regime)
    classes = classes or int(rng.integers(2, 5))
    people = 400 if regime == "few answers a person" else 30
    answers = 2 if regime == "two answers" else 5
    rare = np.array([0.6, 0.38, 0.02])
    share = rare if regime == "rare class" else rng.dirichlet(np.full(classes, 8.0))
    truth = rng.choice(classes, 600, p=share)
    tables = _people(regime, people, classes, rng)
    rows = []
    for task, right in enumerate(truth.tolist()):
        clear = rng.random() < 0.65
        for person in rng.choice(people, answers, replace=False).tolist():
            chance = tables[person, right]
            if regime == "unclear tasks" and not clear:
                chance = 0.3 * chance + 0.7 / classes
            if regime == "shared mistakes" and not clear:
                chance = 0.5 * chance + 0.5 * (np.arange(classes) == (right + 1) % classes)
            rows.append((task, person, int(rng.choice(classes, p=chance / chance.sum()))))
    table = np.array(rows)
    codes = encode(table[:, 0], table[:, 1], table[:, 2], list(range(classes)))
    return Set(f"{regime} {seed}", codes, np.arange(600), truth.astype(np.intp))


def _people(regime: str, people: int, classes: int, rng: np.random.Generator) -> Floats:
    """Make each person's confusion matrix."""
    skill = rng.beta(6, 2.5, people)
    wrong = rng.dirichlet(np.full(classes, 2.0), (people, classes))
    if regime == "ordinal":
        gap = np.abs(np.subtract.outer(np.arange(classes), np.arange(classes)))
        wrong = np.exp(-gap / rng.uniform(0.4, 1.2, (people, 1, 1)))
        wrong /= wrong.sum(axis=2, keepdims=True)
    tables: Floats = (1.0 - skill)[:, None, None] * wrong + skill[:, None, None] * np.eye(classes)
    odd = rng.random(people) < 0.3
    if regime == "spammers":
        tables[odd] = rng.dirichlet(np.full(classes, 0.5), int(odd.sum()))[:, None, :]
    if regime == "adversaries":
        tables[odd] = np.roll(tables[odd], 1, axis=2)
    return tables


def compare(sets: Sequence[Set]) -> dict[str, dict[str, Measured | None]]:
    """Join each set by our default, by majority and by our Dawid-Skene."""
    return {
        one.name: {name: ours(one, name) for name in ("auto", "majority", "dawid-skene")}
        for one in sets
    }


def text_pair_features(pairs: Sequence[tuple[str, str]]) -> Floats:
    """Say how alike two names are: words, rare words, numbers, letters in a row.

    Columns: overlap of words, plain and weighed by rarity; of numbers and of words that hold one;
    of runs of 2 to 4 letters; what is left over on either side; and how the pair compares with the
    other pairs of the same name.
    """
    words = [tuple(re.findall(r"[a-z0-9]+", text.lower()) for text in pair) for pair in pairs]
    documents = {" ".join(side): set(side) for both in words for side in both}
    seen = Counter(word for document in documents.values() for word in document)
    rare = {word: float(np.log(len(documents) / count)) for word, count in seen.items()}
    table = np.array([_alike(a, b, rare) for a, b in words])
    return np.concatenate([table, _among_rivals(table, pairs)], axis=1)


def _share(common: float, whole: float) -> float:
    return common / whole if whole else 0.0


def _alike(a: Sequence[str], b: Sequence[str], rare: dict[str, float]) -> list[float]:
    left, right = set(a), set(b)
    common, whole = left & right, left | right
    weight = [sum(map(rare.__getitem__, side)) for side in (common, whole, left, right)]
    found = [
        _share(len(common), len(whole)),
        _share(len(common), min(len(left), len(right))),
        _share(weight[0], weight[1]),
        _share(weight[0], min(weight[2:])),
        _share(weight[0], max(weight[2:])),
    ]
    for holds in (str.isdigit, lambda word: any(map(str.isdigit, word))):
        x, y = set(filter(holds, left)), set(filter(holds, right))
        found += [_share(len(x & y), len(x | y)), len(x - y), len(y - x), float(bool(x & y))]
    joined = "".join(a), "".join(b)
    for side, other in ((left, joined[1]), (right, joined[0])):
        coded = [w for w in side if len(w) > 3 and any(map(str.isdigit, w)) and w in other]
        found.append(max(map(len, coded), default=0))
    for size in (2, 3, 4):
        p, q = (Counter(t[i : i + size] for i in range(len(t) - size + 1)) for t in joined)
        both = (p & q).total()
        found += [_share(both, (p | q).total()), _share(both, min(p.total(), q.total()))]
    for side in (left - right, right - left, common):
        found += [sum(map(rare.__getitem__, side)), max(map(rare.__getitem__, side), default=0.0)]
    return [*found, float(a[:1] == b[:1]), float(len(a)), float(len(b))]


def _among_rivals(table: Floats, pairs: Sequence[tuple[str, str]]) -> Floats:
    """Compare each pair's likeness with the best of the other pairs of either name."""
    columns = []
    for column in (0, 2, 4):
        for side in (0, 1):
            best: dict[str, list[float]] = {}
            for pair, value in zip(pairs, table[:, column].tolist(), strict=True):
                best.setdefault(pair[side], []).append(value)
            columns.append([
                value - max(best[pair[side]])
                for pair, value in zip(pairs, table[:, column].tolist(), strict=True)
            ])  # fmt: skip
    return np.array(columns).T


def read_features(folder: Path) -> dict[int, Floats] | None:
    """Give what is seen of each task of a set, where something is."""
    if (folder / "features.npz").exists():
        rows = np.load(folder / "features.npz")["x"].astype(np.float64)
        return dict(enumerate(rows))
    if (folder / "pairs.csv.gz").exists():
        rows = rows_of(folder / "pairs.csv.gz")
        table = text_pair_features([(row[1], row[2]) for row in rows])
        return {int(row[0]): one for row, one in zip(rows, table, strict=True)}
    return None


def with_features(sets: Sequence[Set], data: Path) -> None:
    """Print what features add, where a set has some."""
    print("\nWith features (percent right, log loss, ECE, seconds)")
    for one in sets:
        features = read_features(data / one.name)
        if features is None:
            continue
        by_code = {row: features[task] for row, task in enumerate(one.codes.tasks)}
        for words, found in (("labels alone", ours(one, "auto")),
                             ("with features", ours(one, "auto", features=by_code))):  # fmt: skip
            print(f"{one.name:14} {words:14} {found.right:6.1f} {found.loss:7.3f} {found.ece:7.3f}"
                  f" {found.seconds:7.1f}", flush=True)  # fmt: skip


def parse() -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--only", nargs="*", default=None, metavar="SET")
    parser.add_argument("--peers", type=Path, metavar="VENV")
    parser.add_argument("--cache", type=Path, help="keep the peers' figures in this file")
    parser.add_argument("--work", type=Path, default=Path(gettempdir()) / "fairhand-quality")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for one peer's run")
    parser.add_argument("--features", action="store_true")
    parser.add_argument("--thin", action="store_true")
    parser.add_argument("--made", action="store_true")
    return parser.parse_args()


def with_peers(sets: Sequence[Set], asked: argparse.Namespace) -> None:
    """Print the table of sets and methods."""
    asked.work.mkdir(parents=True, exist_ok=True)
    kept = asked.cache if asked.cache and asked.cache.exists() else None
    cache: dict[str, list[float]] = json.loads(kept.read_text()) if kept else {}
    rows: dict[str, dict[str, Measured | None]] = {}
    for one in sets:
        rows.update(compare([one]))
        for name in PEERS if asked.peers else ():
            found = peer(one, name, asked.work, asked.peers, cache, asked.limit)
            rows[one.name][name] = found
            if asked.cache:
                asked.cache.write_text(json.dumps(cache))
    columns = ["auto", "majority", "dawid-skene", *(PEERS if asked.peers else ())]
    table("Percent of the known tasks that are right", columns, rows)


def main() -> None:
    """Print what was asked for."""
    asked = parse()
    chosen = asked.only or SETS
    missing = [name for name in chosen if not (asked.data / name / "labels.csv.gz").exists()]
    if missing:
        print(f"Absent under {asked.data}: {', '.join(missing)}")
    sets = [load(asked.data / name) for name in chosen if name not in missing]
    if sets and not (asked.features or asked.thin or asked.made):
        with_peers(sets, asked)
    if asked.features:
        with_features(sets, asked.data)
    own = ["auto", "majority", "dawid-skene"]
    if asked.thin:
        for how in ("half of the people", "three answers a task"):
            thinned = [judged(thin(one, how, seed)) for one in sets for seed in (1, 2)]
            table(f"From {how}", own, compare(thinned))
    if asked.made:
        crowds = [made(regime, seed) for regime in REGIMES for seed in (1, 2, 3)]
        table("Made crowds", own, compare(crowds))


if __name__ == "__main__":
    main()
