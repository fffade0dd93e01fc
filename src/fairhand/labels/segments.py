"""Segments: labelled stretches of a sound, as who speaks when.

Config `{"labels": [...], "overlap": true}`; answer
`{"segments": [{"start", "end", "label"}, ...]}` in whole milliseconds, or
`{"segments": [], "nothing": true}` where there is nothing to mark. Two segments of one label never
overlap: they are one. With `"overlap": false` no two do, whatever their labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from fairhand.core.errors import Issue
from fairhand.labels.kind import (
    AnswerContext,
    Config,
    Example,
    Examples,
    Json,
    Kind,
    json_type,
    shown,
    unknown_keys,
)
from fairhand.labels.label_set import label_values, validate_labels
from fairhand.labels.label_set import with_defaults as labels_with_defaults
from fairhand.labels.stretches import list_issues, overlaps, stretch_issues

_CONFIG_KEYS: Final = frozenset({"labels", "overlap"})
_ANSWER_KEYS: Final = frozenset({"segments", "nothing"})
_SEGMENT_KEYS: Final = frozenset({"start", "end", "label"})


def validate_config(config: Json) -> list[Issue]:
    """Report everything wrong with the config of segments."""
    if not isinstance(config, Mapping):
        return [Issue("config", f"must be a mapping, not {json_type(config)}")]
    issues = [*unknown_keys(config, _CONFIG_KEYS, "config"), *validate_labels(config)]
    overlap = config.get("overlap", True)
    if not isinstance(overlap, bool):
        issues.append(Issue("config.overlap", f"must be true or false, not {json_type(overlap)}"))
    return issues


def validate_answer(config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    """Report segments that leave the sound, have no known label, or overlap where they may not."""
    if not isinstance(answer, Mapping):
        return [Issue("answer", f"must be a mapping with segments, not {json_type(answer)}")]
    issues = unknown_keys(answer, _ANSWER_KEYS, "answer")
    segments = answer.get("segments")
    if wrong := list_issues(segments, "answer.segments"):
        return issues + wrong
    assert isinstance(segments, list)  # noqa: S101  # list_issues has looked
    issues += _nothing_issues(segments, answer.get("nothing", False))
    known = frozenset(label_values(config))
    for index, segment in enumerate(segments):
        place = f"answer.segments[{index}]"
        issues += stretch_issues(segment, _SEGMENT_KEYS, place, context)
        issues += _label_issues(segment, known, place)
    return issues or list(_overlap_issues(segments, bool(config.get("overlap", True))))


def normalise_answer(config: Config, answer: Json) -> Json:
    """Order the segments by time."""
    segments = sorted(
        ({key: one[key] for key in ("start", "end", "label")} for one in answer["segments"]),
        key=lambda one: (one["start"], one["end"], one["label"]),
    )
    return {"segments": segments} if segments else {"segments": [], "nothing": True}


def is_empty(config: Config, answer: Json) -> bool:
    """True when nothing is marked and nothing is said."""
    return answer is None or answer == {} or answer == {"segments": []}


def with_defaults(config: Config) -> dict[str, Json]:
    """Fill in titles, keys and colours of the labels."""
    return {"overlap": True, **labels_with_defaults(config)}


def examples() -> Examples:
    """Show good and bad configs and answers."""
    labels = [{"value": "amina", "title": "Amina"}, {"value": "bao", "title": "Bao"}]
    one = {"start": 0, "end": 1200, "label": "amina"}
    two = {"start": 1000, "end": 2000, "label": "bao"}
    loose = Example(
        config={"labels": labels},
        context=AnswerContext(data={}, duration_ms=2_000),
        good=(
            {"segments": [one]},
            {"segments": [two, one]},
            {"segments": [], "nothing": True},
        ),
        bad=(
            None,
            [],
            "amina",
            {},
            {"segments": []},
            {"segments": None},
            {"segments": [one], "nothing": True},
            {"segments": [], "nothing": "yes"},
            {"segments": [one, {**one, "start": 1100, "end": 1300}]},
            {"segments": [{**one, "end": 2_001}]},
            {"segments": [{**one, "end": 5}]},
            {"segments": [{**one, "start": -1}]},
            {"segments": [{**one, "start": 0.5}]},
            {"segments": [{**one, "start": True}]},
            {"segments": [{**one, "end": float("nan")}]},
            {"segments": [{**one, "label": "carmen"}]},
            {"segments": [{**one, "label": ["amina"]}]},
            {"segments": [{"start": 0, "end": 10}]},
            {"segments": [{**one, "text": "hello"}]},
            {"segments": [7]},
            {"segments": [one] * 5_001},
        ),
        empty=(None, {}, {"segments": []}),
    )
    strict = Example(
        config={"labels": labels, "overlap": False},
        context=AnswerContext(data={}),
        good=({"segments": [one, {**two, "start": 1200}]},),
        bad=({"segments": [one, two]}, {"segments": [two, one]}),
    )
    return Examples(
        valid=(loose, strict),
        bad_configs=({}, None, [], {"labels": []}, {"labels": labels, "overlap": 1},
                     {"labels": labels, "rate": 16_000}),
    )  # fmt: skip


def _nothing_issues(segments: list[Json], nothing: Json) -> Iterator[Issue]:
    if not isinstance(nothing, bool):
        yield Issue("answer.nothing", f"must be true or false, not {json_type(nothing)}")
    elif segments and nothing:
        yield Issue("answer.nothing", "says that there is nothing, and there are segments")
    elif not segments and not nothing:
        yield Issue("answer", "has no segments; where there is nothing to mark, say nothing: true")


def _label_issues(segment: Json, known: frozenset[str], place: str) -> Iterator[Issue]:
    if not isinstance(segment, Mapping):
        return
    label = segment.get("label")
    if not isinstance(label, str) or label not in known:
        yield Issue(f"{place}.label", f"{shown(label)} is not a label of this question")


def _overlap_issues(segments: list[Json], allowed: bool) -> Iterator[Issue]:
    """Report segments of one label that overlap, or any where none may."""
    groups: dict[str, list[int]] = {}
    for index, segment in enumerate(segments):
        groups.setdefault(segment["label"] if allowed else "", []).append(index)
    for members in groups.values():
        for earlier, later in overlaps([segments[index] for index in members]):
            place = f"answer.segments[{members[later]}]"
            also = " of the same label" if allowed else ""
            yield Issue(place, f"overlaps segments[{members[earlier]}]{also}; join them")


KIND = Kind(
    name="segments",
    validate_config=validate_config,
    validate_answer=validate_answer,
    normalise_answer=normalise_answer,
    is_empty=is_empty,
    with_defaults=with_defaults,
    examples=examples,
    reads_data=True,
)
