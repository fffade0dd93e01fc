"""Boxes: upright rectangles around things.

Config `{"labels": [...]}`; answer `{"size": [height, width], "boxes": [{"label": "cell", "box":
[left, top, right, bottom]}]}`, or no boxes and `"nothing": true`. Boxes may overlap; the same box
twice is refused as a slip of the hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairhand.core.errors import Issue
from fairhand.labels import drawn
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

_CONFIG_KEYS = frozenset({"labels"})


def validate_config(config: Json) -> list[Issue]:
    """Report everything wrong with the config of boxes."""
    if not isinstance(config, Mapping):
        return [Issue("config", f"must be a mapping, not {json_type(config)}")]
    return [*unknown_keys(config, _CONFIG_KEYS, "config"), *validate_labels(config)]


def validate_answer(config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    """Report boxes that do not fit the image, the labels, each other or the format."""
    if issues := drawn.things_issues(answer, "boxes", context):
        return issues
    labels, size = frozenset(label_values(config)), answer["size"]
    issues = [
        issue
        for index, thing in enumerate(answer["boxes"])
        for issue in _box_issues(thing, labels, size, f"answer.boxes[{index}]")
    ]
    return issues or list(drawn.repeated(list(map(_key, answer["boxes"])), "boxes"))


def normalise_answer(config: Config, answer: Json) -> Json:
    """Sort boxes by label and place, to hundredths of a pixel."""
    things = [
        {"label": thing["label"], "box": [drawn.tidy(side) for side in thing["box"]]}
        for thing in answer["boxes"]
    ]
    things.sort(key=lambda thing: (thing["label"], thing["box"]))
    return drawn.written(answer["size"], "boxes", things)


def is_empty(config: Config, answer: Json) -> bool:
    """Say whether nothing is drawn and nobody said that there is nothing."""
    return drawn.is_empty(answer, "boxes")


def _box_issues(
    thing: Json, labels: frozenset[str], size: list[int], place: str
) -> Iterator[Issue]:
    yield from drawn.label_issues(thing, "box", labels, place)
    if not isinstance(thing, Mapping):
        return
    box, place = thing.get("box"), f"{place}.box"
    if not isinstance(box, list) or len(box) != 4 or not all(map(drawn.is_number, box)):
        yield Issue(place, "must be [left, top, right, bottom] in pixels")
    elif not (drawn.is_inside(box[:2], size) and drawn.is_inside(box[2:], size)):
        yield Issue(place, f"reaches beyond the image of {size[1]} x {size[0]} pixels")
    elif not (drawn.steps(box[0]) < drawn.steps(box[2])):
        yield Issue(place, "has no width: right must be more than left")
    elif not (drawn.steps(box[1]) < drawn.steps(box[3])):
        yield Issue(place, "has no height: bottom must be more than top")


def _key(thing: Mapping[str, Json]) -> tuple[object, ...]:
    return (thing["label"], *map(drawn.steps, thing["box"]))


def examples() -> Examples:
    """Show good and bad configs and answers on an image three pixels high and four wide."""
    labels = [{"value": "cell", "title": "Cell"}, {"value": "platelet"}]
    size = [3, 4]
    one = {"label": "cell", "box": [0, 0.5, 2.25, 3]}
    other = {"label": "platelet", "box": [1, 0, 4, 2]}
    example = Example(
        config={"labels": labels},
        context=AnswerContext(image_width=4, image_height=3),
        good=(
            {"size": size, "boxes": [other, one]},
            {"size": size, "boxes": [{"label": "cell", "box": [0.004, 0, 1.999, 2.0]}]},
            {"size": size, "boxes": [], "nothing": True},
        ),
        bad=_bad_answers(size, one),
        empty=({"size": size, "boxes": []}, None),
    )
    no_image = Example({"labels": labels}, AnswerContext(), good=(), bad=example.good)
    return Examples(
        valid=(example, no_image),
        bad_configs=({}, None, [], {"labels": []}, {"labels": labels, "instances": True}),
    )


def _bad_answers(size: list[int], one: dict[str, Json]) -> tuple[Json, ...]:
    def boxed(*box: Json) -> Json:
        return {"size": size, "boxes": [{"label": "cell", "box": list(box)}]}

    return (
        "cell",
        [],
        {"boxes": [one]},
        {"size": size},
        {"size": size, "boxes": [], "nothing": 1},
        {"size": size, "boxes": [one], "nothing": True},
        {"size": size[::-1], "boxes": [one]},
        {"size": [3.0, 4], "boxes": [one]},
        {"size": size, "boxes": [one, one]},
        {"size": size, "boxes": [one, {**one, "box": [0, 0.5, 2.2501, 3]}]},
        {"size": size, "boxes": {"cell": one}},
        {"size": size, "boxes": [None]},
        {"size": size, "boxes": [{**one, "label": "tree"}]},
        {"size": size, "boxes": [{**one, "label": ["cell"]}]},
        {"size": size, "boxes": [{**one, "angle": 3}]},
        {"size": size, "boxes": [one], "turned": 1},
        boxed(0, 0, 2),
        boxed(0, 0, 2, True),
        boxed(0, 0, 2, "3"),
        boxed(0, 0, 2, float("nan")),
        boxed(0, 0, 2, 10**400),
        boxed(-1, 0, 2, 3),
        boxed(0, 0, 5, 3),
        boxed(2, 0, 1, 3),
        boxed(1, 0, 1.001, 3),
        boxed(0, 2, 1, 2),
    )


KIND = Kind(
    name="boxes",
    validate_config=validate_config,
    validate_answer=validate_answer,
    normalise_answer=normalise_answer,
    is_empty=is_empty,
    with_defaults=with_defaults,
    examples=examples,
)
