"""Plain tables: JSON lines, CSV and Parquet, a row a task and a column a question."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from fairhand.core.chunks import chunks
from fairhand.formats.exports.items import Item, Options, Report, columns_of, ties_of

_AT_ONCE: Final = 2_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_PLAIN: Final = ("task_id", "file_name", "split")


def write_jsonl(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `labels.jsonl`: the task's data, and its answers with their confidence.

    Where answers are evenly split, `tied` names the labels, question by question.
    """
    report = Report(files=["labels.jsonl"])
    with (folder / "labels.jsonl").open("wb") as file:
        for item in _counted(items, report, options):
            answers = {str(row["question"]): row.get("value") for row in item.rows}
            sure = {str(row["question"]): row.get("confidence") for row in item.rows}
            line = {**_head(item), "data": item.data, "answers": answers, "confidence": sure}
            if split := {str(row["question"]): ties_of(row) for row in item.rows if ties_of(row)}:
                line["tied"] = split
            file.write(orjson.dumps(line) + b"\n")
    return report


def write_csv(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `labels.csv`, the data as JSON in the last column.

    A cell that a spreadsheet would run gets an apostrophe before it.
    """
    report = Report(files=["labels.csv"])
    questions = list(options.labels)
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\r\n")  # or a lone \r would not be quoted
        named = columns_of(questions, (*_PLAIN, "data"), report).values()
        answers, sures = (answer for answer, _ in named), (sure for _, sure in named)
        table.writerow([*_PLAIN, *answers, *sures, "data"])
        for item in _counted(items, report, options):
            rows = {str(row["question"]): row for row in item.rows}
            values = [_cell(rows[one].get("value")) if one in rows else "" for one in questions]
            sure = [rows[one].get("confidence", "") if one in rows else "" for one in questions]
            head = (_safe(part) for part in _head(item).values())
            table.writerow([*head, *values, *sure, orjson.dumps(item.data).decode()])
    return report


def write_parquet(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `labels.parquet`; answers that are no plain text are JSON, and so is the data."""
    report = Report(files=["labels.parquet"])
    questions = list(options.labels)
    columns: list[Any] = [("task_id", pa.int64()), ("file_name", pa.string())]
    columns += [("split", pa.string()), ("data", pa.string())]
    named = columns_of(questions, (*_PLAIN, "data"), report)
    for answer, sure in named.values():
        columns += [(answer, pa.string()), (sure, pa.float64())]
    schema = pa.schema(columns)
    with pq.ParquetWriter(folder / "labels.parquet", schema, compression="zstd") as file:
        for some in chunks(_counted(items, report, options), _AT_ONCE):
            records = [_record(item, named) for item in some]
            file.write_batch(pa.RecordBatch.from_pylist(records, schema=schema))
    return report


def _counted(items: Iterator[Item], report: Report, options: Options) -> Iterator[Item]:
    ties = 0
    for item in items:
        report.tasks += 1
        report.written += 1
        ties += any(ties_of(row) for row in item.rows)
        options.progress(report.tasks)
        yield item
    if ties:
        who = "In 1 task" if ties == 1 else f"In {ties:,} tasks"
        report.notes.append(
            f"{who} people’s answers are evenly split: the first of the tied labels is written. "
            "A review settles which of them stands."
        )


def _head(item: Item) -> dict[str, Any]:
    return {"task_id": item.task_id, "file_name": item.file_name(), "split": item.split}


def _record(item: Item, named: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    record = {**_head(item), "data": orjson.dumps(item.data).decode()}
    for row in item.rows:
        if row["question"] in named:
            answer, sure = named[row["question"]]
            record[answer] = _text(row.get("value"))
            record[sure] = row.get("confidence")
    return record


def _text(value: Any) -> str | None:  # noqa: ANN401  # any JSON value
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _cell(value: Any) -> str:  # noqa: ANN401  # any JSON value
    return str(_safe(_text(value)))


def _safe(value: Any) -> Any:  # noqa: ANN401  # any JSON value
    if value is None:
        return ""
    is_run = isinstance(value, str) and value.lstrip("'").startswith(_FORMULA)
    return f"'{value}" if is_run else value
