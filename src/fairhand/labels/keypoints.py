"""Key points: named places of one thing, each to be seen, hidden, or not in the picture.

Config `{"labels": [...], "skeleton": [["shoulder", "elbow"], ...]}`, where the labels are the
points; answer `{"size": [height, width], "points": [{"label": "elbow", "state": "visible", "at":
[x, y]}, {"label": "wrist", "state": "absent"}]}`. Every point is answered for: *visible*, *hidden*
(something is before it, and one can tell where it is), or *absent*.
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
    shown,
    unknown_keys,
)
from fairhand.labels.label_set import label_values, validate_labels, with_defaults

STATES = ("visible", "hidden", "absent")
MAX_BONES = 1_000

_CONFIG_KEYS = frozenset({"labels", "skeleton"})
_ANSWER_KEYS = frozenset({"size", "points"})
_POINT_KEYS = frozenset({"label", "state", "at"})


def validate_config(config: Json) -> list[Issue]:
    """Report everything wrong with the config of key points."""
    if not isinstance(config, Mapping):
        return [Issue("config", f"must be a mapping, not {json_type(config)}")]
    issues = [*unknown_keys(config, _CONFIG_KEYS, "config"), *validate_labels(config)]
    return issues or list(_skeleton_issues(config))


def validate_answer(config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    """Report points that are unknown, told twice, missing, or that lie outside the image."""
    if not isinstance(answer, Mapping):
        return [Issue("answer", f"must be a mapping with size and points, not {json_type(answer)}")]
    issues = [
        *unknown_keys(answer, _ANSWER_KEYS, "answer"),
        *drawn.size_issues(answer.get("size"), context),
    ]
    points = answer.get("points")
    if not isinstance(points, list):
        return [*issues, Issue("answer.points", f"must be a list, not {json_type(points)}")]
    if issues:
        return issues
    names = label_values(config)
    if len(points) > len(names):
        text = f"has {len(points)} points; the question has {len(names)}"
        return [Issue("answer.points", text)]
    known = frozenset(names)
    issues = [
        issue
        for index, point in enumerate(points)
        for issue in _point_issues(point, known, answer["size"], f"answer.points[{index}]")
    ]
    return issues or list(_together_issues(names, points))


def normalise_answer(config: Config, answer: Json) -> Json:
    """Write the points in the order of the question, to hundredths of a pixel."""
    order = {name: number for number, name in enumerate(label_values(config))}
    points = []
    for point in sorted(answer["points"], key=lambda point: order[point["label"]]):
        told: dict[str, Json] = {"label": point["label"], "state": point["state"]}
        if point["state"] != "absent":
            told["at"] = [drawn.tidy(one) for one in point["at"]]
        points.append(told)
    return {"size": list(answer["size"]), "points": points}


def is_empty(config: Config, answer: Json) -> bool:
    """Say whether no point is told."""
    if not isinstance(answer, Mapping):
        return answer is None or answer == ""
    return not answer.get("points")


def _skeleton_issues(config: Mapping[str, Json]) -> Iterator[Issue]:
    skeleton = config.get("skeleton", [])
    if not isinstance(skeleton, list):
        yield Issue("config.skeleton", f"must be a list of pairs, not {json_type(skeleton)}")
        return
    if len(skeleton) > MAX_BONES:
        yield Issue("config.skeleton", f"has {len(skeleton)} lines; {MAX_BONES} are allowed")
        return
    known = set(label_values(config))
    for index, bone in enumerate(skeleton):
        place = f"config.skeleton[{index}]"
        if not isinstance(bone, list) or len(bone) != 2:
            yield Issue(place, "must be a pair of points")
            continue
        for end in bone:
            if not isinstance(end, str) or end not in known:
                yield Issue(place, f"{shown(end)} is not a point of this question")
        if bone[0] == bone[1]:
            yield Issue(place, "joins a point with itself")


def _point_issues(
    point: Json, known: frozenset[str], size: list[int], place: str
) -> Iterator[Issue]:
    if not isinstance(point, Mapping):
        yield Issue(place, f"must be a mapping with label and state, not {json_type(point)}")
        return
    yield from unknown_keys(point, _POINT_KEYS, place)
    label, state = point.get("label"), point.get("state")
    if not isinstance(label, str) or label not in known:
        yield Issue(f"{place}.label", f"{shown(label)} is not a point of this question")
    if not isinstance(state, str) or state not in STATES:
        yield Issue(f"{place}.state", f"must be one of {', '.join(STATES)}, not {shown(state)}")
    elif state == "absent":
        if "at" in point:
            yield Issue(f"{place}.at", "says where a point is that is not in the picture")
    elif not drawn.is_corner(point.get("at")):
        yield Issue(f"{place}.at", "must be [x, y] in pixels")
    elif not drawn.is_inside(point["at"], size):
        yield Issue(f"{place}.at", f"lies outside the image of {size[1]} x {size[0]} pixels")


def _together_issues(names: list[str], points: list[Mapping[str, Json]]) -> Iterator[Issue]:
    first: dict[str, int] = {}
    for index, point in enumerate(points):
        earlier = first.setdefault(point["label"], index)
        if earlier != index:
            yield Issue(f"answer.points[{index}]", f"is told by points[{earlier}] already")
    missing = [name for name in names if name not in first]
    if missing:
        few = ", ".join(shown(name, 20) for name in missing[:5])
        text = f"does not say where these are, or that they are absent: {few}"
        yield Issue("answer.points", text)


def examples() -> Examples:
    """Show good and bad configs and answers on an image six pixels high and eight wide."""
    labels = [{"value": "head", "title": "Head"}, {"value": "tail"}]
    size = [6, 8]
    head = {"label": "head", "state": "visible", "at": [2.5, 1]}
    tail = {"label": "tail", "state": "hidden", "at": [8, 6]}
    gone = {"label": "tail", "state": "absent"}
    example = Example(
        config={"labels": labels, "skeleton": [["head", "tail"]]},
        context=AnswerContext(image_width=8, image_height=6),
        good=(
            {"size": size, "points": [tail, head]},
            {"size": size, "points": [head, gone]},
            {"size": size, "points": [gone, {"label": "head", "state": "absent"}]},
        ),
        bad=_bad_answers(size, head, tail),
        empty=({"size": size, "points": []}, None),
    )
    no_image = Example({"labels": labels}, AnswerContext(), good=(), bad=example.good)
    return Examples(valid=(example, no_image), bad_configs=_bad_configs(labels))


def _bad_configs(labels: list[dict[str, str]]) -> tuple[Json, ...]:
    skeletons: tuple[Json, ...] = (
        None,
        [["head"]],
        [["head", "ear"]],
        [["tail", "tail"]],
        [[1, 2]],
    )
    return (
        {},
        None,
        {"labels": []},
        {"labels": labels, "multiple": True},
        *({"labels": labels, "skeleton": skeleton} for skeleton in skeletons),
    )


def _bad_answers(size: list[int], head: dict[str, Json], tail: dict[str, Json]) -> tuple[Json, ...]:
    def told(*points: Json) -> Json:
        return {"size": size, "points": list(points)}

    return (
        "head",
        [],
        {"points": [head, tail]},
        {"size": size[::-1], "points": [head, tail]},
        {"size": size, "points": {"head": [1, 1]}},
        {"size": size, "points": [head, tail], "nothing": True},
        told(head),
        told(head, head),
        told(head, tail, tail),
        told(head, None),
        told(head, {**tail, "label": "ear"}),
        told(head, {**tail, "state": "lost"}),
        told(head, {**tail, "state": ["hidden"]}),
        told(head, {**tail, "state": "absent"}),
        told(head, {"label": "tail", "state": "hidden"}),
        told(head, {**tail, "at": [1]}),
        told(head, {**tail, "at": [1, float("inf")]}),
        told(head, {**tail, "at": [1, False]}),
        told(head, {**tail, "at": [9, 1]}),
        told(head, {**tail, "depth": 2}),
    )


KIND = Kind(
    name="keypoints",
    validate_config=validate_config,
    validate_answer=validate_answer,
    normalise_answer=normalise_answer,
    is_empty=is_empty,
    with_defaults=with_defaults,
    examples=examples,
)
