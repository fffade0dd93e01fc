"""Questions that fit what a source holds: for a project that begins with somebody's files."""

from __future__ import annotations

from typing import Any, Final

from fairhand.formats.drawings.marks import KINDS, MarkKind, Skeleton, Survey
from fairhand.model.project import Question

_TITLES: Final[dict[MarkKind, str]] = {
    "boxes": "Draw a box around each thing",
    "polygons": "Outline each thing",
    "mask": "Paint each thing",
    "choice": "What does the picture show?",
}


def proposed(survey: Survey) -> tuple[Question, ...]:
    """Ask for each kind of mark there is; a kind of thing with key points is a question.

    Where labels are named and nothing is drawn yet, boxes are asked for.
    """
    found: list[Question] = []
    drawn = survey.labels or {"boxes": survey.named}
    for kind in KINDS:
        labels = [one for one in drawn.get(kind, {}) if one]
        if kind == "keypoints":
            found += [
                _pose(name or "points", skeleton)
                for name, skeleton in survey.skeletons.items()
                if skeleton.points and kind in survey.labels
            ]
        elif labels:
            config: dict[str, Any] = {"labels": [{"value": one} for one in labels]}
            if kind == "mask":
                config["instances"] = True
            if kind == "choice":
                config["multiple"] = True
            required = kind != "choice"
            found.append(Question(kind, kind, _TITLES[kind], config, required=required))
    if len(found) > 1:
        found = [Question(q.name, q.kind, q.title, q.config, required=False) for q in found]
    return tuple(found)


def _pose(name: str, skeleton: Skeleton) -> Question:
    config: dict[str, Any] = {"labels": [{"value": point} for point in skeleton.points]}
    if skeleton.bones:
        config["skeleton"] = [list(bone) for bone in skeleton.bones]
    return Question(name, "keypoints", f"Place the points: {name}", config)
