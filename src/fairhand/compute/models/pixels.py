"""The built-in model for masks: a forest over pixels that learns from the first corrected picture.

One forest for each label. Half of the sampled pixels lie at outlines, where mistakes cost most.
Thresholds and the calibration of the score come from pictures that a forest has not learnt from,
as soon as there are two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from fairhand.compute.assistants.contract import (
    AssistantError,
    Example,
    Item,
    NotEnoughError,
    Proposal,
)
from fairhand.compute.models.blurs import blur
from fairhand.compute.models.forest import Forest, learn_forest, read_forest
from fairhand.compute.models.learnt import Learnt, pack_learnt, unpack_learnt
from fairhand.compute.models.net import Net, learn_net, read_net
from fairhand.compute.models.pictures import Plane, read_picture, shrink
from fairhand.compute.models.pixel_features import COARSE, Window, pixel_features
from fairhand.compute.models.pixel_refinement import refine
from fairhand.compute.models.prompts import Mask
from fairhand.compute.models.regions import expected_iou, pieces, region, things
from fairhand.labels import rle
from fairhand.labels.label_set import label_values
from fairhand.labels.mask import MAX_REGIONS
from fairhand.model.project import Question

FORMAT: Final = 3
MAX_SIDE: Final = 1_024
MOST_PICTURES: Final = 24
"""Pictures learnt from at most; the newest tasks, so that learning stays a matter of seconds."""
_AREA: Final = 2_000_000
"""Pixels that are described at most to learn from them; of large pictures, a window each."""
_PIXELS: Final = 12_000
_FINE_PIXELS: Final = 24_000
_TREES, _DEPTH, _TRIAL_TREES = 40, 14, 12
_MEMBERS: Final = 3
"""Networks that are asked together: one by itself errs by accident of how it began."""
_THRESHOLDS: Final = tuple(np.round(np.arange(0.2, 0.76, 0.05), 2).tolist())
_CHECKED: Final = 40_000
_OWN: Final = (0.0, 0.25, 0.5, 0.75)
_USUAL_OWN: Final = 0.6
_PULL: Final = 1.0
"""Intersection over union that a choice must bring to lie 1 from what is usual, by one picture."""
_SMOOTHING: Final = 0.7
_FINE_GAIN: Final = 0.02
"""What looking for thin things must bring before it is done."""
_LONG: Final = 4
"""Specks, as long as wide, that a piece is as large as before thin things are looked for."""

Points = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Seen:
    """One corrected picture: features by height by width, a mask for each label, its weight."""

    features: NDArray[np.float32]
    masks: Mapping[str, Mask]
    weight: float
    areas: Mapping[str, Sequence[int]]  # of the things in the whole picture, in pixels


@dataclass(frozen=True, slots=True)
class _Head:
    """What was learnt of one label."""

    model: Forest | Net
    threshold: float
    own: float  # weight of the picture's own view beside the forest's, 0 to 1
    features: int  # how many of a pixel's features it asks for: the coarse ones, or all
    trust: float  # intersection over union that came true, for each that was expected
    radius: float  # of a typical thing, in pixels of the picture as it was looked at
    least_area: int


class PixelTrainer:
    """Learns masks."""

    name = "pixel-forest"

    def fit(
        self, question: Question, examples: Sequence[Example], *, seed: int, version: str
    ) -> bytes:
        """Learn from corrected pictures; the same ones and the same seed give the same bytes."""
        labels = label_values(question.config)
        newest = sorted(examples, key=lambda one: one.item.task_id)[-MOST_PICTURES:]
        answers = [one for example in newest for one in _read_answer(question, example)]
        room = _AREA // max(1, len(answers))
        thin = any(_is_thin([one.masks[label] for one in answers]) for label in labels)
        seen = [_look(one, room, number, fine=thin) for number, one in enumerate(answers)]
        if not seen:
            raise NotEnoughError("No picture has been answered yet; one is enough to begin.")
        rng = np.random.default_rng(seed)
        heads = {
            label: _learn(seen, label, rng, seed)
            for label in labels
            if any(one.masks[label].any() for one in seen)
        }
        if not heads:
            raise NotEnoughError("Nothing has been outlined in any picture yet.")
        header = {
            "format": FORMAT,
            "model": self.name,
            "version": version,
            "question": question.name,
            "pictures": len(seen),
            "seed": seed,
            "heads": [
                {
                    "label": label,
                    "threshold": head.threshold,
                    "own": head.own,
                    "features": head.features,
                    "trust": head.trust,
                    "radius": head.radius,
                    "least_area": head.least_area,
                }
                for label, head in heads.items()
            ],
        }
        arrays = {
            f"{index}/{name}": array
            for index, head in enumerate(heads.values())
            for name, array in head.model.arrays().items()
        }
        return pack_learnt(header, arrays)

    def load(self, question: Question, learnt: bytes, *, version: str) -> PixelPredictor:
        """Make a predictor; raises AssistantError on bytes that were not learnt here."""
        read = unpack_learnt(learnt)
        header = read.header
        if header.get("format") != FORMAT or header.get("model") != self.name:
            raise AssistantError(f"These bytes are not of {self.name!r}.", hop="shape")
        labels = label_values(question.config)
        try:
            heads = {
                str(one["label"]): _Head(
                    _read(read, f"{index}/", int(one["features"])),
                    float(one["threshold"]),
                    float(one["own"]),
                    int(one["features"]),
                    float(one["trust"]),
                    float(one["radius"]),
                    int(one["least_area"]),
                )
                for index, one in enumerate(header["heads"])
            }
        except (KeyError, TypeError, ValueError) as error:
            raise AssistantError("The model file's header is damaged.", hop="shape") from error
        known = {label: head for label, head in heads.items() if label in labels}
        return PixelPredictor(question, known, f"{self.name}@{version}")


@dataclass(frozen=True, slots=True)
class PixelPredictor:
    """Proposes masks."""

    question: Question
    heads: Mapping[str, _Head]
    model: str

    def predict(self, items: Sequence[Item]) -> list[Proposal]:
        """Propose a mask answer for every picture; others get no proposal."""
        return [self._propose(item) for item in items]

    def probabilities(self, picture: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Give each label's probability at every pixel of a picture."""
        fine = any(head.features > COARSE for head in self.heads.values())
        features = pixel_features(picture, fine=fine)
        return {
            label: refine(
                blur(_chance(head.model, features[: head.features]), _SMOOTHING),
                features,
                head.own,
            )
            for label, head in self.heads.items()
        }

    def _propose(self, item: Item) -> Proposal:
        if item.media is None:
            return Proposal(None)
        whole = read_picture(item.media())
        size = (whole.shape[0], whole.shape[1])
        chances = self.probabilities(shrink(whole, MAX_SIDE))
        with_instances = bool(self.question.config.get("instances", False))
        taken = np.zeros(size, bool)
        regions: list[dict[str, str]] = []
        scores: list[float] = []
        for label, chance in chances.items():
            head = self.heads[label]
            mask = _tidy(chance > head.threshold, head.least_area)
            scores.append(head.trust * expected_iou(chance, mask))
            found = (
                things(mask, head.radius, least_area=head.least_area) if with_instances else mask
            )
            for part in _parts(found, size):
                free = part if with_instances else part & ~taken
                taken |= free
                if free.any() and len(regions) < MAX_REGIONS:
                    regions.append(region(label, free))
        answer: dict[str, Any] = {"size": list(size), "regions": regions}
        if not regions:
            answer["nothing"] = True
        score = float(np.clip(np.mean(scores), 0, 1)) if scores else None
        return Proposal({self.question.name: answer}, score, details={"regions": len(regions)})


@dataclass(frozen=True, slots=True)
class _Answer:
    """One corrected picture as it is looked at, with a mask for each label, and its weight."""

    picture: NDArray[np.uint8]
    masks: Mapping[str, Mask]
    weight: float


def _read_answer(question: Question, example: Example) -> Iterator[_Answer]:
    """Read a picture and its answer; what does not fit together is left out."""
    answer = example.value.get(question.name)
    if example.item.media is None or not isinstance(answer, Mapping):
        return
    whole = read_picture(example.item.media())
    height, width = whole.shape[:2]
    if list(answer["size"]) != [height, width]:
        return
    small = shrink(whole, MAX_SIDE)
    masks = {}
    for label in label_values(question.config):
        mask = np.zeros((height, width), bool)
        for one in answer["regions"]:
            if one["label"] == label:
                mask |= rle.decode(one["counts"], height, width)
        masks[label] = _resized(mask, (small.shape[0], small.shape[1]))
    yield _Answer(small, masks, example.weight)


def _look(answer: _Answer, room: int, number: int, *, fine: bool) -> _Seen:
    """Describe the pixels of a picture, or of a window as large as there is room for."""
    window = _window(np.logical_or.reduce(list(answer.masks.values())), room, number)
    return _Seen(
        pixel_features(answer.picture, window, fine=fine),
        {label: mask[window] for label, mask in answer.masks.items()},
        answer.weight,
        {label: _areas(mask) for label, mask in answer.masks.items()},
    )


def _is_thin(masks: Sequence[Mask]) -> bool:
    """Say whether half of what people drew is in pieces much longer than wide."""
    areas = np.sort([area for mask in masks for area in _areas(mask)])
    if areas.size == 0:
        return False
    rising = np.cumsum(areas)
    return bool(areas[np.searchsorted(rising, rising[-1] / 2)] > _LONG * _speck(masks))


def _window(mask: Mask, room: int, number: int) -> Window:
    """Choose the part of a picture that is learnt from: a corner, of the next picture the next.

    So pictures show together what lies in the middle and what at the edges, such as the rim of a
    round field of view. A corner without anything drawn is passed over where another has some.
    """
    height, width = mask.shape
    share = min(1.0, float(np.sqrt(room / mask.size)))
    rows, columns = max(1, int(height * share)), max(1, int(width * share))
    corners = ((0, 0), (0, width - columns), (height - rows, width - columns), (height - rows, 0))
    places = [
        (slice(top, top + rows), slice(left, left + columns))
        for top, left in (corners[(number + turn) % len(corners)] for turn in range(len(corners)))
    ]
    return next((place for place in places if mask[place].any()), places[0])


def _learn(seen: Sequence[_Seen], label: str, rng: np.random.Generator, seed: int) -> _Head:
    tuned = _tune(seen, label, rng, seed)
    model = _fit(seen, label, rng, features=tuned.features, trees=_TREES, seed=seed)
    areas = [area for one in seen for area in one.areas[label]]
    radius = float(np.median(np.sqrt(np.array(areas) / np.pi)))
    least = max(1, int(0.25 * np.percentile(areas, 5)))
    if tuned.features > COARSE:  # thin things hang together: pieces as short as wide are accidents
        least = max(least, min(_speck([one.masks[label] for one in seen]), _small(areas)))
    return _Head(model, tuned.threshold, tuned.own, tuned.features, tuned.trust, radius, least)


def _speck(masks: Sequence[Mask]) -> int:
    """Measure how wide thin things are, and give the area of a speck: three widths squared."""
    area = sum(int(mask.sum()) for mask in masks)
    rim = sum(int((mask & ~ndimage.binary_erosion(mask)).sum()) for mask in masks)
    return int(3 * (2 * area / max(rim, 1)) ** 2)


def _small(areas: Sequence[int]) -> int:
    """Find the area below which pieces hold a hundredth of all that people drew."""
    rising = np.sort(areas)
    return int(rising[np.searchsorted(np.cumsum(rising), 0.01 * rising.sum())])


def _fit(
    seen: Sequence[_Seen],
    label: str,
    rng: np.random.Generator,
    *,
    features: int,
    trees: int,
    seed: int,
) -> Forest | Net:
    """Learn a forest from coarse features, or a network from all."""
    rows, truth, weights = [], [], []
    pixels = _FINE_PIXELS if features > COARSE and trees == _TREES else _PIXELS
    for one in seen:
        mask = one.masks[label]
        chosen = _sample(mask, pixels // len(seen), rng)
        flat = one.features[:features].reshape(features, -1)
        rows.append(flat[:, chosen].T)
        truth.append(mask.ravel()[chosen])
        weights.append(np.full(chosen.size, one.weight))
    points, known, weight = np.concatenate(rows), np.concatenate(truth), np.concatenate(weights)
    if features > COARSE:
        return learn_net(points, known, weight, seed=seed, members=_MEMBERS)
    return learn_forest(points, known, weight, trees=trees, depth=_DEPTH, seed=seed)


def _read(learnt: Learnt, prefix: str, features: int) -> Forest | Net:
    return (read_net if features > COARSE else read_forest)(learnt, prefix, features)


def _sample(mask: Mask, count: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Choose pixels: half anywhere, half within three pixels of an outline."""
    rim = ndimage.binary_dilation(mask, iterations=3) & ~ndimage.binary_erosion(mask, iterations=3)
    near = np.flatnonzero(rim)
    anywhere = rng.integers(mask.size, size=count - count // 2 if near.size else count)
    return np.concatenate([anywhere, rng.choice(near, count // 2) if near.size else []]).astype(
        np.intp
    )


@dataclass(frozen=True, slots=True)
class _Tuned:
    """What was chosen on pictures that a forest had not learnt from, and what it is worth."""

    threshold: float
    own: float
    features: int
    trust: float
    worth: float


def _tune(seen: Sequence[_Seen], label: str, rng: np.random.Generator, seed: int) -> _Tuned:
    """Choose the threshold, the own view's weight, and whether thin things are looked for.

    Two forests, each measured on the half of the pictures that the other one learnt from; a
    single picture is cut in two. Few pictures say little: what is usual counts like a picture of
    its own.
    """
    parts = seen if len(seen) > 1 else _cut(seen[0])
    halves = [parts[::2], parts[1::2]]
    every = int(parts[0].features.shape[0])
    found: dict[int, list[tuple[list[Plane], Mask]]] = {COARSE: [], every: []}
    for own, other in zip(halves, reversed(halves), strict=True):
        if not any(one.masks[label].any() for one in own):
            continue
        for features, tried in found.items():
            trial = _fit(own, label, rng, features=features, trees=_TRIAL_TREES, seed=seed)
            tried += [_tried(trial, one, label) for one in other]
    coarse, *fine = (
        _chosen(tried, features, free=len(seen) > 1) for features, tried in found.items()
    )
    return next((one for one in fine if one.worth > coarse.worth + _FINE_GAIN), coarse)


def _cut(one: _Seen) -> list[_Seen]:
    """Cut a picture in two, so that each half holds about as many things."""
    full = np.cumsum(np.logical_or.reduce(list(one.masks.values())).sum(axis=0))
    middle = int(np.clip(np.searchsorted(full, full[-1] / 2), 1, max(1, full.size - 1)))
    return [
        _Seen(
            one.features[:, :, part],
            {label: mask[:, part] for label, mask in one.masks.items()},
            one.weight,
            one.areas,
        )
        for part in (slice(0, middle), slice(middle, None))
    ]


def _chosen(found: Sequence[tuple[list[Plane], Mask]], features: int, *, free: bool) -> _Tuned:
    """Choose what came out best; where it is not `free`, what is usual."""
    measured = np.array(
        [
            [[_iou(view > level, truth) for level in _THRESHOLDS] for view in views]
            for views, truth in found
        ]
    )
    usual = _USUAL_OWN if features == COARSE else 0.0  # a thin thing's own level is a blurred one
    unusual = np.add.outer(
        (np.array(_OWN) - usual) ** 2 * _PULL, (np.array(_THRESHOLDS) - 0.5) ** 2 * _PULL
    )
    if not free:  # halves of one picture say nothing about how pictures differ
        unusual *= 1_000
    worth = measured.mean(axis=0) - unusual / len(found)
    which, best = np.unravel_index(int(worth.argmax()), worth.shape)
    level = _THRESHOLDS[int(best)]
    expected = np.mean([expected_iou(views[which], views[which] > level) for views, _ in found])
    came = float(measured[:, which, best].mean())
    trust = came / float(expected) if expected > 0 else 1.0
    return _Tuned(level, _OWN[int(which)], features, float(np.clip(trust, 0.2, 1.1)), came)


def _tried(trial: Forest | Net, one: _Seen, label: str) -> tuple[list[Plane], Mask]:
    """Give a picture's map for each weight of its own view, and the truth, on a coarse grid."""
    truth = one.masks[label]
    step = max(1, round(np.sqrt(truth.size / _CHECKED)))
    features = one.features[:, ::step, ::step]
    smooth = blur(_chance(trial, features[: trial.features]), _SMOOTHING / step)
    views = [refine(smooth, features, weight, step=step) for weight in _OWN]
    return views, truth[::step, ::step]


def _chance(model: Forest | Net, features: NDArray[np.float32]) -> Plane:
    points = features.reshape(features.shape[0], -1).T
    return model.probability(points).reshape(features.shape[1:])


def _iou(one: Mask, other: Mask) -> float:
    together = int((one | other).sum())
    return float((one & other).sum()) / together if together else 1.0


def _areas(mask: Mask) -> list[int]:
    """Measure the pieces that people drew."""
    return [int(area) for area in np.bincount(pieces(mask).ravel())[1:] if area]


def _tidy(mask: Mask, least_area: int) -> Mask:
    """Leave out specks, and fill holes as small."""
    kept = pieces(mask, least_area=least_area) > 0
    holes = ~kept
    large: Mask = pieces(holes, least_area=least_area) > 0
    return kept | (holes & ~large)


def _parts(found: NDArray[Any], size: tuple[int, int]) -> Iterator[Mask]:
    """Give each thing, or the one mask, in the picture's own size."""
    numbers = range(1, int(found.max()) + 1) if found.size else range(0)
    large = found if found.shape == size else _enlarged(found, size)
    for number in numbers:
        yield large == number


def _enlarged(found: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    rows = np.arange(size[0]) * found.shape[0] // size[0]
    columns = np.arange(size[1]) * found.shape[1] // size[1]
    large: NDArray[Any] = found[rows[:, None], columns]
    return large


def _resized(mask: Mask, shape: tuple[int, int]) -> Mask:
    if mask.shape == shape:
        return mask
    image = Image.fromarray(mask).resize((shape[1], shape[0]), Image.Resampling.NEAREST)
    return np.asarray(image, bool)
