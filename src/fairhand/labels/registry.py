"""Which question kinds there are. A new kind is one file beside this one, and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from fairhand.core.errors import InvalidError, Issue
from fairhand.labels import (
    boxes,
    choice,
    keypoints,
    mask,
    pairwise,
    photo,
    polygons,
    ranking,
    rating,
    recording,
    relevance,
    segments,
    spans,
    text,
    transcript,
)
from fairhand.labels.kind import AnswerContext, Config, Json, Kind, json_type, shown

__all__ = [
    "ALL_KINDS",
    "AnswerContext",
    "is_empty",
    "kind_issue",
    "kinds",
    "normalise_answer",
    "reads_data",
    "registered",
    "shows",
    "validate_answer",
    "validate_config",
    "with_defaults",
    "without_asides",
]

ALL_KINDS = (
    "choice",
    "rating",
    "ranking",
    "pairwise",
    "relevance",
    "text",
    "spans",
    "boxes",
    "polygons",
    "mask",
    "keypoints",
    "segments",
    "transcript",
    "recording",
    "photo",
)
"""Every kind the glossary names; those not registered yet are refused with that reason."""

_KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        choice.KIND,
        boxes.KIND,
        polygons.KIND,
        mask.KIND,
        keypoints.KIND,
        spans.KIND,
        rating.KIND,
        ranking.KIND,
        pairwise.KIND,
        relevance.KIND,
        text.KIND,
        recording.KIND,
        photo.KIND,
        segments.KIND,
        transcript.KIND,
    )
}


def kinds() -> tuple[str, ...]:
    """Name the kinds that can be used."""
    return tuple(_KINDS)


def registered() -> tuple[Kind, ...]:
    """List the kinds themselves, for the conformance test and for pages that teach."""
    return tuple(_KINDS.values())


def kind_issue(kind: object) -> Issue | None:
    """Say why a question cannot be of this kind, or None when it can."""
    if isinstance(kind, str) and kind in _KINDS:
        return None
    available = ", ".join(_KINDS)
    if not isinstance(kind, str):
        return Issue("kind", f"must be one of {available}, not {json_type(kind)}")
    why = "is not available yet" if kind in ALL_KINDS else "is not a question kind"
    return Issue("kind", f"{shown(kind)} {why}; available are {available}")


def validate_config(kind: str, config: Json) -> list[Issue]:
    """Report everything wrong with a question's config, places starting at `config`."""
    if issue := kind_issue(kind):
        return [issue]
    return _KINDS[kind].validate_config(config)


def validate_answer(kind: str, config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    """Report everything wrong with one answer to a valid config; places start at `answer`."""
    if issue := kind_issue(kind):
        return [issue]
    return _KINDS[kind].validate_answer(config, answer, context)


def normalise_answer(kind: str, config: Config, answer: Json) -> Json:
    """Write a valid answer in its one canonical form, so that equal answers are equal values."""
    return _known(kind).normalise_answer(config, answer)


def is_empty(kind: str, config: Config, answer: Json) -> bool:
    """True when an answer says nothing at all."""
    return _known(kind).is_empty(config, answer)


def with_defaults(kind: str, config: Config) -> dict[str, Json]:
    """Fill in what an owner may leave out: titles, keys, colours."""
    return _known(kind).with_defaults(config)


def reads_data(kind: str) -> bool:
    """Say whether an answer of this kind can be checked only beside the task's data."""
    return _known(kind).reads_data


def shows(kind: str) -> tuple[str, ...]:
    """Name the columns of a task's data that people need to answer such a question."""
    return _known(kind).shows


def without_asides(kind: str, answer: Json) -> Json:
    """Leave of an answer what was said, without how it was asked."""
    asides = _known(kind).asides
    if not asides or not isinstance(answer, Mapping):
        return answer
    return {name: said for name, said in answer.items() if name not in asides}


def _known(kind: str) -> Kind:
    if issue := kind_issue(kind):
        raise InvalidError(issue.message, issues=[issue])
    return _KINDS[kind]
