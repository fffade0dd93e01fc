"""Our questions written as a labelling configuration, for projects that did not bring one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from fairhand.labels.label_set import parents_of
from fairhand.model.label_studio.config import read_config
from fairhand.model.label_studio.controls import StudioConfig
from fairhand.model.project import Question

SHOWN_BY: Final[Mapping[str, str]] = {
    "boxes": "image",
    "polygons": "image",
    "mask": "image",
    "keypoints": "image",
    "segments": "audio",
    "transcript": "audio",
}
DRAWN: Final = {
    "boxes": "RectangleLabels",
    "polygons": "PolygonLabels",
    "mask": "BrushLabels",
    "keypoints": "KeyPointLabels",
    "spans": "Labels",
    "segments": "Labels",
}
TAGS: Final = {"image": "Image", "audio": "Audio", "text": "Text"}


def write_config(questions: Sequence[Question], media_type: str | None = None) -> StudioConfig:
    """Write the questions as a configuration and read it; some kinds it cannot hold at all.

    `media_type` is what the project's tasks show, where that is known.
    """
    shown = _shown(questions, media_type)
    lines = [f'  <{TAGS[shown]} name="shown" value="${shown}"/>']
    if any(one.kind == "pairwise" for one in questions):
        lines.append('  <Text name="shown2" value="$text2"/>')
    if any(one.kind == "ranking" for one in questions):
        lines.append('  <List name="listed" value="$items"/>')
    for question in questions:
        lines += _control(question)
    lines += relation_lines(questions)
    xml = "<View>\n" + "\n".join(lines) + "\n</View>\n"
    found = read_config(xml)
    return StudioConfig(xml, tuple(questions), found.controls, found.shown, found.issues)


def current_config(
    xml: str | None, questions: Sequence[Question], media_type: str | None = None
) -> StudioConfig:
    """Take a configuration as it came while its questions are those asked now; else write one."""
    if xml:
        found = read_config(xml)
        mine = {one.name: one.kind for one in questions}
        if all(mine.get(one.name) == one.kind for one in found.questions) and len(mine) == len(
            found.questions
        ):
            return StudioConfig(xml, tuple(questions), found.controls, found.shown, found.issues)
    return write_config(questions, media_type)


def _shown(questions: Sequence[Question], media_type: str | None) -> str:
    for question in questions:
        if question.kind in SHOWN_BY:
            return SHOWN_BY[question.kind]
    sort = (media_type or "text").partition("/")[0]
    return sort if sort in TAGS else "text"


def _control(question: Question) -> Iterator[str]:
    yield "  " + tag("Header", value=question.title, closed=True)
    yield from control_lines(question, "shown", pair="shown,shown2", listed="listed")


def control_lines(question: Question, to: str, *, pair: str, listed: str) -> Iterator[str]:
    """Write the control of a question about the object `to`; nothing where there is none.

    `pair` names the two objects of a comparison, `listed` the list that is ranked.
    """
    name, config = question.name, question.config
    required = "true" if question.required else "false"
    common = {"name": name, "toName": to, "required": required}
    if question.kind == "choice":
        yield from _choice(config, common)
    elif question.kind in DRAWN:
        yield "  " + tag(DRAWN[question.kind], **common)
        yield from ("    " + _label(one) for one in config["labels"])
        yield f"  </{DRAWN[question.kind]}>"
    elif question.kind == "rating" and len(config["criteria"]) == 1 and config["each"] == "task":
        yield "  " + tag("Rating", **common, maxRating=str(config["steps"]), closed=True)
    elif question.kind == "text":
        yield "  " + tag("TextArea", **common, closed=True)
    elif question.kind == "transcript":
        per = {"perRegion": "true"} if config.get("timed") else {}
        yield "  " + tag("TextArea", **common, **per, closed=True)
    elif question.kind == "pairwise":
        yield "  " + tag("Pairwise", **{**common, "toName": pair}, closed=True)
    elif question.kind == "ranking" and config.get("mode", "full") == "full":
        yield "  " + tag("Ranker", **{**common, "toName": listed}, closed=True)


def _choice(config: Mapping[str, Any], common: Mapping[str, str]) -> Iterator[str]:
    parents = parents_of(config)
    several = bool(config.get("multiple"))
    if not parents:
        choice = "multiple" if several else "single"
        yield "  " + tag("Choices", **common, choice=choice)
        for one in config["labels"]:
            yield "    " + _label(one, "Choice")
        yield "  </Choices>"
        return
    more = {} if several else {"maxUsages": "1"}
    leafs = "false" if config.get("any_level") else "true"
    yield "  " + tag("Taxonomy", **common, **more, leafsOnly=leafs)
    tops = [one for one in config["labels"] if one["value"] not in parents]
    for top in tops:
        yield from _branch(top, config["labels"], parents, "    ")
    yield "  </Taxonomy>"


def _branch(
    label: Mapping[str, Any],
    labels: Sequence[Mapping[str, Any]],
    parents: Mapping[str, str],
    indent: str,
) -> Iterator[str]:
    below = [one for one in labels if parents.get(one["value"]) == label["value"]]
    yield indent + tag("Choice", value=label["value"], closed=not below)
    for one in below:
        yield from _branch(one, labels, parents, indent + "  ")
    if below:
        yield indent + "</Choice>"


def relation_lines(questions: Sequence[Question]) -> Iterator[str]:
    """Write the relations of all questions once: Label Studio has one list for a page."""
    named = [one["value"] for each in questions for one in each.config.get("relations") or ()]
    if named:
        yield "  <Relations>"
        yield from (
            "    " + tag("Relation", value=one, closed=True) for one in dict.fromkeys(named)
        )
        yield "  </Relations>"


def _label(label: Mapping[str, Any], name: str = "Label") -> str:
    more: dict[str, str] = {}
    if label.get("title", label["value"]) != label["value"]:
        more["alias"] = label["value"]
    if label.get("key"):
        more["hotkey"] = label["key"]
    if label.get("color") and name == "Label":
        more["background"] = label["color"]
    return tag(name, value=label.get("title", label["value"]), **more, closed=True)


def tag(element: str, *, closed: object = False, **attributes: Any) -> str:  # noqa: ANN401  # texts
    """Write a tag with its attributes."""
    words = [f"<{element}", *(f'{name}="{escape(str(said))}"' for name, said in attributes.items())]
    return " ".join(words) + ("/>" if closed else ">")
