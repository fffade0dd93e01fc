"""Things drawn on a picture by their corners: what boxes, polygons and key points share.

Coordinates are pixels of the picture from its top left corner, x to the right and y down; the
first pixel reaches from 0 to 1. Hundredths of a pixel are kept, finer ones are rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from fairhand.core.errors import Issue
from fairhand.labels.kind import AnswerContext, Json, json_type, shown, unknown_keys

MAX_THINGS = 10_000
PER_PIXEL = 100
"""Steps of a coordinate in one pixel."""

Read = Callable[[Json, str], Iterator[Issue]]


def size_issues(size: Json, context: AnswerContext) -> list[Issue]:
    """Report a `size` that is not the picture's own, height first."""
    if context.image_height is None or context.image_width is None:
        return [Issue("answer", "this task has no image to draw on")]
    place = "answer.size"
    if not isinstance(size, list) or len(size) != 2 or not all(type(side) is int for side in size):
        return [Issue(place, "must be [height, width] in whole pixels")]
    if size != [context.image_height, context.image_width]:
        expected = f"[{context.image_height}, {context.image_width}]"
        return [Issue(place, f"does not match the image, which is {expected} (height, width)")]
    return []


def things_issues(answer: Json, name: str, context: AnswerContext) -> list[Issue]:
    """Check the frame of an answer: its size, its list of things `name`, its "nothing here"."""
    if not isinstance(answer, Mapping):
        return [Issue("answer", f"must be a mapping with size and {name}, not {json_type(answer)}")]
    issues = [
        *unknown_keys(answer, frozenset({"size", name, "nothing"}), "answer"),
        *size_issues(answer.get("size"), context),
    ]
    place, things, nothing = f"answer.{name}", answer.get(name), answer.get("nothing", False)
    if not isinstance(nothing, bool):
        issues.append(Issue("answer.nothing", f"must be true or false, not {json_type(nothing)}"))
    elif not isinstance(things, list):
        issues.append(Issue(place, f"must be a list of {name}, not {json_type(things)}"))
    elif len(things) > MAX_THINGS:
        issues.append(Issue(place, f"has {len(things)} {name}; {MAX_THINGS} are allowed"))
    elif nothing and things:
        issues.append(Issue("answer.nothing", f"says that there is nothing, yet {name} are drawn"))
    elif not nothing and not things:
        issues.append(Issue(place, 'is empty; draw something, or say "nothing": true'))
    return issues


def label_issues(thing: Json, shape: str, labels: frozenset[str], place: str) -> Iterator[Issue]:
    """Check one thing: a mapping with a label of the question and its `shape`."""
    if not isinstance(thing, Mapping):
        yield Issue(place, f"must be a mapping with label and {shape}, not {json_type(thing)}")
        return
    yield from unknown_keys(thing, frozenset({"label", shape}), place)
    label = thing.get("label")
    if not isinstance(label, str) or label not in labels:
        yield Issue(f"{place}.label", f"{shown(label)} is not a label of this question")


def is_corner(point: Json) -> bool:
    """Say whether this is a pair of numbers at all."""
    return isinstance(point, list) and len(point) == 2 and all(map(is_number, point))


def is_number(value: Json) -> bool:
    """Say whether this is a number and not true or false."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_inside(point: list[float], size: list[int]) -> bool:
    """Say whether a pair of numbers lies on a picture of [height, width], its rim included."""
    return 0 <= point[0] <= size[1] and 0 <= point[1] <= size[0]


def steps(value: float) -> int:
    """Give a coordinate in hundredths of a pixel."""
    return round(value * PER_PIXEL)


def tidy(value: float) -> float:
    """Round a coordinate to hundredths; whole numbers are written as such."""
    whole, rest = divmod(steps(value), PER_PIXEL)
    return whole if rest == 0 else steps(value) / PER_PIXEL


def is_empty(answer: Json, name: str) -> bool:
    """Say whether nothing is drawn and nobody said that there is nothing."""
    if not isinstance(answer, Mapping):
        return answer is None or answer == ""
    return not answer.get(name) and answer.get("nothing") is not True


def repeated(keys: list[tuple[object, ...]], name: str) -> Iterator[Issue]:
    """Report things that are drawn twice at the same place, which is a slip of the hand."""
    first: dict[tuple[object, ...], int] = {}
    for index, key in enumerate(keys):
        earlier = first.setdefault(key, index)
        if earlier != index:
            yield Issue(f"answer.{name}[{index}]", f"is the same as {name}[{earlier}]")


def written(size: list[int], name: str, things: list[Json]) -> Json:
    """Write an answer with its things in their one order."""
    answer: dict[str, Json] = {"size": list(size), name: things}
    return answer if things else {**answer, "nothing": True}
