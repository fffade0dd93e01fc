"""A labelling configuration (XML) becomes our questions; what does not fit is named, not dropped.

Reading is pure and gives the same for the same text, so the text alone is kept: whoever needs to
know which control is whose reads it again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from fairhand.core.errors import Issue, MalformedError
from fairhand.labels.kind import shown as quoted
from fairhand.labels.registry import validate_config, with_defaults
from fairhand.model.label_studio.controls import Control, Shown, StudioConfig
from fairhand.model.project import Question

MOST_XML: Final = 1_000_000
_MOST_ELEMENTS: Final = 20_000
_NAME_MOST: Final = 60
_COLOUR: Final = re.compile(r"#[0-9A-Fa-f]{6}")
_DRAWN: Final = {"Rectangle": "boxes", "Polygon": "polygons", "Brush": "mask",
                 "KeyPoint": "keypoints"}  # fmt: skip
_OBJECTS: Final = frozenset(
    "Image Text Audio AudioPlus HyperText Paragraphs List Video TimeSeries Table Chat Pdf".split()
)
_SOUNDS: Final = ("Audio", "AudioPlus")

Made = tuple[str, dict[str, Any], Mapping[str, tuple[str, ...]]]
"""The kind of a question, its config, and the paths of a taxonomy."""


def read_config(xml: str) -> StudioConfig:
    """Read a configuration; raises MalformedError where it is no XML of a labelling page."""
    root = _parse(xml)
    shown = {one.name: one for one in map(_shown_of, root.iter()) if one is not None}
    reader = _Reader(root, shown)
    reader.read()
    return StudioConfig(
        xml, tuple(reader.questions), reader.controls, tuple(shown.values()), tuple(reader.issues)
    )


def _parse(xml: str) -> Element:
    if len(xml) > MOST_XML:
        raise MalformedError(f"The labelling configuration is longer than {MOST_XML:,} characters.")
    try:
        root: Element = fromstring(xml, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError) as error:
        words = str(error)[:200] or type(error).__name__
        raise MalformedError(f"The labelling configuration is not XML: {words}.") from None
    if sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        raise MalformedError("The labelling configuration has too many elements.")
    return root


def _shown_of(element: Element) -> Shown | None:
    value = element.get("value") or element.get("valueList") or ""
    name = element.get("name")
    if element.tag not in _OBJECTS or not name:
        return None
    return Shown(name, element.tag, value.removeprefix("$"))


class _Reader:
    """Goes through the controls of a configuration once."""

    def __init__(self, root: Element, shown: Mapping[str, Shown]) -> None:
        self.root = root
        self.shown = shown
        self.questions: list[Question] = []
        self.controls: dict[str, Control] = {}
        self.issues: list[Issue] = []
        self._relations = [
            {"value": one.get("alias") or one.get("value") or ""}
            for one in root.iter("Relation")
            if one.get("value")
        ]

    def read(self) -> None:
        named = [one for one in self.root.iter() if one.get("name") and one.get("toName")]
        for element in named:
            name = str(element.get("name"))
            if name in self.controls:
                self._leave(element, "is there twice under one name")
            elif not self._is_label_of_drawing(element, named):
                self._take(element, named)
        if not self.questions and not self.issues:
            self.issues.append(Issue("label_config", "has no control that asks for an answer"))

    def _take(self, element: Element, named: list[Element]) -> None:
        to_name = str(element.get("toName"))
        shown = self.shown.get(to_name.split(",")[0])
        if shown is None:
            self._leave(element, f"is for {quoted(to_name)}, which is not shown")
            return
        labels = _labels_for(element, named)
        made = self._made(element, shown, labels)
        if isinstance(made, str):
            self._leave(element, made)
            return
        kind, config, paths = made
        name = str(element.get("name"))
        title = self._title(element) or name
        question = Question(
            name=_free(_as_name(name), {one.name for one in self.questions}),
            kind=kind,
            title=title[:200],
            config=with_defaults(kind, config),
            required=element.get("required") == "true",
            only_if=self._only_if(element),
        )
        if problems := validate_config(kind, question.config):
            self._leave(element, f"cannot be asked: {problems[0].place} {problems[0].message}")
            return
        self.questions.append(question)
        with_it = None if labels is element else str(labels.get("name"))
        self.controls[name] = Control(
            name, element.tag, _type_of(element), to_name, question.name, shown, with_it, paths
        )
        if with_it is not None:
            kind_of_label = _type_of(labels)
            self.controls[with_it] = Control(
                with_it, labels.tag, kind_of_label, to_name, question.name, shown, with_it
            )

    def _made(self, element: Element, shown: Shown, labels: Element) -> Made | str:
        """Say what a control becomes, or why it becomes nothing."""
        tag = element.tag
        make = _MAKERS.get(tag)
        if tag.removesuffix("Labels") in _DRAWN:
            return _drawn(element, shown, labels)
        if tag == "Labels":
            return _marked(element, shown, self._relations)
        if make is None:
            return "is of a kind that no question here can hold"
        return make(element, shown)

    def _only_if(self, element: Element) -> dict[str, Any] | None:
        """Read `visibleWhen`, where it hangs on a choice that comes earlier."""
        holder = element if element.get("visibleWhen") else self._above(element)
        if holder is None or holder.get("visibleWhen") != "choice-selected":
            return None
        control = self.controls.get(holder.get("whenTagName", ""))
        value = holder.get("whenChoiceValue")
        if control is None or not value or control.type != "choices":
            self.issues.append(
                Issue(str(element.get("name")), "is shown only sometimes, in a way not held here")
            )
            return None
        return {"question": control.question, "is": [one.strip() for one in value.split(",")]}

    def _above(self, element: Element) -> Element | None:
        for view in self.root.iter("View"):
            if view.get("visibleWhen") and any(one is element for one in view.iter()):
                return view
        return None

    def _title(self, element: Element) -> str:
        """Take the header that stands right before a control as its question."""
        before = ""
        for one in self.root.iter():
            if one is element:
                return before
            if one.tag == "Header":
                before = (one.get("value") or "").strip()
            elif one.get("toName") or one.tag in _OBJECTS:
                before = ""
        return ""

    def _is_label_of_drawing(self, element: Element, named: list[Element]) -> bool:
        if element.tag != "Labels":
            return False
        return any(
            one.tag in _DRAWN and one.get("toName") == element.get("toName") for one in named
        )

    def _leave(self, element: Element, why: str) -> None:
        place = f"label_config.{element.tag}"
        self.issues.append(Issue(place, f"{quoted(element.get('name'))} {why}", "warning"))


def _labels_for(element: Element, named: list[Element]) -> Element:
    """Find the labels of a control that only draws; others have their own."""
    if element.tag not in _DRAWN:
        return element
    same = (o for o in named if o.tag == "Labels" and o.get("toName") == element.get("toName"))
    return next(same, element)


def _drawn(element: Element, shown: Shown, labels: Element) -> Made | str:
    if shown.tag != "Image":
        return f"draws on {shown.tag}, and only pictures are drawn on here"
    kind = _DRAWN[element.tag.removesuffix("Labels")]
    found = _label_list(labels) or [{"value": str(element.get("name"))}]
    more: dict[str, Any] = {"instances": True} if kind == "mask" else {}
    return kind, {"labels": found, **more}, {}


def _marked(element: Element, shown: Shown, relations: list[dict[str, str]]) -> Made | str:
    labels = _label_list(element)
    if shown.tag == "Text":
        joined: dict[str, Any] = {"relations": relations} if relations else {}
        return "spans", {"labels": labels, "snap": False, **joined}, {}
    if shown.tag in _SOUNDS:
        return "segments", {"labels": labels}, {}
    return f"marks {shown.tag}, and only texts and sounds are marked here"


def _choices(element: Element, shown: Shown) -> Made | str:
    if element.get("perRegion") == "true" or element.get("perItem") == "true":
        return "is asked for each region, which no question here is"
    if element.get("value"):
        return "takes its choices from the data of each task"
    if any(list(one) for one in element.iter("Choice")):
        return "nests choices in choices; make it a Taxonomy"
    config: dict[str, Any] = {"labels": _label_list(element, "Choice")}
    if element.get("choice") == "multiple":
        config["multiple"] = True
    return "choice", config, {}


def _taxonomy(element: Element, shown: Shown) -> Made | str:
    if element.get("perRegion") == "true":
        return "is asked for each region, which no question here is"
    if element.get("value") or element.get("apiUrl"):
        return "takes its tree from elsewhere"
    paths = list(_paths(element, ()))
    ends = [path[-1] for path in paths]
    values = {path: path[-1] if ends.count(path[-1]) == 1 else " / ".join(path) for path in paths}
    labels: list[dict[str, Any]] = []
    for path in paths:
        label: dict[str, Any] = {"value": values[path], "title": path[-1]}
        if len(path) > 1:
            label["parent"] = values[path[:-1]]
        labels.append(label)
    config: dict[str, Any] = {"labels": labels}
    if element.get("maxUsages") != "1":
        config["multiple"] = True
    if element.get("leafsOnly") != "true":
        config["any_level"] = True
    return "choice", config, {value: path for path, value in values.items()}


def _paths(element: Element, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for one in element:
        if one.tag == "Choice":
            path = (*above, one.get("alias") or one.get("value") or "")
            yield path
            yield from _paths(one, path)


def _rating(element: Element, shown: Shown) -> Made | str:
    if element.get("perRegion") == "true":
        return "is asked for each region, which no question here is"
    most = element.get("maxRating", "5")
    if not (most.isascii() and most.isdigit() and 2 <= int(most[:3]) <= 11):
        return f"goes up to {quoted(most)}; a rating here has 2 to 11 steps"
    return "rating", {"criteria": [{"name": "rating"}], "steps": int(most)}, {}


def _writing(element: Element, shown: Shown) -> Made | str:
    is_sound = shown.tag in _SOUNDS
    if element.get("perRegion") == "true":
        if is_sound:
            return "transcript", {"timed": True}, {}
        return "is asked for each region, which no question here is"
    return ("transcript", {}, {}) if is_sound else ("text", {}, {})


def _pairwise(element: Element, shown: Shown) -> Made | str:
    if len(str(element.get("toName")).split(",")) != 2:
        return "does not compare two things"
    plain = {"strength": 1, "tie": False, "both_bad": False, "reason": "none", "edit": "none"}
    return "pairwise", plain, {}


def _ranker(element: Element, shown: Shown) -> Made | str:
    if shown.tag != "List":
        return f"ranks {shown.tag}, and only lists are ranked here"
    if any(one.tag == "Bucket" for one in element):
        return "sorts into buckets, which no question here does"
    return "ranking", {"mode": "full", "ties": False, "reason": "none"}, {}


_MAKERS: Final[dict[str, Callable[[Element, Shown], Made | str]]] = {
    "Choices": _choices,
    "Taxonomy": _taxonomy,
    "Rating": _rating,
    "TextArea": _writing,
    "Pairwise": _pairwise,
    "Ranker": _ranker,
}


def _label_list(element: Element, tag: str = "Label") -> list[dict[str, Any]]:
    """List labels with what we keep of them: value (or alias), title, key, colour."""
    taken: set[str] = set()
    labels: list[dict[str, Any]] = []
    for one in element.iter(tag):
        value = one.get("alias") or one.get("value") or ""
        label: dict[str, Any] = {"value": value}
        if one.get("alias") and one.get("value"):
            label["title"] = one.get("value")
        key = one.get("hotkey") or ""
        if len(key) == 1 and key.isprintable() and not key.isspace():
            if key.casefold() not in taken:
                label["key"] = key
            taken.add(key.casefold())
        if _COLOUR.fullmatch(colour := one.get("background") or ""):
            label["color"] = colour
        labels.append(label)
    return labels


def _type_of(element: Element) -> str:
    return str(element.tag).lower()


def _as_name(name: str) -> str:
    """Write a control's name like a variable, as questions are named."""
    made = re.sub(r"\W", "_", name)[:_NAME_MOST] or "question"
    return made if made.isidentifier() else f"q_{made}"[:_NAME_MOST]


def _free(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free in taken:
        free = f"{name[: _NAME_MOST - 4]}_{number}"
        number += 1
    return free
