"""From marks to answers: which question a mark answers, by which of its labels, and what is left.

A label is found by its value, else by its title, else by either without regard to capitals. What
fits no question is counted, and told once at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.drawings.marks import Drawing, Mark, MarkKind
from fairhand.labels import registry, rle
from fairhand.labels.answers import Asked
from fairhand.labels.kind import AnswerContext, shown

_LIST: Final[Mapping[str, str]] = {"boxes": "boxes", "polygons": "polygons", "mask": "regions"}
_TOLD: Final = 5
_PLURAL: Final[Mapping[str, str]] = {
    "boxes": "boxes",
    "polygons": "outlines",
    "mask": "masks",
    "keypoints": "key points",
    "choice": "tags",
}

Size = tuple[int, int]


@dataclass(slots=True)
class Fitting:
    """Turns the marks of one picture after another into answers.

    `renamed` maps a file's names to ours; `kinds` are those that the whole source draws: a picture
    without a mark of such a kind says that nothing is there.
    """

    questions: Sequence[Asked]
    kinds: frozenset[MarkKind]
    renamed: Mapping[str, str] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    unasked: Counter[MarkKind] = field(default_factory=Counter)
    _names: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Learn the labels of each question."""
        for question in self.questions:
            self._names[question.name] = _spellings(question)

    def value(self, drawing: Drawing, size: Size, reasons: list[str]) -> dict[str, Any]:
        """Answer the questions that the marks answer; why any is left out goes to `reasons`."""
        if drawing.unmarked:
            return {}
        gathered: dict[str, list[tuple[str, Mark]]] = {}
        for mark in drawing.marks:
            found = self._place(mark)
            if found is not None:
                gathered.setdefault(found[0], []).append((found[1], found[2]))
        value: dict[str, Any] = {}
        for question in self.questions:
            marks = gathered.get(question.name, [])
            if not marks and (drawing.marks or not self._draws(question)):
                continue
            answer = _answer(question, marks, size, reasons)
            if answer is not None:
                value[question.name] = answer
        return value

    def issues(self, place: str) -> Iterator[Issue]:
        """Tell what fitted no question."""
        for name, many in sorted(self.unknown.items(), key=lambda pair: (-pair[1], pair[0])):
            told = f"{many:,} left out: {shown(name)} is no label here"
            yield Issue(place, f"{told}; name one of ours with --map {name[:60]}=OURS", "warning")
        for kind, many in sorted(self.unasked.items()):
            message = f"{many:,} {_PLURAL[kind]} left out: no question here asks for such"
            yield Issue(place, message, "warning")

    def _draws(self, question: Asked) -> bool:
        if question.kind not in _LIST:
            return False
        return not self.kinds or question.kind in {self._kind_here(kind) for kind in self.kinds}

    def _kind_here(self, kind: MarkKind) -> str:
        """Say as what a mark is taken: an outline as a box where only boxes are asked for."""
        if kind in ("polygons", "mask") and not self._asking(kind):
            return "boxes"
        return kind

    def _asking(self, kind: str) -> list[Asked]:
        return [question for question in self.questions if question.kind == kind]

    def _place(self, mark: Mark) -> tuple[str, str, Mark] | None:
        """Find question and label; None, counted, where there is none."""
        asking = self._asking(mark.kind)
        if not asking and mark.kind != "choice" and mark.box is not None:
            asking = self._asking("boxes")
            mark = Mark("boxes", mark.label, mark.box, mark.box, mark.score)
        if not asking:
            self.unasked[mark.kind] += 1
            return None
        if mark.kind == "keypoints":
            return self._thing(mark, asking)
        for question in asking:
            label = self._label(question, mark.label)
            if label is not None:
                return question.name, label, mark
        self.unknown[mark.label] += 1
        return None

    def _label(self, question: Asked, name: str) -> str | None:
        names = self._names[question.name]
        wanted = self.renamed.get(name, name)
        return names.get(wanted) or names.get(f"\n{wanted.casefold()}")

    def _thing(self, mark: Mark, asking: list[Asked]) -> tuple[str, str, Mark] | None:
        """Find the question of a thing with key points: by its name, else by its points."""
        wanted = self.renamed.get(mark.label, mark.label)
        named = [question for question in asking if question.name == wanted]
        for question in named or asking:
            points = [
                (label, *rest)
                for name, *rest in mark.shape
                if (label := self._label(question, name)) is not None
            ]
            if points and len(points) == len(mark.shape):
                return question.name, mark.label, Mark("keypoints", mark.label, tuple(points))
        self.unknown.update(
            name for name, *_ in mark.shape if all(self._label(q, name) is None for q in asking)
        )
        return None


def _spellings(question: Asked) -> dict[str, str]:
    """Map values, then titles, then both in small letters (behind a line break) to values.

    A spelling that would mean two labels means none.
    """
    labels = [one for one in question.config.get("labels", ()) if isinstance(one, Mapping)]
    values = {str(one.get("value")): str(one.get("value")) for one in labels}
    titles = _unique(
        (str(one.get("title", one.get("value"))), str(one.get("value"))) for one in labels
    )
    small = _unique(
        (f"\n{name.casefold()}", value) for name, value in [*values.items(), *titles.items()]
    )
    return {**small, **titles, **values}


def _unique(pairs: Iterator[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for name, value in pairs:
        found.setdefault(name, set()).add(value)
    return {name: next(iter(some)) for name, some in found.items() if len(some) == 1}


def _answer(question: Asked, marks: list[tuple[str, Mark]], size: Size, reasons: list[str]) -> Any:  # noqa: ANN401  # any answer
    if question.kind == "choice":
        labels = list(dict.fromkeys(label for label, _ in marks))
        return labels if question.config.get("multiple", False) or len(labels) > 1 else labels[0]
    if question.kind == "keypoints":
        return _pose(question, marks, size, reasons)
    things = [_thing(question.kind, label, mark, size, reasons) for label, mark in marks]
    good = _good(question, [one for one in things if one is not None], size, reasons)
    if question.kind == "mask" and not question.config.get("instances", False):
        good = _one_meaning(good, size, reasons)
    if marks and not good:
        return None
    answer = {"size": list(size), _LIST[question.kind]: good}
    return answer if good else {**answer, "nothing": True}


def _thing(
    kind: str, label: str, mark: Mark, size: Size, reasons: list[str]
) -> dict[str, Any] | None:
    if kind == "boxes":
        sides = [size[1], size[0], size[1], size[0]]
        inside = [_within(at, most) for at, most in zip(mark.shape, sides, strict=True)]
        if any(abs(one - other) >= 0.01 for one, other in zip(inside, mark.shape, strict=True)):
            reasons.append(f"a box of {shown(label)} reached beyond the picture and was cut")
        return {"label": label, "box": inside}
    if kind == "polygons":
        corners = _corners(mark.shape)
        points = [[_within(x, size[1]), _within(y, size[0])] for x, y in corners]
        if points != corners:
            reasons.append(f"an outline of {shown(label)} reached beyond the picture and was cut")
        return {"label": label, "points": points}
    return {"label": label, "counts": mark.shape}


def _corners(shape: Sequence[Sequence[float]]) -> list[list[float]]:
    """Leave out corners on the one before, and the first told again at the end."""
    kept: list[list[float]] = []
    for x, y in shape:
        at = [round(x, 2), round(y, 2)]
        if not kept or kept[-1] != at:
            kept.append(at)
    while len(kept) > 1 and kept[0] == kept[-1]:
        kept.pop()
    return kept


def _within(at: float, most: int) -> float:
    return min(max(at, 0), most)


def _good(
    question: Asked, things: list[dict[str, Any]], size: Size, reasons: list[str]
) -> list[dict[str, Any]]:
    """Keep the things that are valid by themselves, each once."""
    context, good = AnswerContext(size[1], size[0]), []
    seen: set[str] = set()
    for thing in things:
        answer = {"size": list(size), _LIST[question.kind]: [thing]}
        issues = registry.validate_answer(question.kind, question.config, answer, context)
        if issues:
            place = f"a {question.kind} mark of {shown(thing['label'])}"
            reasons.append(f"{place} is left out: it {issues[0].message}")
            continue
        key = repr(registry.normalise_answer(question.kind, question.config, answer))
        if key in seen:
            reasons.append(f"a mark of {shown(thing['label'])} is there twice; once is kept")
            continue
        seen.add(key)
        good.append(thing)
    return good


def _one_meaning(
    regions: list[dict[str, Any]], size: Size, reasons: list[str]
) -> list[dict[str, Any]]:
    """Join the regions of a label; a pixel of two labels stays with the first."""
    taken = np.zeros(size, bool)
    joined: dict[str, Any] = {}
    for region in regions:
        mask = rle.decode(region["counts"], *size)
        own = joined.setdefault(region["label"], np.zeros(size, bool))
        if (mask & taken & ~own).any():
            reasons.append(f"{shown(region['label'])} lies over another label; the first is kept")
        new = mask & ~taken
        own |= new
        taken |= new
    return [
        {"label": label, "counts": rle.encode(own)} for label, own in joined.items() if own.any()
    ]


def _pose(
    question: Asked, marks: list[tuple[str, Mark]], size: Size, reasons: list[str]
) -> dict[str, Any] | None:
    """Make one thing of the points; those that nothing is said of are absent."""
    whole = [mark for _, mark in marks if mark.label]
    if len(whole) > 1:
        reasons.append(
            f"{len(whole) - 1} more with key points left out: a picture holds one {question.name}"
        )
    chosen = whole[:1] or [mark for _, mark in marks]
    at: dict[str, dict[str, Any]] = {}
    for mark in chosen:
        for name, state, x, y in mark.shape:
            if name in at:
                reasons.append(f"the point {shown(name)} is there twice; the first is kept")
            elif state == "absent":
                at[name] = {"label": name, "state": state}
            else:
                at[name] = {"label": name, "state": state, "at": [x, y]}
    labels = [one["value"] for one in question.config["labels"]]
    points = [at.get(name, {"label": name, "state": "absent"}) for name in labels]
    answer = {"size": list(size), "points": points}
    context = AnswerContext(size[1], size[0])
    if issues := registry.validate_answer("keypoints", question.config, answer, context):
        reasons.append(f"key points are left out: {issues[0].place} {issues[0].message}")
        return None
    return answer


def check_map(pairs: Mapping[str, str], questions: Sequence[Asked]) -> None:
    """Raise MalformedError where a name is mapped to what no question has."""
    known = {name for question in questions for name in [question.name, *_spellings(question)]}
    for name, wanted in pairs.items():
        if not known & {wanted, f"\n{wanted.casefold()}"}:
            raise MalformedError(f"{shown(name)} is mapped to {shown(wanted)}, which is no label")


def told(reasons: list[str]) -> list[str]:
    """Give a few reasons, and how many more there are."""
    counted = Counter(reasons)
    lines = [
        reason if many == 1 else f"{many:,} times: {reason}" for reason, many in counted.items()
    ]
    return lines if len(lines) <= _TOLD else [*lines[:_TOLD], f"and {len(lines) - _TOLD} more"]
