"""A folder of images: one image is one task, with a row of `metadata.csv` or `.jsonl` if there is.

The metadata file lies in the folder and names each image in `file_name`, as data sets on the
Hugging Face hub do. Links are never followed, hidden files are passed over.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats import csv, jsonl
from fairhand.formats.generated import generated_of
from fairhand.formats.images import NotAnImageError
from fairhand.formats.options import ReadOptions, Row
from fairhand.formats.predictions import column_prediction, usable_predictions
from fairhand.formats.safe_files import opened_inside
from fairhand.formats.tasks import bounded_json, read_picture
from fairhand.model.task import NewTask

FILE_NAME = "file_name"
_METADATA = {"metadata.csv": csv.read_rows, "metadata.jsonl": jsonl.read_rows}
_CLUTTER = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


def read_folder(root: Path, options: ReadOptions) -> Iterator[NewTask | Issue]:
    """Yield a task for each image, in the order of the metadata, then of the names.

    One image at a time is in memory, and the names that the metadata gave.
    """
    if not root.is_dir():
        raise MalformedError(f"{root.name} is not a folder")
    described: set[str] = set()
    for entry in _described(root, options):
        if isinstance(entry, Row):
            described.add(str(PurePosixPath(str(entry.values[FILE_NAME]))))
            yield from _task(root, entry, options, by_hand=True)
        else:
            yield entry
    for found in _walk(root, PurePosixPath()):
        if isinstance(found, Issue):
            yield found
        elif found not in described:
            row = Row(found, {FILE_NAME: found})
            yield from _task(root, row, options, by_hand=False)


def is_clutter(name: str) -> bool:
    """Say whether a file is hidden or was put there by a file manager."""
    return any(
        (part.startswith(".") and part != "..") or part.casefold() in _CLUTTER
        for part in PurePosixPath(name).parts
    )


def _described(root: Path, options: ReadOptions) -> Iterator[Row | Issue]:
    """Yield the rows of the metadata file, each with a file name."""
    for name, read_rows in _METADATA.items():
        path = root / name
        if path.is_symlink() or not path.is_file():
            continue
        for row in read_rows(path, replace(options, name=name)):
            if isinstance(row, Row) and not isinstance(row.values.get(FILE_NAME), str):
                yield Issue(row.place, f"has no {FILE_NAME!r}")
            else:
                yield row


def _task(root: Path, row: Row, options: ReadOptions, by_hand: bool) -> Iterator[NewTask | Issue]:
    """Read one image; a file that merely lies there and is none is a warning."""
    data = dict(row.values)
    name = str(data[FILE_NAME])
    try:
        proposed = column_prediction(data, options)
        bounded_json(data, options)
        generated = generated_of(data, options)
        with opened_inside(root, name) as file:
            picture = read_picture(file, options)
    except MalformedError as error:
        place = f"{row.place}: {name[:200]}" if by_hand else row.place
        lies_there = not by_hand and isinstance(error, NotAnImageError)
        yield Issue(place, error.message, "warning" if lies_there else "error")
        return
    good, reasons = usable_predictions([*row.predictions, *proposed], options, picture, data)
    told = (*picture.warnings, *reasons)
    yield from (Issue(row.place, reason, "warning") for reason in told)
    yield NewTask(
        data=data,
        fingerprint=picture.original_sha256,
        place=row.place,
        media_bytes=picture.content,
        media=picture.media,
        predictions=good,
        media_file=picture.file,
        generated=generated,
    )


def _walk(root: Path, below: PurePosixPath) -> Iterator[str | Issue]:
    """Yield names of plain files below the folder, sorted; links and devices are reported."""
    with os.scandir(root / below) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        name = str(below / entry.name)
        if is_clutter(entry.name):
            continue
        if not below.parts and entry.name in _METADATA:
            continue
        if not _is_text(name):
            yield Issue(ascii(name), "has a name that is not UTF-8", "warning")
        elif entry.is_symlink():
            yield Issue(name, "is a link; links are not followed", "warning")
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(root, below / entry.name)
        elif entry.is_file(follow_symlinks=False):
            yield name
        else:
            yield Issue(name, "is not a plain file", "warning")


def _is_text(name: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in name)
