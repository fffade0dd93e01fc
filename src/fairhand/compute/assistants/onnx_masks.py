"""Scores per pixel as a mask answer: what a segmenter says, in the task's own pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import Item, Proposal
from fairhand.compute.assistants.onnx_scores import shares_of
from fairhand.compute.assistants.onnx_spec import NetworkSpec
from fairhand.labels import rle

_SMALLEST_INSTANCE = 4
_MOST_INSTANCES = 2_000


def mask_of(spec: NetworkSpec, scores: NDArray[np.float32], item: Item) -> Proposal:
    """Read one item's output: classes x height x width scores, or height x width class numbers.

    The most probable class of each pixel counts, at the size of the picture (nearest pixel). The
    score is the mean probability of the classes chosen; class numbers come without. Raises
    ValueError when the output cannot be this.
    """
    chosen, sure = _classes(spec, scores)
    if item.width is None or item.height is None:
        raise ValueError("the task has no picture whose size is known")
    whole = _stretched(chosen, item.height, item.width)
    regions: list[dict[str, Any]] = []
    for place, label in enumerate(spec.labels):
        if label is not None:
            regions += _regions(spec, label, whole == place)
    answer: dict[str, Any] = {"size": [item.height, item.width], "regions": regions}
    if not regions:
        answer["nothing"] = True
    return Proposal({spec.question.name: answer}, sure)


def _classes(
    spec: NetworkSpec, scores: NDArray[np.float32]
) -> tuple[NDArray[np.int64], float | None]:
    if scores.ndim == 2:
        numbers = np.rint(scores).astype(np.int64)
        if numbers.size and not 0 <= int(numbers.min()) <= int(numbers.max()) < len(spec.labels):
            raise ValueError(f"the network gave class numbers beyond its {len(spec.labels)} labels")
        return numbers, None
    if spec.layout == "NHWC":
        scores = scores.transpose(2, 0, 1)
    if scores.shape[0] == 1 and len(spec.labels) == 2:
        one = scores[0] if _is_share(scores[0]) else 1 / (1 + np.exp(-scores[0].clip(-60, 60)))
        shares = np.stack([1 - one, one])
    elif scores.shape[0] == len(spec.labels):
        shares = shares_of(scores, _meaning(spec, scores), axis=0)
    else:
        raise ValueError(
            f"the network gave {scores.shape[0]} maps for {len(spec.labels)} labels (background "
            "among them)"
        )
    return np.argmax(shares, axis=0), float(shares.max(axis=0).mean())


def _meaning(spec: NetworkSpec, scores: NDArray[np.float32]) -> str:
    """Decide once for a picture: its pixels are all probabilities, or none is."""
    if spec.scores != "auto":
        return spec.scores
    whole = bool(np.allclose(scores.sum(axis=0), 1, atol=1e-3))
    return "probabilities" if whole and _is_share(scores) else "logits"


def _is_share(values: NDArray[np.float32]) -> bool:
    return bool((values >= 0).all() and (values <= 1).all())


def _stretched(numbers: NDArray[np.int64], height: int, width: int) -> NDArray[np.int64]:
    """Bring class numbers to another size; each pixel takes the one whose centre is nearest."""
    rows = ((np.arange(height) + 0.5) * numbers.shape[0] / height).astype(np.int64)
    columns = ((np.arange(width) + 0.5) * numbers.shape[1] / width).astype(np.int64)
    return np.asarray(numbers[np.ix_(rows, columns)])


def _regions(spec: NetworkSpec, label: str, inside: NDArray[np.bool_]) -> list[dict[str, Any]]:
    if not inside.any():
        return []
    if not spec.question.config.get("instances", False):
        return [{"label": label, "counts": rle.encode(inside)}]
    from scipy import ndimage

    pieces, _ = ndimage.label(inside)
    sizes = np.bincount(pieces.ravel())[1:]
    largest = [int(place) + 1 for place in np.argsort(-sizes, kind="stable")[:_MOST_INSTANCES]]
    kept = sorted(place for place in largest if sizes[place - 1] >= _SMALLEST_INSTANCE)
    return [{"label": label, "counts": rle.encode(pieces == place)} for place in kept]
