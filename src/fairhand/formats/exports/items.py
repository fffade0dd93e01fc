"""What an export is made of: the rows of a release, gathered by task; and what it could not say.

What a format cannot hold is counted and told, never dropped in silence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from fairhand.core.errors import InvalidError, Issue
from fairhand.labels.ties import tied

Row = Mapping[str, Any]

SURE: Final = "_confidence"
"""What the column of an answer's confidence is called, after the answer's own."""
_BESIDE: Final = {
    "reason": "why people judged so",
    "edited": "a reply that was made better still",
    "passages": "passages that were marked in documents",
}
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_EXTENSIONS: Final = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/tiff": ".tif",
    "image/bmp": ".bmp",
    "audio/wav": ".wav",
    "audio/flac": ".flac",
    "audio/mpeg": ".mp3",
}


@dataclass(frozen=True, slots=True)
class Item:
    """A task of a release with its answers, one row a question."""

    task_id: int
    rows: tuple[Row, ...]

    @property
    def data(self) -> Mapping[str, Any]:
        """What was shown."""
        found: Mapping[str, Any] = self.rows[0].get("data") or {}
        return found

    @property
    def sha256(self) -> str | None:
        """The hash of its file; None when it has none."""
        return self.rows[0].get("media_sha256")

    @property
    def split(self) -> str | None:
        """The split it lies in, if the release has any."""
        return self.rows[0].get("split")

    def file_name(self) -> str:
        """The name that its file goes by: its own, or its hash with the ending of its type.

        A name that would leave the folder, or is none, gives way to the hash.
        """
        own = self.data.get("file_name")
        if isinstance(own, str) and _is_inside(own):
            return own
        ending = _EXTENSIONS.get(self.rows[0].get("media_type") or "", "")
        return f"{self.sha256 or f'task-{self.task_id}'}{ending}"


@dataclass(slots=True)
class Report:
    """What an export wrote, and what it left out for which reason."""

    tasks: int = 0
    written: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    files: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def leave_out(self, reason: str, many: int = 1) -> None:
        """Count something that the format cannot hold."""
        self.left_out[reason] += many

    def leave_beside(self, value: Any, *parts: str) -> None:  # noqa: ANN401  # any JSON value
        """Count what people said beside a judgement, which a format of judgements alone lacks."""
        for part in parts or _BESIDE:
            if isinstance(value, Mapping) and value.get(part):
                self.leave_out(f"{_BESIDE[part]}: there is no place for it")

    def leave_split(self, item: Item) -> None:
        """Count a task whose split no file of the format names."""
        if item.split is not None:
            self.leave_out("which split a task lies in: the files do not name it")

    def issues(self) -> list[Issue]:
        """Say what goes by another name than ours, and what was left out, most first."""
        return [Issue("export", note, "warning") for note in self.notes] + [
            Issue("export", f"{many:,} left out: {reason}", "warning")
            for reason, many in sorted(self.left_out.items(), key=lambda pair: (-pair[1], pair[0]))
        ]


@dataclass(frozen=True, slots=True)
class Options:
    """How to export: `question` picks one where several could be meant.

    `labels` are the labels of each question in the order of its config: classes are numbered so.
    `release` is the folder that is exported; its files lie below `media` where it has them.
    `originals` holds the files as they were before they came here, for formats that need them.
    """

    question: str | None = None
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    progress: Callable[[int], None] = lambda done: None
    release: Path | None = None
    originals: Path | None = None

    def media_of(self, item: Item) -> Path | None:
        """Find an item's file in the release; None where it has none, or the release holds none."""
        sha256, kind = item.sha256, item.rows[0].get("media_type") or ""
        if self.release is None or sha256 is None or not _HASH.fullmatch(sha256):
            return None
        path = self.release / "media" / sha256[:2] / f"{sha256}{_EXTENSIONS.get(kind, '')}"
        return path if path.is_file() and not path.is_symlink() else None


Write = Callable[[Iterator[Item], Path, Options], Report]
"""Write items into a folder that is there and empty."""


@dataclass(slots=True)
class Classes:
    """Numbers of labels, from `first` on: those of the config in its order, then as they come."""

    first: int = 0
    numbers: dict[str, int] = field(default_factory=dict)

    def of(self, label: str) -> int:
        """Give a label's number."""
        return self.numbers.setdefault(label, len(self.numbers) + self.first)

    def meet(self, options: Options, rows: Iterable[Row], kinds: Collection[str]) -> None:
        """Number the labels of the questions of these kinds, once each."""
        for row in rows:
            if row.get("kind") in kinds:
                for label in options.labels.get(str(row.get("question")), ()):
                    self.of(label)


def items_of(rows: Iterable[Row], question: str | None = None) -> Iterator[Item]:
    """Gather rows, which come in the order of their tasks; with `question`, its rows alone."""
    chosen = (row for row in rows if question is None or row.get("question") == question)
    for task_id, group in groupby(chosen, key=lambda row: row.get("task_id")):
        if not isinstance(task_id, int):
            raise InvalidError("A row has no task_id: this is no row of a release.")
        yield Item(task_id, tuple(group))


def ties_of(row: Row) -> tuple[str, ...]:
    """Name the labels between which the answers behind a row are evenly split."""
    chances = row.get("probabilities")
    return tied(row.get("value"), chances if isinstance(chances, Mapping) else None)


def columns_of(
    questions: Iterable[str], fixed: Iterable[str], report: Report
) -> dict[str, tuple[str, str]]:
    """Name two columns for each question, its answer's and its confidence's; no name twice.

    What would be a column of ours, or of another question, is called `answer_` and its name; that
    is told.
    """
    named: dict[str, tuple[str, str]] = {}
    asked, taken = list(questions), set(fixed)
    # Those that are no trouble keep their names, whatever comes before them.
    for one in sorted(asked, key=lambda name: (name in taken or name.endswith(SURE), name)):
        name = one
        while name in taken or name + SURE in taken:
            name = f"answer_{name}"
        taken |= {name, name + SURE}
        named[one] = (name, name + SURE)
        if name != one:
            report.notes.append(
                f"the answers to {one!r} are in the column {name!r}: {one!r} is another's"
            )
    return {one: named[one] for one in asked}


def sized(value: Any) -> tuple[int, int] | None:  # noqa: ANN401  # any JSON value
    """Height and width of the picture that an answer was drawn on."""
    size = value.get("size") if isinstance(value, Mapping) else None
    if isinstance(size, list) and len(size) == 2 and all(type(side) is int for side in size):
        return size[0], size[1]
    return None


def number(value: float) -> float | int:
    """Write a whole number without a point, so that the same value is the same text."""
    return int(value) if float(value).is_integer() else round(float(value), 6)


def _is_inside(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return (
        bool(name)
        and not name.startswith("/")
        and all(
            part not in ("", ".", "..") and not any(char < " " for char in part) for part in parts
        )
    )
