"""YOLO as Ultralytics reads it: one text file a picture, and `data.yaml`.

A line of a box is `class x y width height`, of an outline `class x1 y1 x2 y2 ...`, all parts of the
picture's width and height from 0 to 1, the middle of a box and not its corner. One kind of answer
an export: a file that mixes boxes and outlines is read as outlines alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from fairhand.core.errors import InvalidError
from fairhand.formats.exports.items import Classes, Item, Options, Report, Row, new_path, sized

DATA: Final = "data.yaml"
_SPLITS: Final = {"train": "train", "validation": "val", "test": "test", None: "train"}
_KINDS: Final = frozenset({"boxes", "polygons"})


def write(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `labels/SPLIT/NAME.txt` for each picture, an empty file where nothing is; data.yaml."""
    report, names = Report(files=[DATA]), Classes()
    splits: set[str] = set()
    kind: str | None = None
    for item in items:
        report.tasks += 1
        options.progress(report.tasks)
        rows = [row for row in item.rows if row.get("kind") in _KINDS and sized(row.get("value"))]
        left = len(item.rows) - len(rows)
        if left:
            report.leave_out("an answer that is neither boxes nor polygons", left)
        if not rows:
            continue
        kinds = {str(row["kind"]) for row in rows} | ({kind} if kind else set())
        if len(kinds) > 1:
            message = "This release has boxes and polygons; name the question to export."
            raise InvalidError(message, code="several_kinds")
        kind = kinds.pop()
        split = _SPLITS.get(item.split, str(item.split))
        splits.add(split)
        names.meet(options, rows, _KINDS)
        path = new_path(folder / "labels" / split, item, ".txt")
        lines = [line for row in rows for line in _lines(row, names)]
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        report.written += 1
    (folder / DATA).write_text(_data(names, splits), "utf-8")
    return report


def _lines(row: Row, names: Classes) -> Iterator[str]:
    value: Any = row["value"]
    height, width = value["size"]
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


def _line(label: str, parts: tuple[float, ...], names: Classes) -> str:
    number = names.of(label)
    return " ".join([str(number), *(f"{part:.8f}" for part in parts)])


def _data(names: Classes, splits: set[str]) -> str:
    """Name the folders and the classes; JSON strings are YAML strings."""
    lines = ["path: ."]
    lines += [f"{name}: images/{name}" for name in ("train", "val", "test") if name in splits]
    others = sorted(splits - {"train", "val", "test"})
    lines += [f"{orjson.dumps(name).decode()}: images/{name}" for name in others]
    lines.append("names:")
    lines += [
        f"  {number}: {orjson.dumps(name).decode()}" for name, number in names.numbers.items()
    ]
    return "\n".join(lines) + "\n"
