"""Hugging Face data sets: a folder with a card and shards, or one that `save_to_disk` wrote.

Classes are read by their names, pictures and sounds out of their column. A data set whose columns
are those of a chat format is read as that format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats import csv, jsonl, parquet
from fairhand.formats.imports import detecting
from fairhand.formats.imports.found import shaped
from fairhand.formats.imports.own import own_row
from fairhand.formats.imports.shapes import SHAPES
from fairhand.formats.json_text import parse_json
from fairhand.formats.options import ReadOptions, Row, Source, source_name

_MOST_BYTES: Final = 4 * 1024 * 1024
_ENDINGS: Final = (".parquet", ".jsonl", ".jsonl.gz", ".csv", ".csv.gz", ".tsv", ".arrow")
_PATH: Final = re.compile(r"\s*(?:- )?\s*(?:path|data_files):\s*(.*)")
_ITEM: Final = re.compile(r"\s*- (.+)")
_ALONE: Final = ("dataset_infos.json", "dataset_info.json", "state.json", "dataset_dict.json")


def read_rows(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    """Yield the rows of all splits; a small batch is in memory."""
    if not isinstance(source, Path) or not source.is_dir():
        name = source_name(source, options)
        raise MalformedError(f"{name} must be the folder of a data set")
    files = list(dict.fromkeys(_files(source)))
    if not files:
        raise MalformedError(f"{source.name} holds no Parquet, Arrow, JSON lines or CSV")
    return _meant(chain.from_iterable(_rows(source, name, options) for name in files), options)


def _meant(rows: Iterator[Row | Issue], options: ReadOptions) -> Iterator[Row | Issue]:
    """Read rows as the format that the first one is of, where it is of one."""
    early: list[Row | Issue] = []
    first = None
    for row in rows:
        early.append(row)
        if isinstance(row, Row):
            first = row
            break
    form = None
    if first is not None and not options.names_columns:
        form = detecting.of_entry(first.values)
    whole = chain(early, rows)
    if form is not None and form in SHAPES:
        yield from shaped(whole, SHAPES[form], options)
        return
    for row in whole:
        yield _own(row, options) if form == "fairhand" and isinstance(row, Row) else row


def _own(row: Row, options: ReadOptions) -> Row | Issue:
    try:
        found = own_row(row, options)
    except MalformedError as error:
        return Issue(row.place, error.message)
    if row.media_column is None or row.values.get(row.media_column) is None:
        return found
    data = {**found.values, row.media_column: row.values[row.media_column]}
    return Row(row.place, data, found.predictions, row.media_column)


def _files(root: Path) -> Iterator[str]:
    """Name the files with rows, in the order of their splits."""
    if (root / "dataset_dict.json").is_file():
        for split in _json(root / "dataset_dict.json").get("splits", ()):
            if isinstance(split, str) and _is_inside(split):
                yield from (f"{split}/{name}" for name in _arrows(root / split))
    elif (root / "state.json").is_file():
        yield from _arrows(root)
    else:
        patterns = _named(root / "README.md") or ["data/**/*", "**/*"]
        found = [_matching(root, pattern) for pattern in patterns]
        yield from chain.from_iterable(found if patterns[0] != "data/**/*" else _first(found))


def _first(found: list[list[str]]) -> list[list[str]]:
    return next(([some] for some in found if some), [])


def _matching(root: Path, pattern: str) -> list[str]:
    names = [
        path.relative_to(root).as_posix()
        for path in sorted(root.glob(pattern))
        if path.is_file() and not path.is_symlink() and path.name not in _ALONE
    ]
    best = next((end for end in _ENDINGS if any(name.endswith(end) for name in names)), "")
    return [name for name in names if best and name.endswith(best)]


def _arrows(folder: Path) -> list[str]:
    listed = _json(folder / "state.json").get("_data_files", ())
    names = [one.get("filename") for one in listed if isinstance(one, Mapping)]
    return [name for name in names if isinstance(name, str) and _is_inside(name)]


def _named(card: Path) -> list[str]:
    """Read which files the card's first configuration names; none where it names none.

    Of the card's YAML only lines with `path:` or `data_files:` are looked at, and lists below them.
    """
    try:
        text = card.read_bytes()[:_MOST_BYTES].decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return []
    head = text.split("---", 2)[1] if text.startswith("---") else ""
    found: list[str] = []
    in_list = False
    for line in _first_configuration(head):
        match = _PATH.match(line)
        if match is None:
            item = _ITEM.match(line)
            if in_list and item is not None and ":" not in item[1]:
                found.append(item[1])
            else:
                in_list = False
            continue
        in_list = not match[1]
        found += [part.strip(" \"'") for part in match[1].strip("[] ").split(",") if part.strip()]
    return [one.strip("\"'") for one in found if _is_inside(one.strip("\"'"))]


def _first_configuration(head: str) -> Iterator[str]:
    configurations = 0
    for line in head.splitlines():
        configurations += "config_name:" in line
        if configurations > 1:
            return
        yield line.rstrip()


def _rows(root: Path, name: str, options: ReadOptions) -> Iterator[Row | Issue]:
    path = root / name
    if not path.is_file() or path.is_symlink():
        yield Issue(name, "is not there, or is no plain file")
        return
    if name.endswith((".jsonl", ".jsonl.gz")):
        yield from jsonl.read_rows(path, options)
    elif name.endswith((".csv", ".csv.gz", ".tsv")):
        yield from csv.read_rows(path, options)
    elif name.endswith(".arrow"):
        yield from _arrow(path, name)
    else:
        yield from _parquet(path, name, options)


def _parquet(path: Path, name: str, options: ReadOptions) -> Iterator[Row | Issue]:
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError, ValueError):
        yield Issue(name, "cannot be read as Parquet")
        return
    media, classes = parquet.image_column_of(schema), _classes(schema)
    for row in parquet.read_rows(path, options):
        yield _named_classes(row, classes, media)


def _arrow(path: Path, name: str) -> Iterator[Row | Issue]:
    number = 0
    try:
        with path.open("rb") as file, pa.ipc.open_stream(file) as stream:
            schema = stream.schema
            media, classes = parquet.image_column_of(schema), _classes(schema)
            for batch in stream:
                batch.validate(full=True)
                for start in range(0, batch.num_rows, 64):
                    for values in batch.slice(start, 64).to_pylist():
                        number += 1
                        row = parquet.row_of(values, f"{name} row {number}", media)
                        yield _named_classes(row, classes, media)
    except (pa.ArrowException, OSError, ValueError, UnicodeDecodeError) as error:
        yield Issue(name, f"breaks off after row {number}: {str(error)[:200]}")


def _named_classes(
    row: Row | Issue, classes: Mapping[str, list[str]], media: str | None
) -> Row | Issue:
    """Write classes by their names; a number that has none says nothing."""
    if isinstance(row, Issue):
        return row
    values = dict(row.values)
    for column, names in classes.items():
        number = values.get(column)
        if isinstance(number, int):
            values[column] = names[number] if 0 <= number < len(names) else None
    there = media is not None and values.get(media) is not None
    if media is not None and not there:
        values.pop(media, None)
    return Row(row.place, values, row.predictions, media if there else None)


def _classes(schema: Any) -> dict[str, list[str]]:  # noqa: ANN401  # pyarrow has no types
    """Read the names of classes out of what `datasets` writes beside a schema."""
    try:
        info = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = info["info"]["features"]
        return {
            str(name): [str(one) for one in feature["names"]]
            for name, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _json(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            found = parse_json(file.read(_MOST_BYTES))
    except (OSError, MalformedError):
        raise MalformedError(f"{path.name} cannot be read") from None
    return found if isinstance(found, dict) else {}


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and "://" not in name
