"""Pascal VOC: one XML file a picture with its boxes, and a list a split of whose it is.

Coordinates are whole pixels counted from 1, both ends inside, as in the VOC 2012 development kit;
boxes are rounded to them, and how many were is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from fairhand.formats.exports.items import Item, Options, Report, sized
from fairhand.formats.exports.paths import Paths

FOLDER: Final = "Annotations"
SETS: Final = "ImageSets/Main"


def write(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `Annotations/NAME.xml` for each picture that boxes were asked about."""
    report = Report(files=[FOLDER])
    paths = Paths(folder, ".xml", report)
    sets: dict[str, list[str]] = {}
    for item in items:
        report.tasks += 1
        options.progress(report.tasks)
        rows = [row for row in item.rows if row.get("kind") == "boxes"]
        if left := len(item.rows) - len(rows):
            report.leave_out("an answer that is no boxes", left)
        size = next((one for row in rows if (one := sized(row.get("value")))), None)
        if size is None:
            continue
        root = _head(item, size)
        for row in rows:
            for one in row["value"]["boxes"]:
                _object(root, one, size, report)
        path = paths.of(item, FOLDER)
        indent(root)
        ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
        report.written += 1
        if item.split is not None:
            own = path.relative_to(folder / FOLDER).with_suffix("").as_posix()
            sets.setdefault(item.split, []).append(f"{own}\n")
    paths.close()
    _write_sets(sets, folder, report)
    return report


def _write_sets(sets: Mapping[str, Sequence[str]], folder: Path, report: Report) -> None:
    """Write the names of each split, one a line, as the development kit has them."""
    if sets:
        (folder / SETS).mkdir(parents=True)
        report.files.append(SETS)
    for split, names in sets.items():
        (folder / SETS / f"{split}.txt").write_text("".join(names), "utf-8", newline="\n")


def _head(item: Item, size: tuple[int, int]) -> Element:
    root, name = Element("annotation"), Path(item.file_name())
    SubElement(root, "folder").text = name.parent.as_posix()
    SubElement(root, "filename").text = clean(name.name)
    picture = SubElement(root, "size")
    for what, number in (("width", size[1]), ("height", size[0]), ("depth", 3)):
        SubElement(picture, what).text = str(number)
    SubElement(root, "segmented").text = "0"
    return root


def _object(root: Element, one: Any, size: tuple[int, int], report: Report) -> None:  # noqa: ANN401
    left, top, right, bottom = one["box"]
    if any(part != int(part) for part in one["box"]):
        report.leave_out("parts of pixels: VOC keeps whole ones")
    thing = SubElement(root, "object")
    SubElement(thing, "name").text = clean(one["label"])
    for what, word in (("pose", "Unspecified"), ("truncated", "0"), ("difficult", "0")):
        SubElement(thing, what).text = word
    box = SubElement(thing, "bndbox")
    edges = {
        "xmin": min(round(left) + 1, size[1]),
        "ymin": min(round(top) + 1, size[0]),
        "xmax": max(round(right), round(left) + 1),
        "ymax": max(round(bottom), round(top) + 1),
    }
    for what, number in edges.items():
        SubElement(box, what).text = str(number)


def clean(text: str) -> str:
    """Leave out what XML 1.0 cannot hold: control characters and surrogates."""
    return "".join(char for char in text if char in "\t\n\r" or _fits(ord(char)))


def _fits(code: int) -> bool:
    return 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
