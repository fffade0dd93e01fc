"""`fairhand aggregate`: join the answers in a file of anybody's; needs no workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.aggregate_large import aggregate_in_partitions
from fairhand.cli.answer_files import read_answers, read_known, write_labels
from fairhand.cli.options import AsJson
from fairhand.cli.voice import remark, table, tell

if TYPE_CHECKING:
    from rich.table import Table

    from fairhand.quality.aggregated import Aggregated

_BAR = 30
_SHOWN = 12
AnswerFile = Annotated[
    Path, typer.Argument(exists=True, help="CSV, JSON lines or Parquet; or a folder of them.")
]


def register(app: typer.Typer) -> None:
    """Add `aggregate`."""
    app.command("aggregate")(aggregate)


def aggregate(
    file: AnswerFile,
    method: Annotated[
        str, typer.Option(help="A method's name; `auto` chooses and says why.")
    ] = "auto",
    task: Annotated[str, typer.Option(help="The column of tasks.")] = "task",
    worker: Annotated[str, typer.Option(help="The column of people.")] = "worker",
    label: Annotated[str, typer.Option(help="The column of answers.")] = "label",
    gold: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Known answers to learn from."),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Right answers to measure by."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write the labels here: .csv, .jsonl or .parquet.")
    ] = None,
    engine: Annotated[
        str,
        typer.Option(help="`memory`; `native` or `ray` for more answers than memory holds."),
    ] = "memory",
    partitions: Annotated[
        int | None, typer.Option(min=1, help="With native or ray: how many parts to cut into.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Join many people's answers into one label a task, and say how sure it is.

    Example:  fairhand aggregate answers.csv

    Example:  fairhand aggregate answers.parquet --method dawid-skene --output labels.csv

    Example:  fairhand aggregate answers/ --engine native --output labels.parquet
    """
    from fairhand.core.errors import InvalidError
    from fairhand.quality import aggregate as join

    if engine != "memory":
        aggregate_in_partitions(
            file, method, (task, worker, label), output=output, engine=engine,
            partitions=partitions, in_memory_only=(gold, truth),
        )  # fmt: skip
        return
    columns = read_answers(file, (task, worker, label))
    known = read_known(gold, task, label) if gold else None
    right = read_known(truth, task, label) if truth else None
    try:
        found = join(*columns, method=method, gold=known)
    except ValueError as error:
        raise InvalidError(f"{file.name}: {error}") from None
    if output:
        write_labels(output, found)
    accuracy = _accuracy(found, right)
    tell(_json(found, len(columns[0]), accuracy), *_parts(found, len(columns[0]), accuracy))
    if output:
        remark(f"Labels are in {output}.")


def _accuracy(found: Aggregated, right: dict[Any, Any] | None) -> tuple[int, int] | None:
    """Count the right labels among the tasks whose right answer is known."""
    if right is None:
        return None
    pairs = [
        (label, right[task])
        for task, label in zip(found.tasks, found.labels, strict=True)
        if task in right
    ]
    return sum(label == truth for label, truth in pairs), len(pairs)


def _json(found: Aggregated, answers: int, accuracy: tuple[int, int] | None) -> dict[str, Any]:
    return {
        "answers": answers,
        "tasks": len(found.tasks),
        "people": len(found.workers),
        "classes": [str(name) for name in found.classes],
        "method": found.method,
        "why": found.why,
        "warnings": list(found.warnings),
        "mean_confidence": float(found.confidence.mean()) if len(found.tasks) else None,
        "accuracy": None if accuracy is None else {"right": accuracy[0], "of": accuracy[1]},
        "labels": [
            {"task": str(task), "label": None if label is None else str(label), "probability": sure}
            for task, label, sure in zip(
                found.tasks, found.labels, found.confidence.tolist(), strict=True
            )
        ],
    }


def _parts(found: Aggregated, answers: int, accuracy: tuple[int, int] | None) -> list[str | Table]:
    parts: list[str | Table] = [
        f"{answers:,} answers of {len(found.workers):,} people to {len(found.tasks):,} tasks.",
        f"Method: {found.method}. {found.why}",
    ]
    parts += [f"Mind: {warning}" for warning in found.warnings]
    if len(found.tasks):
        parts += [_label_table(found), _confidence_table(found)]
        parts.append(f"Mean probability of the labels: {100 * found.confidence.mean():.1f} %.")
    if accuracy is not None and accuracy[1]:
        share = 100 * accuracy[0] / accuracy[1]
        parts.append(f"Right: {accuracy[0]:,} of the {accuracy[1]:,} known ({share:.1f} %).")
    return parts


def _label_table(found: Aggregated) -> Table:
    shown = table("", "Label", ">Tasks", "")
    counts: dict[Any, int] = {}
    for label in found.labels:
        counts[label] = counts.get(label, 0) + 1
    most = max(counts.values())
    ordered = sorted(counts.items(), key=lambda one: -one[1])
    for label, count in ordered[:_SHOWN]:
        name = "(not sure enough)" if label is None else str(label)[:40]
        shown.add_row(name, f"{count:,}", _bar(count / most))
    if len(ordered) > _SHOWN:
        rest = sum(count for _, count in ordered[_SHOWN:])
        shown.add_row(f"{len(ordered) - _SHOWN} more", f"{rest:,}", "")
    return shown


def _confidence_table(found: Aggregated) -> Table:
    import numpy as np

    edges = [0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0 + 1e-9]
    counts, _ = np.histogram(found.confidence, edges)
    shown = table("", "Sure", ">Tasks", "")
    names = ["under 50 %", "50 to 60", "60 to 70", "70 to 80", "80 to 90", "90 to 95"]
    for name, count in zip([*names, "95 to 99", "over 99 %"], counts.tolist(), strict=True):
        shown.add_row(name, f"{count:,}", _bar(count / max(1, counts.max())))
    return shown


def _bar(share: float) -> str:
    return "█" * max(round(share * _BAR), 1 if share > 0 else 0)
