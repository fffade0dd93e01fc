"""Join crowd transcripts and count the errors: `python -m benchmarks.quality_transcripts`.

On CrowdSpeech dev-clean (1,200 recordings, seven transcripts each) it prints the word error rate
(all edits over all words; lower case, no punctuation) and the CPU seconds of `join_transcripts`,
beside a random person, the medoid, the best person of each recording in hindsight, and, with
`--peers VENV` (an environment that has crowd-kit), crowd-kit's ROVER in a process of its own.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from fairhand.quality import join_transcripts
from fairhand.quality.structured.words import split_words
from tests.data import find_data

_SET = Path("crowd") / "crowdspeech_dev_clean"
_REPEATS = 5
_ROVER = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import pandas as pd
from crowdkit.aggregation import ROVER
frame = pd.DataFrame(json.load(sys.stdin), columns=["task", "worker", "text"])
begin = time.process_time()
found = ROVER(str.split, " ".join, silent=True).fit_predict(frame)
seconds = time.process_time() - begin
json.dump({"seconds": seconds, "texts": {str(k): v for k, v in found.items()}}, sys.stdout)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=find_data())
    parser.add_argument("--peers", type=Path, help="an environment with crowd-kit")
    parser.add_argument("--tasks", type=int, default=None, help="only the first so many recordings")
    options = parser.parse_args()
    if options.data is None or not (options.data / _SET).is_dir():
        raise SystemExit("no crowdspeech_dev_clean: give the data folder with --data")
    rows, truth = read(options.data / _SET, options.tasks)
    errors = {"random person": 0.0, "medoid": 0.0, "best person (hindsight)": 0.0}
    for task, texts in grouped(rows).items():
        for name, wrong in of_single_people(texts, truth[task]).items():
            errors[name] += wrong
    total = sum(map(len, truth.values()))
    print(f"{len(truth)} recordings, {len(rows)} transcripts, {total} words")
    print(f"{'':26}{'WER %':>8}{'CPU s':>10}")
    for name, wrong in errors.items():
        print(f"{name:26}{100 * wrong / total:8.2f}{'-':>10}")
    mine = ours(rows, truth, total)
    if options.peers is None:
        print("crowd-kit ROVER: not run; name an environment that has it with --peers")
        return
    theirs = rover(options.peers, rows, truth, total)
    print(f"ROVER takes {theirs / mine:.0f} times as long")


def read(
    folder: Path, tasks: int | None
) -> tuple[list[tuple[int, int, str]], dict[int, list[str]]]:
    truth = {int(row["task"]): keys(row["text"]) for row in table(folder / "truth.csv.gz")}
    kept = dict(list(truth.items())[:tasks])
    rows = [(int(r["task"]), int(r["worker"]), r["text"]) for r in table(folder / "labels.csv.gz")]
    return [row for row in rows if row[0] in kept], kept


def table(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def grouped(rows: list[tuple[int, int, str]]) -> dict[int, list[list[str]]]:
    texts: dict[int, list[list[str]]] = defaultdict(list)
    for task, _, text in rows:
        texts[task].append(keys(text))
    return texts


def keys(text: str) -> list[str]:
    words = split_words([text])
    return [words.keys[code] for code in words.key]


def of_single_people(texts: list[list[str]], truth: list[str]) -> dict[str, float]:
    wrong = [Levenshtein.distance(text, truth) for text in texts]
    apart = [sum(Levenshtein.distance(one, two) for two in texts) for one in texts]
    return {
        "random person": sum(wrong) / len(wrong),
        "medoid": wrong[apart.index(min(apart))],
        "best person (hindsight)": min(wrong),
    }


def ours(rows: list[tuple[int, int, str]], truth: dict[int, list[str]], total: int) -> float:
    columns = [list(column) for column in zip(*rows, strict=True)]
    began = time.process_time()
    found = join_transcripts(*columns)
    first = time.process_time() - began
    times = []
    for _ in range(_REPEATS):
        began = time.process_time()
        found = join_transcripts(*columns)
        times.append(time.process_time() - began)
    pairs = zip(found.tasks, found.texts, strict=True)
    report("fairhand join_transcripts", pairs, truth, total, sorted(times)[_REPEATS // 2])
    print(f"  (median of {_REPEATS}; the first call took {first:.2f} s, loading compiled code)")
    return sorted(times)[_REPEATS // 2]


def rover(
    peers: Path, rows: list[tuple[int, int, str]], truth: dict[int, list[str]], total: int
) -> float:
    folded = [(task, worker, " ".join(keys(text))) for task, worker, text in rows]
    done = subprocess.run(
        [str(peers / "bin" / "python"), "-c", _ROVER],
        input=json.dumps(folded),
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    pairs = ((int(task), text) for task, text in told["texts"].items())
    report("crowd-kit ROVER", pairs, truth, total, told["seconds"])
    return float(told["seconds"])


def report(
    name: str,
    pairs: Iterable[tuple[int, str]],
    truth: dict[int, list[str]],
    total: int,
    seconds: float,
) -> None:
    wrong = sum(Levenshtein.distance(keys(text), truth[int(task)]) for task, text in pairs)
    print(f"{name:26}{100 * wrong / total:8.2f}{seconds:10.3f}")


if __name__ == "__main__":
    main()
