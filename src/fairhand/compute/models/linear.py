"""Choices by a linear head on features: what is learnt, kept, loaded and proposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import (
    AssistantError,
    Embedder,
    Example,
    Features,
    Item,
    NotEnoughError,
    Proposal,
)
from fairhand.compute.models.calibration import Curve
from fairhand.compute.models.heads import Floats, Head, constant_head, fit_head
from fairhand.compute.models.learnt import Learnt, pack_learnt, unpack_learnt
from fairhand.labels.label_set import label_values
from fairhand.model.project import Question

FORMAT: Final = 1
FEWEST: Final = 5
"""Answers below which nothing is learnt."""


BESIDE: Final = 0.5
"""Length of the features beside the embedder's, which have about length one."""


@dataclass(frozen=True, slots=True)
class LinearTrainer:
    """Learns one label, or several, from features of items.

    `beside` makes further features, quickly, from an item's data: they help to learn, and are not
    kept with the embedder's.
    """

    name: str
    embedder: Embedder
    beside: Embedder | None = None

    def fit(
        self, question: Question, examples: Sequence[Example], *, seed: int, version: str
    ) -> bytes:
        """Embed the examples and learn; the same examples and seed give the same bytes.

        Examples that cannot be read, or answer with labels the question does not have, are left
        out. Raises NotEnoughError when too few stay.
        """
        usable = sorted((one for one in examples if _answers(question, one)), key=_place)
        features, problems = embed_readable(self.embedder, [one.item for one in usable])
        kept = [at for at in range(len(usable)) if at not in problems]
        return self.fit_features(
            question, features[kept], [usable[at] for at in kept], seed=seed, version=version
        )

    def fit_features(
        self,
        question: Question,
        features: Features,
        examples: Sequence[Example],
        *,
        seed: int,
        version: str,
    ) -> bytes:
        """Learn from the embedder's features already made, a row for each example.

        A row of zeros is an item that could not be read, and is left out.
        """
        readable = np.any(features != 0, axis=1)
        kept = [at for at, one in enumerate(examples) if readable[at] and _answers(question, one)]
        order = sorted(kept, key=lambda i: _place(examples[i]))
        chosen = [examples[i] for i in order]
        if len(chosen) < FEWEST:
            raise NotEnoughError(f"{len(chosen)} answers so far; {FEWEST} are needed to begin.")
        rows = with_beside(self.beside, features[order], [example.item for example in chosen])
        heads = _fit(question, rows, chosen, seed)
        header = {
            "format": FORMAT,
            "model": self.name,
            "version": version,
            "question": question.name,
            "labels": label_values(question.config),
            "multiple": bool(question.config.get("multiple", False)),
            "features": self.features,
            "answers": len(chosen),
            "seed": seed,
            "heads": [head_header(head) for head in heads],
        }
        return pack_learnt(header, head_arrays(heads))

    @property
    def features(self) -> str:
        """The features learnt from, by name."""
        return "+".join(one.name for one in (self.embedder, self.beside) if one is not None)

    def load(self, question: Question, learnt: bytes, *, version: str) -> LinearPredictor:
        """Make a predictor; raises AssistantError when the features are not those learnt from."""
        read = unpack_learnt(learnt)
        if read.header.get("format") != FORMAT or read.header.get("model") != self.name:
            raise AssistantError(f"These bytes are not of {self.name!r}.", hop="shape")
        if read.header.get("features") != self.features:
            raise AssistantError(
                f"It learnt from features of {read.header.get('features')!r}, and"
                f" {self.features!r} are installed here: train it again.",
                hop="shape",
                code="other_features",
            )
        return LinearPredictor(
            model=f"{self.name}@{version}",
            question=question.name,
            labels=tuple(map(str, read.header["labels"])),
            multiple=bool(read.header["multiple"]),
            heads=read_heads(read),
            embedder=self.embedder,
            beside=self.beside,
        )


@dataclass(frozen=True, slots=True)
class LinearPredictor:
    """Proposes one label, or several, with the probability of each."""

    model: str
    question: str
    labels: tuple[str, ...]
    multiple: bool
    heads: tuple[Head, ...]
    embedder: Embedder
    beside: Embedder | None = None

    def predict(self, items: Sequence[Item]) -> list[Proposal]:
        """Embed the items and propose; nothing is proposed for an item that cannot be read."""
        if not items:
            return []
        features, problems = embed_readable(self.embedder, items)
        proposals = self.predict_features(features, items)
        for at, problem in problems.items():
            proposals[at] = Proposal(None, model=self.model, details={"problem": problem})
        return proposals

    def predict_features(self, features: Features, items: Sequence[Item]) -> list[Proposal]:
        """Propose from the embedder's features already made; nothing for a row of zeros."""
        nothing = Proposal(None, model=self.model, details={"problem": "It could not be read."})
        return [
            self._propose(row) if readable else nothing
            for row, readable in zip(
                self.probabilities(features, items), np.any(features != 0, axis=1), strict=True
            )
        ]

    def probabilities(self, features: Features, items: Sequence[Item]) -> Floats:
        """Give N x C probabilities; with several labels at once each column stands for itself."""
        rows = with_beside(self.beside, features, items)
        if self.multiple:
            return np.column_stack([head.probabilities(rows)[:, 1] for head in self.heads])
        return self.heads[0].probabilities(rows)

    def _propose(self, row: NDArray[np.float64]) -> Proposal:
        """Turn the probabilities of one item into a proposal."""
        shares = {self.question: dict(zip(self.labels, map(float, row), strict=True))}
        best = int(row.argmax())
        if not self.multiple:
            value: str | list[str] = self.labels[best]
            return Proposal({self.question: value}, float(row[best]), shares, self.model)
        taken = [i for i, share in enumerate(row) if share >= 0.5] or [best]
        value = [self.labels[i] for i in taken]
        chosen = np.isin(np.arange(len(row)), taken)
        score = float(np.where(chosen, row, 1.0 - row).prod())
        return Proposal({self.question: value}, score, shares, self.model)


def _place(example: Example) -> tuple[int, str]:
    """Order examples by task and answer, so that the order they came in does not matter."""
    return example.item.task_id, repr(sorted(example.value.items()))


def embed_readable(embedder: Embedder, items: Sequence[Item]) -> tuple[Features, Mapping[int, str]]:
    """Embed items; by place, what is wrong with those that the embedder cannot read."""
    readable = getattr(embedder, "embed_readable", None)
    if readable is None:
        return embedder.embed(items), {}
    features, problems = readable(items)
    return features, problems


def with_beside(beside: Embedder | None, features: Features, items: Sequence[Item]) -> Features:
    """Set further features beside the embedder's, at half their length."""
    if beside is None:
        return features
    return np.hstack([features, np.float32(BESIDE) * beside.embed(items)])


def _answers(question: Question, example: Example) -> bool:
    """Say whether an example answers the question with labels it has, and weighs something."""
    chosen = _labels_of(example.value.get(question.name))
    return bool(chosen) and example.weight > 0 and known_labels(question).issuperset(chosen)


def known_labels(question: Question) -> set[str]:
    """The labels a question has."""
    return set(label_values(question.config))


def _labels_of(answer: Any) -> list[str]:  # noqa: ANN401
    """List the labels of an answer, of one or of several."""
    return [answer] if isinstance(answer, str) else list(answer or ())


def _fit(
    question: Question, features: Features, examples: Sequence[Example], seed: int
) -> list[Head]:
    """Fit one head over all labels, or one for each label where several may be chosen."""
    places = {value: at for at, value in enumerate(label_values(question.config))}
    weights = np.array([example.weight for example in examples], dtype=np.float64)
    groups = np.array([example.item.task_id for example in examples], dtype=np.int64)
    answers = [_labels_of(example.value[question.name]) for example in examples]
    if not question.config.get("multiple", False):
        labels = np.array([places[answer[0]] for answer in answers], dtype=np.int64)
        return [fit_head(features, labels, weights, len(places), groups, seed)]
    chosen = np.array([[value in answer for value in places] for answer in answers])
    if chosen.all(axis=0).sum() + (~chosen).all(axis=0).sum() == len(places):
        raise NotEnoughError("All answers so far are the same; another one is needed.")
    return [_fit_one(features, column, weights, groups, seed) for column in chosen.T]


def _fit_one(
    features: Features,
    chosen: NDArray[np.bool_],
    weights: Floats,
    groups: NDArray[np.int64],
    seed: int,
) -> Head:
    """Fit a head for one label of several; one that all or none chose keeps its plain share."""
    labels = chosen.astype(np.int64)
    if 0 < labels.sum() < len(labels):
        return fit_head(features, labels, weights, 2, groups, seed)
    return constant_head(features.shape[1], int(labels[0]), len(labels))


def head_header(head: Head) -> dict[str, Any]:
    """The plain values of a head."""
    return {
        "scale": head.scale,
        "classes": head.classes,
        "temperature": head.temperature,
        "unseen": head.unseen,
        "strength": head.strength,
        "curve": head.curve is not None,
    }


def head_arrays(heads: Sequence[Head]) -> dict[str, NDArray[Any]]:
    """The arrays of all heads, by the head's place."""
    arrays: dict[str, NDArray[Any]] = {}
    for at, head in enumerate(heads):
        arrays[f"{at}-centre"] = head.centre
        arrays[f"{at}-weights"] = head.weights
        arrays[f"{at}-bias"] = head.bias
        arrays[f"{at}-seen"] = head.seen
        if head.curve is not None:
            arrays[f"{at}-scored"] = head.curve.scored
            arrays[f"{at}-true"] = head.curve.true
    return arrays


def read_heads(read: Learnt) -> tuple[Head, ...]:
    """Read the heads back; raises AssistantError where parts are missing or do not fit."""
    try:
        plain = read.header["heads"]
        heads = tuple(_read_head(read, at, dict(one)) for at, one in enumerate(plain))
    except (KeyError, TypeError, ValueError) as error:
        raise AssistantError("The model file lacks a part of a head.", hop="shape") from error
    if len({len(head.centre) for head in heads}) != 1:
        raise AssistantError("The model file's parts do not fit together.", hop="shape")
    return heads


def _read_head(read: Learnt, at: int, plain: Mapping[str, Any]) -> Head:
    """Read one head back; raises ValueError where its shapes do not agree."""
    weights, seen = read.array(f"{at}-weights"), read.array(f"{at}-seen")
    head = Head(
        centre=read.array(f"{at}-centre"),
        scale=float(plain["scale"]),
        weights=weights,
        bias=read.array(f"{at}-bias"),
        seen=seen,
        classes=int(plain["classes"]),
        temperature=float(plain["temperature"]),
        unseen=float(plain["unseen"]),
        strength=float(plain["strength"]),
        curve=Curve(read.array(f"{at}-scored"), read.array(f"{at}-true"))
        if plain["curve"]
        else None,
    )
    shaped = weights.shape == (len(seen), len(head.centre)) and head.bias.shape == seen.shape
    if not shaped or seen.min(initial=0) < 0 or seen.max(initial=0) >= head.classes:
        raise ValueError("shapes do not agree")
    return head
