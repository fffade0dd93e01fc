"""Which files can be read, how they are told apart, and the one way to read any of them.

A new format of rows is one file with `read_rows`, and one line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats import csv, image_archive, image_folder, jsonl, label_studio, parquet
from fairhand.formats.lines import unzipped
from fairhand.formats.options import ReadOptions, Row, Source, opened, source_name
from fairhand.formats.tasks import to_tasks
from fairhand.model.task import NewTask

RowReader: TypeAlias = Callable[[Source, ReadOptions], Iterator[Row | Issue]]

IMAGE_FOLDER = "image_folder"
IMAGE_ARCHIVE = "image_archive"
_READERS: Mapping[str, RowReader] = {
    "jsonl": jsonl.read_rows,
    "csv": csv.read_rows,
    "parquet": parquet.read_rows,
    "label_studio": label_studio.read_rows,
}
_CSV_ENDINGS = frozenset({".csv", ".tsv", ".tab"})
_HEAD = 4096


def formats() -> tuple[str, ...]:
    """Name the formats that can be read."""
    return (*_READERS, IMAGE_FOLDER, IMAGE_ARCHIVE)


def detect(path: Path, name: str | None = None) -> str:
    """Tell a file's format by its content, and only for CSV by its name.

    Raises MalformedError when it is none of ours; `name` is what the person called the file.
    """
    if path.is_dir():
        return IMAGE_FOLDER
    called = Path(name or path.name)
    head = _head(path, called.name)
    if not head:
        raise MalformedError(f"{called.name} is empty")
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(image_archive.MAGIC):
        return IMAGE_ARCHIVE
    if head.startswith(b"["):
        return "label_studio"
    if head.startswith(b"{"):
        return "jsonl"
    endings = [ending.casefold() for ending in called.suffixes if ending != ".gz"]
    if endings and endings[-1] in _CSV_ENDINGS:
        return "csv"
    if endings and endings[-1] in (".jsonl", ".ndjson"):
        return "jsonl"
    known = ", ".join(formats())
    raise MalformedError(
        f"{called.name} is in no known format; known are {known}. "
        "Pictures are imported as a folder: put them in one and name the folder."
    )


def read_tasks(path: Path, options: ReadOptions | None = None) -> Iterator[NewTask | Issue]:
    """Yield a file's tasks one at a time, each bad row as an Issue in its place.

    Raises MalformedError, here or at the first step, when nothing of the file can be read. A file
    that breaks off later gives what came before, and ends with an Issue that names the file.
    """
    options = options or ReadOptions()
    if not path.exists():
        raise MalformedError(f"{source_name(path, options)} is not there")
    chosen = options.format or detect(path, options.name)
    if chosen == IMAGE_FOLDER:
        return image_folder.read_folder(path, options)
    if chosen == IMAGE_ARCHIVE:
        return image_archive.read_archive(path, options)
    if chosen not in _READERS:
        known = ", ".join(formats())
        raise MalformedError(f"{chosen!r} is not a format that can be read; known are {known}")
    if chosen == "parquet":
        options = parquet.with_image_column(path, options)
    rows = _with_broken_end(_READERS[chosen](path, options), source_name(path, options))
    return to_tasks(rows, options)


def _with_broken_end(rows: Iterator[Row | Issue], name: str) -> Iterator[Row | Issue]:
    """Keep what was read when the file breaks off: the break becomes the last Issue."""
    begun = False
    try:
        for row in rows:
            begun = True
            yield row
    except MalformedError as error:
        if not begun:
            raise
        yield Issue(name, error.message)


def _head(path: Path, name: str) -> bytes:
    with opened(path) as file:
        try:
            head = unzipped(file).read(_HEAD)
        except (EOFError, OSError) as error:
            raise MalformedError(f"{name} cannot be read: {error}") from None
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()
