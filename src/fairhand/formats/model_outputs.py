"""A model's outputs from a file: which row is about which task, what it says, how sure it is.

A table (CSV, JSON Lines, Parquet) with one row a task. The task is named by `task_id`, by
`fingerprint`, or by a column that the tasks' own data has too. Everything that is wrong comes as an
`Issue` with the row's place, and nothing is guessed: a score that is no number is an error, not a
missing score.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairhand.core.errors import InvalidError, Issue, MalformedError
from fairhand.formats import csv, jsonl, parquet
from fairhand.formats.options import ReadOptions, Row
from fairhand.formats.registry import RowReader, detect
from fairhand.labels.kind import json_type, shown

MOST_ROWS = 1_000_000
MOST_BYTES = 256 * 1024 * 1024
LONGEST_ROW = 8 * 1024 * 1024
KEYS = ("task_id", "fingerprint")
_PREDICTION = ("prediction", "predicted", "label", "answer", "output")
_SCORE = ("score", "confidence", "probability")
_PROBABILITIES = ("probabilities", "probs")
_READERS: Mapping[str, RowReader] = {
    "csv": csv.read_rows,
    "jsonl": jsonl.read_rows,
    "parquet": parquet.read_rows,
}
_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is which; empty ones are found by their usual names."""

    key: str = ""
    prediction: str = ""
    score: str = ""


@dataclass(frozen=True, slots=True)
class OutputRow:
    """One row: `key` is its task's number, fingerprint, or value of `key_name` in its data."""

    place: str
    key_name: str
    key: str
    said: Any
    score: float | None
    probabilities: dict[str, float] = field(default_factory=dict)


def read_outputs_file(
    path: Path, columns: Columns, *, question: str, name: str | None = None
) -> Iterator[OutputRow | Issue]:
    """Yield a file's rows one at a time, a bad row as an Issue in its place.

    Raises MalformedError for a file that cannot be read, InvalidError for one that is too large or
    lacks a column.
    """
    called = name or path.name
    if path.stat().st_size > MOST_BYTES:
        raise InvalidError(f"{called} is larger than {MOST_BYTES >> 20} MiB.", code="too_large")
    kind = detect(path, called)
    if kind not in _READERS:
        raise MalformedError(
            f"{called} is not a table of outputs; send CSV, JSON Lines or Parquet."
        )
    options = ReadOptions(name=called, max_payload_bytes=LONGEST_ROW)
    reading: _Reading | None = None
    for number, row in enumerate(_READERS[kind](path, options), start=1):
        if number > MOST_ROWS:
            raise InvalidError(f"{called} has more than {MOST_ROWS:,} rows.", code="too_large")
        if isinstance(row, Issue):
            yield row
            continue
        reading = reading or _Reading.of(row, columns, question, called)
        yield reading.read(row)


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the rows of one file are read, as its first row showed."""

    key: str
    prediction: str
    score: str
    probabilities: str
    wide: Mapping[str, str]

    @classmethod
    def of(cls, row: Row, columns: Columns, question: str, called: str) -> _Reading:
        """Find the columns; raises InvalidError naming those that are there."""
        names = list(row.values)
        wide = {name: label for name in names if (label := _label_of(name)) is not None}
        key = columns.key or _first(names, KEYS)
        prediction = columns.prediction or _first(names, (*_PREDICTION, question))
        probabilities = _first(names, _PROBABILITIES)
        missing = [one for one in (columns.key, columns.prediction, columns.score) if one]
        absent = [one for one in missing if one not in names]
        if not key or absent or not (prediction or wide or probabilities):
            raise InvalidError(
                _what_is_missing(key, absent, called, names),
                code="no_such_column",
                issues=[Issue("file", _what_is_missing(key, absent, called, names))],
            )
        score = columns.score or _first([one for one in names if one != prediction], _SCORE)
        return cls(key, prediction, score, probabilities, wide)

    def read(self, row: Row) -> OutputRow | Issue:
        """Read one row."""
        try:
            key = _key(row.values.get(self.key), self.key)
            probabilities = self._probabilities(row.values)
            said = row.values.get(self.prediction) if self.prediction else None
            if said in (None, "") and probabilities:
                said = max(sorted(probabilities), key=lambda label: probabilities[label])
            score = _share(row.values.get(self.score), "score") if self.score else None
        except MalformedError as error:
            return Issue(row.place, error.message)
        if score is None and isinstance(said, str):
            score = probabilities.get(said)
        return OutputRow(row.place, self.key, key, said, score, probabilities)

    def _probabilities(self, values: Mapping[str, Any]) -> dict[str, float]:
        given: Any = {label: values.get(name) for name, label in self.wide.items()}
        if self.probabilities:
            given = values.get(self.probabilities)
            if isinstance(given, str) and given.strip():
                given = _mapping(given)
        if given in (None, "", {}):
            return {}
        if not isinstance(given, Mapping):
            raise MalformedError(f"has probabilities that are {json_type(given)}")
        if all(one in (None, "") for one in given.values()):
            return {}
        found = {
            str(label): _share(one, f"probability of {label!r}") for label, one in given.items()
        }
        empty = [label for label, one in found.items() if one is None]
        if empty:
            raise MalformedError(f"has no probability for {shown(empty[0])}")
        return {label: one for label, one in found.items() if one is not None}


def _what_is_missing(key: str, absent: list[str], called: str, names: list[str]) -> str:
    there = ", ".join(shown(name) for name in names[:20])
    if absent:
        return f"{called} has no column {shown(absent[0])}; it has {there}."
    if not key:
        return (
            f"{called} does not say which task a row is about: name the column, or call it task_id "
            f"or fingerprint. It has {there}."
        )
    return f"{called} has no prediction: call the column prediction, or name it. It has {there}."


def _first(names: list[str], wanted: tuple[str, ...]) -> str:
    lowered = {name.casefold(): name for name in reversed(names)}
    return next((lowered[one.casefold()] for one in wanted if one.casefold() in lowered), "")


def _label_of(name: str) -> str | None:
    """The label of a column such as p(cat), p_cat or prob_cat."""
    if name.startswith("p(") and name.endswith(")"):
        return name[2:-1]
    for start in ("p_", "prob_", "probability_"):
        if name.startswith(start) and len(name) > len(start):
            return name.removeprefix(start)
    return None


def _key(value: object, name: str) -> str:
    if isinstance(value, bool) or value is None or value == "":
        raise MalformedError(f"does not name its task in {name!r}")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | int):
        raise MalformedError(f"must name its task in {name!r} by text or number")
    return str(value).strip()


def _share(value: object, what: str) -> float | None:
    """Read a number from 0 to 1; None where there is none."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise MalformedError(f"has a {what} that is {json_type(value)}, not a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise MalformedError(f"has a {what} that is no number: {shown(value)}") from None
    if math.isnan(number):
        raise MalformedError(f"has a {what} that is not a number (NaN)")
    if not 0.0 <= number <= 1.0:
        raise MalformedError(f"has a {what} of {number:g}; it must lie between 0 and 1")
    return number


def _mapping(text: str) -> Any:  # noqa: ANN401  # any JSON value
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedError("has probabilities that are not JSON") from None


def adds_up(probabilities: Mapping[str, float]) -> bool:
    """Say whether label probabilities sum to one, within rounding."""
    return abs(sum(probabilities.values()) - 1.0) <= _TOLERANCE
