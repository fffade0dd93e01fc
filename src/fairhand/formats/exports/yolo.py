"""YOLO as Ultralytics reads it: one text file a picture, and `data.yaml`.

A line of a box is `class x y width height`, of an outline `class x1 y1 x2 y2 ...`, of a thing with
key points its box and then `x y state` each; all parts of the picture's width and height from 0 to
1, the middle of a box and not its corner. One kind of answer an export: a file that mixes boxes and
outlines is read as outlines alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from fairhand.core.errors import InvalidError
from fairhand.formats.exports.items import Classes, Item, Options, Report, Row, sized
from fairhand.formats.exports.paths import Paths

DATA: Final = "data.yaml"
_SPLITS: Final = {"train": "train", "validation": "val", "test": "test", None: "train"}
_KINDS: Final = frozenset({"boxes", "polygons", "keypoints"})
_NUMBERED: Final = frozenset({"boxes", "polygons"})
_STATES: Final = {"absent": 0, "hidden": 1, "visible": 2}


def write(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `labels/SPLIT/NAME.txt` for each picture, an empty file where nothing is; data.yaml."""
    report, names = Report(files=[DATA]), Classes()
    paths = Paths(folder, ".txt", report)
    splits: set[str] = set()
    poses: dict[str, Sequence[str]] = {}
    kind: str | None = None
    for item in items:
        report.tasks += 1
        options.progress(report.tasks)
        rows = [row for row in item.rows if row.get("kind") in _KINDS and sized(row.get("value"))]
        left = len(item.rows) - len(rows)
        if left:
            report.leave_out("an answer that is neither boxes, polygons nor key points", left)
        if not rows:
            continue
        kinds = {str(row["kind"]) for row in rows} | ({kind} if kind else set())
        if len(kinds) > 1:
            message = (
                f"This release has {' and '.join(sorted(kinds))}; name the question to export."
            )
            raise InvalidError(message, code="several_kinds")
        kind = kinds.pop()
        split = _SPLITS.get(item.split, str(item.split))
        splits.add(split)
        names.meet(options, rows, _NUMBERED)
        _meet_poses(rows, poses, options)
        path = paths.of(item, f"labels/{split}")
        lines = [line for row in rows for line in _lines(row, names, poses)]
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        report.written += 1
    paths.close()
    (folder / DATA).write_text(_data(names, splits, poses), "utf-8")
    return report


def _meet_poses(rows: Sequence[Row], poses: dict[str, Sequence[str]], options: Options) -> None:
    """Learn the points of each question; one file holds poses of one number of points."""
    for row in rows:
        if row.get("kind") == "keypoints":
            name, value = str(row.get("question")), row["value"]
            order = options.labels.get(name) or [one["label"] for one in value["points"]]
            poses.setdefault(name, order)
    if len({len(points) for points in poses.values()}) > 1:
        message = "The questions have different numbers of key points; name the one to export."
        raise InvalidError(message, code="several_kinds")


def _lines(row: Row, names: Classes, poses: Mapping[str, Sequence[str]]) -> Iterator[str]:
    value: Any = row["value"]
    height, width = value["size"]
    if row["kind"] == "keypoints":
        name = str(row.get("question"))
        yield _line(name, _pose(value, poses[name]), names)
    for one in value.get("boxes", ()):
        left, top, right, bottom = one["box"]
        parts = (
            (left + right) / 2 / width,
            (top + bottom) / 2 / height,
            (right - left) / width,
            (bottom - top) / height,
        )
        yield _line(one["label"], parts, names)
    for one in value.get("polygons", ()):
        parts = tuple(
            part / side for x, y in one["points"] for part, side in ((x, width), (y, height))
        )
        yield _line(one["label"], parts, names)


def _pose(value: Any, order: Sequence[str]) -> tuple[float, ...]:  # noqa: ANN401
    height, width = value["size"]
    at = {one["label"]: one for one in value["points"]}
    points: list[float] = []
    for label in order:
        one = at.get(label, {"state": "absent"})
        x, y = one.get("at", (0, 0))
        points += [x / width, y / height, _STATES[one["state"]]]
    seen = [one["at"] for one in at.values() if "at" in one] or [(0, 0)]
    across, down = [x / width for x, _ in seen], [y / height for _, y in seen]
    left, right, top, bottom = min(across), max(across), min(down), max(down)
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top, *points


def _line(label: str, parts: tuple[float, ...], names: Classes) -> str:
    number = names.of(label)
    return " ".join([str(number), *(f"{part:.8f}" for part in parts)])


def _data(names: Classes, splits: set[str], poses: Mapping[str, Sequence[str]]) -> str:
    """Name the folders and the classes; JSON strings are YAML strings."""
    lines = ["path: ."]
    lines += [f"{name}: images/{name}" for name in ("train", "val", "test") if name in splits]
    others = sorted(splits - {"train", "val", "test"})
    lines += [f"{orjson.dumps(name).decode()}: images/{name}" for name in others]
    if poses:
        lines.append(f"kpt_shape: [{max(len(points) for points in poses.values())}, 3]")
    lines.append("names:")
    lines += [
        f"  {number}: {orjson.dumps(name).decode()}" for name, number in names.numbers.items()
    ]
    lines += ["kpt_names:"] if poses else []
    lines += [
        f"  {names.of(name)}: {orjson.dumps(list(points)).decode()}"
        for name, points in poses.items()
    ]
    return "\n".join(lines) + "\n"
