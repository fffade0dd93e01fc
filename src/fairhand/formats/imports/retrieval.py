"""Judgements of search results with their texts: a BEIR folder, or TREC qrels beside the texts.

The grades are proposed. Judgements are read first, so that of the texts only those are held which
somebody judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats import csv, jsonl
from fairhand.formats.imports.found import Found, Told, as_rows, question_of
from fairhand.formats.lines import lines
from fairhand.formats.options import ReadOptions, Row, Source, opened, source_name
from fairhand.labels.relevance import QUERY, QUERY_ID, grade_values
from fairhand.labels.replies import DOCUMENTS

PER_TASK: Final = 10
"""Documents that are judged together."""
_HEADER: Final = ("query-id", "corpus-id", "score")
_ID: Final = ("_id", "id", "query_id", "doc_id", "docid", "docno", "qid", "query-id")
_ENDINGS: Final = {".jsonl": jsonl.read_rows, ".csv": csv.read_rows, ".tsv": csv.read_rows}
_LONGEST: Final = 4_096

Judged = dict[str, dict[str, int]]


def read_beir(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    """Read a folder of `corpus.jsonl`, `queries.jsonl` and `qrels/*.tsv`."""
    root = _root(source, options)
    judged: Judged = {}
    found = sorted((root / "qrels").glob("*.tsv"))
    if not found:
        raise MalformedError(f"{root.name} has no qrels/*.tsv")
    for path in found:
        yield from _judgements(path, judged, with_header=True)
    yield from _tasks(judged, root, ("queries",), ("corpus",), options)


def read_trec(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    """Read `query 0 document grade`, a file or a folder's, with `queries.*` and `corpus.*` beside.

    Texts are JSON lines, CSV or TSV; documents may be called `documents.*` as well.
    """
    if isinstance(source, Path) and source.is_dir():
        names = [path for path in sorted(source.iterdir()) if "qrels" in path.name.casefold()]
        files, root = [path for path in names if path.is_file()], source
    elif isinstance(source, Path) and options.media_root is not None:
        files, root = [source], options.media_root
    else:
        name = source_name(source, options)
        raise MalformedError(f"{name} holds grades without texts: import it from its folder")
    if not files:
        raise MalformedError(f"{root.name} has no qrels")
    judged: Judged = {}
    for path in files:
        yield from _judgements(path, judged, with_header=False)
    yield from _tasks(judged, root, ("queries", "topics"), ("corpus", "documents"), options)


def _judgements(path: Path, judged: Judged, *, with_header: bool) -> Iterator[Issue]:
    """Gather grades by query; what is no judgement is an Issue."""
    with opened(path) as file:
        for line in lines(file, _LONGEST, path.name):
            place = f"{path.name} line {line.number}"
            try:
                text = (line.content or b"").decode()
            except UnicodeDecodeError:
                yield Issue(place, "is not UTF-8")
                continue
            parts = tuple(text.split("\t") if with_header else text.split())
            if not text.strip() or (line.number == 1 and parts == _HEADER):
                continue
            if len(parts) != (3 if with_header else 4):
                yield Issue(place, "is no judgement: a query, a document and a grade are wanted")
                continue
            query, document, grade = parts[0], parts[-2], parts[-1]
            if not grade.removeprefix("-").isdecimal() or len(grade) > 9:
                yield Issue(place, f"has a grade {grade[:40]!r} that is no whole number")
                continue
            judged.setdefault(query, {})[document] = int(grade)


def _tasks(
    judged: Judged,
    root: Path,
    queries: Iterable[str],
    documents: Iterable[str],
    options: ReadOptions,
) -> Iterator[Row | Issue]:
    if not judged:
        raise MalformedError(f"{root.name} has no judgements")
    asked: dict[str, dict[str, str]] = {}
    yield from _texts(root, queries, judged, asked, options)
    wanted = {name for grades in judged.values() for name in grades}
    known: dict[str, dict[str, str]] = {}
    yield from _texts(root, documents, wanted, known, options)
    told = Told()
    for query, grades in judged.items():
        words = asked.get(query, {}).get("text")
        if not words:
            yield Issue(f"query {query[:100]}", "has no text among the queries")
            continue
        there = [name for name in grades if name in known]
        if missing := len(grades) - len(there):
            yield Issue(
                f"query {query[:100]}", f"lacks the texts of {missing} documents", "warning"
            )
        for start in range(0, len(there), PER_TASK):
            some = there[start : start + PER_TASK]
            shown = [{"id": name, **known[name]} for name in some]
            data = {QUERY_ID: query, QUERY: words, DOCUMENTS: shown}
            answer, notes = _graded({name: grades[name] for name in some}, options)
            found = Found(data, {"relevance": answer} if answer else {}, notes)
            yield from as_rows(found, f"query {query[:100]}", options, told)


def _graded(
    grades: Mapping[str, int], options: ReadOptions
) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """Write grades as an answer; what is below the lowest grade of the question is the lowest."""
    asked = question_of(options, "relevance")
    if asked is None:
        return {"grades": dict(grades)}, ()
    values = grade_values(asked.config)
    low = min(values)
    kept = {name: max(grade, low) for name, grade in grades.items()}
    notes = () if kept == grades else (f"has grades below {low}, which are proposed as {low}",)
    return {"grades": kept}, notes


def _texts(
    root: Path,
    names: Iterable[str],
    wanted: Iterable[str] | Mapping[str, Any],
    known: dict[str, dict[str, str]],
    options: ReadOptions,
) -> Iterator[Issue]:
    """Fill in the texts of those that are wanted, out of the first file of such a name."""
    path, wanted = _beside(root, names), set(wanted)
    if path is None:
        listed = " or ".join(f"{name}.jsonl" for name in names)
        raise MalformedError(f"{root.name or 'the folder'} has no {listed} beside the judgements")
    ending = ".jsonl" if ".jsonl" in path.suffixes else path.suffix.casefold()
    for row in _ENDINGS[ending](path, options):
        if isinstance(row, Issue):
            yield Issue(f"{path.name}: {row.place}", row.message, row.severity)
            continue
        id_ = next((str(row.values[name]) for name in _ID if row.values.get(name)), None)
        if id_ is None:
            yield Issue(row.place, f"has no id; it is looked for in {', '.join(_ID)}")
        elif id_ in wanted and id_ not in known:
            known[id_] = _words(row.values)


def _words(values: Mapping[str, Any]) -> dict[str, str]:
    title = values.get("title")
    named = ("text", "body", "contents", "query")
    text = next((str(values[name]) for name in named if values.get(name)), "")
    more = {"title": title} if isinstance(title, str) and title else {}
    return {**more, "text": text}


def _beside(root: Path, names: Iterable[str]) -> Path | None:
    for name in names:
        for ending in (*_ENDINGS, ".jsonl.gz"):
            path = root / f"{name}{ending}"
            if path.is_file() and not path.is_symlink():
                return path
    return None


def _root(source: Source, options: ReadOptions) -> Path:
    if not isinstance(source, Path) or not source.is_dir():
        name = source_name(source, options)
        raise MalformedError(f"{name} must be a folder with corpus.jsonl, queries.jsonl and qrels")
    return source
