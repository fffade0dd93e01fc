"""COCO: boxes, polygons, masks and key points of pictures in one JSON file.

Shapes as in the data format of the COCO data set (cocodataset.org, "Data format"): boxes are
[x, y, width, height] in pixels, masks compressed run lengths column by column, a mask of its own
`iscrowd` 0 with `segmentation` as run lengths, which pycocotools reads. Coordinates keep their
hundredths. Choices of a picture have no place in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final

import numpy as np
import orjson

from fairhand.formats.exports.items import (
    Classes,
    Item,
    Options,
    Report,
    Row,
    number,
    sized,
)
from fairhand.labels import rle

FILE: Final = "annotations.json"
_VISIBILITY: Final = {"absent": 0, "hidden": 1, "visible": 2}
_DRAWN: Final = frozenset({"boxes", "polygons", "mask"})


def write(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write one `annotations.json`; bounded memory: annotations wait in a temporary file."""
    report, names, points = Report(files=[FILE]), Classes(1), dict[str, Sequence[str]]()
    with TemporaryFile() as waiting, (folder / FILE).open("wb") as file:
        file.write(b'{"images":[')
        for item in items:
            report.tasks += 1
            options.progress(report.tasks)
            names.meet(options, item.rows, _DRAWN)
            found = [
                one for row in item.rows for one in _shapes(row, names, points, options, report)
            ]
            size = next((one for row in item.rows if (one := sized(row.get("value")))), None)
            if size is None:
                report.leave_out("a task without anything drawn on a picture")
                continue
            file.write(b",\n" if report.written else b"\n")
            file.write(orjson.dumps(_image(item, size)))
            report.written += 1
            _wait(waiting, found, item.task_id)
        file.write(b'],\n"annotations":[')
        _copy(waiting, file)
        categories = [_category(name, key, points) for name, key in names.numbers.items()]
        file.write(b'],\n"categories":' + orjson.dumps(categories) + b"}\n")
    return report


def _image(item: Item, size: tuple[int, int]) -> dict[str, Any]:
    about = {
        "id": item.task_id,
        "file_name": item.file_name(),
        "height": size[0],
        "width": size[1],
        "sha256": item.sha256,
    }
    return about if item.split is None else about | {"split": item.split}


def _category(name: str, key: int, points: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    plain = {"id": key, "name": name, "supercategory": ""}
    return {**plain, "keypoints": list(points[name]), "skeleton": []} if name in points else plain


def _wait(waiting: IO[bytes], found: Sequence[dict[str, Any]], image: int) -> None:
    for one in found:
        waiting.write(orjson.dumps({**one, "image_id": image}) + b"\n")


def _copy(waiting: IO[bytes], file: IO[bytes]) -> None:
    """Number the annotations as they go into their place."""
    waiting.seek(0)
    for key, line in enumerate(waiting, start=1):
        file.write(b",\n" if key > 1 else b"\n")
        file.write(b'{"id":%d,' % key + line.rstrip(b"\n").removeprefix(b"{"))


def _shapes(
    row: Row,
    names: Classes,
    points: dict[str, Sequence[str]],
    options: Options,
    report: Report,
) -> Iterator[dict[str, Any]]:
    value, kind = row.get("value"), row.get("kind")
    size = sized(value)
    if not isinstance(value, Mapping) or size is None:
        report.leave_out(f"an answer of the kind {kind}: COCO holds what is drawn on pictures")
        return
    more = {"score": number(row["confidence"])} if row.get("confidence") is not None else {}
    if kind == "boxes":
        for one in value["boxes"]:
            left, top, right, bottom = one["box"]
            yield _box(names.of(one["label"]), left, top, right - left, bottom - top) | more
    elif kind == "polygons":
        for one in value["polygons"]:
            yield _polygon(names.of(one["label"]), one["points"]) | more
    elif kind == "mask":
        for one in value["regions"]:
            yield _mask(names.of(one["label"]), one["counts"], size) | more
    elif kind == "keypoints":
        name = str(row.get("question"))
        order = points.setdefault(name, options.labels.get(name) or _order(value))
        yield from _keypoints(name, order, value, names, more)
    else:
        report.leave_out(f"an answer of the kind {kind}: COCO holds what is drawn on pictures")


def _box(category: int, x: float, y: float, width: float, height: float) -> dict[str, Any]:
    return {
        "category_id": category,
        "bbox": [number(part) for part in (x, y, width, height)],
        "area": number(width * height),
        "iscrowd": 0,
        "segmentation": [],
    }


def _polygon(category: int, corners: Sequence[Sequence[float]]) -> dict[str, Any]:
    across, down = [one[0] for one in corners], [one[1] for one in corners]
    box = [min(across), min(down), max(across) - min(across), max(down) - min(down)]
    following = [*corners[1:], corners[0]]
    twice = sum(
        one[0] * two[1] - two[0] * one[1] for one, two in zip(corners, following, strict=True)
    )
    flat = [number(part) for one in corners for part in one]
    return {
        "category_id": category,
        "bbox": [number(part) for part in box],
        "area": number(abs(twice) / 2),
        "iscrowd": 0,
        "segmentation": [flat],
    }


def _mask(category: int, counts: str, size: tuple[int, int]) -> dict[str, Any]:
    runs = rle.text_to_runs(counts, *size)
    left, top, right, bottom = rle_box(runs, size)
    return {
        "category_id": category,
        "bbox": [left, top, right - left, bottom - top],
        "area": rle.area(runs),
        "iscrowd": 0,
        "segmentation": {"size": list(size), "counts": counts},
    }


def rle_box(runs: rle.Runs, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The smallest box around the pixels inside: left, top, right, bottom; zeros when none."""
    mask = rle.runs_to_mask(runs, *size)
    down, across = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(down):
        return 0, 0, 0, 0
    return int(across[0]), int(down[0]), int(across[-1]) + 1, int(down[-1]) + 1


def _order(value: Mapping[str, Any]) -> list[str]:
    return [one["label"] for one in value["points"]]


def _keypoints(
    name: str,
    order: Sequence[str],
    value: Mapping[str, Any],
    names: Classes,
    more: Mapping[str, Any],
) -> Iterator[dict[str, Any]]:
    """One thing a picture, named as its question; a point that is absent is (0, 0, 0)."""
    at = {one["label"]: one for one in value["points"]}
    flat: list[float | int] = []
    for label in order:
        one = at.get(label, {"state": "absent"})
        x, y = one.get("at", (0, 0))
        flat += [number(x), number(y), _VISIBILITY[one["state"]]]
    seen = [one["at"] for one in at.values() if "at" in one] or [(0, 0)]
    across, down = [one[0] for one in seen], [one[1] for one in seen]
    width, height = max(across) - min(across), max(down) - min(down)
    yield {
        **_box(names.of(name), min(across), min(down), width, height),
        "keypoints": flat,
        "num_keypoints": sum(state > 0 for state in flat[2::3]),
        **more,
    }
