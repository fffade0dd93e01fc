"""Our answers become Label Studio's results: the same answer always the same results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from fairhand.labels import rle
from fairhand.labels.brush_rle import encode_brush
from fairhand.labels.replies import reply_ids
from fairhand.model.label_studio.controls import Control, StudioConfig
from fairhand.model.label_studio.offsets import to_units

Result = dict[str, Any]
Written = Iterator[tuple[str, str, dict[str, Any]]]
"""The id of a region, the type of a result, and its value."""

_POINT_WIDTH: Final = 0.5
"""Per cent of the picture's width: how large a key point is drawn; ours have no size."""


def write_results(
    config: StudioConfig, value: Mapping[str, Any], data: Mapping[str, Any]
) -> tuple[list[Result], list[str]]:
    """Write a valid value as results; also list what no control can hold, in words."""
    results: list[Result] = []
    left: list[str] = []
    for name, answer in value.items():
        control = config.control_of(name)
        kind = next((one.kind for one in config.questions if one.name == name), "")
        write = _WRITERS.get(kind)
        if control is None or write is None:
            left.append(f"an answer of the kind {kind}: no control of Label Studio holds it")
            continue
        left += _unsaid(answer)
        about = {"from_name": control.name, "to_name": control.to_name, "origin": "manual"}
        about |= _picture(answer)
        for region, type_, content in write(control, answer, data):
            results.append({"id": region, "type": type_, "value": content, **about})
            if control.labels_from is not None:
                results.append(_labelled(control, region, content, about))
        if kind == "spans":
            results += _links(control, answer)
    return results, left


def _unsaid(answer: Any) -> Iterator[str]:  # noqa: ANN401  # an answer of any kind
    """Say what of an answer its control has no place for."""
    if not isinstance(answer, Mapping):
        return
    if answer.get("nothing"):
        yield "that there is nothing: Label Studio has an empty result for it"
    if answer.get("reason"):
        yield "why people judged so: Label Studio has no place for it"
    if "ratings" in answer and len(answer["ratings"]) != 1:
        yield "a rating by several criteria, or none: Label Studio has one number"
    if "replies" in answer:
        yield "a rating of each reply: Label Studio rates a task"
    if "verdict" in answer:
        yield from _unsaid_of_pair(answer)
    if "best" in answer or any(len(group) > 1 for group in answer.get("ranks") or ()):
        yield "that replies are as good as each other: Label Studio has an order alone"
    if any(one.get("state") == "hidden" for one in answer.get("points") or ()):
        yield "that a key point is hidden: Label Studio has it as one that is seen"


def _unsaid_of_pair(answer: Mapping[str, Any]) -> Iterator[str]:
    if answer["verdict"] != "better":
        yield "a tie, or both replies bad: Label Studio chooses one"
    if "strength" in answer:
        yield "how much better: Label Studio chooses one"
    if answer.get("edited"):
        yield "a reply that was made better still: Label Studio chooses one"


def _labelled(
    control: Control, region: str, content: dict[str, Any], about: dict[str, Any]
) -> Result:
    """Write the labels of a region that was drawn by a control without any."""
    labels = content.pop("labels")
    kept = {"id": region, "type": "labels", "value": {**content, "labels": labels}}
    return {**kept, **about, "from_name": control.labels_from}


def _picture(answer: object) -> dict[str, Any]:
    size = answer.get("size") if isinstance(answer, Mapping) else None
    if not isinstance(size, list):
        return {}
    return {"original_width": size[1], "original_height": size[0], "image_rotation": 0}


def _named(control: Control, label: str) -> dict[str, list[str]]:
    """Write a region's label; a control that only draws, without any labels, has none."""
    if control.labels_from is not None:
        return {"labels": [label]}
    return {control.type: [label]} if control.type.endswith("labels") else {}


def _choice(control: Control, answer: Any, data: Mapping[str, Any]) -> Written:  # noqa: ANN401
    chosen = [answer] if isinstance(answer, str) else list(answer)
    if control.paths:
        paths = [list(control.paths.get(one, (one,))) for one in chosen]
        yield f"{control.question}-1", "taxonomy", {"taxonomy": paths}
    else:
        yield f"{control.question}-1", "choices", {"choices": chosen}


def _rating(control: Control, answer: Any, data: Mapping[str, Any]) -> Written:  # noqa: ANN401
    ratings = list(answer.get("ratings", {}).values())
    if len(ratings) == 1:
        yield f"{control.question}-1", "rating", {"rating": ratings[0]}


def _text(control: Control, answer: Any, data: Mapping[str, Any]) -> Written:  # noqa: ANN401
    yield f"{control.question}-1", "textarea", {"text": [answer]}


def _transcript(control: Control, answer: Any, data: Mapping[str, Any]) -> Written:  # noqa: ANN401
    if answer.get("nothing"):
        return
    if "segments" not in answer:
        yield f"{control.question}-1", "textarea", {"text": [answer["text"]]}
        return
    for one in answer["segments"]:
        content = {**_seconds(one), "text": [one["text"]]}
        yield _when(one), "textarea", content


def _segments(control: Control, answer: Any, data: Mapping[str, Any]) -> Written:  # noqa: ANN401
    for one in answer["segments"]:
        yield _when(one), "labels", {**_seconds(one), "labels": [one["label"]]}


def _when(one: Mapping[str, Any]) -> str:
    """Name a region by its time, so that what is said there and its label are one region."""
    return f"at-{one['start']}-{one['end']}"


def _seconds(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"start": one["start"] / 1_000, "end": one["end"] / 1_000, "channel": 0}


def _spans(control: Control, answer: Any, data: Mapping[str, Any]) -> Written:  # noqa: ANN401
    text = str(data.get("text", ""))
    for number, one in enumerate(answer["spans"]):
        start, end = one["start"], one["end"]
        content = {
            "start": to_units(text, start),
            "end": to_units(text, end),
            "text": text[start:end],
            "labels": [one["label"]],
        }
        yield f"{control.question}-{number}", "labels", content


def _links(control: Control, answer: Mapping[str, Any]) -> Iterator[Result]:
    for one in answer.get("relations") or ():
        yield {
            "type": "relation",
            "from_id": f"{control.question}-{one['from']}",
            "to_id": f"{control.question}-{one['to']}",
            "direction": "right",
            "labels": [one["label"]],
        }


def _boxes(control: Control, answer: Any, data: Mapping[str, Any]) -> Written:  # noqa: ANN401
    height, width = answer["size"]
    for number, one in enumerate(answer["boxes"]):
        left, top, right, bottom = one["box"]
        content = {
            "x": 100 * left / width,
            "y": 100 * top / height,
            "width": 100 * (right - left) / width,
            "height": 100 * (bottom - top) / height,
            "rotation": 0,
            **_named(control, one["label"]),
        }
        yield f"{control.question}-{number}", control.type, content


def _polygons(control: Control, answer: Any, data: Mapping[str, Any]) -> Written:  # noqa: ANN401
    height, width = answer["size"]
    for number, one in enumerate(answer["polygons"]):
        points = [[100 * x / width, 100 * y / height] for x, y in one["points"]]
        content = {"points": points, "closed": True, **_named(control, one["label"])}
        yield f"{control.question}-{number}", control.type, content


def _mask(control: Control, answer: Any, data: Mapping[str, Any]) -> Written:  # noqa: ANN401
    height, width = answer["size"]
    for number, one in enumerate(answer["regions"]):
        numbers = encode_brush(rle.decode(one["counts"], height, width))
        content = {"format": "rle", "rle": numbers, **_named(control, one["label"])}
        yield f"{control.question}-{number}", control.type, content


def _keypoints(control: Control, answer: Any, data: Mapping[str, Any]) -> Written:  # noqa: ANN401
    height, width = answer["size"]
    for number, one in enumerate(answer["points"]):
        if one["state"] == "absent":
            continue
        x, y = one["at"]
        content = {
            "x": 100 * x / width,
            "y": 100 * y / height,
            "width": _POINT_WIDTH,
            **_named(control, one["label"]),
        }
        yield f"{control.question}-{number}", control.type, content


def _pairwise(control: Control, answer: Any, data: Mapping[str, Any]) -> Written:  # noqa: ANN401
    ids = reply_ids(data)
    if answer.get("better") in ids:
        side = "left" if answer["better"] == ids[0] else "right"
        yield f"{control.question}-1", "pairwise", {"selected": side}


def _ranking(control: Control, answer: Any, data: Mapping[str, Any]) -> Written:  # noqa: ANN401
    order = [one for together in answer.get("ranks") or () for one in together]
    if order:
        yield f"{control.question}-1", "ranker", {"ranker": {control.name: order}}


_WRITERS: Final[Mapping[str, Callable[[Control, Any, Mapping[str, Any]], Written]]] = {
    "choice": _choice,
    "rating": _rating,
    "text": _text,
    "transcript": _transcript,
    "segments": _segments,
    "spans": _spans,
    "boxes": _boxes,
    "polygons": _polygons,
    "mask": _mask,
    "keypoints": _keypoints,
    "pairwise": _pairwise,
    "ranking": _ranking,
}
