"""Answers drawn at random, and the two ways between them and a foreign format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fairhand.core.errors import Issue
from fairhand.formats.exports.items import Options, Report, items_of
from fairhand.formats.exports.registry import format_of
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from fairhand.labels import rle
from fairhand.labels.registry import normalise_answer
from tests.rules.formats.reading import Asked, gradient, saved, split

HEIGHT, WIDTH = 24, 32
LABELS = ("cat", "dög 犬", 'a "b" & <c>')
POINTS = ("nose", "left ear", "尾")


def asked(kind: str, name: str | None = None, **config: Any) -> Asked:  # noqa: ANN401
    """A question of a kind with the labels of the tests."""
    labels = POINTS if kind == "keypoints" else LABELS
    return Asked(name or kind, kind, {"labels": [{"value": one} for one in labels], **config})


QUESTIONS = (
    asked("boxes"),
    asked("polygons"),
    asked("mask", instances=True),
    asked("keypoints", "pose"),
    asked("choice", multiple=True),
)
BY_NAME = {one.name: one for one in QUESTIONS}


@st.composite
def boxes(draw: st.DrawFn, step: int = 1) -> dict[str, Any]:
    """Boxes to hundredths of a pixel (or to `step` of them), the rim of the picture included."""
    found = {}
    for label in draw(st.lists(st.sampled_from(LABELS), max_size=6)):
        sides = [
            sorted(draw(st.lists(st.integers(0, most), min_size=2, max_size=2, unique=True)))
            for most in (WIDTH * 100 // step, HEIGHT * 100 // step)
        ]
        (left, right), (top, bottom) = sides
        box = [side * step / 100 for side in (left, top, right, bottom)]
        found[label, *box] = {"label": label, "box": box}
    return {"boxes": list(found.values())}


@st.composite
def polygons(draw: st.DrawFn) -> dict[str, Any]:
    """Triangles and quadrangles around a middle, so that none crosses itself."""
    found = {}
    for label in draw(st.lists(st.sampled_from(LABELS), max_size=4)):
        x, y = draw(st.integers(100, WIDTH * 100 - 100)), draw(st.integers(100, HEIGHT * 100 - 100))
        reach = st.integers(1, 100)
        corners = [(x - draw(reach), y), (x, y - draw(reach)), (x + draw(reach), y)]
        corners += [(x, y + draw(reach))] if draw(st.booleans()) else []
        found[label, *corners] = {
            "label": label,
            "points": [[across / 100, down / 100] for across, down in corners],
        }
    return {"polygons": list(found.values())}


@st.composite
def masks(draw: st.DrawFn) -> dict[str, Any]:
    """Masks of one pixel, of everything, and of noise."""
    found = {}
    for label in draw(st.lists(st.sampled_from(LABELS), max_size=3)):
        how = draw(st.sampled_from(["pixel", "all", "noise", "corner"]))
        mask = np.zeros((HEIGHT, WIDTH), bool)
        if how == "all":
            mask[:] = True
        elif how == "corner":
            mask[-1, -1] = mask[0, 0] = True
        elif how == "noise":
            mask = np.random.default_rng(draw(st.integers(0, 999))).random(mask.shape) < 0.3
        else:
            mask[draw(st.integers(0, HEIGHT - 1)), draw(st.integers(0, WIDTH - 1))] = True
        found[label, rle.encode(mask)] = {"label": label, "counts": rle.encode(mask)}
    return {"regions": list(found.values())}


@st.composite
def poses(draw: st.DrawFn) -> dict[str, Any]:
    """Every point visible, hidden or absent."""
    points: list[dict[str, Any]] = []
    for label in POINTS:
        state = draw(st.sampled_from(["visible", "hidden", "absent"]))
        one = {"label": label, "state": state}
        if state != "absent":
            at = [draw(st.integers(0, WIDTH * 100)), draw(st.integers(0, HEIGHT * 100))]
            one["at"] = [part / 100 for part in at]  # type: ignore[assignment]
        points.append(one)
    return {"points": points}


def answer(question: Asked, drawn: dict[str, Any]) -> dict[str, Any]:
    """Write what was drawn as the answer that is stored."""
    value = {"size": [HEIGHT, WIDTH], **drawn}
    if question.kind != "keypoints" and not any(drawn.values()):
        value["nothing"] = True
    stored: dict[str, Any] = normalise_answer(question.kind, question.config, value)
    return stored


def rows_of(answers: dict[str, Any], task: int = 1) -> list[dict[str, Any]]:
    """Make the rows of a release of one task's answers, by question."""
    return [
        {
            "task_id": task,
            "question": name,
            "kind": BY_NAME[name].kind,
            "value": value,
            "confidence": None,
            "data": {"file_name": f"in/ü {task}.png"},
            "media_sha256": "ab" * 32,
            "media_type": "image/png",
            "split": None,
        }
        for name, value in answers.items()
    ]


def written(name: str, tasks: list[dict[str, Any]], folder: Path) -> Report:
    """Export the answers of tasks, and lay their pictures beside."""
    rows = [row for task, one in enumerate(tasks, start=1) for row in rows_of(one, task)]
    labels = {one.name: tuple(x["value"] for x in one.config["labels"]) for one in QUESTIONS}
    report = format_of(name).load()(items_of(rows), folder, Options(labels=labels))
    place = folder / ("images/train/in" if name == "yolo" else "in")
    place.mkdir(parents=True, exist_ok=True)
    for task in range(1, len(tasks) + 1):
        pixels = gradient(HEIGHT, WIDTH)
        pixels[0, 0] = task
        (place / f"ü {task}.png").write_bytes(saved(pixels))
    return report


def read_back(
    folder: Path,
    *names: str,
    **options: Any,  # noqa: ANN401
) -> tuple[list[dict[str, Any]], list[Issue]]:
    """Read a folder with the questions of these names; give each task's proposed answers."""
    questions = [one for one in QUESTIONS if not names or one.name in names]
    tasks, issues = split(read_tasks(folder, ReadOptions(questions=questions, **options)))
    return [dict(one.predictions[0].value) if one.predictions else {} for one in tasks], issues
