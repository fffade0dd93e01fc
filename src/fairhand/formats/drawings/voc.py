"""Pascal VOC: one XML file a picture, boxes in pixels counted from 1, both ends inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final
from xml.etree.ElementTree import Element

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.drawings.files import MAX_TEXT, Files
from fairhand.formats.drawings.marks import Drawing, Mark, Survey
from fairhand.formats.drawings.values import finite, side, text_of
from fairhand.formats.drawings.xml_text import elements
from fairhand.formats.options import ReadOptions

_WANTED: Final = frozenset({"folder", "filename", "size", "object"})


@dataclass(slots=True)
class Voc:
    """The XML files of a folder or an archive."""

    files: Files
    names: Sequence[str]
    options: ReadOptions

    def survey(self) -> Survey:
        """Gather the names of the boxes."""
        found = Survey({"boxes": {}})
        for one in self.drawings():
            if isinstance(one, Drawing):
                for mark in one.marks:
                    found.meet(mark)
        return found

    def drawings(self) -> Iterator[Drawing | Issue]:
        """Yield the picture of each file."""
        for name in self.names:
            issues: list[Issue] = []
            try:
                drawing = _read(self.files, name, issues)
            except MalformedError as error:
                yield Issue(name, error.message)
                continue
            yield from issues
            yield drawing


def _read(files: Files, name: str, issues: list[Issue]) -> Drawing:
    folder, file_name = "", ""
    marks: list[Mark] = []
    size: tuple[int, int] | None = None
    with files.plain(name) as file:
        if file.seek(0, 2) > MAX_TEXT:
            raise MalformedError(f"is larger than {MAX_TEXT} bytes")
        file.seek(0)
        for element in elements(file, _WANTED):
            if element.tag == "folder":
                folder = (element.text or "").strip()
            elif element.tag == "filename":
                file_name = text_of(element.text, "a filename")
            elif element.tag == "size":
                size = _size(element)
            elif element.tag == "object":
                _meet(element, name, marks, issues)
            elif element.tag != "annotation":
                raise MalformedError("is no Pascal VOC file: it does not begin with annotation")
    if not file_name:
        raise MalformedError("names no picture in filename")
    called, near = _called(name, folder, file_name, files)
    return Drawing(name, called, tuple(marks), size, beside=name, picture=near)


def _meet(element: Element, name: str, marks: list[Mark], issues: list[Issue]) -> None:
    try:
        marks.append(_mark(element))
    except MalformedError as error:
        place = f"{name} object {len(marks) + len(issues) + 1}"
        issues.append(Issue(place, f"{error.message}; it is left out", "warning"))


def _mark(element: Element) -> Mark:
    label = text_of(element.findtext("name"), "a name")
    box = element.find("bndbox")
    if box is None:
        raise MalformedError("has no bndbox")
    left, top, right, bottom = (
        finite((box.findtext(edge) or "").strip(), edge)
        for edge in ("xmin", "ymin", "xmax", "ymax")
    )
    sides = (left - 1, top - 1, right, bottom)
    return Mark("boxes", label, sides, sides)


def _size(element: Element) -> tuple[int, int] | None:
    """Read the size; some tools write zeros where they do not know it."""
    height, width = (
        finite((element.findtext(one) or "0").strip() or "0", one) for one in ("height", "width")
    )
    return (side(height, "height"), side(width, "width")) if height and width else None


def _called(name: str, folder: str, file_name: str, files: Files) -> tuple[str, str]:
    """Say how the picture is called, and where it lies if that is known.

    `folder` is most often the name of the whole data set; the place of the XML file says more.
    """
    known = frozenset(files.names) if files.names else frozenset()
    parts = PurePosixPath(name).parts[:-1]
    below = list(parts)
    if "Annotations" in below:
        at = below.index("Annotations")
        root, inner = below[:at], below[at + 1 :]
    else:
        root, inner = below, []
    called = "/".join([*inner, file_name])
    for between in (["JPEGImages"], ["images"], []):
        near = "/".join([*root, *between, *inner, file_name])
        if near in known:
            return called, near
    pathed = f"{folder}/{file_name}" if folder not in ("", ".") else file_name
    return called, pathed if pathed in known else file_name
