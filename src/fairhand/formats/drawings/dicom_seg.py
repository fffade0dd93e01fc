"""DICOM segmentations laid onto the pictures that they name; both lie in one folder or archive.

Each segment is a region of a mask. Of fractions (a model's probabilities, say) the pixels of at
least a half count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import numpy as np

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.dicom_seg import (
    HEAD,
    NEEDED,
    is_deflated,
    is_picture,
    is_segmentation,
    label_of,
    name_of,
    reading,
)
from fairhand.formats.drawings.files import MAX_TEXT, Files, read_text
from fairhand.formats.drawings.marks import Drawing, Mark, Survey
from fairhand.formats.options import ReadOptions
from fairhand.labels import rle

_MAX_SEGMENTS: Final = 10_000
_HALF: Final = 0.5
_MAX_UNPACKED: Final = 2**28
"""Pixels of all frames together: they are unpacked at once, a byte each."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The pictures by their names in DICOM, which segmentations name each, and what is wrong."""

    pictures: Mapping[str, str]
    about: Mapping[str, list[str]]
    issues: tuple[Issue, ...]
    survey: Survey


@dataclass(slots=True)
class DicomSeg:
    """A folder of pictures and segmentations."""

    files: Files
    names: Sequence[str]
    options: ReadOptions
    _looked: _Found | None = None
    _opened: tuple[str, Any] = ("", None)

    def survey(self) -> Survey:
        """Gather the labels of all segments."""
        return self._look().survey

    def drawings(self) -> Iterator[Drawing | Issue]:
        """Yield the pictures in the order of their files, each with its segments."""
        found = self._look()
        yield from found.issues
        for uid, name in sorted(found.pictures.items(), key=lambda pair: pair[1]):
            marks: list[Mark] = []
            size: tuple[int, int] | None = None
            for other in found.about.get(uid, ()):
                try:
                    given = self._open(other)
                    size = (int(given.Rows), int(given.Columns))
                    marks += _marks(given, uid, self.options)
                except MalformedError as error:
                    yield Issue(other, error.message, "warning")
            told = uid in found.about
            yield Drawing(name, name, tuple(marks), size, picture=name, unmarked=not told)

    def _open(self, name: str) -> Any:  # noqa: ANN401  # a data set of highdicom
        """Keep the last one open: the pictures of a series mostly share it."""
        if self._opened[0] != name:
            self._opened = (name, _opened(self.files, name))
        return self._opened[1]

    def _look(self) -> _Found:
        if self._looked is None:
            self._looked = _look(self.files, self.names)
        return self._looked


def segmentations(files: Files) -> list[str]:
    """Find the segmentations among files, by how each begins."""
    return [
        name for name in files.names if _may_be_dicom(name) and is_segmentation(_head(files, name))
    ]


def _may_be_dicom(name: str) -> bool:
    last = name.rpartition("/")[2]
    return "." not in last or last.casefold().endswith((".dcm", ".dicom", ".ima"))


def _head(files: Files, name: str) -> bytes:
    try:
        with files.opened(name) as file:
            return file.read(HEAD)
    except MalformedError:
        return b""


def _look(files: Files, names: Sequence[str]) -> _Found:
    pictures: dict[str, str] = {}
    about: dict[str, list[str]] = {}
    issues: list[Issue] = []
    survey = Survey()
    for name in files.names:
        if not _may_be_dicom(name) or not is_picture(_head(files, name)):
            continue
        try:
            with files.opened(name) as file:
                uid = name_of(file)
        except MalformedError as error:
            issues.append(Issue(name, error.message))
            continue
        if uid in pictures:
            issues.append(Issue(name, f"is the same picture as {pictures[uid]}", "warning"))
        else:
            pictures[uid] = name
    for name in names:
        try:
            given = _opened(files, name)
            with reading():
                named = {str(one[2]) for one in given.get_source_image_uids()}
                for number in given.segment_numbers:
                    label = label_of(given.get_segment_description(number))
                    survey.labels.setdefault("mask", {}).setdefault(label)
        except MalformedError as error:
            issues.append(Issue(name, error.message, "warning"))
            continue
        here = sorted(named & pictures.keys())
        if not here:
            issues.append(Issue(name, "names no picture that is here", "warning"))
        for uid in here:
            about.setdefault(uid, []).append(name)
    return _Found(pictures, about, tuple(issues), survey)


def _opened(files: Files, name: str) -> Any:  # noqa: ANN401  # a data set of highdicom
    """Read a segmentation; its pixels stay packed until they are asked for."""
    try:
        import highdicom
    except ImportError:
        raise MalformedError(f"is a DICOM segmentation that {NEEDED}") from None
    content = read_text(files, name, MAX_TEXT)
    if not is_segmentation(content[:HEAD]) or is_deflated(content[:HEAD]):
        raise MalformedError("is no DICOM segmentation that is read")
    with reading():
        given = highdicom.seg.segread(BytesIO(content))
        if not 1 <= given.number_of_segments <= _MAX_SEGMENTS:
            raise MalformedError(f"has {given.number_of_segments} segments")
        pixels = int(given.get("NumberOfFrames") or 1) * int(given.Rows) * int(given.Columns)
        if pixels > _MAX_UNPACKED:
            raise MalformedError(f"unpacks to {pixels:,} pixels; {_MAX_UNPACKED:,} are read")
        return given


def _marks(given: Any, uid: str, options: ReadOptions) -> Iterator[Mark]:  # noqa: ANN401
    """Unpack the segments of one picture, one after the other."""
    if int(given.Rows) * int(given.Columns) > options.max_image_pixels:
        raise MalformedError(f"is of {given.Columns} x {given.Rows} pixels, which is too many")
    for number in given.segment_numbers:
        with reading():
            label = label_of(given.get_segment_description(number))
            drawn = given.get_pixels_by_source_instance(
                [uid],
                segment_numbers=[number],
                ignore_spatial_locations=True,
                assert_missing_frames_are_empty=True,
            )[0, :, :, 0]
        mask = drawn >= _HALF
        if mask.any():
            yield Mark("mask", label, rle.encode(np.asarray(mask, np.uint8)))
