"""Leaks that were planted, and whether they are traced to who leaked; false alarms; voices.

    python benchmarks/leaks.py [--runs 100000] [--voices FOLDER]

Prints: for numbers of recipients and pairs, the share of planted leaks that name the right
recipients and nobody else; the share of leaks that nobody on the list made which name somebody
(false alarms, bar: below 1e-3); both with exact 95 % intervals (Clopper and Pearson 1934). With a
folder of recordings named `0_speaker_1.flac`, how well voiceprints tell their speakers apart.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import beta

from fairhand.compute.authenticity.voices import Voiceprint, distance, voiceprint
from fairhand.compute.models.sound import Sound, read_sound
from fairhand.people.likeness.rules import LIKE, MAYBE
from fairhand.proof.licensing.marks import ALARM, choose_marks, pairs_needed, suspect, tail

RECIPIENTS = 20
WAYS = (
    "one copy, whole",
    "one copy, half of it",
    "two copies, mixed by tosses",
    "two copies, what both hold",
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--voices", type=Path)
    asked = parser.parse_args()
    rng = random.Random(20261122)
    for recipients in (5, RECIPIENTS, 100):
        whole, mixed = pairs_needed(recipients), pairs_needed(recipients, 0.75)
        print(f"{recipients} recipients: {whole} pairs name one who leaked, {mixed} each of two")
    title = f"planted leak, of {RECIPIENTS} recipients"
    print(f"\n{title:44}{'pairs':>6}{'right':>9}  95 %")
    for way in WAYS:
        for pairs in (30, 100, 200):
            right = sum(planted(way, pairs, rng) for _ in range(asked.runs // 100))
            report(f"{way}", pairs, right, asked.runs // 100)
    print(f"\n{'leak that nobody on the list made':44}{'pairs':>6}{'named':>9}  95 %")
    for pairs in (20, 100, 200):
        report("false alarms", pairs, innocent(pairs, asked.runs), asked.runs)
    if asked.voices is not None:
        voices(asked.voices, rng)


def planted(way: str, pairs: int, rng: random.Random) -> bool:
    """Plant a leak; say whether who leaked is named and nobody else."""
    marks = choose_marks(range(pairs), range(RECIPIENTS), rng)
    one, other = rng.sample(range(RECIPIENTS), 2)
    guilty = {one} if way.startswith("one") else {one, other}
    if way == WAYS[0]:
        leaked = marks[one]
    elif way == WAYS[1]:
        leaked = {pair: marks[one][pair] for pair in rng.sample(range(pairs), pairs // 2)}
    elif way == WAYS[2]:
        leaked = {pair: marks[rng.choice((one, other))][pair] for pair in range(pairs)}
    else:
        leaked = {
            pair: marks[one][pair]
            for pair in range(pairs)
            if marks[one][pair] == marks[other][pair]
        }
    return {found.recipient for found in suspect(marks, leaked) if found.is_named} == guilty


def innocent(pairs: int, runs: int) -> int:
    """Let somebody who is not on the list leak so many times; count how often somebody is named."""
    rng = np.random.default_rng(pairs)
    least = min(fit for fit in range(pairs + 1) if tail(fit, pairs) * RECIPIENTS <= ALARM)
    named = 0
    for size in np.diff(np.unique([*range(0, runs, 1_000), runs])):
        marks = rng.integers(0, 2, (size, RECIPIENTS, pairs), dtype=np.int8)
        leaked = rng.integers(0, 2, (size, 1, pairs), dtype=np.int8)
        named += int(((marks == leaked).sum(axis=2).max(axis=1) >= least).sum())
    return named


def report(name: str, pairs: int, hits: int, runs: int) -> None:
    """Print a share with its exact interval."""
    low, high = interval(hits, runs)
    print(f"{name:44}{pairs:6}{hits / runs:9.4f}  {low:.4f} to {high:.4f} of {runs}")


def interval(hits: int, runs: int) -> tuple[float, float]:
    """Give the exact 95 % interval of a share."""
    low = 0.0 if hits == 0 else float(beta.ppf(0.025, hits, runs - hits + 1))
    high = 1.0 if hits == runs else float(beta.ppf(0.975, hits + 1, runs - hits))
    return low, high


def voices(folder: Path, rng: random.Random) -> None:
    """Enrol each speaker with half of their recordings, and test runs of the other half."""
    found: dict[str, list[Sound]] = {}
    for path in sorted(folder.glob("*.flac")):
        found.setdefault(path.stem.split("_")[1], []).append(read_sound(path.read_bytes()))
    print(f"\nvoices of {len(found)} speakers ({folder.name}); like < {LIKE}, maybe < {MAYBE}")
    for length in (12, 20, 30):
        own, others = tests(found, length, rng)
        for name, limit in (("like", LIKE), ("like or maybe", MAYBE)):
            heard = sum(one < limit for one in own)
            wrong = sum(one < limit for one in others)
            print(
                f"  {length} words, {name}: own voice {share(heard, len(own))}, "
                f"another's {share(wrong, len(others))}"
            )


def tests(
    found: dict[str, list[Sound]], length: int, rng: random.Random
) -> tuple[list[float], list[float]]:
    """Give distances of own and of others' runs of so many words to enrolled voices."""
    own: list[float] = []
    others: list[float] = []
    for _ in range(10):
        enrolled: dict[str, Voiceprint] = {}
        heard: list[tuple[str, Voiceprint]] = []
        for name, sounds in found.items():
            mixed = rng.sample(sounds, len(sounds))
            half = len(mixed) // 2
            known = voiceprint(mixed[:half])
            if known is not None:
                enrolled[name] = known
            runs = [voiceprint(part) for part in parts(mixed[half:], length)]
            heard += [(name, one) for one in runs if one is not None]
        for name, one in heard:
            for whose, known in enrolled.items():
                (own if whose == name else others).append(distance(known, one))
    return own, others


def parts(sounds: Sequence[Sound], length: int) -> list[list[Sound]]:
    """Cut a row of recordings into runs of so many."""
    whole = len(sounds) // length
    return [list(sounds[at * length : (at + 1) * length]) for at in range(whole)]


def share(hits: int, runs: int) -> str:
    """Write a share and its interval."""
    low, high = interval(hits, runs)
    return f"{hits}/{runs} ({low:.3f} to {high:.3f})"


if __name__ == "__main__":
    main()
