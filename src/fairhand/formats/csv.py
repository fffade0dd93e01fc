"""CSV with a header (RFC 4180), and its cousins with tabs, semicolons or bars."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.lines import BlankRun, Line, lines
from fairhand.formats.options import ReadOptions, Row, Source, opened, source_name

DELIMITERS = ",\t;|"
_MAX_RECOVERIES = 100
"""How often one file may go back to the line after an unclosed quote; each costs a re-reading."""


class _TooLong(Exception):  # noqa: N818  # a signal, caught in this file
    """The row being read is over the limit."""


class _Feed:
    """Hands lines to the CSV parser, remembers those of the row it is in, and can take them back.

    An unclosed quote would swallow the rest of the file as one row. Here a row has a size limit;
    past it (or at the end of the file) all its lines but the first are read again as rows.
    """

    def __init__(self, source: Iterator[Line], limit: int) -> None:
        self._source = source
        self._again: deque[tuple[int, str | None]] = deque()
        self._row: list[tuple[int, str | None]] = []
        self._size = 0
        self._limit = limit
        self._recoveries = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, text = self._again.popleft() if self._again else self._fresh()
        self._row.append((number, text))
        self._size += len(text or "")
        if text is None or self._size > self._limit:
            raise _TooLong
        return text + "\n"

    def start_row(self) -> None:
        """Forget the lines of the row before."""
        self._row.clear()
        self._size = 0

    def where(self) -> str:
        """Name the lines of the current row."""
        first, last = self._row[0][0], self._row[-1][0]
        return f"line {first}" if first == last else f"lines {first} to {last}"

    def first_line(self) -> int:
        """Number the row's first line."""
        return self._row[0][0]

    def give_back(self) -> bool:
        """Return all lines but the first for reading again; False when that was done too often."""
        if len(self._row) < 2:
            return True
        if self._recoveries >= _MAX_RECOVERIES:
            return False
        self._recoveries += 1
        self._again.extendleft(reversed(self._row[1:]))
        return True

    def _fresh(self) -> tuple[int, str | None]:
        line = next(self._source)
        if line.content is None:
            return line.number, None
        # Bytes that are not UTF-8 travel as lone surrogates, so that only their row is refused.
        return line.number, line.content.decode("utf-8", "surrogateescape")


def read_rows(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    """Yield each record as header name to text, or why it is none; holds one record at a time."""
    name = source_name(source, options)
    limit = options.max_row_bytes
    csv.field_size_limit(max(csv.field_size_limit(), limit + 2))
    with opened(source) as file:
        all_lines = lines(file, limit, name)
        feed = _Feed(all_lines, limit)
        header, delimiter = _header(feed, name, options)
        yield from _records(feed, header, delimiter, name)


def _header(feed: _Feed, name: str, options: ReadOptions) -> tuple[list[str], str]:
    try:
        first = next(feed).rstrip("\n")
    except (StopIteration, _TooLong):
        raise MalformedError(f"{name} has no header line") from None
    delimiter = options.delimiter or max(DELIMITERS, key=first.count)
    try:
        names = next(csv.reader([first], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise MalformedError(f"{name} line 1 is not a CSV header: {error}") from None
    header = [cell.strip() or f"column_{index}" for index, cell in enumerate(names, start=1)]
    _check_header(header, name)
    return header, delimiter


def _check_header(header: list[str], name: str) -> None:
    if not header:
        raise MalformedError(f"{name} has no header line")
    if any(not _is_text(cell) for cell in header):
        raise MalformedError(f"{name} line 1 is not UTF-8; save the file as UTF-8")
    twice = sorted({cell for cell in header if header.count(cell) > 1})
    if twice:
        raise MalformedError(f"{name} line 1 names the column {twice[0]!r} twice")


def _records(feed: _Feed, header: list[str], delimiter: str, name: str) -> Iterator[Row | Issue]:
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    blanks = BlankRun()
    while True:
        feed.start_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLong) as error:
            yield _unreadable(feed, error, name)
            continue
        if not any(cell.strip() for cell in cells):
            blanks.add(feed.first_line())
            continue
        if run := blanks.end(name):
            yield Issue(*run, severity="warning")
        yield _record(cells, header, f"{name} line {feed.first_line()}")


def _unreadable(feed: _Feed, error: Exception, name: str) -> Issue:
    where, first = feed.where(), feed.first_line()
    reason = "is longer than the limit" if isinstance(error, _TooLong) else str(error)
    if feed.give_back():
        hint = "" if where == f"line {first}" else " (is a quote not closed?)"
        return Issue(f"{name} line {first}", f"cannot be read: {reason}{hint}")
    return Issue(f"{name} {where}", f"cannot be read and are left out: {reason}")


def _record(cells: list[str], header: list[str], place: str) -> Row | Issue:
    if len(cells) != len(header):
        return Issue(place, f"has {len(cells)} fields; the header has {len(header)}")
    if not all(map(_is_text, cells)):
        return Issue(place, "is not UTF-8")
    return Row(place, dict(zip(header, cells, strict=True)))


def _is_text(cell: str) -> bool:
    """False when the cell holds the stand-in for a byte that is not UTF-8."""
    if cell.isascii():
        return True
    return not any("\ud800" <= char <= "\udfff" for char in cell)
