"""Answers as they were given, one a person and task; as rows, frames or data sets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypedDict, cast, overload

from fairhand.client import html

_SHOWN = 10


class Answer(TypedDict):
    """One person's answers to one task; `person_id` is for those who may see people."""

    id: int
    task_id: int
    person_id: int | None
    revision: int
    submitted_at: str
    counted: bool
    simulated: bool
    assisted: bool
    value: dict[str, Any]
    data: dict[str, Any]
    media_sha256: str | None


class Answers(Sequence[Answer]):
    """Answers of a project in the order in which they came."""

    def __init__(self, found: Sequence[Answer]) -> None:
        self._found = tuple(found)

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, at: int) -> Answer: ...

    @overload
    def __getitem__(self, at: slice) -> Answers: ...

    def __getitem__(self, at: int | slice) -> Answer | Answers:
        return Answers(self._found[at]) if isinstance(at, slice) else self._found[at]

    def __iter__(self) -> Iterator[Answer]:
        return iter(self._found)

    def __repr__(self) -> str:
        return f"Answers({len(self):,})"

    def _repr_html_(self) -> str:
        rows = [(one["task_id"], one["person_id"] or "", _said(one)) for one in self[:_SHOWN]]
        more = f", the first {_SHOWN}" if len(self) > _SHOWN else ""
        return html.table(f"{len(self):,} answers{more}", ("task", "person", "answer"), rows)

    def to_rows(self) -> list[dict[str, Any]]:
        """Give flat rows: a column a question, then `data.NAME` for what was shown."""
        plain = ("id", "task_id", "person_id", "submitted_at", "counted", "assisted")
        return [
            {name: cast(dict[str, Any], one)[name] for name in plain}
            | dict(one["value"])
            | {f"data.{name}": value for name, value in one["data"].items()}
            for one in self
        ]

    def to_pandas(self) -> Any:  # noqa: ANN401  # of another library
        """Give a pandas DataFrame of `to_rows`."""
        import pandas

        return pandas.DataFrame(self.to_rows())

    def to_hf(self) -> Any:  # noqa: ANN401  # of another library
        """Give a data set of Hugging Face; what is no plain value is JSON text."""
        from datasets import Dataset

        names = list(dict.fromkeys(name for row in self.to_rows() for name in row))
        rows = self.to_rows()
        nested = {name for name in names if not all(_is_plain(row.get(name)) for row in rows)}
        mixed = {name for name in names if len({_kind(row.get(name)) for row in rows} - {None}) > 1}
        return Dataset.from_list([
            {name: _cell(row.get(name), as_json=name in nested | mixed) for name in names}
            for row in rows
        ])  # fmt: skip


def _said(one: Answer) -> str:
    text = ", ".join(f"{name}: {value}" for name, value in one["value"].items())
    return text if len(text) <= 200 else text[:199] + "…"


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | bool | int | float)


def _kind(value: object) -> str | None:
    if value is None:
        return None
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if numeric else type(value).__name__


def _cell(value: Any, *, as_json: bool) -> Any:  # noqa: ANN401  # any JSON value
    if not as_json or value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
