"""`fairhand pool`, `qrels`, `pairs`: runs become tasks; judgements as others read them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairhand.cli.options import AsJson
from fairhand.cli.voice import remark, tell

_SHOWN = 5


def register(app: typer.Typer) -> None:
    """Add `pool`, `qrels` and `pairs`."""
    app.command("pool")(pool)
    app.command("qrels")(qrels)
    app.command("pairs")(pairs)


def pool(
    runs: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="Runs in TREC's format.")
    ],
    queries: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="Queries: an id and a text a row.")
    ],
    documents: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help="Documents: an id, a text, maybe a title."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the tasks.")],
    depth: Annotated[int, typer.Option(min=1, help="How many of each run's first to judge.")] = 10,
    per_task: Annotated[int, typer.Option(min=1, max=200, help="Documents in one task.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Pool the first documents of several runs into tasks to judge.

    Queries and documents are CSV, JSON lines or Parquet.

    Example:  fairhand pool bm25.run dense.run --queries q.csv --documents d.parquet -o tasks.jsonl
    """
    import orjson

    from fairhand.core.errors import Issue
    from fairhand.formats import trec

    pooled = trec.pool([trec.read_run(run) for run in runs], depth)
    texts = trec.read_texts(queries), trec.read_texts(documents)
    issues: list[Issue] = []
    tasks = judged = 0
    with output.open("wb") as file:
        for one in trec.pooled_tasks(pooled, *texts, per_task):
            if isinstance(one, Issue):
                issues.append(one)
                continue
            file.write(orjson.dumps(one) + b"\n")
            tasks, judged = tasks + 1, judged + len(one["documents"])
    for issue in issues[:_SHOWN]:
        remark(f"{issue.place} {issue.message}.")
    told = {"queries": len(pooled), "documents": judged, "tasks": tasks, "left_out": len(issues)}
    tell(
        {**told, "file": str(output)},
        f"{judged} documents of {len(pooled)} queries are in {tasks} tasks: {output}"
        + (f"; {len(issues)} were left out, they have no text." if issues else "."),
        f"fairhand import PROJECT {output}",
    )


def qrels(
    release: Annotated[Path, typer.Argument(exists=True, help="A release's folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the judgements.")],
    question: Annotated[
        str | None, typer.Option(help="Which question, where there are several.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the grades of a release as TREC qrels.

    Example:  fairhand qrels search-v1 -o judgements.qrels
    """
    from fairhand.formats import trec

    path = release / "labels.jsonl" if release.is_dir() else release
    lines = trec.qrels_of(trec.read_release_rows(path), question)
    output.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    tell(
        {"judgements": len(lines), "file": str(output)},
        f"{len(lines)} judgements are in {output}.",
    )


def pairs(
    release: Annotated[Path, typer.Argument(exists=True, help="A release's folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write JSON lines.")],
    question: Annotated[
        str | None, typer.Option(help="Which question, where there are several.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the preferences of a release as prompt, chosen and rejected.

    Example:  fairhand pairs preferences-v1 -o pairs.jsonl
    """
    import orjson

    from fairhand.formats.preferences import preferences_of
    from fairhand.formats.trec import read_release_rows

    path = release / "labels.jsonl" if release.is_dir() else release
    count = 0
    with output.open("wb") as file:
        for pair in preferences_of(read_release_rows(path), question):
            file.write(orjson.dumps(pair) + b"\n")
            count += 1
    tell({"pairs": count, "file": str(output)}, f"{count} pairs are in {output}.")
