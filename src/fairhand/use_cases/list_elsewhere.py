"""What an import is about: the files of a place, or the addresses of a list, one by one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from fairhand.core.errors import InvalidError, Issue, MalformedError
from fairhand.formats.csv import read_rows as read_csv
from fairhand.formats.jsonl import read_rows as read_jsonl
from fairhand.formats.lines import lines
from fairhand.formats.options import ReadOptions, Row
from fairhand.formats.parquet import read_rows as read_parquet
from fairhand.formats.registry import detect
from fairhand.model.elsewhere import Found, Place
from fairhand.storage.blobs import BlobStore
from fairhand.use_cases.ask_import_from import AskImportFrom, UrlList

_ADDRESS_MAX: Final = 2_000
_TABLES: Final = {"csv": read_csv, "jsonl": read_jsonl, "parquet": read_parquet}


def list_elsewhere(
    blobs: BlobStore, place: Place, command: AskImportFrom, options: ReadOptions, most: int
) -> Iterator[Found | Issue]:
    """Yield what is to be looked at; raises InvalidError beyond `most`."""
    found: Iterator[Found | Issue] = (
        place.walk(command.prefix)
        if command.urls is None
        else _addresses(blobs, command.urls, options)
    )
    for number, one in enumerate(found):
        if number >= most:
            raise InvalidError(
                f"There are more than {most:,} files; choose a folder within it "
                "(max_source_objects in fairhand.toml is the limit)."
            )
        yield one


def _addresses(blobs: BlobStore, urls: UrlList, options: ReadOptions) -> Iterator[Found | Issue]:
    with tempfile.NamedTemporaryFile(prefix="fairhand-urls-") as copy:
        for chunk in blobs.stream(urls.file.sha256, check=True):
            copy.write(chunk)
        copy.flush()
        path = Path(copy.name)
        if urls.column:
            yield from _column(path, urls, options)
        else:
            yield from _lines(path, urls.file.name)


def _lines(path: Path, name: str) -> Iterator[Found | Issue]:
    """Read an address a line; blank lines and those that begin with # are passed over."""
    with ExitStack() as stack:
        file = stack.enter_context(path.open("rb"))
        for line in lines(file, _ADDRESS_MAX, name):
            text = (line.content or b"").decode("utf-8", "replace").strip()
            if line.content is None:
                raise MalformedError(f"Line {line.number} of {name} is too long for an address.")
            if text and not text.startswith("#"):
                yield _address(text, f"{name}:{line.number}")


def _column(path: Path, urls: UrlList, options: ReadOptions) -> Iterator[Found | Issue]:
    """Read the addresses in a column; what else a row says goes with its task."""
    kind = detect(path, urls.file.name, plain=True)
    if kind not in _TABLES:
        raise MalformedError(
            f"{urls.file.name} is no table; a column of addresses is read from CSV, JSONL, Parquet."
        )
    options = replace(options, name=urls.file.name, image_column=None)
    for row in _TABLES[kind](path, options):
        if not isinstance(row, Row):
            yield row
            continue
        values = dict(row.values)
        address = values.pop(urls.column, None)
        if not isinstance(address, str) or not address.strip():
            yield Issue(row.place, f"has no address in {urls.column[:60]!r}")
            continue
        yield _address(address.strip(), row.place, values, urls.column)


def _address(
    text: str, place: str, row: Mapping[str, Any] | None = None, column: str = ""
) -> Found | Issue:
    if len(text) > _ADDRESS_MAX or not text.isprintable():
        return Issue(place, f"An address has at most {_ADDRESS_MAX:,} plain characters.")
    return Found(text, row=row, column=column)
