"""How good the built-in models are, how well their scores hold, and how quick they are.

    python benchmarks/builtin_models.py            # text, pictures, digits, sounds, speech, tiers
    python benchmarks/builtin_models.py text       # one of them

Each set is cut by chance into answers to learn from and answers to measure by (seed 0). Beside the
built-in model stands plain logistic regression (scikit-learn, C = 1, no calibration) on all answers
to learn from: for toxicity on MiniLM's features, for CIFAR-10 on 128 principal components of
EfficientNet's, for digits on the pixels. ECE is the expected calibration error, 15 bins.
Data: ../shared/data, or the folder that FAIRHAND_DATA names.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import time
import warnings
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import Example, Item, NotEnoughError
from fairhand.compute.models.builtin import pick_builtin
from fairhand.compute.models.calibration import expected_calibration_error
from fairhand.compute.models.heads import fit_head
from fairhand.compute.models.linear import LinearPredictor, LinearTrainer
from fairhand.compute.models.sound import RATE, read_sound
from fairhand.compute.models.text import SpellingEmbedder
from fairhand.compute.models.tiers import TIERS, fit_tiers, open_tiers
from fairhand.labels.stretches import likeness
from fairhand.model.project import Question
from fairhand.quality.consensus.spans import likeness as spans_likeness

DATA = Path(os.environ.get("FAIRHAND_DATA", Path(__file__).resolve().parents[2] / "shared/data"))
HEAD = (
    f"{'set':<10} {'model':<34} {'answers':>7} {'accuracy':>8} {'macro-F1':>8} {'ECE':>6} {'s':>6}"
)


def macro_f1(truth: NDArray[Any], given: NDArray[Any]) -> float:
    """Mean over labels of the harmonic mean of precision and recall."""
    scores = []
    for label in np.unique(truth):
        right = ((truth == label) & (given == label)).sum()
        scores.append(2 * right / ((truth == label).sum() + (given == label).sum()))
    return float(np.mean(scores))


def line(
    name: str, model: str, count: int, truth: NDArray[Any], shares: NDArray[Any], took: float
) -> None:
    """Print one measurement."""
    given = shares.argmax(axis=1)
    right = given == truth
    error = expected_calibration_error(shares.max(axis=1), right)
    print(
        f"{name:<10} {model:<34} {count:>7} {right.mean():>8.3f} {macro_f1(truth, given):>8.3f}"
        f" {error:>6.3f} {took:>6.1f}",
        flush=True,
    )


def plain(name: str, model: str, rows: NDArray[Any], truth: NDArray[Any], count: int) -> None:
    """Measure plain logistic regression, fitted to the first `count` rows, on the rest."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    started = time.perf_counter()
    scaler = StandardScaler().fit(rows[:count])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = LogisticRegression(max_iter=300).fit(scaler.transform(rows[:count]), truth[:count])
    shares = fitted.predict_proba(scaler.transform(rows[count:]))
    line(name, model, count, truth[count:], shares, time.perf_counter() - started)


def built_in(
    name: str,
    items: Sequence[Item],
    truth: NDArray[Any],
    counts: Sequence[int],
    measured: int,
    trainer: LinearTrainer | None = None,
) -> None:
    """Measure a built-in model after `counts` answers, on the last `measured` items."""
    labels = [str(label) for label in range(int(truth.max()) + 1)]
    question = Question("q", "choice", "?", {"labels": [{"value": one} for one in labels]})
    picked = pick_builtin(question, items[0]).trainer if trainer is None else trainer
    assert isinstance(picked, LinearTrainer)
    started = time.perf_counter()
    features = picked.embedder.embed(items)
    took = time.perf_counter() - started
    print(f"{name:<10} {picked.features}: {len(items) / took:.0f} items a second", flush=True)
    examples = [
        Example(item, {"q": str(label)}) for item, label in zip(items, truth.tolist(), strict=True)
    ]
    for count in counts:
        started = time.perf_counter()
        learnt = picked.fit_features(
            question, features[:count], examples[:count], seed=0, version="1"
        )
        took = time.perf_counter() - started
        predictor = picked.load(question, learnt, version="1")
        assert isinstance(predictor, LinearPredictor)
        shares = predictor.probabilities(features[-measured:], items[-measured:])
        line(name, picked.features, count, truth[-measured:], shares, took)


def text() -> None:
    """Toxicity: 12,500 tweets, three labels (78, 16 and 6 in a hundred)."""
    table = pq.read_table(DATA / "text_toxicity/davidson2017.parquet")
    order = np.random.default_rng(0).permutation(table.num_rows)[:4_500]
    tweets, truth = table["tweet"].to_pylist(), np.array(table["class"].to_pylist())[order]
    items = [Item(at, {"text": tweets[place]}) for at, place in enumerate(order.tolist())]
    built_in("toxicity", items, truth, (10, 100, 1_000, 3_000), 1_500)
    spelling = LinearTrainer("text-linear", SpellingEmbedder())
    built_in("toxicity", items, truth, (100, 3_000), 1_500, spelling)
    with np.load(DATA / "features/davidson_minilm384.npz") as kept:
        rows, labels = kept["X"].astype(np.float32), kept["y"].astype(np.int64)
    plain("toxicity", "plain, MiniLM 384", rows, labels, 4_000)
    given_features("toxicity", "our head, MiniLM 384", rows, labels, 4_000)


def images() -> None:
    """CIFAR-10: pictures of 32 x 32, ten labels."""
    table = pq.read_table(DATA / "img_cifar10/cifar10.parquet")
    split = np.array(table["split"].to_pylist())
    rng = np.random.default_rng(0)
    learn, measure = (rng.permutation(np.flatnonzero(split == one)) for one in ("train", "test"))
    order = np.concatenate([learn[:2_500], measure[:1_000]])
    files, truth = table["jpeg"].to_pylist(), np.array(table["label"].to_pylist())[order]
    items = [
        Item(at, {}, lambda file=files[place]: file, "image/jpeg")  # type: ignore[misc]
        for at, place in enumerate(order.tolist())
    ]
    built_in("cifar10", items, truth, (10, 100, 500, 2_500), 1_000)
    with np.load(DATA / "features/cifar10_effnetlite0_pca128.npz") as kept:
        rows, labels, part = kept["X"].astype(np.float32), kept["y"].astype(np.int64), kept["split"]
    first = np.flatnonzero(np.isin(part, ("train", b"train", 0)))
    order = np.concatenate([rng.permutation(first), np.setdiff1d(np.arange(len(rows)), first)])
    plain("cifar10", "plain, EfficientNet PCA 128", rows[order], labels[order], len(first))
    given_features(
        "cifar10", "our head, EfficientNet PCA 128", rows[order], labels[order], len(first)
    )


def digits() -> None:
    """Handwritten digits of 8 x 8, as features and as pictures."""
    from sklearn.datasets import load_digits

    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.target))
    rows = found.data[order].astype(np.float32)
    truth = found.target[order].astype(np.int64)
    for count in (10, 50, 100, 400, 1_000):
        given_features("digits", "our head, pixels", rows, truth, count, 797)
    plain("digits", "plain, pixels", rows, truth, 1_000)


def given_features(
    name: str,
    model: str,
    rows: NDArray[np.float32],
    truth: NDArray[np.int64],
    count: int,
    measured: int | None = None,
) -> None:
    """Measure our head on features that are given."""
    started = time.perf_counter()
    head = fit_head(
        rows[:count], truth[:count], np.ones(count), int(truth.max()) + 1, np.arange(count), 0
    )
    rest = slice(count if measured is None else len(rows) - measured, None)
    took = time.perf_counter() - started
    line(name, model, count, truth[rest], head.probabilities(rows[rest]), took)


def sounds() -> None:
    """Spoken digits: 480 recordings by four people."""
    paths = sorted((DATA / "speech_fsdd").glob("*.flac"))
    paths = [paths[at] for at in np.random.default_rng(0).permutation(len(paths))]
    items = [Item(at, {}, path.read_bytes, "audio/flac") for at, path in enumerate(paths)]
    truth = np.array([int(path.name[0]) for path in paths])
    built_in("speech", items, truth, (20, 50, 100, 360), 120)


def spliced(count: int, speakers: Sequence[str], seed: int = 0) -> list[Example]:
    """Make recordings of 4 to 8 spoken digits with pauses and hiss, and mark who speaks when.

    As people mark: from .12 s before a digit to .2 s after it.
    """
    rng, made = np.random.default_rng(seed), []
    files = {one: sorted((DATA / "speech_fsdd").glob(f"*_{one}_*.flac")) for one in speakers}
    for at in range(count):
        parts, segments, now = [], [], 0
        for _ in range(rng.integers(4, 9)):
            who = speakers[int(rng.integers(len(speakers)))]
            said = read_sound(rng.choice(np.array(files[who])).read_bytes()).at_rate().samples
            pause = np.zeros(int(rng.uniform(0.5, 1.5) * RATE), np.float32)
            start = (now + len(pause)) * 1_000 // RATE
            now += len(pause) + len(said)
            end = now * 1_000 // RATE
            segments.append({"start": start - 120, "end": end + 200, "label": who})
            parts += [pause, said]
        sound = np.concatenate([*parts, np.zeros(RATE // 2, np.float32)])
        sound = sound + rng.normal(0, 1e-3, len(sound)).astype(np.float32)
        item = Item(at, {}, lambda sound=sound: wav(sound), "audio/wav")  # type: ignore[misc]
        made.append(Example(item, {"q": {"segments": segments}}))
    return made


def wav(samples: NDArray[np.float32]) -> bytes:
    """Write samples as a WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())
    return out.getvalue()


def speech() -> None:
    """Segments of spliced digits, and drafts of a novel read aloud; how quick both are."""
    for speakers in (("george",), ("george", "jackson", "lucas", "nicolas")):
        shown = [{"value": one} for one in speakers]
        question = Question("q", "segments", "Who speaks?", {"labels": shown})
        examples = spliced(60, speakers)
        trainer = pick_builtin(question, examples[0].item).trainer
        for count in (1, 3, 10, 30):
            started = time.perf_counter()
            try:
                learnt = trainer.fit(question, examples[:count], seed=0, version="1")
            except NotEnoughError as error:
                print(f"segments   {len(speakers)} labels, {count:>3} answers: {error.message}")
                continue
            took = time.perf_counter() - started
            found = trainer.load(question, learnt, version="1").predict(
                [one.item for one in examples[30:]]
            )
            alike = [
                likeness(one.value["q"], truth.value["q"])
                for one, truth in zip(found, examples[30:], strict=True)
                if one.value
            ]
            score = np.mean([one.score or 0.0 for one in found])
            print(
                f"segments   {len(speakers)} labels, {count:>3} answers: overlap in time"
                f" {np.mean(alike):.3f}, score {score:.3f}, learnt in {took:.1f} s",
                flush=True,
            )
    novel()


def novel() -> None:
    """Word error of drafts of three sentences, and how long a minute of sound takes."""
    from rapidfuzz.distance import Levenshtein

    question = Question("q", "transcript", "What is said?", {})
    sounds, wrong, words = [], 0, 0
    for row in (DATA / "speech_librivox/transcription").read_text().splitlines():
        said, _, name = row.removesuffix(")").rpartition("(")
        path = DATA / f"speech_librivox/{name}.flac"
        if not path.exists():
            continue
        sounds.append(read_sound(path.read_bytes()).at_rate().samples)
        item = Item(len(sounds), {}, path.read_bytes, "audio/flac")
        trainer = pick_builtin(question, item).trainer
        truth = said.replace("<s>", "").replace("</s>", "").split()
        learnt = trainer.fit(
            question, [Example(item, {"q": {"text": " ".join(truth)}})], seed=0, version="1"
        )
        value = trainer.load(question, learnt, version="1").predict([item])[0].value
        wrong += Levenshtein.distance(truth, value["q"]["text"].split() if value else [])
        words += len(truth)
    print(
        f"draft      {len(sounds)} sentences: {wrong} of {words} words wrong ({wrong / words:.2f})"
    )
    minute = wav(np.tile(np.concatenate(sounds), 8)[: 60 * RATE])
    for kind, config in (("segments", {"labels": [{"value": "speech"}]}), ("transcript", {})):
        question = Question("q", kind, "?", config)
        item = Item(1, {}, lambda: minute, "audio/wav")
        trainer = pick_builtin(question, item).trainer
        short = Item(2, {}, lambda: wav(np.concatenate(sounds)), "audio/wav")
        mark = {"segments": [{"start": 0, "end": 900, "label": "speech"}], "text": "a"}
        learnt = trainer.fit(question, [Example(short, {"q": mark})], seed=0, version="1")
        started = time.process_time()
        trainer.load(question, learnt, version="1").predict([item])
        took = time.process_time() - started
        print(f"{kind:<10} a minute of speech: {took:.1f} s of CPU", flush=True)


def spans() -> None:
    """Personal data in texts: with templates of the test apart from learning, and without.

    F1 of spans that are exactly people's; the likeness by which the house compares answers; the
    score said beside it; and the likeness of proposing nothing.
    """
    with gzip.open(DATA / "text_pii/presidio_synth_v2_part.json.gz") as file:
        rows = json.load(file)
    labels = sorted({span["entity_type"] for row in rows for span in row["spans"]})
    question = Question("q", "spans", "?", {"labels": [{"value": one} for one in labels]})
    for grouped in (True, False):
        rng = np.random.default_rng(0)
        order = rng.permutation(len(rows)).tolist()
        templates = rng.permutation(sorted({row["template_id"] for row in rows}))
        held = set(templates[: len(templates) // 3].tolist())
        asked = {at for at in order if rows[at]["template_id"] in held}
        asked = asked if grouped else set(order[: len(asked)])
        learn, test = ([at for at in order if (at in asked) is side] for side in (False, True))
        for count in (10, 50, 100, 400):
            spans_after(question, rows, learn[:count], test, "apart" if grouped else "shared")


def spans_after(
    question: Question, rows: list[Any], learn: list[int], test: list[int], name: str
) -> None:
    """Learn spans from some rows, and measure them on others."""
    trainer = pick_builtin(question, Item(0, {"text": "a"})).trainer
    started = time.perf_counter()
    examples = [marked(rows[at], place) for place, at in enumerate(learn)]
    predictor = trainer.load(
        question, trainer.fit(question, examples, seed=0, version="1"), version="1"
    )
    took = time.perf_counter() - started
    truths = [marked(rows[at], place) for place, at in enumerate(test)]
    started = time.perf_counter()
    found = predictor.predict([one.item for one in truths])
    speed = len(test) / (time.perf_counter() - started)
    right = given = due = 0
    alike, nothing = [], []
    for proposal, truth in zip(found, truths, strict=True):
        own = (proposal.value or {})["q"]
        mine, theirs = (
            {tuple(span.values()) for span in one["spans"]} for one in (own, truth.value["q"])
        )
        right, given, due = right + len(mine & theirs), given + len(mine), due + len(theirs)
        alike.append(spans_likeness(own, truth.value["q"]))
        nothing.append(float(not theirs))
    score = np.mean([one.score or 0.0 for one in found])
    print(
        f"spans      templates {name}, {len(learn):>3} texts ({len(test)} of the test): exact F1"
        f" {2 * right / max(1, given + due):.3f}, likeness {np.mean(alike):.3f} (said {score:.3f},"
        f" nothing {np.mean(nothing):.3f}), learnt in {took:.1f} s, {speed:.0f} texts/s",
        flush=True,
    )


def marked(row: Any, at: int) -> Example:  # noqa: ANN401  # a row of the data set
    """A text with its spans."""
    found = [
        {"start": one["start_position"], "end": one["end_position"], "label": one["entity_type"]}
        for one in row["spans"]
    ]
    answer = {"spans": found} if found else {"spans": [], "nothing": True}
    return Example(Item(at, {"text": row["full_text"]}), {"q": answer})


def tiers() -> None:
    """Tiers of tweets from three votes or more each: neither 0, offensive 2, hate speech 4."""
    from scipy.stats import spearmanr

    table = pq.read_table(DATA / "text_toxicity/davidson2017.parquet")
    order = np.random.default_rng(0).permutation(table.num_rows)[:2_500].tolist()
    tweets = [table["tweet"].to_pylist()[at] for at in order]
    votes = np.zeros((len(tweets), TIERS))
    for tier, column in ((0, "neither"), (2, "offensive_language"), (4, "hate_speech")):
        votes[:, tier] = np.array(table[column].to_pylist())[order]
    truth = (votes / votes.sum(axis=1, keepdims=True)) @ np.arange(TIERS)
    for count in (50, 1_500):
        started = time.perf_counter()
        model = open_tiers(fit_tiers(tweets[:count], votes[:count], seed=0))
        took = time.perf_counter() - started
        found = model.propose(tweets[1_500:])
        expected = np.array([one.expected for one in found])
        over = np.array([one.at_most for one in found]) < votes[1_500:].argmax(axis=1)
        error = np.abs(expected - truth[1_500:]).mean()
        blind = np.abs(truth[:count].mean() - truth[1_500:]).mean()
        order_kept = spearmanr(expected, truth[1_500:]).statistic
        print(
            f"tiers      {count:>5} texts: mean error {error:.2f} tiers (mean alone {blind:.2f}),"
            f" rank correlation {order_kept:.2f}, {100 * over.mean():.1f} % above at_most (of 5),"
            f" {took:.1f} s",
            flush=True,
        )


PARTS: dict[str, Callable[[], None]] = {
    "digits": digits,
    "text": text,
    "images": images,
    "sounds": sounds,
    "speech": speech,
    "spans": spans,
    "tiers": tiers,
}

if __name__ == "__main__":
    print(HEAD)
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
