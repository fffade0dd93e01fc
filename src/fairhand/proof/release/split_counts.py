"""Counting splits as rows stream past, and finding what is on two sides."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any, Final

import orjson

from fairhand.core.errors import Issue
from fairhand.proof.release.rules import ReleaseRow
from fairhand.proof.release.shape import LABELS, row_bytes
from fairhand.proof.release.split_own import own_words
from fairhand.proof.release.splits import UNSPLIT, Assignment, SplitPlan

_WORDS: Final = {
    "task": "By task, seeded. Tasks that are nearly the same are on one side.",
    "person": (
        "By person, seeded: nobody's answers are on two sides. A task answered by people of "
        "several sides, or nearly the same as a task of another side, is on no side."
    ),
    "time": (
        "By the time of the last answer: nothing in a split is newer than what is in the next. "
        "Tasks that are nearly the same go by the newest of them."
    ),
}


@dataclass(slots=True)
class SplitCounting:
    """Counts the tasks and rows of each split, and what stands in two of them.

    It remembers 8 bytes of a hash of each task's data, or the names of people where these part.
    """

    by_person: bool = False
    leaks: int = 0
    tasks: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    _last_task: int | None = None
    _sides: dict[object, str] = field(default_factory=dict)

    def add_row(self, row: ReleaseRow) -> None:
        """Count a row; the rows of a task come one after the other."""
        name = row.split or UNSPLIT
        self.rows[name] = self.rows.get(name, 0) + 1
        if row.task_id != self._last_task:
            self.tasks[name] = self.tasks.get(name, 0) + 1
            self._last_task = row.task_id
            if row.split is not None:
                self._look(digest_of(row.media_sha256, row.data), row.split)
        if row.split is not None and self.by_person:
            for person in row.annotators:
                self._look(person, row.split)

    def _look(self, thing: object, split: str) -> None:
        if self._sides.setdefault(thing, split) != split:
            self.leaks += 1

    def facts(self, planned: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Write what was planned with what came of it; None: the release is not parted."""
        if planned is None:
            return None
        parts = [
            {
                "name": name,
                "share": planned["shares"][name],
                "tasks": self.tasks.get(name, 0),
                "rows": self.rows.get(name, 0),
            }
            for name in planned["names"]
        ]
        unsplit = {"tasks": self.tasks.get(UNSPLIT, 0), "rows": self.rows.get(UNSPLIT, 0)}
        return {**planned, "parts": parts, "unsplit": unsplit}


def planned_facts(plan: SplitPlan, made: Assignment) -> dict[str, Any]:
    """Say how a release is parted, before its rows are counted."""
    return {
        "by": plan.by,
        "names": list(plan.shares),
        "shares": dict(plan.shares),
        "seed": plan.seed,
        "stratify": list(plan.stratify),
        "rule": f"{_WORDS[plan.by]} {own_words(made.kept_out)}".strip(),
        "kept_out_of_evaluation": made.kept_out,
        "near_duplicates": {
            "groups": made.groups,
            "tasks": made.grouped,
            "compared": list(made.compared),
        },
    }


def check_splits(facts: Mapping[str, Any] | None, counted: SplitCounting | None) -> list[Issue]:
    """Hold what a manifest says of splits against the rows; `counted` None: they are damaged."""
    if counted is None:
        return []
    if facts is None:
        stray = counted.rows.keys() - {UNSPLIT}
        return [Issue("manifest.json", "rows are in splits that no fact tells of")] if stray else []
    if counted.rows.keys() - {*facts["shares"], UNSPLIT} or counted.facts(facts) != facts:
        return [Issue("manifest.json", "manifest.json: the splits are not what the rows give")]
    if counted.leaks:
        what = "people or data" if facts["by"] == "person" else "tasks with the same data"
        return [Issue("data/", f"data/: {counted.leaks} {what} are in two splits")]
    return []


def by_split(
    folder: Path, rows: Iterable[ReleaseRow], names: Sequence[str]
) -> Iterator[ReleaseRow]:
    """Give rows split by split, each in its order; all but the first split wait on the disk."""
    places = {name: place for place, name in enumerate((*names, None))}
    with ExitStack() as open_files:
        waiting: dict[int, IO[bytes]] = {}
        for row in rows:
            place = places[row.split]
            if place == 0:
                yield row
                continue
            if place not in waiting:
                waiting[place] = open_files.enter_context(tempfile.TemporaryFile(dir=folder))
            waiting[place].write(row_bytes(row) + b"\n")
        for place in sorted(waiting):
            waiting[place].seek(0)
            for line in waiting[place]:
                yield LABELS.parse(line)


def digest_of(media_sha256: str | None, data: Mapping[str, Any]) -> int:
    """Eight bytes of a hash of what a task shows: its file where it has one, else its data."""
    shown = media_sha256 or orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()
    return int.from_bytes(blake2b(shown.encode(), digest_size=8).digest(), "little")
