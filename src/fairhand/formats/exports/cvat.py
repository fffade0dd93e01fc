"""CVAT XML 1.1 for images: boxes, polygons, masks, points and tags.

Masks are run lengths row by row inside their smallest box, beginning with a run of zeros; `points`
are key points, one element a point, those that are hidden `occluded`. The form is the one that
"CVAT for images 1.1" of CVAT's documentation describes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import quoteattr

import numpy as np

from fairhand.formats.exports.coco import rle_box
from fairhand.formats.exports.items import Item, Options, Report, Row, number, sized
from fairhand.formats.exports.voc import clean
from fairhand.labels import rle

FILE: Final = "annotations.xml"


def write(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write one `annotations.xml`, one picture at a time in memory."""
    report = Report(files=[FILE])
    with (folder / FILE).open("w", encoding="utf-8", newline="\n") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n')
        file.write("  <version>1.1</version>\n")
        for item in items:
            report.tasks += 1
            options.progress(report.tasks)
            size = next((one for row in item.rows if (one := sized(row.get("value")))), None)
            shapes = [line for row in item.rows for line in _shapes(row, report)]
            if size is None and not shapes:
                continue
            places = "" if size is None else f' width="{size[1]}" height="{size[0]}"'
            if item.split is not None:
                places = f" subset={quoteattr(clean(item.split))}{places}"
            name = quoteattr(clean(item.file_name()))
            file.write(f'  <image id="{item.task_id}" name={name}{places}>\n')
            file.writelines(f"    {line}\n" for line in shapes)
            file.write("  </image>\n")
            report.written += 1
        file.write("</annotations>\n")
    return report


def _shapes(row: Row, report: Report) -> Iterator[str]:
    value, kind = row.get("value"), row.get("kind")
    if kind == "choice":
        labels = value if isinstance(value, list) else [value]
        yield from (f"<tag label={_label(one)} source={_source(row)}></tag>" for one in labels)
        return
    if not isinstance(value, dict) or sized(value) is None:
        report.leave_out(f"an answer of the kind {kind}: CVAT for images does not hold it")
        return
    frame = f'source={_source(row)} occluded="{{}}" z_order="0"'
    for one in value.get("boxes", ()):
        left, top, right, bottom = (number(part) for part in one["box"])
        corners = f'xtl="{left}" ytl="{top}" xbr="{right}" ybr="{bottom}"'
        yield f"<box label={_label(one['label'])} {frame.format(0)} {corners}></box>"
    for one in value.get("polygons", ()):
        points = ";".join(f"{number(x)},{number(y)}" for x, y in one["points"])
        start = f"<polygon label={_label(one['label'])} {frame.format(0)}"
        yield f'{start} points="{points}"></polygon>'
    for one in value.get("regions", ()):
        yield _mask(one, value["size"], frame.format(0))
    for one in value.get("points", ()):
        if "at" not in one:
            report.leave_out("a key point that is absent: CVAT leaves it unsaid")
            continue
        x, y = one["at"]
        hidden = int(one["state"] == "hidden")
        start = f"<points label={_label(one['label'])} {frame.format(hidden)}"
        yield f'{start} points="{number(x)},{number(y)}"></points>'


def _mask(one: dict[str, Any], size: list[int], frame: str) -> str:
    runs = rle.text_to_runs(one["counts"], size[0], size[1])
    left, top, right, bottom = rle_box(runs, (size[0], size[1]))
    inside = rle.runs_to_mask(runs, size[0], size[1])[top:bottom, left:right].ravel()
    edges = np.flatnonzero(np.diff(inside.astype(np.int8))) + 1
    bounds = np.concatenate([[0], edges, [inside.size]])
    lengths = np.diff(bounds).tolist()
    if inside.size and inside[0]:
        lengths = [0, *lengths]
    text = ", ".join(map(str, lengths))
    box = f'left="{left}" top="{top}" width="{right - left}" height="{bottom - top}"'
    return f'<mask label={_label(one["label"])} {frame} rle="{text}" {box}></mask>'


def _label(label: Any) -> str:  # noqa: ANN401  # a label's value
    return quoteattr(clean(str(label)))


def _source(row: Row) -> str:
    return '"semi-auto"' if row.get("assisted") else '"manual"'
