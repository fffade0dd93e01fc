"""Judgements of search results: TREC qrels, and a BEIR data set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from fairhand.formats.exports.items import Item, Options, Report
from fairhand.labels.relevance import QUERY_ID

QRELS: Final = "qrels.txt"
_TSV: Final = "query-id\tcorpus-id\tscore\n"


def write_trec(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `qrels.txt`: query, 0, document, grade."""
    report = Report(files=[QRELS])
    with (folder / QRELS).open("w", encoding="utf-8", newline="\n") as file:
        for item, query, grades in _graded(items, report, options):
            report.leave_split(item)
            for document, grade in grades.items():
                if _is_one_word(query) and _is_one_word(document):
                    file.write(f"{query} 0 {document} {grade}\n")
                    report.written += 1
                else:
                    report.leave_out("a grade whose query or document has a space in its id")
    return report


def write_beir(items: Iterator[Item], folder: Path, options: Options) -> Report:
    """Write `corpus.jsonl`, `queries.jsonl` and `qrels/SPLIT.tsv` with its header."""
    report = Report(files=["corpus.jsonl", "queries.jsonl", "qrels"])
    (folder / "qrels").mkdir()
    known: set[str] = set()
    asked: set[str] = set()
    splits: dict[str, Any] = {}
    try:
        with (
            (folder / "corpus.jsonl").open("wb") as corpus,
            (folder / "queries.jsonl").open("wb") as queries,
        ):
            for item, query, grades in _graded(items, report, options):
                if query not in asked:
                    asked.add(query)
                    line = {"_id": query, "text": str(item.data.get("query", ""))}
                    queries.write(orjson.dumps(line) + b"\n")
                for one in item.data.get("documents") or ():
                    if one["id"] not in known:
                        known.add(one["id"])
                        corpus.write(orjson.dumps(_document(one)) + b"\n")
                split = item.split or "test"
                if split not in splits:
                    path = folder / "qrels" / f"{split}.tsv"
                    splits[split] = path.open("w", encoding="utf-8", newline="\n")
                    splits[split].write(_TSV)
                for document, grade in grades.items():
                    if _is_a_cell(query) and _is_a_cell(document):
                        splits[split].write(f"{query}\t{document}\t{grade}\n")
                        report.written += 1
                    else:
                        report.leave_out("a grade whose ids do not fit a cell of a table")
    finally:
        for file in splits.values():
            file.close()
    return report


def _graded(
    items: Iterator[Item], report: Report, options: Options
) -> Iterator[tuple[Item, str, dict[str, int]]]:
    for item in items:
        report.tasks += 1
        options.progress(report.tasks)
        for row in item.rows:
            value = row.get("value")
            query = item.data.get(QUERY_ID, item.task_id)
            if row.get("kind") == "relevance" and isinstance(value, dict):
                report.leave_beside(value)
                yield item, str(query), {key: int(grade) for key, grade in value["grades"].items()}
            else:
                report.leave_out(f"an answer of the kind {row.get('kind')}: it grades nothing")


def _document(one: dict[str, Any]) -> dict[str, str]:
    return {
        "_id": str(one["id"]),
        "title": str(one.get("title") or ""),
        "text": str(one.get("text") or ""),
    }


def _is_a_cell(text: str) -> bool:
    """Say whether a table with tabs holds an id, also for readers that know quotes."""
    return bool(text) and not text.startswith('"') and not any(one in text for one in "\t\r\n")


def _is_one_word(text: str) -> bool:
    return bool(text) and not any(char.isspace() for char in text)
