"""A labelling configuration guessed from an export, which does not bring its own.

Every control that was used is found with the labels that were used; labels that nobody chose cannot
be. Whoever has the configuration gives it instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, Final

from fairhand.core.errors import MalformedError
from fairhand.formats.json_array import array_items
from fairhand.formats.json_text import parse_json
from fairhand.formats.options import ReadOptions, opened

_LABELLED: Final = {
    "choices": "Choices",
    "labels": "Labels",
    "rectanglelabels": "RectangleLabels",
    "polygonlabels": "PolygonLabels",
    "brushlabels": "BrushLabels",
    "keypointlabels": "KeyPointLabels",
    "ellipselabels": "EllipseLabels",
    "hypertextlabels": "HyperTextLabels",
    "paragraphlabels": "ParagraphLabels",
    "timeserieslabels": "TimeSeriesLabels",
    "timelinelabels": "TimelineLabels",
}
_BARE: Final = {
    "taxonomy": "Taxonomy",
    "rating": "Rating",
    "number": "Number",
    "datetime": "DateTime",
    "textarea": "TextArea",
    "pairwise": "Pairwise",
    "ranker": "Ranker",
    "rectangle": "Rectangle",
    "polygon": "Polygon",
    "brush": "Brush",
    "keypoint": "KeyPoint",
    "ellipse": "Ellipse",
    "videorectangle": "VideoRectangle",
}
_OF_PICTURES: Final = ("rectangle", "polygon", "brush", "keypoint", "ellipse")


@dataclass(slots=True)
class _Seen:
    """What was seen of one control."""

    type: str
    to_name: str
    labels: dict[str, None] = field(default_factory=dict)
    paths: dict[tuple[str, ...], None] = field(default_factory=dict)
    most: int = 0
    is_sound: bool = False
    is_region: bool = False
    field: str | None = None


def infer_config(path: Path) -> str:
    """Guess the configuration; raises MalformedError where the export has no results at all."""
    seen: dict[str, _Seen] = {}
    relations: dict[str, None] = {}
    limit = ReadOptions().max_row_bytes * 16
    with opened(path) as file:
        for item in array_items(file, limit, path.name):
            if item.content is not None:
                _look(item.content, seen, relations)
    if not seen:
        raise MalformedError(
            f"{path.name} has no answers to guess the questions from; give the labelling "
            "configuration with --config (in Label Studio: Settings, Labeling Interface, Code)"
        )
    return _written(seen, relations)


def _look(content: bytes, seen: dict[str, _Seen], relations: dict[str, None]) -> None:
    try:
        task = parse_json(content)
    except MalformedError:
        return
    data = task.get("data") if isinstance(task, dict) else None
    if not isinstance(data, dict):
        return
    for result in _results(task):
        kind, name = result.get("type"), result.get("from_name")
        if kind == "relation":
            relations.update(dict.fromkeys(map(str, result.get("labels") or ())))
        elif isinstance(kind, str) and isinstance(name, str):
            known = seen.setdefault(name, _Seen(kind, str(result.get("to_name", ""))))
            _note(known, result.get("value"), data)


def _results(task: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in ("annotations", "predictions", "drafts"):
        for one in task.get(name) or () if isinstance(task.get(name), list) else ():
            results = one.get("result") if isinstance(one, dict) else None
            for result in results if isinstance(results, list) else ():
                if isinstance(result, dict):
                    yield result


def _note(known: _Seen, value: Any, data: Mapping[str, Any]) -> None:  # noqa: ANN401  # JSON
    if not isinstance(value, Mapping):
        return
    named = value.get(known.type)
    if known.type == "taxonomy" and isinstance(named, list):
        for one in named:
            path = tuple(map(str, one)) if isinstance(one, list) else (str(one),)
            known.paths.update({path[: n + 1]: None for n in range(len(path))})
    elif isinstance(named, list):
        known.labels.update(dict.fromkeys(map(str, named)))
        known.most = max(known.most, len(named))
    elif isinstance(named, int):
        known.most = max(known.most, named)
    known.is_region |= "start" in value
    known.is_sound |= "channel" in value or isinstance(value.get("start"), float)
    if known.field is None:
        known.field = _field(known, value, data)


def _field(known: _Seen, value: Mapping[str, Any], data: Mapping[str, Any]) -> str | None:
    """Find what is shown: the field of the object's name, the marked text's, or the only one."""
    first = known.to_name.split(",")[0]
    if first in data:
        return first
    texts = [key for key, one in data.items() if isinstance(one, str)]
    said = value.get("text")
    if known.type == "labels" and isinstance(said, str):
        return next((key for key in texts if said in data[key]), None)
    if known.type == "ranker":
        return next((key for key, one in data.items() if isinstance(one, list)), None)
    return next((key for key in texts if _is_file(data[key]) == _of_file(known)), None)


def _is_file(text: str) -> bool:
    return text.startswith(("/", "http:", "https:", "s3:", "gs:", "data:"))


def _of_file(known: _Seen) -> bool:
    return known.is_sound or known.type.startswith(_OF_PICTURES)


def _written(seen: Mapping[str, _Seen], relations: Mapping[str, None]) -> str:
    lines = ["<View>"]
    shown: dict[str, None] = {}
    for name in dict.fromkeys(one.to_name for one in seen.values()):
        same = [one for one in seen.values() if one.to_name == name]
        for number, part in enumerate(name.split(",")):
            if part not in shown:
                shown[part] = None
                lines.append(_object(part, same, number))
    for name, one in seen.items():
        lines += _control(name, one)
    if relations:
        kinds = "".join(f'<Relation value="{escape(one)}"/>' for one in relations)
        lines.append(f"  <Relations>{kinds}</Relations>")
    return "\n".join([*lines, "</View>", ""])


def _object(name: str, controls: list[_Seen], number: int) -> str:
    tag = "Text"
    if any(one.type.startswith(_OF_PICTURES) for one in controls):
        tag = "Image"
    elif any(one.is_sound for one in controls):
        tag = "Audio"
    elif any(one.type == "ranker" for one in controls):
        tag = "List"
    elif any(one.type == "hypertextlabels" for one in controls):
        tag = "HyperText"
    fields = [one.field for one in controls if one.field]
    found = fields[0] if fields and number == 0 else name
    return f'  <{tag} name="{escape(name)}" value="${escape(found)}"/>'


def _control(name: str, one: _Seen) -> Iterator[str]:
    tag = _LABELLED.get(one.type) or _BARE.get(one.type) or "Unknown"
    head = f'<{tag} name="{escape(name)}" toName="{escape(one.to_name)}"'
    if one.type == "choices" and one.most > 1:
        head += ' choice="multiple"'
    if one.type == "rating":
        head += f' maxRating="{max(5, one.most)}"'
    if one.type == "textarea" and one.is_region:
        head += ' perRegion="true"'
    yield f"  {head}>"
    inner = "Choice" if one.type == "choices" else "Label"
    for label in one.labels if one.type in _LABELLED else ():
        yield f'    <{inner} value="{escape(label)}"/>'
    yield from _branches(list(one.paths), (), "    ")
    yield f"  </{tag}>"


def _branches(paths: list[tuple[str, ...]], above: tuple[str, ...], indent: str) -> Iterator[str]:
    for path in paths:
        if path[:-1] == above:
            yield f'{indent}<Choice value="{escape(path[-1])}">'
            yield from _branches(paths, path, indent + "  ")
            yield f"{indent}</Choice>"
