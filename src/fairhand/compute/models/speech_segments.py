"""The built-in model for segments: stretches of speech, cut and labelled as people do.

How stretches are cut (margins, the shortest pause, the shortest speech) is chosen on people's
answers, near what is usual while they are few. Which label a stretch gets is a linear head's
guess from the bands of its sound; with one label there is nothing to guess. Where people leave
speech unmarked, that is one more thing the head tells apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import (
    AssistantError,
    Example,
    Item,
    NotEnoughError,
    Proposal,
)
from fairhand.compute.models.audio import USUAL, Cut, Stretch, cut_speech
from fairhand.compute.models.heads import Head, fit_head
from fairhand.compute.models.heard import Heard, count_within, hear, known_length
from fairhand.compute.models.learnt import pack_learnt, unpack_learnt
from fairhand.compute.models.linear import head_arrays, head_header, read_heads
from fairhand.compute.models.trust import Trust, learn_trust, read_trust
from fairhand.labels.label_set import label_values
from fairhand.labels.stretches import MAX_STRETCHES, SHORTEST_MS, likeness, shared_ms
from fairhand.model.project import Question

FORMAT: Final = 1
FEWEST_STRETCHES: Final = 6
"""Stretches below which no label is learnt."""
_FEWEST_LEFT: Final = 4
"""Stretches of speech left unmarked from which that is learnt, too."""
_MOST_LEARNT_MS: Final = 2 * 3_600_000
_MOST_MEASURED_MS: Final = 6 * 3_600_000
_MOST_RECORDINGS: Final = 200
_FOLDS: Final = 4
_GRID: Final[Mapping[str, tuple[int, ...]]] = {
    "before_ms": (-96, -64, -32, 0, 32, 64, 96, 128, 192, 256, 384, 512),
    "after_ms": (-96, -64, -32, 0, 32, 64, 96, 128, 192, 256, 384, 512),
    "pause_ms": (64, 96, 160, 224, 320, 480, 640, 960, 1_280, 1_920),
    "least_ms": (64, 96, 128, 192, 256, 384, 512, 768, 1_024),
}
_ROUNDS: Final = 3
_PULL: Final = 0.01
"""Likeness that a value must bring to lie one step from what is usual, by one answer."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """A recording as it was heard, what people marked in it, and how much that weighs."""

    heard: Heard
    segments: list[dict[str, Any]]
    weight: float


@dataclass(frozen=True, slots=True)
class _Model:
    """How stretches are cut, and the head that labels them; `leaves` when its last class is none.

    Without a head there is one label.
    """

    labels: tuple[str, ...]
    cut: Cut
    head: Head | None = None
    leaves: bool = False

    def propose(self, heard: Heard) -> tuple[list[dict[str, Any]], float]:
        """Give labelled stretches, and how sure they are over their time."""
        stretches = cut_speech(heard.shares, heard.ms, self.cut)[:MAX_STRETCHES]
        if not stretches:
            return [], 1.0 - float(heard.shares.max(initial=0.0))
        if self.head is None:
            chances = np.ones((len(stretches), 1))
        else:
            rows = [heard.features(one.start_ms, one.end_ms) for one in stretches]
            chances = self.head.probabilities(np.stack(rows))
        best = chances.argmax(axis=1)
        lengths = [one.end_ms - one.start_ms for one in stretches]
        sure = [one.score * chances[at, best[at]] for at, one in enumerate(stretches)]
        marked = [
            {"start": one.start_ms, "end": one.end_ms, "label": self.labels[at]}
            for one, at in zip(stretches, best.tolist(), strict=True)
            if at < len(self.labels)
        ]
        return marked, float(np.average(sure, weights=lengths))


class SpeechTrainer:
    """Learns how speech is cut and labelled."""

    name = "speech-segments"

    def most_measured(self, items: Sequence[Item]) -> int:
        """Say how many of these items can be listened to in a few minutes."""
        return count_within(items, _MOST_MEASURED_MS)

    def fit(
        self, question: Question, examples: Sequence[Example], *, seed: int, version: str
    ) -> bytes:
        """Learn from marked recordings; the same ones and the same seed give the same bytes."""
        answers = list(_read_answers(question, examples))
        if not any(one.segments for one in answers):
            raise NotEnoughError(
                "Nothing has been marked in any recording yet; one is enough to begin."
            )
        model = _learn(question, answers, seed)
        trust = _try_out(question, answers, seed)
        heads = [] if model.head is None else [model.head]
        header = {
            "format": FORMAT,
            "model": self.name,
            "version": version,
            "question": question.name,
            "labels": list(model.labels),
            "recordings": len(answers),
            "seed": seed,
            "cut": asdict(model.cut),
            "trust": trust.header(),
            "leaves": model.leaves,
            "heads": [head_header(head) for head in heads],
        }
        return pack_learnt(header, head_arrays(heads))

    def load(self, question: Question, learnt: bytes, *, version: str) -> SpeechPredictor:
        """Make a predictor; raises AssistantError on bytes that were not learnt here."""
        read = unpack_learnt(learnt)
        header = read.header
        if header.get("format") != FORMAT or header.get("model") != self.name:
            raise AssistantError(f"These bytes are not of {self.name!r}.", hop="shape")
        try:
            labels, cut = tuple(map(str, header["labels"])), header["cut"]
            model = _Model(
                labels,
                Cut(**{name: int(cut[name]) for name in asdict(USUAL)}),
                read_heads(read)[0] if header["heads"] else None,
                bool(header["leaves"]),
            )
            trust = read_trust(header["trust"])
        except (KeyError, TypeError, ValueError) as error:
            raise AssistantError("The model file's header is damaged.", hop="shape") from error
        return SpeechPredictor(question, model, trust, f"{self.name}@{version}")


@dataclass(frozen=True, slots=True)
class SpeechPredictor:
    """Proposes segments."""

    question: Question
    learnt: _Model
    trust: Trust
    model: str
    at_once: int = 16

    def predict(self, items: Sequence[Item]) -> list[Proposal]:
        """Propose segments for every recording; what cannot be heard gets none, and says why."""
        return [self._propose(item) for item in items]

    def _propose(self, item: Item) -> Proposal:
        try:
            heard = hear(item)
        except AssistantError as error:
            return Proposal(None, model=self.model, details={"problem": error.message})
        marked, sure = self.learnt.propose(heard)
        known, most = set(label_values(self.question.config)), known_length(item, heard.ms)
        kept = [{**one, "end": min(one["end"], most)} for one in marked if one["label"] in known]
        kept = [one for one in kept if one["end"] - one["start"] >= SHORTEST_MS]
        answer: dict[str, Any] = {"segments": kept}
        if not kept:
            answer["nothing"] = True
        return Proposal(
            {self.question.name: answer},
            self.trust.score(sure),
            model=self.model,
            details={"stretches": len(kept)},
        )


def _read_answers(question: Question, examples: Sequence[Example]) -> Iterator[_Answer]:
    """Read recordings with their answers, the newest tasks; what cannot be heard is left out."""
    left, known = _MOST_LEARNT_MS, set(label_values(question.config))
    newest = sorted(examples, key=lambda one: -one.item.task_id)[:_MOST_RECORDINGS]
    for example in newest:
        answer = example.value.get(question.name)
        if not isinstance(answer, Mapping) or example.weight <= 0:
            continue
        segments = [dict(one) for one in answer["segments"]]
        if not {one["label"] for one in segments} <= known:
            continue
        try:
            heard = hear(example.item)
        except AssistantError:
            continue
        left -= heard.ms
        if left < 0:
            return
        yield _Answer(heard, segments, example.weight)


def _learn(question: Question, answers: Sequence[_Answer], seed: int) -> _Model:
    """Choose the cut, then learn labels where there are several, or some speech is left out."""
    labels = tuple(label_values(question.config))
    cut = _choose_cut(answers)
    left = [_left_out(one, cut) for one in answers]
    leaves = sum(map(len, left)) >= _FEWEST_LEFT
    if len(labels) == 1 and not leaves:
        return _Model(labels, cut)
    marked = sum(len(one.segments) for one in answers)
    if marked < FEWEST_STRETCHES and len(labels) > 1:
        raise NotEnoughError(
            f"{marked} stretches are marked so far; {FEWEST_STRETCHES} are needed to learn which"
            " label is whose."
        )
    head = _learn_labels(labels, answers, left if leaves else [], seed)
    return _Model(labels, cut, head, leaves)


def _learn_labels(
    labels: Sequence[str],
    answers: Sequence[_Answer],
    left: Sequence[Sequence[Stretch]],
    seed: int,
) -> Head:
    """Learn from every stretch that people marked, and from those that they left."""
    places = {label: at for at, label in enumerate(labels)}
    rows, classes, weights, groups = [], [], [], []
    for number, one in enumerate(answers):
        own = [(each["start"], each["end"], places[each["label"]]) for each in one.segments]
        if left:
            own += [(each.start_ms, each.end_ms, len(labels)) for each in left[number]]
        for start, end, label in own:
            rows.append(one.heard.features(start, end))
            classes.append(label)
            weights.append(one.weight)
            groups.append(number)
    if len(set(classes)) < 2:
        raise NotEnoughError(
            f"All {len(classes)} stretches so far are {labels[classes[0]]!r}; one of another label"
            " is needed."
        )
    every = len(labels) + (1 if left else 0)
    known, weight = np.array(classes, np.int64), np.array(weights, np.float64)
    # Stretches of one recording stay together, but where a label is in one recording alone.
    together = np.array(groups, np.int64)
    if len(answers) < _FOLDS:
        together = np.arange(len(rows))
    return fit_head(np.stack(rows), known, weight, every, together, seed)


def _left_out(one: _Answer, cut: Cut) -> list[Stretch]:
    """List the stretches of speech of which people marked next to nothing."""
    marked = _spans(one.segments)
    found = cut_speech(one.heard.shares, one.heard.ms, cut)
    return [
        each
        for each in found
        if 10 * shared_ms([(each.start_ms, each.end_ms)], marked) < each.end_ms - each.start_ms
    ]


def _spans(segments: Sequence[Mapping[str, Any]]) -> list[tuple[int, int]]:
    """Give the time that is marked at all: starts and ends, united where they overlap."""
    united: list[tuple[int, int]] = []
    for start, end in sorted((one["start"], one["end"]) for one in segments):
        if united and start <= united[-1][1]:
            united[-1] = united[-1][0], max(united[-1][1], end)
        else:
            united.append((start, end))
    return united


def _choose_cut(answers: Sequence[_Answer]) -> Cut:
    """Choose the cut that is most like people's, one value after another, near what is usual."""
    cut, best = USUAL, _worth(USUAL, answers)
    for _ in range(_ROUNDS):
        before = cut
        for name, values in _GRID.items():
            for value in values:
                tried = replace(cut, **{name: value})
                worth = best if tried == cut else _worth(tried, answers)
                if worth > best + 1e-9:
                    cut, best = tried, worth
        if cut == before:
            break
    return cut


def _worth(cut: Cut, answers: Sequence[_Answer]) -> float:
    """Give the mean likeness of a cut with the right labels, less what it lies from the usual."""
    alike = [_ideal_likeness(cut, one) for one in answers]
    steps = [
        values.index(getattr(cut, name)) - values.index(getattr(USUAL, name))
        for name, values in _GRID.items()
    ]
    weight: NDArray[np.float64] = np.array([one.weight for one in answers])
    pull = _PULL * sum(step * step for step in steps) / float(weight.sum())
    return float(np.average(alike, weights=weight)) - pull


def _ideal_likeness(cut: Cut, one: _Answer) -> float:
    """Say how like people's answer a cut is when every stretch has the label it mostly has.

    Speech of which people marked next to nothing is passed over: leaving it is for the labels.
    """
    spans: dict[str, list[tuple[int, int]]] = {}
    for each in one.segments:
        spans.setdefault(each["label"], []).append((each["start"], each["end"]))
    found = []
    for stretch in cut_speech(one.heard.shares, one.heard.ms, cut):
        here = [(stretch.start_ms, stretch.end_ms)]
        shared = {label: shared_ms(here, own) for label, own in spans.items()}
        label = max(shared, key=lambda key: shared[key], default="")
        if 10 * shared.get(label, 0) >= stretch.end_ms - stretch.start_ms:
            found.append({"start": stretch.start_ms, "end": stretch.end_ms, "label": label})
    return likeness({"segments": found}, {"segments": one.segments})


def _try_out(question: Question, answers: Sequence[_Answer], seed: int) -> Trust:
    """Propose for each recording by what was learnt from others, and see what came true.

    A single recording is proposed for by the usual cut, where there is one label.
    """
    labels = tuple(label_values(question.config))
    folds = min(_FOLDS, len(answers))
    sure, came, weights = [], [], []
    for fold in range(folds):
        others = [one for at, one in enumerate(answers) if at % folds != fold]
        try:
            if any(one.segments for one in others):
                model = _learn(question, others, seed)
            elif len(labels) == 1:
                model = _Model(labels, USUAL)
            else:
                continue
        except NotEnoughError:
            continue
        for one in answers[fold::folds]:
            marked, surely = model.propose(one.heard)
            sure.append(surely)
            came.append(likeness({"segments": marked}, {"segments": one.segments}))
            weights.append(one.weight)
    return learn_trust(sure, came, weights)
