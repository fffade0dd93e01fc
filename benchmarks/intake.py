"""How well copies are found among what people give, and how quickly.

`python benchmarks/intake.py` prints, for pictures, sounds and texts, the share of changed copies
that is found (recall) and how often unlike things are taken for copies, each with its exact 95 %
interval (Clopper and Pearson 1934), and the time of a look-up among a million prints. Pictures are
those of scikit-image, a series from one microscope and two from eye cameras (the hard case: one
kind of thing under one lens), and small ones of CIFAR-10; sounds are sentences of LibriVox and
spoken digits joined to sentences; texts are abstracts of Cranfield. The last part plays recordings
through a simulated loudspeaker and room: nobody's figures of real replays.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from scipy.signal import butter, fftconvolve, istft, resample, sosfilt, stft
from scipy.stats import beta

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fairhand.compute.authenticity.alignment import SAME, alike
from fairhand.compute.authenticity.hearing import hear
from fairhand.compute.authenticity.pictures import apart, picture_prints
from fairhand.compute.authenticity.shelf import BitShelf, KeyShelf
from fairhand.compute.authenticity.sounds import around, read_prints, sound_prints
from fairhand.compute.authenticity.texts import bands, text_print
from fairhand.compute.models.sound import Sound
from fairhand.people.contributions.examination import likeness
from fairhand.people.contributions.library import REACH
from fairhand.people.contributions.remarks import sound_findings
from tests.data import find_data

Samples = NDArray[np.float32]
Clip = tuple[str, Samples, int]


def interval(hits: int, of: int) -> str:
    """Write a share with its exact 95 % interval."""
    low = 0.0 if hits == 0 else float(beta.ppf(0.025, hits, of - hits + 1))
    high = 1.0 if hits == of else float(beta.ppf(0.975, hits + 1, of - hits))
    return f"{hits}/{of} = {hits / of:.4f} ({low:.4f} to {high:.4f})"


def pictures(shared: Path) -> list[tuple[str, Image.Image]]:
    """Gather pictures with the family that each belongs to."""
    import pyarrow.parquet as pq
    from skimage import data

    names = ("astronaut", "coffee", "chelsea", "rocket", "camera", "coins", "moon", "page",
             "text", "clock", "brick", "grass", "gravel", "horse", "cell", "colorwheel",
             "immunohistochemistry", "retina", "hubble_deep_field", "microaneurysms")  # fmt: skip
    found = []
    for name in names:
        pixels = getattr(data, name)()
        pixels = pixels * np.uint8(255) if pixels.dtype == bool else pixels
        family = "eyes" if name == "retina" else "scikit-image"
        found.append((family, Image.fromarray(pixels).convert("RGB")))
    for folder, pattern, most in (("boxes_bloodcells", "*.jpg", 30),
                                  ("seg_retina_chase", "*_img.jpg", 16),
                                  ("seg_retina_drive", "*_img.jpg", 12)):  # fmt: skip
        for path in sorted((shared / folder).glob(pattern))[:most]:
            family = "eyes" if "retina" in folder else folder
            found.append((family, Image.open(path).convert("RGB")))
    table = pq.read_table(shared / "img_cifar10" / "cifar10.parquet", columns=["jpeg"])
    for content in table.column(0).to_pylist()[:60]:
        found.append(("cifar10", Image.open(io.BytesIO(content)).convert("RGB")))
    return found


def as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    kept = io.BytesIO()
    image.save(kept, "JPEG", quality=quality)
    return Image.open(kept).convert("RGB")


def cut(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    wide, high = image.size
    return image.crop((round(left * wide), round(top * high),
                       round((1 - right) * wide), round((1 - bottom) * high)))  # fmt: skip


def noisy(image: Image.Image, sigma: float) -> Image.Image:
    pixels = np.asarray(image, dtype=np.float64)
    pixels = pixels + np.random.default_rng(0).normal(0, sigma, pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG quality 40": lambda one: as_jpeg(one, 40),
    "half the size": lambda one: one.resize((one.width // 2, one.height // 2)),
    "mirrored": ImageOps.mirror,
    "noise, sigma 15": lambda one: noisy(one, 15),
    "30 % brighter": lambda one: one.point(lambda value: min(255, round(value * 1.3))),
    "cropped by 5 %": lambda one: cut(one, 0.025, 0.025, 0.025, 0.025),
    "cropped by 10 %": lambda one: cut(one, 0.05, 0.05, 0.05, 0.05),
    "10 % off one corner": lambda one: cut(one, 0.1, 0.1, 0, 0),
    "cropped by 20 %": lambda one: cut(one, 0.1, 0.1, 0.1, 0.1),
    "cropped 7 %, 60 %, JPEG 60": lambda one: as_jpeg(
        cut(one, 0.07, 0.07, 0, 0).resize((round(one.width * 0.6), round(one.height * 0.6))), 60
    ),
    "turned by 5 degrees": lambda one: one.rotate(5),
}


def is_candidate(one: dict[str, bytes], other: dict[str, bytes]) -> bool:
    """Say whether the shelves would bring one for the other."""
    return (
        apart(one["phash"], other["phash"]) <= REACH["phash"]
        or apart(one["flip"], other["phash"]) <= REACH["phash"]
        or apart(one["dhash"], other["dhash"]) <= REACH["dhash"]
        or ("look" in one and apart(one["look"], other["look"]) <= REACH["look"])
    )


def measure_pictures(shared: Path) -> None:
    """Print recall of changed pictures and false copies."""
    found = pictures(shared)
    prints = [picture_prints(image) for _, image in found]
    print(f"\nPictures: {len(found)}; candidate by prints, then laid over each other (>= {SAME})")
    for name, change in CHANGES.items():
        hits = {"large": [0, 0], "small": [0, 0]}
        for (family, image), known in zip(found, prints, strict=True):
            copy = change(image)
            row = hits["small" if family == "cifar10" else "large"]
            row[1] += 1
            if is_candidate(picture_prints(copy), known) and alike(copy, image) >= SAME:
                row[0] += 1
        large, small = interval(*hits["large"]), interval(*hits["small"])
        print(f"  {name:28} {large}   32 x 32 pixels: {small}")
    false = {"one kind under one lens": [0, 0], "others": [0, 0]}
    for (left, one), (right, other) in combinations(zip(found, prints, strict=True), 2):
        series = left[0] == right[0] and left[0] not in ("scikit-image", "cifar10")
        row = false["one kind under one lens" if series else "others"]
        row[1] += 1
        if is_candidate(one, other) and alike(left[1], right[1]) >= SAME:
            row[0] += 1
    for name, (hits_, of) in false.items():
        print(f"  false copies, {name:24} {interval(hits_, of)}")


def sounds(shared: Path) -> list[Clip]:
    """Gather stretches of 3 s of reading, and sentences of six digits; no two share a recording."""
    import soundfile

    found: list[Clip] = []
    for path in sorted((shared / "speech_librivox").glob("*.flac")):
        samples, rate = soundfile.read(path, dtype="float32")
        long = 3 * rate
        found += [(f"reading {path.stem[-4:]}", samples[at : at + long], rate)
                  for at in range(0, len(samples) - long + 1, long)]  # fmt: skip
    rng = np.random.default_rng(0)
    by_speaker: dict[str, list[Path]] = {}
    for path in sorted((shared / "speech_fsdd").glob("*.flac")):
        by_speaker.setdefault(path.stem.split("_")[1], []).append(path)
    for speaker, paths in by_speaker.items():
        order = rng.permutation(len(paths))
        for at in range(0, len(order) - 5, 6):
            parts = [soundfile.read(paths[one], dtype="float32")[0] for one in order[at : at + 6]]
            found.append((speaker, np.concatenate(parts), 8_000))
    return found


def encoded(clip: Samples, rate: int, kind: str) -> tuple[Samples, int]:
    import soundfile

    kept = io.BytesIO()
    soundfile.write(kept, clip, rate, format=kind)
    kept.seek(0)
    samples, rate = soundfile.read(kept, dtype="float32")
    return samples, rate


def with_noise(clip: Samples, rate: int, under: float) -> tuple[Samples, int]:
    power = float(np.sqrt((clip**2).mean())) * 10 ** (-under / 20)
    noise = np.random.default_rng(0).normal(0, power, len(clip))
    return (clip + noise).astype(np.float32), rate


def faster(clip: Samples, rate: int, factor: float) -> tuple[Samples, int]:
    return resample(clip, round(len(clip) / factor)).astype(np.float32), rate


def higher(clip: Samples, rate: int, factor: float) -> tuple[Samples, int]:
    """Raise the pitch and keep the length, by a phase vocoder (Flanagan and Golden 1966)."""
    size, step = 512, 128
    _, _, bins = stft(clip, nperseg=size, noverlap=size - step)
    places = np.arange(0, bins.shape[1] - 1, 1 / factor)
    phase, advance = np.angle(bins[:, 0]), 2 * np.pi * step * np.arange(bins.shape[0]) / size
    made = []
    for place in places:
        at, part = int(place), place - int(place)
        level = (1 - part) * np.abs(bins[:, at]) + part * np.abs(bins[:, at + 1])
        made.append(level * np.exp(1j * phase))
        turn = np.angle(bins[:, at + 1]) - np.angle(bins[:, at]) - advance
        phase = phase + advance + (turn + np.pi) % (2 * np.pi) - np.pi
    longer = istft(np.array(made).T, nperseg=size, noverlap=size - step)[1]
    return resample(longer, len(clip)).astype(np.float32), rate


HEARD: dict[str, Callable[[Samples, int], tuple[Samples, int]]] = {
    "10 dB quieter": lambda clip, rate: (clip * np.float32(0.3), rate),
    "Ogg Vorbis": lambda clip, rate: encoded(clip, rate, "OGG"),
    "MP3": lambda clip, rate: encoded(clip, rate, "MP3"),
    "noise 20 dB under": lambda clip, rate: with_noise(clip, rate, 20),
    "noise 10 dB under": lambda clip, rate: with_noise(clip, rate, 10),
    "15 % off the beginning": lambda clip, rate: (clip[int(0.15 * len(clip)) :], rate),
    "3 % faster": lambda clip, rate: faster(clip, rate, 1.03),
    "4 % slower": lambda clip, rate: faster(clip, rate, 0.96),
    "3 % higher": lambda clip, rate: higher(clip, rate, 1.03),
    "5 % lower": lambda clip, rate: higher(clip, rate, 0.95),
    "10 % higher": lambda clip, rate: higher(clip, rate, 1.10),
}


def measure_sounds(shared: Path) -> None:
    """Print recall of changed sounds and false copies."""
    clips = sounds(shared)
    prints = [{"sound": sound_prints(samples, rate)} for _, samples, rate in clips]
    seconds = np.median([len(samples) / rate for _, samples, rate in clips])
    pairs = np.median([len(read_prints(one["sound"])) for one in prints])
    print(f"\nSounds: {len(clips)} of {seconds:.1f} s (median), {pairs:.0f} pairs of peaks each")
    for name, change in HEARD.items():
        hits = 0
        for (_, samples, rate), known in zip(clips, prints, strict=True):
            hits += likeness({"sound": sound_prints(*change(samples, rate))}, known) > 0
        print(f"  {name:28} {interval(hits, len(clips))}")
    false = {"one speaker": [0, 0], "two speakers": [0, 0]}
    for (left, one), (right, other) in combinations(zip(clips, prints, strict=True), 2):
        row = false["one speaker" if left[0].split()[0] == right[0].split()[0] else "two speakers"]
        row[1] += 1
        row[0] += likeness(one, other) > 0
    for name, (hits_, of) in false.items():
        print(f"  false copies, {name:14} {interval(hits_, of)}")


def measure_texts(shared: Path) -> None:
    """Print recall of texts with words changed, and false copies."""
    import pyarrow.parquet as pq

    table = pq.read_table(shared / "search_cranfield" / "docs.parquet").to_pylist()
    bodies = [max((str(value) for value in row.values()), key=len) for row in table]
    texts = list(dict.fromkeys(body for body in bodies if len(body.split()) >= 80))[:600]
    rng = np.random.default_rng(0)
    prints = [{"minhash": text_print(text)} for text in texts]
    print(f"\nTexts: {len(texts)} abstracts of 80 words and more")
    for share in (0.02, 0.05, 0.10, 0.20):
        hits = 0
        for text, known in zip(texts, prints, strict=True):
            words = text.split()
            for at in rng.choice(len(words), max(1, round(share * len(words))), replace=False):
                words[at] = "something"
            hits += likeness({"minhash": text_print(" ".join(words))}, known) > 0
        print(f"  {share:.0%} of the words changed      {interval(hits, len(texts))}")
    pairs = list(combinations(prints, 2))
    false = sum(likeness(one, other) > 0 for one, other in pairs)
    print(f"  false copies                 {interval(false, len(pairs))}")


def measure_look_up() -> None:
    """Print how long one look-up takes among a million prints, of each sort."""
    rng = np.random.default_rng(0)
    print("\nLook-up among 1,000,000 prints, median of 20 (ms)")
    for name, words, reach in (("64 bits (phash)", 1, 16), ("256 bits (look)", 4, 56)):
        shelf = BitShelf(words)
        rows = rng.integers(0, 2**64, (1_000_000, words), dtype=np.uint64)
        shelf.add(range(len(rows)), [row.tobytes() for row in rows])
        times = list(timed(lambda shelf=shelf, reach=reach, key=rows[777].tobytes():
                           shelf.near(key, reach)))  # fmt: skip
        print(f"  {name:28} {np.median(times):.1f} (slowest {max(times):.1f})")
    keys = KeyShelf()
    drawn = rng.integers(0, 2**18, 60_000_000, dtype=np.uint32)
    keys._keys = np.sort(drawn).astype(np.uint64)
    keys._owners = rng.integers(0, 1_000_000, len(drawn))
    samples = rng.normal(0, 0.1, 48_000).astype(np.float32)
    wanted = np.concatenate(around(read_prints(sound_prints(samples, 16_000))["hash"]))
    times = list(timed(lambda: keys.near(wanted, 12, least=3)))
    print(f"  sounds, 60 pairs each        {np.median(times):.1f} (slowest {max(times):.1f})")
    shelf = KeyShelf()
    shelf._keys = np.sort(rng.integers(0, 2**63, 32_000_000, dtype=np.uint64))
    shelf._owners = rng.integers(0, 1_000_000, 32_000_000)
    key = bands(text_print("one two three four five six seven eight nine ten"))
    times = list(timed(lambda: shelf.near(key, 12)))
    print(f"  texts, 32 bands each         {np.median(times):.1f} (slowest {max(times):.1f})")


def timed(work: Callable[[], object]) -> Iterator[float]:
    for _ in range(20):
        begun = time.perf_counter()
        work()
        yield 1_000 * (time.perf_counter() - begun)


def replayed(clip: Samples, rate: int, decay: float) -> Samples:
    """Play through a small loudspeaker (from 250 Hz up) in a room that dies away."""
    rng = np.random.default_rng(1)
    ring = np.arange(int(0.5 * rate)) / rate
    room = np.exp(-ring / decay) * rng.normal(size=len(ring))
    room[0] = 8.0
    band = butter(4, [250, min(6_000, 0.45 * rate)], "band", fs=rate, output="sos")
    made = sosfilt(band, fftconvolve(clip, room)[: len(clip)])
    return np.asarray(0.5 * made / np.abs(made).max(), dtype=np.float32)


def measure_signals(shared: Path) -> None:
    """Print how often signs of a replay or of a made sound are seen, and seen wrongly."""
    clips = sounds(shared)
    kinds: dict[str, Callable[[Samples, int], Samples]] = {
        "as recorded": lambda clip, rate: clip,
        "simulated replay, small room": lambda clip, rate: replayed(clip, rate, 0.05),
        "simulated replay, large room": lambda clip, rate: replayed(clip, rate, 0.12),
        "pauses made silent": silenced,
    }
    print(f"\nSigns of replay and of made sounds, {len(clips)} recordings (simulated)")
    for name, change in kinds.items():
        seen: dict[str, int] = {"replay": 0, "no_room_noise": 0}
        for _, samples, rate in clips:
            for one in sound_findings(hear(Sound(change(samples, rate), rate)), {}):
                if one.kind in seen:
                    seen[one.kind] += 1
        told = "; ".join(f"{kind} {interval(hits, len(clips))}" for kind, hits in seen.items())
        print(f"  {name:30} {told}")


def silenced(clip: Samples, rate: int) -> Samples:
    """Set what is quiet to nothing at all, as a cut or a synthesiser does."""
    frame = rate // 50
    made = clip[: len(clip) // frame * frame].reshape(-1, frame).copy()
    level = np.abs(made).max(axis=1)
    made[level < 0.1 * level.max()] = 0.0
    return made.ravel()


def main(argv: Sequence[str] = ()) -> None:
    """Print all of it, or the parts that are named."""
    shared = find_data()
    if shared is None:
        raise SystemExit("there is no ../shared/data; FAIRHAND_DATA names another folder")
    parts: dict[str, Callable[[], None]] = {
        "pictures": lambda: measure_pictures(shared),
        "sounds": lambda: measure_sounds(shared),
        "texts": lambda: measure_texts(shared),
        "look-up": measure_look_up,
        "signals": lambda: measure_signals(shared),
    }
    for name in argv or parts:
        parts[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
