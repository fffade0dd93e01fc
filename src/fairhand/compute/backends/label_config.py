"""Our questions written as Label Studio's labelling configuration, and which control is whose.

A mask question becomes the controls a model may draw with (brush, polygon, rectangle) and the ones
a person may point with (key point, rectangle, both `smart`); all of them answer the one question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from fairhand.compute.assistants.contract import AssistantError, Item
from fairhand.labels.label_set import label_values
from fairhand.model.project import Question

_OBJECTS = {"image": "Image", "audio": "Audio", "text": "Text"}
_TEXT_FIELDS = ("text", "prompt", "question", "content")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a task shows: its sort (image, audio, text), and the field of its data with it."""

    sort: str
    field: str


@dataclass(frozen=True, slots=True)
class LabelConfig:
    """The XML, the name of the shown object, and which question each control belongs to.

    `points` and `boxes` name, for a mask question, the controls that a person points with.
    """

    xml: str
    shown: Shown
    object_name: str
    controls: Mapping[str, Question]
    points: Mapping[str, str]
    boxes: Mapping[str, str]


def shown_of(item: Item, field: str | None = None) -> Shown:
    """Say what a task shows; `field` names the text where there are several.

    Raises AssistantError (`shape`) when there is nothing that Label Studio could show.
    """
    if item.media is not None or item.media_type is not None:
        sort = (item.media_type or "image/").partition("/")[0]
        if sort not in ("image", "audio"):
            raise AssistantError(
                f"A Label Studio backend is not shown files of type {item.media_type}.",
                hop="shape",
            )
        return Shown(sort, sort)
    texts = [name for name, value in item.data.items() if isinstance(value, str)]
    for name in (field, *_TEXT_FIELDS, *texts):
        if name is not None and name in texts:
            return Shown("text", name)
    raise AssistantError("This task has no text and no file to show to a backend.", hop="shape")


def label_config(questions: Sequence[Question], shown: Shown) -> LabelConfig:
    """Write the configuration of these questions about tasks that show this."""
    taken = {question.name for question in questions}
    object_name = _free(shown.sort, taken)
    controls: dict[str, Question] = {}
    points: dict[str, str] = {}
    boxes: dict[str, str] = {}
    parts = [_tag(_OBJECTS[shown.sort], name=object_name, value=f"${shown.field}") + "/>"]
    for question in questions:
        controls[question.name] = question
        if question.kind == "choice":
            parts.append(_choices(question, object_name))
        elif question.kind == "mask":
            points[question.name] = _free(f"{question.name}-point", taken)
            boxes[question.name] = _free(f"{question.name}-box", taken)
            polygon = _free(f"{question.name}-polygon", taken)
            parts += _masks(question, object_name, (points, boxes), polygon)
            for name in (points[question.name], boxes[question.name], polygon):
                controls[name] = question
    xml = "<View>\n  " + "\n  ".join(parts) + "\n</View>\n"
    return LabelConfig(xml, shown, object_name, controls, points, boxes)


def _choices(question: Question, object_name: str) -> str:
    config = question.config
    head = _tag(
        "Choices",
        name=question.name,
        toName=object_name,
        choice="multiple" if config.get("multiple") else "single",
        required="true" if question.required else "false",
    )
    inner = "".join(f"\n    {_tag('Choice', value=value)}/>" for value in label_values(config))
    return f"{head}>{inner}\n  </Choices>"


def _masks(
    question: Question,
    object_name: str,
    smart: tuple[Mapping[str, str], Mapping[str, str]],
    polygon: str,
) -> Iterator[str]:
    point, box = smart[0][question.name], smart[1][question.name]
    inner = "".join(f"\n    {_label(label)}/>" for label in question.config["labels"])
    for tag, name, more in (
        ("BrushLabels", question.name, {}),
        ("KeyPointLabels", point, {"smart": "true"}),
        ("RectangleLabels", box, {"smart": "true"}),
        ("PolygonLabels", polygon, {}),
    ):
        yield f"{_tag(tag, name=name, toName=object_name, **more)}>{inner}\n  </{tag}>"


def _label(label: Mapping[str, Any]) -> str:
    colour = {"background": label["color"]} if label.get("color") else {}
    return _tag("Label", value=label["value"], **colour)


def _tag(tag: str, **attributes: str) -> str:
    return " ".join([f"<{tag}", *(f'{name}="{escape(v)}"' for name, v in attributes.items())])


def _free(name: str, taken: set[str]) -> str:
    """Find a name that no question or control has yet, and take it."""
    while name in taken:
        name += "-"
    taken.add(name)
    return name
