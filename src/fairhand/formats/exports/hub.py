"""A Hugging Face data set: Parquet shards with features, and a card that names the splits.

`datasets.load_dataset(folder)` reads it. A question with one label an answer is a `ClassLabel`, in
the order of its config; other answers are text, JSON where they are not plain. What was shown is
JSON in `data`, its text also in `text`, and its file in `image` or `audio` where the release holds
the files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from fairhand.formats.exports.items import Item, Options, Report, columns_of

CARD: Final = "README.md"
_LOOKED_AT: Final = 1_000
_SHARD_ROWS: Final = 100_000
_SHARD_BYTES: Final = 500 * 1024 * 1024
_GROUP_BYTES: Final = 32 * 1024 * 1024
_GROUP_ROWS: Final = 1_000
_MEDIA: Final = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_FIXED: Final = ("task_id", "file_name", "text", "image", "audio", "data")


@dataclass(frozen=True, slots=True)
class _Plan:
    """The columns: which questions are classes, whether there is a text, and which file."""

    questions: Mapping[str, tuple[str, str]]  # the columns of each: its answer's, its confidence's
    classes: dict[str, tuple[str, ...]]
    has_text: bool
    media: str | None

    def features(self) -> dict[str, Any]:
        """Name each column's feature as `datasets` does."""
        text = {"dtype": "string", "_type": "Value"}
        found: dict[str, Any] = {"task_id": {"dtype": "int64", "_type": "Value"}}
        found["file_name"] = text
        if self.has_text:
            found["text"] = text
        if self.media is not None:
            found[self.media] = {"_type": self.media.capitalize()}
        for one, (answer, sure) in self.questions.items():
            known = self.classes.get(one)
            found[answer] = {"names": list(known), "_type": "ClassLabel"} if known else text
            found[sure] = {"dtype": "float64", "_type": "Value"}
        return found | {"data": text}

    def schema(self) -> Any:  # noqa: ANN401  # pyarrow has no types
        """Write the columns as Arrow, with the features beside them."""
        types = {"int64": pa.int64(), "float64": pa.float64(), "string": pa.string()}
        kinds = {"ClassLabel": pa.int64(), "Image": _MEDIA, "Audio": _MEDIA}
        features = self.features()
        columns = [
            (name, kinds.get(one["_type"]) or types[one["dtype"]]) for name, one in features.items()
        ]
        meta = json.dumps({"info": {"features": features}})
        return pa.schema(columns).with_metadata({"huggingface": meta})


@dataclass(slots=True)
class _Shard:
    folder: Path
    split: str
    schema: Any
    number: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    held: int = 0
    in_file: int = 0
    bytes_in_file: int = 0
    file: Any = None

    def add(self, row: dict[str, Any], size: int) -> None:
        """Add a row; a full group is written, a full shard closed."""
        self.rows.append(row)
        self.held += size
        if self.held >= _GROUP_BYTES or len(self.rows) >= _GROUP_ROWS:
            self.flush()
        if self.in_file >= _SHARD_ROWS or self.bytes_in_file >= _SHARD_BYTES:
            self.close()

    def flush(self) -> None:
        """Write what is held."""
        if not self.rows:
            return
        if self.file is None:
            path = self.folder / f"{self.split}-{self.number:05d}.parquet"
            self.file = pq.ParquetWriter(path, self.schema, compression="zstd")
            self.number += 1
        self.file.write_batch(pa.RecordBatch.from_pylist(self.rows, schema=self.schema))
        self.in_file += len(self.rows)
        self.bytes_in_file += self.held
        self.rows, self.held = [], 0

    def close(self) -> None:
        """Write what is held and end the file."""
        self.flush()
        if self.file is not None:
            self.file.close()
        self.file, self.in_file, self.bytes_in_file = None, 0, 0


def write(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `data/SPLIT-00000.parquet` and so on, and the card."""
    report = Report(files=[CARD, "data"])
    (folder / "data").mkdir()
    early = list(islice(items, _LOOKED_AT))
    plan = _planned(early, options, report)
    shards: dict[str, _Shard] = {}
    try:
        for item in chain(early, items):
            report.tasks += 1
            options.progress(report.tasks)
            split = item.split or "train"
            if split not in shards:
                shards[split] = _Shard(folder / "data", split, plan.schema())
            row, size = _row(item, plan, options, report)
            shards[split].add(row, size)
            report.written += 1
    finally:
        for shard in shards.values():
            shard.close()
    (folder / CARD).write_text(_card(list(shards)), "utf-8", newline="\n")
    return report


def _planned(early: list[Item], options: Options, report: Report) -> _Plan:
    """Choose the columns by the questions of the release and its first tasks."""
    several = {
        str(row["question"])
        for item in early
        for row in item.rows
        if row.get("kind") != "choice" or not isinstance(row.get("value"), str | None)
    }
    there = {str(row["question"]) for item in early for row in item.rows}
    classes = {
        name: tuple(labels)
        for name, labels in options.labels.items()
        if labels and name in there - several
    }
    kinds = {
        str(item.rows[0].get("media_type")).partition("/")[0]
        for item in early
        if options.media_of(item) is not None
    }
    media = next((kind for kind in ("image", "audio") if kind in kinds), None)
    has_text = any(isinstance(item.data.get("text"), str) for item in early)
    columns = columns_of(options.labels, _FIXED, report)
    return _Plan(columns, classes, has_text, media)


def _row(item: Item, plan: _Plan, options: Options, report: Report) -> tuple[dict[str, Any], int]:
    data = orjson.dumps(item.data).decode()
    row: dict[str, Any] = {"task_id": item.task_id, "file_name": item.file_name(), "data": data}
    if plan.has_text:
        text = item.data.get("text")
        row["text"] = text if isinstance(text, str) else None
    size = len(data)
    if item.sha256 is not None:
        content = _content(item, plan, options)
        if content is None:
            report.leave_out("a file that the release does not hold: make it with --media copy")
        else:
            row[str(plan.media)] = {"bytes": content, "path": item.file_name()}
            size += len(content)
    for one in item.rows:
        name = str(one["question"])
        if name in plan.questions:
            answer, sure = plan.questions[name]
            row[answer] = _answer(one.get("value"), plan.classes.get(name), report)
            row[sure] = one.get("confidence")
    return row, size


def _content(item: Item, plan: _Plan, options: Options) -> bytes | None:
    path = options.media_of(item)
    kind = str(item.rows[0].get("media_type")).partition("/")[0]
    return path.read_bytes() if path is not None and kind == plan.media else None


def _answer(
    value: Any,  # noqa: ANN401  # any JSON value
    classes: tuple[str, ...] | None,
    report: Report,
) -> int | str | None:
    if value is None:
        return None
    if classes is not None:
        if value in classes:
            return classes.index(value)
        report.leave_out("an answer that is no label of its question")
        return None
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _card(splits: list[str]) -> str:
    lines = ["---", "configs:", "- config_name: default", "  data_files:"]
    for split in splits:
        lines += [f"  - split: {json.dumps(split)}", f"    path: {json.dumps(f'data/{split}-*')}"]
    return "\n".join([
        *lines, "---", "", "# Labels of a Fairhand release", "",
        "A column a question, `QUESTION_confidence` beside it; what was shown is JSON in `data`.",
        "Consent, pay, origin and proof are said by the release itself: keep it beside this copy.",
        "",
    ])  # fmt: skip
