"""Where the files of an export go: no two at one place, on any disk.

A name that another file has, or would have on a disk that does not tell capitals or forms of
accents apart, gets its task's number; one that is too long for a disk is cut. Which file it is then
stands in `renamed.tsv`, and readers of ours look there.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

from fairhand.formats.exports.items import Item, Report

RENAMED: Final = "renamed.tsv"
_LONGEST: Final = 255  # bytes of a name, on the disks that there are
_LONGEST_WHOLE: Final = 1_000


@dataclass(slots=True)
class Paths:
    """The places that were given out below a folder, kept as short hashes: there may be millions.

    Raises nothing; `close` writes down what was renamed.
    """

    folder: Path
    ending: str
    report: Report
    renamed: list[str] = field(default_factory=list)
    _files: set[bytes] = field(default_factory=set)
    _folders: set[bytes] = field(default_factory=set)

    def of(self, item: Item, below: str = "") -> Path:
        """Find where an item's own file goes; its folder is there after."""
        wanted = Path(below) / Path(item.file_name()).with_suffix(self.ending)
        place = next(one for one in self._places(wanted, item, below) if self._is_free(one))
        self._files.add(_alike(place))
        self._folders |= {_alike(one) for one in place.parents}
        if place != wanted:
            self.renamed.append(f"{place.as_posix()}\t{item.file_name()}\n")
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def close(self) -> None:
        """Write which files have another name than what they are about."""
        if self.renamed:
            (self.folder / RENAMED).write_text("".join(self.renamed), "utf-8", newline="\n")
            self.report.files.append(RENAMED)
            self.report.notes.append(
                f"{len(self.renamed):,} files have another name than what they are about: it was "
                f"taken, or too long for a disk; {RENAMED} says which"
            )

    def _places(self, wanted: Path, item: Item, below: str) -> Iterator[Path]:
        parts = [part.encode() for part in wanted.parts]
        if max(map(len, parts)) <= _LONGEST and sum(map(len, parts)) <= _LONGEST_WHOLE:
            yield wanted
            yield wanted.with_name(_cut(wanted.stem, f"-{item.task_id}{self.ending}"))
        yield Path(below) / _cut(wanted.stem, f"-{item.task_id}{self.ending}")
        for number in count(1):
            yield Path(below) / f"task-{item.task_id}-{number}{self.ending}"

    def _is_free(self, place: Path) -> bool:
        key = _alike(place)
        taken = key in self._files or key in self._folders
        return not taken and not any(_alike(one) in self._files for one in place.parents)


def _alike(place: Path) -> bytes:
    """Say in a few bytes what a disk may take for the same name."""
    name = unicodedata.normalize("NFC", place.as_posix()).casefold()
    return hashlib.blake2b(name.encode(), digest_size=10).digest()


def _cut(stem: str, tail: str) -> str:
    """Cut a name so that it fits on a disk with its tail; between letters, not within one."""
    room = _LONGEST - len(tail.encode())
    return stem.encode()[:room].decode(errors="ignore") + tail
