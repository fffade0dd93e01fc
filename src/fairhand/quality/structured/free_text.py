"""The text that the others are nearest to, with the others kept beside it.

Free answers cannot be joined word by word; one of them is chosen: the medoid, as text RASA does
(Li & Fukumoto 2019), of embeddings weighed by what is known of the authors. Without an embedding
of one's own, texts are compared by their letters: cosine of character n-grams weighed by how
rare they are (TF-IDF, Sparck Jones 1972), and the share of letters left alike (Indel similarity).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from scipy import sparse

from fairhand.quality.aggregation.codes import encode
from fairhand.quality.frames import answer_columns

Floats = NDArray[np.float64]
Embed = Callable[[Sequence[str]], NDArray[Any]]

_GRAMS = (2, 3, 4)
_PASSES = 5
_PRIOR = 3.0  # the crowd's mean weighs as much as three of a person's answers
_FAR = 0.35  # texts nearer than this to none of the others have no support


@dataclass(frozen=True, slots=True)
class Alternative:
    """One person's text, its distance (0 to 1) from the chosen one, and its support."""

    text: str
    person: Any
    distance: float
    support: float


@dataclass(frozen=True, slots=True)
class ChosenText:
    """The text chosen for a task: its author, the author's row, and its support.

    `support` (0 to 1) is the mean nearness of the other people's texts to it, weighed by how
    reliable they are; 0 where nobody else wrote. `alternatives` are the others, nearest first.
    """

    text: str
    person: Any
    row: int
    support: float
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class ChosenTexts:
    """One choice per task, in the order of `tasks`; `reliability` tells people's mean nearness."""

    tasks: tuple[Any, ...]
    chosen: tuple[ChosenText, ...]
    reliability: dict[Any, float]
    warnings: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The chosen texts alone."""
        return tuple(one.text for one in self.chosen)


def choose_text(
    task: object,
    worker: object | None = None,
    text: object | None = None,
    *,
    columns: tuple[str, str, str] = ("task", "worker", "text"),
    embed: Embed | None = None,
    reliability: Mapping[Any, float] | None = None,
) -> ChosenTexts:
    """Choose one of the texts that people wrote to each task.

    Takes three sequences of one length, or a table with the named columns. `embed` turns n texts
    into n vectors (n x any), compared by their cosine. `reliability` (person to a positive
    weight) is learned from the answers where it is left out. Raises ValueError for no rows, a
    missing text, vectors that are not finite or not n, and a weight that is not positive.
    """
    tasks, workers, column = answer_columns(task, worker, text, columns)
    texts = [_text(row, value) for row, value in enumerate(column)]
    if not texts:
        raise ValueError("there is no text to choose from")
    codes = encode(tasks, workers, np.zeros(len(texts), np.int64))
    vectors = _embedded(embed, texts) if embed else character_vectors(texts)
    order = np.argsort(codes.task, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(codes.task))[:-1])
    rows = [np.array(sorted(each.tolist(), key=lambda row: (texts[row], row))) for each in rows]
    near = [_nearness([texts[r] for r in each], vectors[each], embed is None) for each in rows]
    people = [codes.worker[each] for each in rows]
    weights = _weights(codes.workers, reliability, near, people)
    chosen = [
        _choose(each, scores, weights, codes.worker, codes.workers, texts)
        for each, scores in zip(rows, near, strict=True)
    ]
    learned = {name: float(weight) for name, weight in zip(codes.workers, weights, strict=True)}
    return ChosenTexts(codes.tasks, tuple(chosen), learned, tuple(_warnings(chosen)))


def character_vectors(texts: Sequence[str]) -> sparse.csr_array:
    """Give each text (rows) its unit vector of 2- to 4-grams of characters, rarer ones heavier."""
    grams: dict[str, int] = {}
    columns: list[int] = []
    counts: list[float] = []
    ends = [0]
    for text in texts:
        padded = f" {' '.join(text.casefold().split())} "
        found = Counter(padded[at : at + n] for n in _GRAMS for at in range(len(padded) - n + 1))
        columns.extend(grams.setdefault(gram, len(grams)) for gram in found)
        counts.extend(found.values())
        ends.append(len(columns))
    table = sparse.csr_array((counts, columns, ends), shape=(len(texts), max(1, len(grams))))
    seen = np.bincount(table.indices, minlength=table.shape[1])
    rarity = np.log((1.0 + len(texts)) / (1.0 + seen)) + 1.0
    table.data = (1.0 + np.log(table.data)) * rarity[table.indices]
    lengths = np.sqrt(table.multiply(table).sum(axis=1))
    return sparse.csr_array(sparse.diags_array(1.0 / np.maximum(lengths, 1e-12)) @ table)


def _text(row: int, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"row {row} has no text but {value!r}")
    return value


def _embedded(embed: Embed, texts: Sequence[str]) -> Floats:
    vectors = np.asarray(embed(texts), dtype=np.float64)
    if vectors.ndim != 2 or len(vectors) != len(texts):
        raise ValueError(f"embed gave {vectors.shape}; {len(texts)} rows of numbers are needed")
    if not np.isfinite(vectors).all():
        row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise ValueError(f"the embedding of the text in row {row} is not finite")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)  # type: ignore[no-any-return]


def _nearness(texts: Sequence[str], vectors: Any, by_letters: bool) -> Floats:  # noqa: ANN401
    """Give how near each text of a task is to each other, 0 to 1."""
    product = vectors @ vectors.T
    cosine = np.clip(product.toarray() if sparse.issparse(product) else product, 0.0, 1.0)
    if by_letters:
        folded = [text.casefold() for text in texts]
        alike = np.array([[fuzz.ratio(one, two) / 100.0 for two in folded] for one in folded])
        cosine = (cosine + alike) / 2.0
    same = np.array([[one == two for two in texts] for one in texts])
    nearness: Floats = np.where(same, 1.0, cosine)
    return nearness


def _weights(
    names: Sequence[Any],
    given: Mapping[Any, float] | None,
    near: Sequence[Floats],
    people: Sequence[NDArray[np.intp]],
) -> Floats:
    """Take people's weights, or learn them: the nearness of what one writes to what others do."""
    if given is not None:
        weights = np.array([float(given.get(name, 1.0)) for name in names])
        if not (np.isfinite(weights) & (weights > 0)).all():
            raise ValueError("every reliability must be a positive number")
        return weights
    weights = np.ones(len(names))
    for _ in range(_PASSES):
        total, count = np.zeros(len(names)), np.zeros(len(names))
        for scores, who in zip(near, people, strict=True):
            if len(who) > 1:
                np.add.at(total, who, support_of(scores, weights[who]))
                np.add.at(count, who, 1.0)
        crowd = total.sum() / count.sum() if count.sum() else 1.0
        mean = (total + _PRIOR * crowd) / (count + _PRIOR)
        # Far texts happen to everybody; squaring lets only steady nearness make a weight.
        weights = np.maximum(mean**2, 1e-3)
    return weights


def support_of(near: Floats, weights: Floats) -> Floats:
    """Give each text the mean nearness of the others, by their weights."""
    loud = np.broadcast_to(weights, near.shape) * (1.0 - np.eye(len(weights)))
    support: Floats = (near * loud).sum(axis=1) / np.maximum(loud.sum(axis=1), 1e-12)
    return support


def _choose(
    rows: NDArray[np.intp],
    near: Floats,
    weights: Floats,
    who: NDArray[np.intp],
    names: Sequence[Any],
    texts: Sequence[str],
) -> ChosenText:
    own = weights[who[rows]]
    support = support_of(near, own)
    # The medoid counts its author too: between two texts, the more reliable author's stands.
    best = int(np.lexsort((-np.round(own, 9), -np.round(near @ own, 9)))[0])
    others = [
        Alternative(texts[row], names[who[row]], float(1.0 - near[best, at]), float(support[at]))
        for at, row in enumerate(rows.tolist())
        if at != best
    ]
    others.sort(key=lambda other: (other.distance, -other.support, other.text))
    row = int(rows[best])
    return ChosenText(texts[row], names[who[row]], row, float(support[best]), tuple(others))


def _warnings(chosen: Sequence[ChosenText]) -> list[str]:
    found = []
    alone = sum(not one.alternatives for one in chosen)
    if alone:
        found.append(f"{alone} tasks have one text, which stands unchecked")
    far = sum(bool(one.alternatives) and one.support < _FAR for one in chosen)
    if far:
        found.append(f"in {far} tasks people wrote unlike texts: read the alternatives")
    return found
