"""Polygons: things outlined corner by corner.

Config `{"labels": [...]}`; answer `{"size": [height, width], "polygons": [{"label": "house",
"points": [[x, y], ...]}]}`, or no polygons and `"nothing": true`. The last corner joins the first.
Polygons may overlap, yet none may cross itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from fairhand.core.errors import Issue
from fairhand.labels import drawn
from fairhand.labels.crossing import Ints, first_crossings, twice_area
from fairhand.labels.kind import (
    AnswerContext,
    Config,
    Example,
    Examples,
    Json,
    Kind,
    json_type,
    unknown_keys,
)
from fairhand.labels.label_set import label_values, validate_labels, with_defaults

MAX_CORNERS = 1_000
MAX_ALL_CORNERS = 200_000

_CONFIG_KEYS = frozenset({"labels"})


def validate_config(config: Json) -> list[Issue]:
    """Report everything wrong with the config of polygons."""
    if not isinstance(config, Mapping):
        return [Issue("config", f"must be a mapping, not {json_type(config)}")]
    return [*unknown_keys(config, _CONFIG_KEYS, "config"), *validate_labels(config)]


def validate_answer(config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    """Report polygons that do not fit the image, the labels, each other, or that cross."""
    if issues := drawn.things_issues(answer, "polygons", context):
        return issues
    labels, size = frozenset(label_values(config)), answer["size"]
    issues = [
        issue
        for index, thing in enumerate(answer["polygons"])
        for issue in _outline_issues(thing, labels, size, f"answer.polygons[{index}]")
    ]
    return issues or list(_shape_issues(answer["polygons"]))


def normalise_answer(config: Config, answer: Json) -> Json:
    """Sort polygons by label and place; each runs clockwise from its leftmost corner."""
    things = [
        {"label": thing["label"], "points": _canonical(thing["points"])}
        for thing in answer["polygons"]
    ]
    things.sort(key=lambda thing: (thing["label"], thing["points"]))
    return drawn.written(answer["size"], "polygons", things)


def is_empty(config: Config, answer: Json) -> bool:
    """Say whether nothing is drawn and nobody said that there is nothing."""
    return drawn.is_empty(answer, "polygons")


def _outline_issues(
    thing: Json, labels: frozenset[str], size: list[int], place: str
) -> Iterator[Issue]:
    yield from drawn.label_issues(thing, "points", labels, place)
    if not isinstance(thing, Mapping):
        return
    points, place = thing.get("points"), f"{place}.points"
    if not isinstance(points, list) or len(points) < 3:
        yield Issue(place, "must be a list of three corners or more, each [x, y]")
        return
    if len(points) > MAX_CORNERS:
        yield Issue(place, f"has {len(points)} corners; {MAX_CORNERS} are allowed")
        return
    for index, point in enumerate(points):
        if not drawn.is_corner(point):
            yield Issue(f"{place}[{index}]", "must be [x, y] in pixels")
            return
        if not drawn.is_inside(point, size):
            reach = f"{size[1]} x {size[0]}"
            yield Issue(f"{place}[{index}]", f"lies outside the image of {reach} pixels")
            return


def _shape_issues(things: Sequence[Mapping[str, Json]]) -> Iterator[Issue]:
    """Report polygons without area, those that cross themselves, and the same one twice."""
    corners = sum(len(thing["points"]) for thing in things)
    if corners > MAX_ALL_CORNERS:
        text = f"has {corners} corners in all; {MAX_ALL_CORNERS} are allowed"
        yield Issue("answer.polygons", text)
        return
    polygons = [_steps(thing["points"]) for thing in things]
    for index, (polygon, edges) in enumerate(zip(polygons, first_crossings(polygons), strict=True)):
        place = f"answer.polygons[{index}].points"
        same = np.flatnonzero((polygon == np.roll(polygon, -1, axis=0)).all(axis=1))
        if same.size:
            after = (int(same[0]) + 1) % len(polygon)
            yield Issue(f"{place}[{after}]", "lies on the corner before it")
        elif edges is not None:
            one, other = edges
            yield Issue(place, f"cross: the edge after corner {one} meets that after {other}")
        elif twice_area(polygon) == 0:
            yield Issue(place, "enclose no area")
    keys: list[tuple[object, ...]] = [
        (thing["label"], _turned(polygon).tobytes())
        for thing, polygon in zip(things, polygons, strict=True)
    ]
    yield from drawn.repeated(keys, "polygons")


def _steps(points: Sequence[Sequence[float]]) -> Ints:
    return np.array([[drawn.steps(x), drawn.steps(y)] for x, y in points], np.int64)


def _turned(polygon: Ints) -> Ints:
    """Run clockwise, beginning with the leftmost corner, the upper one of two."""
    clockwise = polygon if twice_area(polygon) > 0 else polygon[::-1]
    first = int(np.lexsort((clockwise[:, 1], clockwise[:, 0]))[0])
    return np.roll(clockwise, -first, axis=0)


def _canonical(points: Sequence[Sequence[float]]) -> list[list[float]]:
    return [
        [drawn.tidy(x / drawn.PER_PIXEL), drawn.tidy(y / drawn.PER_PIXEL)]
        for x, y in _turned(_steps(points)).tolist()
    ]


def examples() -> Examples:
    """Show good and bad configs and answers on an image six pixels high and eight wide."""
    labels = [{"value": "house", "title": "House"}, {"value": "field"}]
    size = [6, 8]
    house = {"label": "house", "points": [[1, 1], [5.5, 1], [5.5, 4], [1, 4]]}
    field = {"label": "field", "points": [[0, 0], [0, 6], [8, 6], [3, 3], [8, 0]]}
    example = Example(
        config={"labels": labels},
        context=AnswerContext(image_width=8, image_height=6),
        good=(
            {"size": size, "polygons": [house, field]},
            {"size": size, "polygons": [{**house, "label": "field"}, house]},
            {"size": size, "polygons": [], "nothing": True},
        ),
        bad=_bad_answers(size, house),
        empty=({"size": size, "polygons": []}, None),
    )
    no_image = Example({"labels": labels}, AnswerContext(), good=(), bad=example.good)
    return Examples(
        valid=(example, no_image),
        bad_configs=({}, None, [], {"labels": []}, {"labels": labels, "instances": True}),
    )


def _bad_answers(size: list[int], house: dict[str, Json]) -> tuple[Json, ...]:
    def outlined(*points: Json) -> Json:
        return {"size": size, "polygons": [{"label": "house", "points": list(points)}]}

    reversed_house = {**house, "points": house["points"][::-1]}
    return (
        "house",
        [],
        {"polygons": [house]},
        {"size": size, "polygons": [house], "nothing": True},
        {"size": size[::-1], "polygons": [house]},
        {"size": size, "polygons": [house, reversed_house]},
        {"size": size, "polygons": [7]},
        {"size": size, "polygons": [{**house, "label": 7}]},
        {"size": size, "polygons": [{**house, "hole": []}]},
        {"size": size, "polygons": [{"label": "house", "points": "1,1 2,2 3,1"}]},
        outlined([1, 1], [2, 2]),
        outlined([1, 1], [2, 2], [3]),
        outlined([1, 1], [2, 2], [3, float("nan")]),
        outlined([1, 1], [2, 2], [3, 10**400]),
        outlined([1, 1], [2, 2], [3, -0.5]),
        outlined([1, 1], [2, 2], [8.5, 1]),
        outlined([1, 1], [2, 2], [3, 3]),
        outlined([1, 1], [1, 1], [3, 4], [1, 4]),
        outlined([1, 1], [5, 4], [5, 1], [1, 4]),
        outlined([1, 1], [5, 1], [3, 1], [3, 4]),
        outlined([0, 0], [4, 0], [4, 4], [2, 0], [0, 4]),
        outlined(*[[1, 1]] * (MAX_CORNERS + 1)),
    )


KIND = Kind(
    name="polygons",
    validate_config=validate_config,
    validate_answer=validate_answer,
    normalise_answer=normalise_answer,
    is_empty=is_empty,
    with_defaults=with_defaults,
    examples=examples,
)
