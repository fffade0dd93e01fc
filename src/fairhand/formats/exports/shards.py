"""WebDataset: tar archives of samples, each with its file, its text, its class and its answers.

A sample is named by its task's number. `json` holds the data, the answers and their confidence,
`txt` the text, `cls` the number of the label where one question with one label an answer is there.
The same release gives the same bytes.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from fairhand.formats.exports.items import Item, Options, Report

_SHARD_BYTES: Final = 1024 * 1024 * 1024
_SHARD_SAMPLES: Final = 10_000


@dataclass(slots=True)
class _Shard:
    folder: Path
    split: str
    number: int = 0
    samples: int = 0
    size: int = 0
    archive: tarfile.TarFile | None = None

    def add(self, files: list[tuple[str, bytes | Path]], report: Report) -> None:
        """Write one sample; a full archive is closed before the next."""
        if self.samples >= _SHARD_SAMPLES or self.size >= _SHARD_BYTES:
            self.close()
        if self.archive is None:
            path = self.folder / f"{self.split}-{self.number:06d}.tar"
            self.archive = tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115
            report.files.append(path.name)
            self.number += 1
        for name, content in files:
            self.size += _put(self.archive, name, content)
        self.samples += 1

    def close(self) -> None:
        """End the archive."""
        if self.archive is not None:
            self.archive.close()
        self.archive, self.samples, self.size = None, 0, 0


def write(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `SPLIT-000000.tar` and so on."""
    report, shards = Report(), dict[str, _Shard]()
    try:
        for item in items:
            report.tasks += 1
            options.progress(report.tasks)
            split = item.split or "train"
            shard = shards.setdefault(split, _Shard(folder, split))
            shard.add(_files(item, options, report), report)
            report.written += 1
    finally:
        for shard in shards.values():
            shard.close()
    return report


def _files(item: Item, options: Options, report: Report) -> list[tuple[str, bytes | Path]]:
    key = f"{item.task_id:09d}"
    path = options.media_of(item)
    found: list[tuple[str, bytes | Path]] = []
    if path is not None and path.suffix:
        found.append((f"{key}{path.suffix}", path))
    elif item.sha256 is not None:
        report.leave_out("a file that the release does not hold: make it with --media copy")
    text = item.data.get("text")
    if isinstance(text, str):
        found.append((f"{key}.txt", text.encode()))
    if (number := _class_of(item, options)) is not None:
        found.append((f"{key}.cls", str(number).encode()))
    answers = {str(row["question"]): row.get("value") for row in item.rows}
    sure = {str(row["question"]): row.get("confidence") for row in item.rows}
    said = {"task_id": item.task_id, "file_name": item.file_name(), "data": item.data}
    found.append((f"{key}.json", orjson.dumps({**said, "answers": answers, "confidence": sure})))
    return found


def _class_of(item: Item, options: Options) -> int | None:
    """Number the label of the one question that has one label an answer."""
    chosen = [row for row in item.rows if row.get("kind") == "choice"]
    if len(chosen) != 1:
        return None
    labels = list(options.labels.get(str(chosen[0]["question"]), ()))
    value = chosen[0].get("value")
    return labels.index(value) if isinstance(value, str) and value in labels else None


def _put(archive: tarfile.TarFile, name: str, content: bytes | Path) -> int:
    """Write a file without a time or an owner, so that the same sample is the same bytes."""
    info = tarfile.TarInfo(name)
    if isinstance(content, bytes):
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    else:
        info.size = content.stat().st_size
        with content.open("rb") as file:
            archive.addfile(info, file)
    return info.size
