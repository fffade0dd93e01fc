"""Choice: one label, or several where the question says `multiple`.

Config `{"labels": [{"value", "title"?, "key"?, "color"?}], "multiple": false}`; answer `"cat"`, or
`["cat", "dog"]` if multiple, kept in the question's order. `"ordered": true` says that the labels
are grades from low to high; `"subjective": true` that there is no one truth, so that the spread of
the answers is the result and no majority is forced. "None of these" is a label like any
other: an empty list is no answer.

Labels with a `"parent"` make a taxonomy: people choose among its ends, or at any level where the
config says `"any_level": true`.
"""

from __future__ import annotations

from collections.abc import Mapping

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
from fairhand.labels.label_set import (
    flag_issues,
    label_values,
    parents_of,
    validate_labels,
    with_defaults,
)

_FLAGS = ("multiple", "ordered", "subjective", "any_level")
_CONFIG_KEYS = frozenset({"labels", *_FLAGS})


def validate_config(config: Json) -> list[Issue]:
    """Report everything wrong with the config of a choice."""
    if not isinstance(config, Mapping):
        return [Issue("config", f"must be a mapping, not {json_type(config)}")]
    extra = unknown_keys(config, _CONFIG_KEYS, "config")
    issues = [*extra, *validate_labels(config, allows_parents=True)]
    for flag in _FLAGS:
        issues += flag_issues(config, flag)
    if not issues and config.get("multiple") and config.get("ordered"):
        issues.append(Issue("config.ordered", "grades exclude each other; leave out multiple"))
    if not issues and config.get("ordered") and parents_of(config):
        issues.append(Issue("config.ordered", "the labels of a taxonomy have no order from low up"))
    return issues


def validate_answer(config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    """Report an answer that is not among the labels, is empty, or is of the wrong shape."""
    known = answers_of(config)
    if not config.get("multiple", False):
        return _one_of(known, answer, "answer")
    if not isinstance(answer, list):
        return [Issue("answer", f"must be a list of labels, not {json_type(answer)}")]
    if not answer:
        return [Issue("answer", "is empty; choose at least one label")]
    if len(answer) > len(known):
        return [Issue("answer", f"has {len(answer)} labels; the question has {len(known)}")]
    issues = [
        issue
        for index, label in enumerate(answer)
        for issue in _one_of(known, label, f"answer[{index}]")
    ]
    if not issues and len(set(answer)) < len(answer):
        issues.append(Issue("answer", "names a label twice"))
    return issues


def answers_of(config: Config) -> list[str]:
    """List the labels that can be chosen: all, or the ends of a taxonomy."""
    inner = set() if config.get("any_level", False) else set(parents_of(config).values())
    return [value for value in label_values(config) if value not in inner]


def normalise_answer(config: Config, answer: Json) -> Json:
    """Bring several labels into the order of the question."""
    if isinstance(answer, str):
        return answer
    return [value for value in label_values(config) if value in answer]


def is_empty(config: Config, answer: Json) -> bool:
    """True when nothing was chosen."""
    return answer is None or answer == "" or answer == []


def examples() -> Examples:
    """Show good and bad configs and answers."""
    labels = [{"value": "cat", "title": "Cat", "key": "1"}, {"value": "dog", "color": "#0072B2"}]
    context = AnswerContext()
    one = Example(
        config={"labels": labels},
        context=context,
        good=("cat", "dog"),
        bad=("cow", "Cat", "", None, 1, float("nan"), True, ["cat"], {"label": "cat"}, "x" * 10**6),
        empty=("", None),
    )
    several = Example(
        config={"labels": labels, "multiple": True},
        context=context,
        good=(["cat"], ["dog", "cat"]),
        bad=([], None, "cat", ["cow"], ["cat", "cat"], [["cat"]], [None], {"cat": True}),
        empty=([], None),
    )
    tree = Example(
        config={
            "labels": [
                {"value": "animal"},
                {"value": "cat", "parent": "animal"},
                {"value": "dog", "parent": "animal"},
                {"value": "stone"},
            ]
        },
        context=context,
        good=("cat", "stone"),
        bad=("animal", "plant", ["cat"]),
    )
    anywhere = Example(
        config={**tree.config, "any_level": True}, context=context, good=("animal", "cat"), bad=(1,)
    )
    return Examples(
        valid=(one, several, tree, anywhere),
        bad_configs=(
            {},
            None,
            "cat",
            ["cat"],
            {"labels": []},
            {"labels": "cat"},
            {"labels": ["cat"]},
            {"labels": [{"title": "Cat"}]},
            {"labels": [{"value": ""}]},
            {"labels": [{"value": "a\ud800"}]},
            {"labels": [{"value": "cat"}, {"value": "cat"}]},
            {"labels": [{"value": "a", "key": "x"}, {"value": "b", "key": "X"}]},
            {"labels": [{"value": "a", "key": "xy"}]},
            {"labels": [{"value": "a", "color": "blue"}]},
            {"labels": [{"value": str(n)} for n in range(201)]},
            {"labels": labels, "multiple": "yes"},
            {"labels": labels, "subjective": 1},
            {"labels": labels, "multiple": True, "ordered": True},
            {"labels": labels, "mutliple": True},
            {"labels": [{"value": "cat", "parent": "animal"}]},
            {"labels": [{"value": "cat", "parent": "cat"}]},
            {"labels": [{"value": "a", "parent": "b"}, {"value": "b", "parent": "a"}]},
            {"labels": [{"value": "a"}, {"value": "b", "parent": "a"}], "ordered": True},
        ),
    )


def _one_of(known: list[str], label: Json, place: str) -> list[Issue]:
    if isinstance(label, str) and label in known:
        return []
    return [Issue(place, f"{shown(label)} is not a label of this question")]


KIND = Kind(
    name="choice",
    validate_config=validate_config,
    validate_answer=validate_answer,
    normalise_answer=normalise_answer,
    is_empty=is_empty,
    with_defaults=with_defaults,
    examples=examples,
)
