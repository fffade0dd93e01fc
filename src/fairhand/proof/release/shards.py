"""Where the rows of a release become Parquet: here as they pass, or later, many files at a time.

What a file holds follows from its rows alone, so it does not matter who writes it, or when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Generic, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from fairhand.proof.release.shape import (
    ANNOTATIONS,
    GROUP_BYTES,
    GROUP_ROWS,
    LABELS,
    Row,
    Shape,
)


class Shards(Generic[Row]):
    """Writes rows into Parquet files, group by group; always at least one file."""

    def __init__(
        self, draft: Path, pattern: str, shape: Shape[Row], shard_rows: int | None
    ) -> None:
        self.ranges: dict[str, tuple[int, int]] = {}
        self._draft, self._pattern = draft, pattern
        self._shape: Shape[Row] = shape
        self._shard_rows = shard_rows
        self._held: list[dict[str, Any]] = []
        self._held_bytes = 0
        self._in_shard = self._done = self._before = 0
        self._writer: pq.ParquetWriter | None = None

    def add(self, row: Row, data: bytes) -> None:
        """Write a row, whose byte form is `data`."""
        self._held.append(self._shape.record(row))
        self._held_bytes += len(data)
        full = self._in_shard + len(self._held) == self._shard_rows
        if full or len(self._held) == GROUP_ROWS or self._held_bytes >= GROUP_BYTES:
            self._flush()
        if full:
            self._close()

    def turn(self, pattern: str) -> None:
        """Go on in files of another name."""
        if self._held:
            self._flush()
        self._close()
        self._pattern, self._before = pattern, len(self.ranges)

    def _flush(self) -> None:
        if self._writer is None:
            path = self._pattern.format(len(self.ranges) - self._before)
            self._writer = pq.ParquetWriter(
                self._draft / path,
                self._shape.schema,
                compression="zstd",
                write_page_checksum=True,
            )
            self.ranges[path] = (self._done, 0)
        batch = pa.RecordBatch.from_pylist(self._held, schema=self._shape.schema)
        if batch.num_rows:
            self._writer.write_batch(batch)
        self._in_shard += batch.num_rows
        self._held, self._held_bytes = [], 0

    def _close(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        path = next(reversed(self.ranges))
        self.ranges[path] = (self._done, self._in_shard)
        self._done, self._in_shard = self._done + self._in_shard, 0
        self._writer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and (self._held or not self.ranges):
            self._flush()
        self._close()


@dataclass(frozen=True, slots=True)
class Stretch:
    """The rows of one Parquet file: their lines are those of a file from one byte to another."""

    lines: Path
    start: int
    end: int
    target: Path
    of_annotations: bool


def write_stretch(stretch: Stretch) -> None:
    """Write the Parquet file of a stretch, on whatever machine; both files are on a shared disk."""
    if stretch.of_annotations:
        _write_lines(stretch, ANNOTATIONS)
    else:
        _write_lines(stretch, LABELS)


def _write_lines(stretch: Stretch, shape: Shape[Row]) -> None:
    shards = Shards(stretch.target.parent, stretch.target.name, shape, None)
    with shards, stretch.lines.open("rb") as lines:
        lines.seek(at := stretch.start)
        while at < stretch.end:
            line = lines.readline()
            at += len(line)
            data = line.removesuffix(b"\n")
            shards.add(shape.parse(data), data)


class Map(Protocol):
    """Applies a function to many pieces of work, anywhere; `compute.engines.Engine.map` is one."""

    def __call__(
        self, work: Callable[[Stretch], None], pieces: Sequence[Stretch], /
    ) -> Iterator[tuple[int, None]]:
        """Give each piece's place and result as they are ready."""


class LaterShards(Generic[Row]):
    """Notes which rows go into which Parquet file; `stretches` are to be written afterwards.

    `lines` is the file in which the rows' byte forms lie, a line each; with `keeps` it is written
    here, else by whoever adds them.
    """

    def __init__(
        self, draft: Path, pattern: str, lines: Path, shard_rows: int | None, *, keeps: bool
    ) -> None:
        self.ranges: dict[str, tuple[int, int]] = {}
        self.stretches: list[Stretch] = []
        self._draft, self._pattern, self._lines = draft, pattern, lines
        self._shard_rows, self._keeps = shard_rows, keeps
        self._in_shard = self._done = self._before = 0
        self._start = self._end = 0
        self._kept: IO[bytes] | None = None

    def add(self, row: Row, data: bytes) -> None:
        """Note a row, whose byte form is `data`."""
        if self._kept is not None:
            self._kept.write(data + b"\n")
        self._end += len(data) + 1
        self._in_shard += 1
        if self._in_shard == self._shard_rows:
            self._close()

    def turn(self, pattern: str) -> None:
        """Go on in files of another name."""
        if self._in_shard:
            self._close()
        self._pattern, self._before = pattern, len(self.ranges)

    def _close(self) -> None:
        path = self._pattern.format(len(self.ranges) - self._before)
        self.ranges[path] = (self._done, self._in_shard)
        self.stretches.append(
            Stretch(self._lines, self._start, self._end, self._draft / path, self._keeps)
        )
        self._done, self._in_shard = self._done + self._in_shard, 0
        self._start = self._end

    def __enter__(self) -> Self:
        if self._keeps:
            self._kept = self._lines.open("wb")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._kept is not None:
            self._kept.close()
        if kind is None and (self._in_shard or not self.ranges):
            self._close()
