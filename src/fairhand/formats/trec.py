"""Runs in, pooled tasks out, judgements back: the files of TREC evaluations.

A run has lines `query Q0 document rank score tag`; judgements (qrels) have lines `query 0 document
grade`. A pool is, for each query, the union of the first `depth` documents of every run (K. Sparck
Jones, C. J. van Rijsbergen: Report on the need for and provision of an "ideal" information
retrieval test collection, 1975): everybody's best guesses, judged without knowing whose they were.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.registry import read_tasks
from fairhand.labels.relevance import QUERY_ID
from fairhand.labels.replies import deal

_ID_COLUMNS: Final = ("id", "_id", "query_id", "doc_id", "docid", "docno", "qid", "query-id")
_RUN_FIELDS: Final = 6
_LONGEST_NUMBER: Final = 40

Run = Mapping[str, Sequence[str]]
"""Each query's documents, best first."""


def read_run(path: Path) -> dict[str, list[str]]:
    """Read a run; raises MalformedError naming the line that is none.

    Documents stand in the order of their scores, as TREC's own tools read them; the rank decides
    between equal scores.
    """
    found: dict[str, dict[str, tuple[float, float]]] = {}
    text = path.read_text("utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        parts = line.split()
        place = f"{path.name}:{number}"
        if len(parts) != _RUN_FIELDS:
            raise MalformedError(f"{place} is no line of a run: query Q0 document rank score tag.")
        query, _, document, rank, score, _ = parts
        key = (-_number(score, place), _number(rank, place))
        ranked = found.setdefault(query, {})
        ranked[document] = min(key, ranked.get(document, key))
    return {query: sorted(ranked, key=lambda one: ranked[one]) for query, ranked in found.items()}


def pool(runs: Iterable[Run], depth: int) -> dict[str, list[str]]:
    """Join the first `depth` documents of each run, query by query, in an order that says nothing.

    Queries stand in the order in which the runs name them first.
    """
    pooled: dict[str, set[str]] = {}
    for run in runs:
        for query, documents in run.items():
            pooled.setdefault(query, set()).update(documents[:depth])
    return {query: deal(query, documents) for query, documents in pooled.items()}


def pooled_tasks(
    pooled: Run,
    queries: Mapping[str, Mapping[str, Any]],
    documents: Mapping[str, Mapping[str, Any]],
    per_task: int,
) -> Iterator[dict[str, Any] | Issue]:
    """Write a task's data for each `per_task` documents of a query.

    A query or a document whose text is not there becomes an Issue, and is left out.
    """
    for query, names in pooled.items():
        words = _words(queries.get(query, {}), "query", "text", "title")
        if not words:
            yield Issue(f"query {query}", "has no text among the queries")
            continue
        known = []
        for name in names:
            text = _words(documents.get(name, {}), "text", "body", "contents")
            if not text:
                yield Issue(f"document {name}", f"of query {query} has no text among the documents")
                continue
            title = _words(documents[name], "title")
            known.append({"id": name, **({"title": title} if title else {}), "text": text})
        for start in range(0, len(known), per_task):
            part = known[start : start + per_task]
            yield {QUERY_ID: query, "query": words, "documents": part}


def read_texts(path: Path) -> dict[str, dict[str, Any]]:
    """Read queries or documents by their ids, from CSV, JSON lines or Parquet.

    The id is in a column of one of the usual names. Raises MalformedError for a row without.
    """
    found: dict[str, dict[str, Any]] = {}
    for row in read_tasks(path):
        if isinstance(row, Issue):
            raise MalformedError(f"{row.place}: {row.message}.", issues=[row])
        column = next((name for name in _ID_COLUMNS if row.data.get(name) not in (None, "")), None)
        if column is None:
            known = ", ".join(_ID_COLUMNS)
            raise MalformedError(f"{row.place} has no id; it is looked for in {known}.")
        found.setdefault(str(row.data[column]), row.data)
    return found


def qrels_of(rows: Iterable[Mapping[str, Any]], question: str | None = None) -> list[str]:
    """Write judgements from rows of a release, sorted by query and document.

    Rows of other kinds of questions, and of tasks without a query's id, say nothing here. Of a
    document that was graded in several tasks the surest grade counts.
    """
    graded: dict[tuple[str, str], tuple[float, int]] = {}
    for row in rows:
        data, value = row.get("data") or {}, row.get("value") or {}
        query = data.get(QUERY_ID)
        if row.get("kind") != "relevance" or query in (None, ""):
            continue
        if question is not None and row.get("question") != question:
            continue
        sure = float(row.get("confidence") or 0.0)
        for document, grade in value.get("grades", {}).items():
            key = (str(query), document)
            if key not in graded or sure > graded[key][0]:
                graded[key] = (sure, int(grade))
    order = sorted(graded, key=lambda key: (_natural(key[0]), _natural(key[1])))
    return [f"{query} 0 {document} {graded[query, document][1]}" for query, document in order]


def read_release_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Read the rows of a release's `labels.jsonl`; raises MalformedError for a broken line."""
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise MalformedError(f"{path.name}:{number} is no row of a release.")
            yield row


def _words(row: Mapping[str, Any], *columns: str) -> str:
    texts = (row.get(column) for column in columns)
    return next((text.strip() for text in texts if isinstance(text, str) and text.strip()), "")


def _number(text: str, place: str) -> float:
    try:
        number = float(text[:_LONGEST_NUMBER])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise MalformedError(f"{place}: {text[:_LONGEST_NUMBER]!r} is not a number.")
    return number


def _natural(name: str) -> tuple[int, int, str]:
    """Sort ids that are numbers as numbers, before those that are words."""
    is_number = name.isascii() and name.isdigit() and len(name) <= _LONGEST_NUMBER
    return (0, int(name), name) if is_number else (1, 0, name)
