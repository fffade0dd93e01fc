"""The built-in model for spans: a tagger of words that learns from a few dozen marked texts.

Each word begins a span of a label, goes on with it, or stands outside. What speaks for each is a
linear model of hashed features; the best order of tags is found by Viterbi's algorithm, and its
weights are learnt by the averaged structured perceptron (M. Collins: Discriminative training
methods for hidden Markov models, EMNLP 2002). Of spans that overlap the longest is learnt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from fairhand.compute.models.learnt import pack_learnt, unpack_learnt
from fairhand.compute.models.trust import Trust, learn_trust, read_trust
from fairhand.compute.models.words import BUCKETS, Features, Word, describe, words_of
from fairhand.labels.label_set import label_values
from fairhand.labels.spans import COLUMN, MOST_SPANS
from fairhand.model.project import Question

FORMAT: Final = 1
FEWEST_TEXTS: Final = 5
MOST_TEXTS: Final = 2_000
"""Texts learnt from at most, the newest ones."""
MOST_WORDS: Final = 40_000
"""Words of all texts together that are learnt from."""
_ROUNDS: Final = 8
_FOLDS: Final = 3
_MOST_LABELS: Final = 100
_SURE: Final = 1.0
_AT_ONCE: Final = 2_000

Floats = NDArray[np.float32]
Tags = NDArray[np.int64]
Marked = list[dict[str, Any]]
Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class _Answer:
    """A text's words and features, the tag that people's spans give each word, and its weight."""

    words: list[Word]
    features: Features
    tags: Tags
    spans: frozenset[Span]
    links: int
    weight: float


@dataclass(frozen=True, slots=True)
class _Model:
    """Weights of features by tags, and of a tag after another; tag 0 is outside."""

    labels: tuple[str, ...]
    emit: Floats
    follow: Floats

    def tag(self, features: Features) -> tuple[Tags, float]:
        """Give the best tags of words, and how sure they are on average, 0 to 1."""
        tags, margins = _best(_scores(self.emit, features), self.follow)
        return tags, float(np.mean(margins / (margins + _SURE)))

    def propose(self, words: Sequence[Word], features: Features) -> tuple[Marked, float]:
        """Give spans in the order of the text, none over another, and how sure they are."""
        if not words:
            return [], _SURE
        tags, sure = self.tag(features)
        spans: Marked = []
        for word, tag in zip(words, tags.tolist(), strict=True):
            if tag and tag % 2:
                label = self.labels[tag // 2]
                spans.append({"start": word.start, "end": word.end, "label": label})
            elif tag:
                spans[-1]["end"] = word.end
        return spans, sure


class SpanTrainer:
    """Learns what is marked in texts."""

    name = "text-spans"

    def fit(
        self, question: Question, examples: Sequence[Example], *, seed: int, version: str
    ) -> bytes:
        """Learn from marked texts; the same ones and the same seed give the same bytes."""
        answers = list(_read_answers(question, examples))
        if len(answers) < FEWEST_TEXTS:
            raise NotEnoughError(
                f"{len(answers)} texts have been answered that can be read;"
                f" {FEWEST_TEXTS} are enough to begin."
            )
        if not any(one.tags.any() for one in answers):
            raise NotEnoughError("Nothing has been marked in any text yet.")
        model = _learn(question, answers, seed)
        header = {
            "format": FORMAT,
            "model": self.name,
            "version": version,
            "question": question.name,
            "labels": list(model.labels),
            "texts": len(answers),
            "seed": seed,
            "trust": _try_out(question, answers, seed).header(),
        }
        return pack_learnt(header, {"emit": model.emit, "follow": model.follow})

    def load(self, question: Question, learnt: bytes, *, version: str) -> SpanPredictor:
        """Make a predictor; raises AssistantError on bytes that were not learnt here."""
        read = unpack_learnt(learnt)
        header = read.header
        if header.get("format") != FORMAT or header.get("model") != self.name:
            raise AssistantError(f"These bytes are not of {self.name!r}.", hop="shape")
        labels, trust = header.get("labels"), header.get("trust")
        if not isinstance(labels, list) or not isinstance(trust, Mapping):
            raise AssistantError("The model file's header is damaged.", hop="shape")
        tags = 2 * len(labels) + 1
        emit, follow = read.array("emit"), read.array("follow")
        if emit.shape != (BUCKETS, tags) or follow.shape != (tags, tags):
            raise AssistantError("The model file's parts do not fit its labels.", hop="shape")
        model = _Model(tuple(map(str, labels)), emit, follow)
        return SpanPredictor(question, model, read_trust(trust), f"{self.name}@{version}")


@dataclass(frozen=True, slots=True)
class SpanPredictor:
    """Proposes spans."""

    question: Question
    learnt: _Model
    trust: Trust
    model: str

    def predict(self, items: Sequence[Item]) -> list[Proposal]:
        """Propose spans for every text; a task without one gets no proposal, and says why."""
        return [self._propose(item) for item in items]

    def _propose(self, item: Item) -> Proposal:
        text = item.data.get(COLUMN)
        if not isinstance(text, str) or not text:
            problem = f"The task has no {COLUMN!r} to mark."
            return Proposal(None, model=self.model, details={"problem": problem})
        words = words_of(text)
        spans, sure = self.learnt.propose(words, describe(words, text))
        known = set(label_values(self.question.config))
        kept = [one for one in spans if one["label"] in known][:MOST_SPANS]
        answer: dict[str, Any] = {"spans": kept}
        if not kept:
            answer["nothing"] = True
        return Proposal(
            {self.question.name: answer},
            self.trust.score(sure),
            model=self.model,
            details={"spans": len(kept)},
        )


def _read_answers(question: Question, examples: Sequence[Example]) -> Iterator[_Answer]:
    """Read marked texts, the newest tasks; answers that no longer fit their text are left out."""
    left, known = MOST_WORDS, set(label_values(question.config))
    newest = sorted(examples, key=lambda one: -one.item.task_id)[:MOST_TEXTS]
    for example in newest:
        answer, text = example.value.get(question.name), example.item.data.get(COLUMN)
        if not isinstance(answer, Mapping) or not isinstance(text, str) or example.weight <= 0:
            continue
        spans = frozenset((one["start"], one["end"], one["label"]) for one in answer["spans"])
        if any(end > len(text) or label not in known for _, end, label in spans):
            continue
        words = words_of(text)[:left]
        if not words:
            continue
        left -= len(words)
        tags = _tags(words, spans, label_values(question.config))
        links = len(answer.get("relations", ()))
        yield _Answer(words, describe(words, text), tags, spans, links, example.weight)
        if left <= 0:
            return


def _tags(words: Sequence[Word], spans: frozenset[Span], labels: Sequence[str]) -> Tags:
    """Give each word's tag: 1 + 2 x label where a span begins, 2 + 2 x label within it.

    The longest spans come first; of those that would share a word with one, nothing is learnt.
    """
    tags = np.zeros(len(words), np.int64)
    starts, ends = ([getattr(one, side) for one in words] for side in ("start", "end"))
    places = {label: number for number, label in enumerate(labels)}
    for start, end, label in sorted(spans, key=lambda one: (one[0] - one[1], one)):
        first, last = np.searchsorted(ends, start, "right"), np.searchsorted(starts, end, "left")
        if first < last and not tags[first:last].any():
            tags[first:last] = 2 + 2 * places[label]
            tags[first] -= 1
    return tags


def _learn(question: Question, answers: Sequence[_Answer], seed: int) -> _Model:
    """Learn weights, and average them over all that was seen; labels nobody used have none."""
    every = label_values(question.config)
    used = sorted({(tag - 1) // 2 for one in answers for tag in one.tags.tolist() if tag})
    used = used[:_MOST_LABELS]
    renamed = np.zeros(2 * len(every) + 1, np.int64)
    for place, label in enumerate(used):
        renamed[[1 + 2 * label, 2 + 2 * label]] = (1 + 2 * place, 2 + 2 * place)
    count = 2 * len(used) + 1
    emit, follow = np.zeros((BUCKETS, count), np.float32), _lawful(count)
    emit_sum, follow_sum = np.zeros_like(emit), np.zeros_like(follow)
    usual = float(np.mean([one.weight for one in answers]))
    rng, step = np.random.default_rng(seed), 0
    for _ in range(_ROUNDS):
        for at in rng.permutation(len(answers)).tolist():
            one = answers[at]
            truth, rate = renamed[one.tags], one.weight / usual
            codes, starts = one.features
            found, _ = _best(_scores(emit, one.features), follow, margins=False)
            step += 1
            sizes = np.diff(np.append(starts, len(codes)))
            wrong = found != truth
            if not wrong.any():
                continue
            which = np.repeat(wrong, sizes)
            for tags, sign in ((truth, rate), (found, -rate)):
                into = (codes[which], np.repeat(tags, sizes)[which])
                np.add.at(emit, into, sign)
                np.add.at(emit_sum, into, sign * step)
                np.add.at(follow, (tags[:-1], tags[1:]), sign)
                np.add.at(follow_sum, (tags[:-1], tags[1:]), sign * step)
    emit -= emit_sum / (step + 1)
    follow -= follow_sum / (step + 1)
    return _Model(tuple(every[label] for label in used), emit, follow)


def _scores(emit: Floats, features: Features) -> Floats:
    """Sum what speaks for each word's tags, some words at a time: a long text fits in memory."""
    codes, starts = features
    ends = np.append(starts, len(codes))
    parts = []
    for first in range(0, len(starts), _AT_ONCE):
        edges = ends[first : first + _AT_ONCE + 1]
        rows = emit[codes[edges[0] : edges[-1]]]
        parts.append(np.add.reduceat(rows, edges[:-1] - edges[0], axis=0))
    return np.concatenate(parts)


def _lawful(count: int) -> Floats:
    """Weights of no opinion on what follows what, but that nothing goes on unless it began."""
    follow = np.zeros((count, count), np.float32)
    for inside in range(2, count, 2):
        others = np.ones(count, bool)
        others[[inside - 1, inside]] = False
        follow[others, inside] = -1e6
    return follow


def _best(scores: Floats, follow: Floats, *, margins: bool = True) -> tuple[Tags, Floats]:
    """Give the tags of the best order, and how far each word's tag is before its next best."""
    count, kinds = scores.shape
    ahead = np.empty_like(scores)
    came = np.empty((count, kinds), np.int64)
    ahead[0] = scores[0]
    ahead[0, 2::2] = -1e6
    columns = np.arange(kinds)
    for at in range(1, count):
        ways = ahead[at - 1][:, None] + follow
        came[at] = ways.argmax(axis=0)
        ahead[at] = ways[came[at], columns] + scores[at]
    tags = np.empty(count, np.int64)
    tags[-1] = ahead[-1].argmax()
    for at in range(count - 1, 0, -1):
        tags[at - 1] = came[at, tags[at]]
    if not margins or kinds == 1:
        return tags, np.ones(count, np.float32)
    behind = np.zeros_like(scores)
    for at in range(count - 2, -1, -1):
        behind[at] = (follow + (scores[at + 1] + behind[at + 1])).max(axis=1)
    through = np.sort(ahead + behind, axis=1)
    return tags, np.maximum(through[:, -1] - through[:, -2], 0.0)


def _try_out(question: Question, answers: Sequence[_Answer], seed: int) -> Trust:
    """Learn how far proposals are to be trusted: from each part of the texts by the others."""
    sure, alike, weights = [], [], []
    for fold in range(_FOLDS):
        rest = [one for at, one in enumerate(answers) if at % _FOLDS != fold]
        if not any(one.tags.any() for one in rest):
            continue
        model = _learn(question, rest, seed)
        for one in answers[fold::_FOLDS]:
            spans, how_sure = model.propose(one.words, one.features)
            sure.append(how_sure)
            alike.append(_likeness(spans, one))
            weights.append(one.weight)
    return learn_trust(sure, alike, weights)


def _likeness(proposed: Marked, answer: _Answer) -> float:
    """F1 of spans by overlap, relations counting as missed, as people's answers are compared."""
    total = len(proposed) + len(answer.spans) + answer.links
    left, shared = set(answer.spans), 0.0
    for one in proposed:
        found = [(_overlap(one, other), other) for other in left if other[2] == one["label"]]
        alike, span = max(found, default=(0.0, None))
        if span is not None and alike > 0:
            left.remove(span)
            shared += alike
    return 2.0 * shared / total if total else 1.0


def _overlap(one: Mapping[str, Any], other: Span) -> float:
    """Intersection over union of two spans."""
    shared = min(one["end"], other[1]) - max(one["start"], other[0])
    whole = max(one["end"], other[1]) - min(one["start"], other[0])
    return float(max(0, shared) / whole)
