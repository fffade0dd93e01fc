"""The rows of a large release, made many tasks at a time: a query over pieces of one snapshot.

One process reads the snapshot and lays it down in pieces; an engine (`compute.engines`) turns each
into rows, on this machine's processors or on Ray's; they are read back in the order of their
tasks. So the rows are those that `ReleaseSource` gives, whoever made them. Pieces lie in the draft,
which all machines must see, and go with it; names of people go with a piece, the secret that they
are made with does not.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fairhand.compute.engines import Engine
from fairhand.core.chunks import chunks
from fairhand.model.project import Question
from fairhand.proof.release.rules import AnnotationRow, Gaps, ReleaseRow
from fairhand.proof.release.source import Items, OwnData, ReleaseSource, TaskSheet
from fairhand.proof.release.writer import scratch_of
from fairhand.use_cases.release_likeness import MEASURE

_TASKS: Final = 500
"""Tasks in a piece: as many as the database gives at a time."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What every piece of a release is made by."""

    questions: Sequence[Question]
    mode: str
    licence: str
    own: frozenset[str] | None = None  # questions that are answered by a permitted item alone


@dataclass(frozen=True, slots=True)
class Piece:
    """Some tasks of the snapshot, with what has to be known about them and nobody else."""

    terms: Terms
    sheets: list[TaskSheet]
    names: dict[int, str]
    withdrawn: frozenset[int]
    splits: dict[int, str | None]
    items: Items

    def source(self) -> ReleaseSource:
        """Give the source of its rows."""
        own = self.terms.own
        return ReleaseSource(
            lambda: self.sheets,
            self.terms.questions,
            self.terms.mode,
            self.names.__getitem__,
            self.withdrawn,
            None if own is None else OwnData(own, lambda first_task, last_task: self.items),
            self.terms.licence,
            self.splits.get,
            measure=MEASURE,
        )


def make_rows(folder: str) -> Gaps:
    """Make the rows of the piece that lies in a folder; gives what did not enter."""
    place = Path(folder)
    piece: Piece = pickle.loads((place / "piece").read_bytes())  # noqa: S301  # our own: `_lay`
    source = piece.source()
    _keep(place / "rows", source.rows())
    _keep(place / "annotations", source.annotations())
    (place / "piece").unlink()
    return source.gaps()


@dataclass(slots=True)
class PiecedRows:
    """The rows of a release as `ReleaseSource` gives them, made by an engine."""

    engine: Engine
    draft: Path
    sheets: Callable[[], Iterable[TaskSheet]]
    terms: Terms
    name_of: Callable[[int], str]
    withdrawn: frozenset[int]
    split_of: Callable[[int], str | None]
    own: OwnData | None = None
    _places: list[str] = field(default_factory=list)
    _found: dict[int, Gaps] = field(default_factory=dict)

    def rows(self) -> Iterator[ReleaseRow]:
        """The aggregated answers, in the order of tasks and questions."""
        self._places = [str(self._lay(at, some)) for at, some in self._numbered()]
        self._found = dict(self.engine.map(make_rows, self._places))
        for place in self._places:
            yield from _read(Path(place, "rows"))

    def annotations(self) -> Iterator[AnnotationRow]:
        """The annotations of the tasks that enter, once all rows were read."""
        for place in self._places:
            yield from _read(Path(place, "annotations"))

    def gaps(self) -> Gaps:
        """What did not enter."""
        found = self._found.values()
        return Gaps(
            sum(one.tasks_without_answer for one in found),
            sum(one.tasks_withheld for one in found),
            sum(one.annotations_withheld for one in found),
        )

    def _numbered(self) -> Iterator[tuple[int, list[TaskSheet]]]:
        return enumerate(chunks(self.sheets(), _TASKS))

    def _lay(self, at: int, sheets: list[TaskSheet]) -> Path:
        people = {given.person_id for sheet in sheets for given in sheet.given.values()}
        known = people | {sheet.ruling.reviewer_id for sheet in sheets if sheet.ruling is not None}
        first, last = sheets[0].task_id, sheets[-1].task_id
        piece = Piece(
            self.terms,
            sheets,
            {one: self.name_of(one) for one in known},
            self.withdrawn & people,
            {sheet.task_id: self.split_of(sheet.task_id) for sheet in sheets},
            {} if self.own is None else self.own.items_of(first, last),
        )
        place = scratch_of(self.draft) / f"{at:06d}"
        place.mkdir()
        (place / "piece").write_bytes(pickle.dumps(piece))
        return place


def _keep(path: Path, rows: Iterable[Any]) -> None:
    with path.open("wb") as file:
        for row in rows:
            pickle.dump(row, file)


def _read(path: Path) -> Iterator[Any]:
    """Read what `_keep` wrote, and remove it."""
    with path.open("rb") as file:
        while file.peek(1):
            yield pickle.load(file)  # noqa: S301  # our own
    path.unlink()
