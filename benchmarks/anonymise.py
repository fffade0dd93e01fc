"""How much is hidden, and how much still shows: texts, faces and voices.

`python benchmarks/anonymise.py [texts|faces|voices]` prints, each with its exact 95 % interval
(Clopper and Pearson 1934): the share of personal things and of their characters that is hidden in
750 synthetic texts, by kind; faces found in the pictures of scikit-image that have some, and boxes
in those that have none; whom an attacker takes for whom among the four speakers of
free-spoken-digit, before and after, where the attacker knows nothing of it and where they retrain
on voices changed alike; how many digits a small recogniser still understands; and the time.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.intake import interval
from fairhand.compute.anonymise.faces import find_faces
from fairhand.compute.anonymise.text import find_personal
from fairhand.compute.anonymise.voice import ALPHAS, move_resonances
from fairhand.compute.models.sound import Sound, log_bands, read_sound
from tests.data import find_data

Floats = NDArray[np.float64]


def texts(shared: Path) -> None:
    """Print what is hidden of personal things in texts."""
    content = (shared / "text_pii" / "presidio_synth_v2_part.json.gz").read_bytes()
    rows = json.loads(gzip.decompress(content))
    whole: dict[str, list[bool]] = defaultdict(list)
    letters: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    hidden_rightly = hidden_needlessly = 0
    start = time.perf_counter()
    for row in rows:
        text = row["full_text"]
        hidden = np.zeros(len(text), dtype=bool)
        for one in find_personal(text):
            hidden[one.start : one.end] = True
        counts = np.array([letter.isalnum() for letter in text], dtype=bool)
        personal = np.zeros(len(text), dtype=bool)
        for span in row["spans"]:
            place = slice(span["start_position"], span["end_position"])
            personal[place] = True
            met = hidden[place][counts[place]]
            whole[span["entity_type"]].append(bool(met.all()))
            letters[span["entity_type"]][0] += int(met.sum())
            letters[span["entity_type"]][1] += len(met)
        hidden_rightly += int((hidden & counts & personal).sum())
        hidden_needlessly += int((hidden & counts & ~personal).sum())
    took = time.perf_counter() - start
    print(f"texts: {len(rows)} of them, {len(rows) / took:.0f} a second")
    hits, of = (sum(pair[at] for pair in letters.values()) for at in (0, 1))
    print(f"  characters hidden (recall)      {interval(hits, of)}")
    print(
        "  hidden characters that should be "
        f"{interval(hidden_rightly, hidden_rightly + hidden_needlessly)}"
    )
    everything = [one for many in whole.values() for one in many]
    print(f"  things hidden whole             {interval(sum(everything), len(everything))}")
    for kind, many in sorted(whole.items(), key=lambda pair: -len(pair[1])):
        share = letters[kind][0] / letters[kind][1]
        print(f"    {kind:18} whole {interval(sum(many), len(many))}; characters {share:.3f}")


def faces() -> None:
    """Print what is found in pictures with and without faces."""
    from skimage import data

    print("faces: in pictures of scikit-image, at the least score that is used")
    crops = {"astronaut": 1, "camera": 1, "coffee": 0, "chelsea": 0, "rocket": 0, "coins": None,
             "page": 0, "clock": 0, "immunohistochemistry": 0, "retina": 0, "horse": 0,
             "brick": 0, "grass": 0, "gravel": 0, "moon": 0, "hubble_deep_field": 0}  # fmt: skip
    wrong = shown = 0
    for name, many in crops.items():
        start = time.perf_counter()
        found = find_faces(_picture(getattr(data, name)()))
        took = time.perf_counter() - start
        scores = ", ".join(f"{score:.2f}" for score in found[:, 4])
        print(f"  {name:22} faces {many}, found {len(found)} [{scores}], {took:.2f} s")
        if many == 0:
            shown, wrong = shown + 1, wrong + bool(len(found))
    print(f"  pictures without a face in which something is covered {interval(wrong, shown)}")
    windows = data.lfw_subset()  # 100 faces of 25 x 25 pixels, then 100 windows without one
    for size in (100, 200):
        hits = sum(_is_covered(window, size) for window in windows[:100])
        print(f"  faces of 25 pixels shown at {size} x {size}: found {interval(hits, 100)}")


def _picture(pixels: NDArray[np.generic]) -> Image.Image:
    if pixels.dtype == bool:
        pixels = pixels.astype(np.uint8) * 255
    return Image.fromarray(pixels).convert("RGB")


def _is_covered(window: NDArray[np.generic], size: int) -> bool:
    """Put a face into a grey picture and say whether its middle is within a box."""
    face = Image.fromarray((np.clip(window, 0, 1) * 255).astype(np.uint8)).resize((size, size))
    picture = Image.new("RGB", (3 * size, 3 * size), (128, 128, 128))
    picture.paste(face.convert("RGB"), (size, size))
    middle = 1.5 * size
    boxes = find_faces(picture)[:, :4]
    return any(box[0] < middle < box[2] and box[1] < middle < box[3] for box in boxes)


def voices(shared: Path) -> None:
    """Print who is recognised, and what is understood, before and after."""
    clips = sorted((shared / "speech_fsdd").glob("*.flac"))
    rng = np.random.default_rng(7)
    digits, names, takes = zip(*(clip.stem.split("_") for clip in clips), strict=True)
    who, what, turn = np.array(names), np.array(digits), np.array([int(one) for one in takes])
    sounds = [read_sound(clip.read_bytes()) for clip in clips]
    start = time.perf_counter()
    moved = [_moved(sound, rng) for sound in sounds]
    took = time.perf_counter() - start
    seconds = sum(sound.ms for sound in sounds) / 1_000
    print(
        f"voices: {len(clips)} clips, {seconds:.0f} s of speech, {seconds / took:.0f} x real time"
    )
    before, after = (np.array([_embedded(one) for one in many]) for many in (sounds, moved))
    known = turn < 6  # the attacker has these takes of everybody, and looks at the others
    cases = (
        ("as it is", before, before),
        ("moved; the attacker knows nothing", before, after),
        ("moved; the attacker retrains", after, after),
    )
    for title, learnt, seen in cases:
        right = _guess(learnt[known], who[known], seen[~known]) == who[~known]
        print(f"  speakers recognised, {title:34} {interval(int(right.sum()), len(right))}")
    same = _guess(before[known], what[known], before[~known]) == what[~known]
    print(f"  digits understood,   {'as it is':34} {interval(int(same.sum()), len(same))}")
    for title, learnt in (
        ("moved; learnt from plain", before),
        ("moved; learnt from moved", after),
    ):
        right = _guess(learnt[known], what[known], after[~known]) == what[~known]
        print(f"  digits understood,   {title:34} {interval(int(right.sum()), len(right))}")
    long = np.concatenate([sound.samples for sound in sounds]).astype(np.float64)
    start = time.perf_counter()
    move_resonances(long, sounds[0].rate, 0.7)
    took = time.perf_counter() - start
    print(f"  in one piece: {len(long) / sounds[0].rate / took:.0f} x real time")


def _moved(sound: Sound, rng: np.random.Generator) -> Sound:
    alpha = float(rng.uniform(*ALPHAS))
    made = move_resonances(sound.samples.astype(np.float64), sound.rate, alpha)
    return Sound(made.astype(np.float32), sound.rate)


def _embedded(sound: Sound) -> Floats:
    """Give what a clip is known by: cepstra of its five fifths, and their spread over all."""
    from scipy.fft import dct

    bands = log_bands(sound.at_rate(16_000))[:, :28]
    cepstra = dct(bands, norm="ortho", axis=1)[:, 1:20]
    fifths = [part.mean(axis=0) for part in np.array_split(cepstra, 5)]
    return np.concatenate([*fifths, cepstra.std(axis=0)])


def _guess(known: Floats, labels: NDArray[np.str_], seen: Floats) -> NDArray[np.str_]:
    """Learn by linear discriminants with shrinkage (Ledoit and Wolf 2004), and guess."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(known, labels)
    guessed: NDArray[np.str_] = model.predict(seen)
    return guessed


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["texts", "faces", "voices"]
    if "faces" in wanted:
        faces()
    for run in (texts, voices):
        if run.__name__ in wanted:
            run(find_data())
