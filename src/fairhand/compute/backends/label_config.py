"""Our questions written as Label Studio's labelling configuration, and which control is whose.

A mask question becomes the controls a model may draw with (brush, polygon, rectangle) and the ones
a person may point with (key point, rectangle, both `smart`); all of them answer the one question.
A rating has a control for each criterion, timed speech one more for the stretches that are spoken.
What no control holds, or what a task does not show, has a reason in `left`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fairhand.compute.assistants.contract import AssistantError, Item
from fairhand.labels import registry
from fairhand.labels.label_set import label_values
from fairhand.labels.replies import (
    CONVERSATION,
    DOCUMENTS,
    REPLIES,
    read_conversation,
    read_documents,
    read_replies,
    read_titles,
)
from fairhand.labels.spans import COLUMN
from fairhand.model.label_studio.controls import Control, StudioConfig
from fairhand.model.label_studio.controls import Shown as Object
from fairhand.model.label_studio.write_config import (
    SHOWN_BY,
    TAGS,
    control_lines,
    relation_lines,
    tag,
)
from fairhand.model.project import Question

_TEXT_FIELDS = (COLUMN, "prompt", "question", "content")
_PAIR: Final = ("reply_1", "reply_2")
_LISTED: Final = "items"
_SORTS: Final = {"image": "pictures", "audio": "sounds", "text": "texts"}
_SPEECH: Final = "speech"
_NO_CONTROL: Final = "Label Studio has no control for it"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a task shows: its sort (image, audio, text), and the field of its data with it."""

    sort: str
    field: str


@dataclass(frozen=True, slots=True)
class LabelConfig:
    """The XML, the name of the shown object, and which question each control belongs to.

    `points` and `boxes` name, for a mask question, the controls that a person points with;
    `criteria` names, for a control of a rating, its criterion; `left` says of a question why it
    has no control. `studio` is the same as the rules of Label Studio's results take it.
    """

    xml: str
    shown: Shown
    object_name: str
    controls: Mapping[str, Question]
    points: Mapping[str, str]
    boxes: Mapping[str, str]
    criteria: Mapping[str, str]
    left: Mapping[str, str]
    studio: StudioConfig

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions that have a control, each once."""
        return tuple({one.name: one for one in self.controls.values()}.values())


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
    if read_replies(item.data.get(REPLIES)) or item.data.get(CONVERSATION):
        return Shown("text", COLUMN)
    raise AssistantError("This task has no text and no file to show to a backend.", hop="shape")


def shown_data(item: Item, config: LabelConfig) -> dict[str, Any]:
    """Give an item's data with what the objects of a configuration show, where it lacks that."""
    data, shown = dict(item.data), config.shown
    if shown.sort == "text" and shown.field not in data:
        turns = read_conversation(data.get(CONVERSATION))
        data[shown.field] = "\n".join(turn.text for turn in turns)
    replies = {
        one.id: one.text or "\n".join(turn.text for turn in one.turns)
        for one in read_replies(data.get(REPLIES))
    }
    kinds = {question.kind for question in config.questions}
    if "pairwise" in kinds:
        for name, text in zip(_PAIR, [*replies.values(), "", ""], strict=False):
            data.setdefault(name, text)
    if kinds & {"ranking", "relevance"}:
        titles = read_titles(data.get(DOCUMENTS))
        listed = replies or read_documents(data.get(DOCUMENTS))
        data.setdefault(
            _LISTED,
            [{"id": one, "title": titles.get(one, one), "body": listed[one]} for one in listed],
        )
    return data


def label_config(questions: Sequence[Question], shown: Shown) -> LabelConfig:
    """Write the configuration of these questions about tasks that show this."""
    writer = _Writer(shown, {question.name for question in questions})
    for question in questions:
        settings = registry.with_defaults(question.kind, question.config)
        writer.add(replace(question, config=_as_said(settings)))
    return writer.written(questions)


class _Writer:
    """Writes the controls of one question after another; a name is taken once."""

    def __init__(self, shown: Shown, taken: set[str]) -> None:
        self.shown, self.taken = shown, taken
        self.object_name = self._free(shown.sort)
        self.lines: list[str] = []
        self.objects: dict[str, str] = {}
        self.controls: dict[str, Question] = {}
        self.points: dict[str, str] = {}
        self.boxes: dict[str, str] = {}
        self.criteria: dict[str, str] = {}
        self.left: dict[str, str] = {}
        self.studio: dict[str, Control] = {}
        self._object(TAGS[shown.sort], self.object_name, shown.field)

    def add(self, question: Question) -> None:
        """Write the controls of a question, or say why it has none."""
        before = len(self.controls)
        if why := _unshown(question, self.shown):
            self.left[question.name] = why
        elif question.kind == "mask":
            self._mask(question)
        elif question.kind == "rating" and question.config["each"] == "task":
            self._rating(question)
        elif question.kind == "relevance":
            self._relevance(question)
        else:
            self._other(question)
        if len(self.controls) == before:
            self.left.setdefault(question.name, _NO_CONTROL)

    def written(self, questions: Sequence[Question]) -> LabelConfig:
        """Give the whole, with the questions as they were given."""
        asked = {one.name: one for one in questions}
        lines = [f"  {line}" for line in self.objects.values()] + self.lines
        lines += relation_lines([one for one in questions if one.name not in self.left])
        xml = "<View>\n" + "\n".join(lines) + "\n</View>\n"
        return LabelConfig(
            xml=xml,
            shown=self.shown,
            object_name=self.object_name,
            controls={name: asked[one.name] for name, one in self.controls.items()},
            points=self.points,
            boxes=self.boxes,
            criteria=self.criteria,
            left=self.left,
            studio=StudioConfig(xml, tuple(questions), self.studio, (), ()),
        )

    def _other(self, question: Question) -> None:
        """Write a question as projects are exported: one control."""
        pair = ",".join(_PAIR)
        lines = list(control_lines(question, self.object_name, pair=pair, listed=_LISTED))
        if not lines:
            return
        if question.kind == "pairwise":
            for name in _PAIR:
                self._object("Text", name, name)
        elif question.kind == "ranking":
            self._object("List", _LISTED, _LISTED)
        to = {"pairwise": pair, "ranking": _LISTED}.get(question.kind, self.object_name)
        self._take(question, question.name, lines[0].split()[0].lstrip("<"), lines, to)
        if question.kind == "transcript" and question.config["timed"]:
            self._labels("Labels", question, self._free(f"{question.name}-times"), [_SPEECH])

    def _mask(self, question: Question) -> None:
        labels = label_values(question.config)
        point = self.points[question.name] = self._free(f"{question.name}-point")
        box = self.boxes[question.name] = self._free(f"{question.name}-box")
        self._labels("BrushLabels", question, question.name, labels)
        self._labels("KeyPointLabels", question, point, labels, smart="true")
        self._labels("RectangleLabels", question, box, labels, smart="true")
        polygon = self._free(f"{question.name}-polygon")
        self._labels("PolygonLabels", question, polygon, labels)

    def _rating(self, question: Question) -> None:
        criteria = [str(one["name"]) for one in question.config["criteria"]]
        for name in criteria:
            control = question.name
            if len(criteria) > 1:
                control = self._free(f"{question.name}-{name}")
            self.criteria[control] = name
            written = {"name": control, "toName": self.object_name, "required": _needed(question)}
            steps = str(question.config["steps"])
            line = "  " + tag("Rating", **written, maxRating=steps, closed=True)
            self._take(question, control, "Rating", [line])

    def _relevance(self, question: Question) -> None:
        """Write grades as the buckets of a list that is sorted."""
        self._object("List", _LISTED, _LISTED)
        written = {"name": question.name, "toName": _LISTED, "required": _needed(question)}
        grades = [
            "    " + tag("Bucket", name=str(one["value"]), title=one["title"], closed=True)
            for one in question.config["grades"]
        ]
        lines = ["  " + tag("Ranker", **written), *grades, "  </Ranker>"]
        self._take(question, question.name, "Ranker", lines, _LISTED)

    def _labels(
        self, element: str, question: Question, name: str, labels: Sequence[str], **more: str
    ) -> None:
        colours = {one["value"]: one.get("color") for one in question.config.get("labels", ())}
        lines = ["  " + tag(element, name=name, toName=self.object_name, **more)]
        for label in labels:
            colour = {"background": colours[label]} if colours.get(label) else {}
            lines.append("    " + tag("Label", value=label, **colour, closed=True))
        self._take(question, name, element, [*lines, f"  </{element}>"])

    def _take(
        self, question: Question, name: str, element: str, lines: Sequence[str], to: str = ""
    ) -> None:
        self.controls[name] = question
        self.lines += lines
        self.studio[name] = Control(
            name,
            element,
            element.lower(),
            to or self.object_name,
            question.name,
            Object("", "", ""),
        )

    def _object(self, element: str, name: str, column: str) -> None:
        self.taken.add(name)
        self.objects[name] = tag(element, name=name, value=f"${column}", closed=True)

    def _free(self, name: str) -> str:
        """Find a name that no question or control has yet, and take it."""
        while name in self.taken:
            name += "-"
        self.taken.add(name)
        return name


def _needed(question: Question) -> str:
    return "true" if question.required else "false"


def _unshown(question: Question, shown: Shown) -> str | None:
    """Say why a question cannot be asked of what is shown; None when it can."""
    sort = SHOWN_BY.get(question.kind)
    if sort is not None and sort != shown.sort:
        return f"it is about {_SORTS[sort]}, and these tasks show {_SORTS[shown.sort]}"
    if question.kind == "spans" and (shown.sort, shown.field) != ("text", COLUMN):
        return f"it marks the column {COLUMN!r}, which the backend is not shown"
    if any(question.config.get(also) == "required" for also in ("reason", "edit", "passages")):
        return "people must also say why, where or better, and Label Studio has no place for that"
    return None


def _as_said(config: Mapping[str, Any]) -> dict[str, Any]:
    """Name labels by their values alone, in one level: what a model knows and answers with."""
    if "labels" not in config:
        return dict(config)
    kept = [{key: one[key] for key in ("value", "color") if key in one} for one in config["labels"]]
    return {**config, "labels": kept}
