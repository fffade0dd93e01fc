"""Whether an answer meets a known one, and the class it is counted under, by kind of question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fairhand.quality.mask_overlap import layers_iou, layers_of

MASK_IOU = 0.5
"""An outline that shares half of its pixels with the known one is of the same thing."""

Match = Callable[[Any, Any], bool]


def same(known: Any, given: Any) -> bool:  # noqa: ANN401  # answers
    """Answers in canonical form are right when they are the same."""
    return bool(known == given)


def overlapping(known: Any, given: Any) -> bool:  # noqa: ANN401  # answers
    """Masks are right when they overlap by `MASK_IOU` and more, over all labels together."""
    return layers_iou(layers_of(known), layers_of(given)) >= MASK_IOU


MATCHES: Mapping[str, Match] = {"mask": overlapping}
"""Kinds whose answers are never the same twice; every other kind is matched by `same`."""


def is_right(kind: str, known: Any, given: Any) -> bool:  # noqa: ANN401  # answers
    """Say whether an answer meets the known one; no answer does not."""
    return given is not None and MATCHES.get(kind, same)(known, given)
