"""Which files can be read, how they are told apart, and the one way to read any of them.

A new format of rows is one file with `read_rows`, and one line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats import csv, image_archive, image_folder, jsonl, parquet
from fairhand.formats.drawings import sources
from fairhand.formats.drawings.files import files_of
from fairhand.formats.drawings.tasks import read_drawings
from fairhand.formats.imports import (
    detecting,
    hf,
    oasst,
    own,
    retrieval,
    timed,
    webdataset,
)
from fairhand.formats.imports.found import Shape
from fairhand.formats.imports.rows import read_shaped
from fairhand.formats.imports.shapes import SHAPES
from fairhand.formats.label_studio import reading as label_studio
from fairhand.formats.lines import unzipped
from fairhand.formats.options import ReadOptions, Row, Source, opened, source_name
from fairhand.formats.tasks import to_tasks
from fairhand.model.task import NewTask

RowReader: TypeAlias = Callable[[Source, ReadOptions], Iterator[Row | Issue]]


def _shaped(shape: Shape) -> RowReader:
    """Make a reader of tables of a shape of their entries."""
    return lambda source, options: read_shaped(source, shape, options)


IMAGE_FOLDER = "image_folder"
IMAGE_ARCHIVE = "image_archive"
_READERS: Mapping[str, RowReader] = {
    "jsonl": jsonl.read_rows,
    "csv": csv.read_rows,
    "parquet": parquet.read_rows,
    "label_studio": label_studio.read_rows,
    **{name: _shaped(shape) for name, shape in SHAPES.items()},
    "oasst": oasst.read_rows,
    "beir": retrieval.read_beir,
    "trec": retrieval.read_trec,
    "webvtt": timed.read_vtt,
    "textgrid": timed.read_textgrid,
    "common-voice": timed.read_common_voice,
    "webdataset": webdataset.read_rows,
    "hf": hf.read_rows,
    "fairhand": own.read_rows,
}
_FOLDERS: Final = frozenset(
    {"beir", "trec", "webvtt", "textgrid", "common-voice", "webdataset", "hf"}
)
FROM_FOLDERS: Final = frozenset(
    {IMAGE_FOLDER, "beir", "trec", "hf", "webvtt", "textgrid", "nemo", "common-voice"}
)
"""What is read from a folder, or beside one: a lone file that was sent holds no task."""

_CSV_ENDINGS = frozenset({".csv", ".tsv", ".tab"})
_HEAD = 4096
_LINE = 256 * 1024


def formats() -> tuple[str, ...]:
    """Name the formats that can be read."""
    return (*_READERS, *sources.READERS, IMAGE_FOLDER, IMAGE_ARCHIVE)


def detect(path: Path, name: str | None = None, *, plain: bool = False) -> str:
    """Tell a file's format by its content, and only for CSV by its name.

    With `plain` a table is a table, whatever its columns are called. Raises MalformedError when it
    is none of ours; `name` is what the person called the file.
    """
    if path.is_dir():
        return (None if plain else _drawn(path) or detecting.of_folder(path)) or IMAGE_FOLDER
    called = Path(name or path.name)
    head = _head(path, called.name)
    if not head:
        raise MalformedError(f"{called.name} is empty")
    if head.startswith(b"PAR1"):
        return (None if plain else _of_parquet(path)) or "parquet"
    if sources.may_be(head) and (drawn := _drawn(path)):
        return drawn
    if head.startswith(image_archive.MAGIC):
        return IMAGE_ARCHIVE
    if head.startswith(b"["):
        return "label_studio"
    if head.startswith(b"{"):
        return (None if plain else detecting.of_line(_first_line(path))) or "jsonl"
    if not plain and (known := detecting.of_head(head, called.name)):
        return known
    if by_name := _by_ending(called):
        return by_name
    known = ", ".join(formats())
    raise MalformedError(
        f"{called.name} is in no known format; known are {known}. "
        "Pictures are imported as a folder: put them in one and name the folder."
    )


def _by_ending(called: Path) -> str | None:
    endings = [ending.casefold() for ending in called.suffixes if ending != ".gz"]
    if endings and endings[-1] in _CSV_ENDINGS:
        return "csv"
    return "jsonl" if endings and endings[-1] in (".jsonl", ".ndjson") else None


def read_tasks(path: Path, options: ReadOptions | None = None) -> Iterator[NewTask | Issue]:
    """Yield a file's tasks one at a time, each bad row as an Issue in its place.

    Raises MalformedError, here or at the first step, when nothing of the file can be read. A file
    that breaks off later gives what came before, and ends with an Issue that names the file.
    """
    options = options or ReadOptions()
    if not path.exists():
        raise MalformedError(f"{source_name(path, options)} is not there")
    chosen = options.format or detect(path, options.name, plain=options.names_columns)
    if chosen == IMAGE_FOLDER:
        return image_folder.read_folder(path, options)
    if chosen == IMAGE_ARCHIVE:
        return image_archive.read_archive(path, options)
    if chosen in sources.READERS:
        return read_drawings(path, chosen, options)
    if chosen not in _READERS:
        known = ", ".join(formats())
        raise MalformedError(f"{chosen!r} is not a format that can be read; known are {known}")
    if path.is_dir():
        if chosen not in _FOLDERS:
            raise MalformedError(f"{path.name} is a folder; {chosen} is read from a file")
        options = replace(options, media_root=path)
    if chosen == "parquet":
        options = parquet.with_image_column(path, options)
    rows = _with_broken_end(_READERS[chosen](path, options), source_name(path, options))
    return to_tasks(rows, options)


def _drawn(path: Path) -> str | None:
    """Tell a format of pictures with drawings; None where the source is none of them."""
    try:
        with files_of(path, ReadOptions()) as (files, only):
            return sources.detect(files, only)
    except MalformedError:
        return None


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


def _first_line(path: Path) -> bytes:
    with opened(path) as file:
        return unzipped(file).readline(_LINE).removeprefix(b"\xef\xbb\xbf").lstrip()


def _of_parquet(path: Path) -> str | None:
    """Name the format of a Parquet file by its first row; None for a table, or a broken file."""
    try:
        with pq.ParquetFile(path) as file:
            names = set(file.schema_arrow.names)
            if not detecting.may_be(names):
                return None
            batch = next(file.iter_batches(1, columns=sorted(names)), None)
    except (pa.ArrowException, OSError, ValueError):
        return None
    rows = batch.to_pylist() if batch is not None else []
    return detecting.of_entry(rows[0]) if rows else None


def _head(path: Path, name: str) -> bytes:
    with opened(path) as file:
        try:
            head = unzipped(file).read(_HEAD)
        except (EOFError, OSError) as error:
            raise MalformedError(f"{name} cannot be read: {error}") from None
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()
