"""The list of labels that several kinds share: its rules, and its default keys and colours."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from itertools import chain

from fairhand.core.errors import Issue
from fairhand.labels.kind import Config, Json, json_type, shown, text_problem, unknown_keys

MAX_LABELS = 200
MAX_VALUE_LENGTH = 200
MAX_TITLE_LENGTH = 200

OKABE_ITO = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#F0E442",
    "#999999",
)
"""Okabe and Ito (2008), "Color Universal Design": told apart by colour-blind eyes too."""

_LABEL_KEYS = frozenset({"value", "title", "key", "color", "parent"})
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


def label_values(config: Config) -> list[str]:
    """List the values an answer may use, in the order of the question."""
    return [label["value"] for label in config["labels"]]


def validate_labels(config: Config, *, allows_parents: bool = False) -> list[Issue]:
    """Report everything wrong with `config["labels"]`; parents only where a kind has trees."""
    labels = config.get("labels")
    if not isinstance(labels, list):
        return [Issue("config.labels", f"must be a list of labels, not {json_type(labels)}")]
    if not labels:
        return [Issue("config.labels", "is empty; a question needs at least one label")]
    if len(labels) > MAX_LABELS:
        return [Issue("config.labels", f"has {len(labels)} labels; {MAX_LABELS} are allowed")]
    per_label = chain.from_iterable(_label_issues(i, label) for i, label in enumerate(labels))
    issues = [*per_label, *_repeated(labels, "value"), *_repeated(labels, "key")]
    return issues or _parent_issues(labels, allows_parents=allows_parents)


def parents_of(config: Config) -> dict[str, str]:
    """Map each label that stands below another to the one it stands below."""
    return {one["value"]: one["parent"] for one in config["labels"] if one.get("parent")}


def _parent_issues(labels: list[Json], *, allows_parents: bool) -> list[Issue]:
    """Report parents that are not there, are not wanted, or run in a circle."""
    known = {label["value"] for label in labels}
    above = {label["value"]: label.get("parent") for label in labels}
    issues = []
    for index, label in enumerate(labels):
        parent, place = label.get("parent"), f"config.labels[{index}].parent"
        if parent is None:
            continue
        if not allows_parents:
            issues.append(Issue(place, "only the labels of a choice can stand below one another"))
        elif not isinstance(parent, str) or parent not in known:
            issues.append(Issue(place, f"{shown(parent)} is not a label of this question"))
    return issues or [
        Issue(f"config.labels[{index}].parent", "the labels above this one run in a circle")
        for index, label in enumerate(labels)
        if _is_circle(label["value"], above)
    ]


def _is_circle(value: str, above: Mapping[str, str | None]) -> bool:
    seen = {value}
    parent = above[value]
    while parent is not None:
        if parent in seen:
            return True
        seen.add(parent)
        parent = above[parent]
    return False


def flag_issues(config: Config, name: str) -> list[Issue]:
    """Report a flag of the config that is not true or false; left out means false."""
    flag = config.get(name, False)
    if isinstance(flag, bool):
        return []
    return [Issue(f"config.{name}", f"must be true or false, not {json_type(flag)}")]


def with_defaults(config: Config) -> dict[str, Json]:
    """Fill in titles, keys (1 to 9, then letters) and colours; what is given stays.

    A bare string in `labels` stands for a label of that value. What is not a label at all is left
    as it is, for `validate_config` to report.
    """
    labels = config.get("labels")
    if not isinstance(labels, list) or len(labels) > MAX_LABELS:
        return dict(config)
    named = [{"value": label} if isinstance(label, str) else label for label in labels]
    keys = _free_keys(named)
    return {**config, "labels": [_filled(label, i, keys) for i, label in enumerate(named)]}


def _filled(label: Json, index: int, keys: Iterator[str]) -> Json:
    if not isinstance(label, Mapping) or "value" not in label:
        return label
    filled = {"title": label["value"], "color": OKABE_ITO[index % len(OKABE_ITO)], **label}
    if filled.get("key") is None:
        filled.pop("key", None)
        if (key := next(keys, None)) is not None:
            filled["key"] = key
    return filled


def _free_keys(labels: list[Json]) -> Iterator[str]:
    taken = {
        label["key"].casefold()
        for label in labels
        if isinstance(label, Mapping) and isinstance(label.get("key"), str)
    }
    return (key for key in "123456789" + string.ascii_lowercase if key not in taken)


def _label_issues(index: int, label: Json) -> Iterator[Issue]:
    place = f"config.labels[{index}]"
    if not isinstance(label, Mapping):
        yield Issue(place, f"must be a mapping with a value, not {json_type(label)}")
        return
    yield from unknown_keys(label, _LABEL_KEYS, place)
    if problem := text_problem(label.get("value"), MAX_VALUE_LENGTH):
        yield Issue(f"{place}.value", problem)
    if "title" in label and (problem := text_problem(label["title"], MAX_TITLE_LENGTH)):
        yield Issue(f"{place}.title", problem)
    if label.get("key") is not None and not _is_key(label["key"]):
        yield Issue(f"{place}.key", f"must be one visible character, not {shown(label['key'])}")
    if label.get("color") is not None and not _is_colour(label["color"]):
        yield Issue(f"{place}.color", f"must look like #0072B2, not {shown(label['color'])}")


def _is_key(key: object) -> bool:
    return isinstance(key, str) and len(key) == 1 and key.isprintable() and not key.isspace()


def _is_colour(colour: object) -> bool:
    return isinstance(colour, str) and _COLOUR.fullmatch(colour) is not None


def _repeated(labels: list[Json], field: str) -> Iterator[Issue]:
    """Report labels that share a value, or a key (`a` and `A` are one key on a keyboard)."""
    first: dict[str, int] = {}
    for index, label in enumerate(labels):
        given = label.get(field) if isinstance(label, Mapping) else None
        if not isinstance(given, str):
            continue
        same = given.casefold() if field == "key" else given
        earlier = first.setdefault(same, index)
        if earlier != index:
            place = f"config.labels[{index}].{field}"
            yield Issue(place, f"{shown(given)} is the {field} of labels[{earlier}] already")
