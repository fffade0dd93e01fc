"""Votes on pairs as codes: which of two things is better, or that they are the same.

Accepted are columns left, right and vote, with worker where people are known. A vote is 1, "left"
for the left one; -1, "right" for the right one; 0, "same" or "tie" for neither. crowd-kit's
column `label`, the winner's name, is read too: when each label is the name of its row's left or
right thing. `votes` translates any other words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import Codes, factorise
from fairhand.quality.frames import Column, column_names, columns, is_frame

Votes = NDArray[np.int8]

_WORDS: Mapping[Any, int] = {
    1: 1, "1": 1, "left": 1, "first": 1,
    -1: -1, "-1": -1, "right": -1, "second": -1,
    0: 0, "0": 0, "same": 0, "tie": 0, "draw": 0, "equal": 0,
}  # fmt: skip
_SAME = frozenset({"same", "tie", "draw", "equal"})


@dataclass(frozen=True, slots=True)
class PairVotes:
    """One row a vote; `vote` is 1 for left, -1 for right, 0 for the same.

    `items` and `workers` name what the codes stand for; `workers` is empty, and every code 0,
    when nobody is named.
    """

    left: Codes
    right: Codes
    vote: Votes
    worker: Codes
    items: tuple[Any, ...]
    workers: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.vote)


def read_pairs(
    left: object,
    right: object | None = None,
    vote: object | None = None,
    worker: object | None = None,
    *,
    items: Sequence[Any] | None = None,
    votes: Mapping[Any, Any] | None = None,
) -> PairVotes:
    """Read votes from one table given as `left`, or from columns of one length.

    `items` fixes the items and their order, also those never compared. `votes` maps the words
    used to 1, -1 and 0 (or "left", "right", "same"). Raises ValueError naming the row for a
    missing value, an unknown vote, an item outside `items`, or an item set against itself.
    """
    if is_frame(left):
        if right is not None or vote is not None or worker is not None:
            raise ValueError("give one table, or columns; not both")
        left, right, vote, worker = _from_frame(left)
    if right is None or vote is None:
        raise ValueError("give a table with the columns left, right and vote, or three columns")
    return _encode(_listed(left), _listed(right), _listed(vote), worker, items, votes)


def _from_frame(frame: object) -> tuple[Column, Column, Column, Column | None]:
    known = column_names(frame)
    names = ["left", "right", "vote" if "vote" in known else "label"]
    found = columns(frame, names)
    worker = columns(frame, ["worker"])[0] if "worker" in known else None
    return found[0], found[1], found[2], worker


def _listed(column: Any) -> Column:  # noqa: ANN401
    """Give a column as an array or a list; a frame's column is one too."""
    if isinstance(column, np.ndarray | list | tuple):
        return column
    return np.asarray(column.to_numpy()) if hasattr(column, "to_numpy") else list(column)


def _encode(
    left: Column,
    right: Column,
    vote: Column,
    worker: object | None,
    items: Sequence[Any] | None,
    votes: Mapping[Any, Any] | None,
) -> PairVotes:
    people = None if worker is None else _listed(worker)
    lengths = [len(left), len(right), len(vote), *([] if people is None else [len(people)])]
    if len(set(lengths)) > 1:
        raise ValueError(f"the columns must have one length; they have {lengths}")
    names, (left_codes, right_codes) = merge_names([(left, "left"), (right, "right")], items)
    _refuse_selves(left_codes, right_codes, names)
    said = _vote_codes(vote, left_codes, right_codes, names, votes)
    workers, worker_codes = _people(people, len(said))
    return PairVotes(left_codes, right_codes, said, worker_codes, names, workers)


def _people(people: Column | None, rows: int) -> tuple[tuple[Any, ...], Codes]:
    if people is None:
        return (), np.zeros(rows, dtype=np.intp)
    return factorise(people, "worker")


def merge_names(
    parts: Sequence[tuple[Column, str]], items: Sequence[Any] | None
) -> tuple[tuple[Any, ...], list[Codes]]:
    """Give one table of names for several columns of items, and each column's codes in it."""
    found = [factorise(column, name) for column, name in parts]
    if items is None:
        # One more pass puts the names of all columns in one order.
        items, _ = factorise(list(dict.fromkeys(n for names, _ in found for n in names)), "item")
    place = {name: at for at, name in enumerate(items)}
    if len(place) != len(items):
        raise ValueError("items holds a name twice")
    codes = []
    for (names, column), (_, title) in zip(found, parts, strict=True):
        lost = [name for name in names if name not in place]
        if lost:
            row = int((column == names.index(lost[0])).argmax())
            raise ValueError(f"{title} in row {row} is {lost[0]!r}, which is not one of the items")
        codes.append(np.array([place[name] for name in names], dtype=np.intp)[column])
    return tuple(items), codes


def _refuse_selves(left: Codes, right: Codes, items: tuple[Any, ...]) -> None:
    alone = left == right
    if alone.any():
        row = int(alone.argmax())
        raise ValueError(f"row {row} sets {items[int(left[row])]!r} against itself")


def _vote_codes(
    vote: Column,
    left: Codes,
    right: Codes,
    items: tuple[Any, ...],
    votes: Mapping[Any, Any] | None,
) -> Votes:
    names, codes = factorise(vote, "vote")
    if votes is None:
        named = _by_name(names, codes, left, right, items)
        if named is not None:
            return named
    words = {**_WORDS, **{word: _WORDS.get(means) for word, means in (votes or {}).items()}}
    read = [None if isinstance(name, bool) else words.get(_lower(name)) for name in names]
    lost = [at for at, code in enumerate(read) if code is None]
    if lost:
        # Where labels name winners, the odd one out is what is wrong, and not the first of all.
        at = next((at for at in lost if names[at] not in items), lost[0])
        raise ValueError(
            f"vote in row {int((codes == at).argmax())} is {names[at]!r}: neither 1, -1, 0, nor "
            "left, right, same, nor the name of the left or right item of its row; votes={...} "
            "translates other words"
        )
    return np.array(read, dtype=np.int8)[codes]


def _lower(name: object) -> object:
    return name.strip().lower() if isinstance(name, str) else name


def _by_name(
    names: tuple[Any, ...], codes: Codes, left: Codes, right: Codes, items: tuple[Any, ...]
) -> Votes | None:
    """Read labels that are winners' names; None when any is neither of its row's two items."""
    place = {name: at for at, name in enumerate(items)}
    won = np.array([place.get(name, -1) for name in names], dtype=np.intp)[codes]
    same = np.array([_lower(name) in _SAME and name not in place for name in names], dtype=bool)
    is_left, is_right, is_same = won == left, won == right, same[codes]
    if not len(codes) or is_same.all() or not (is_left | is_right | is_same).all():
        return None
    said: Votes = is_left.astype(np.int8) - is_right.astype(np.int8)
    return said
