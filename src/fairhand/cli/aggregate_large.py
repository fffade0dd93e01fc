"""`fairhand aggregate --engine native|ray`: the same from a table that memory does not hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairhand.cli.progress import progress
from fairhand.cli.voice import remark, tell
from fairhand.core.errors import InvalidError

if TYPE_CHECKING:
    from fairhand.jobs.aggregate_large import LargeAggregation
    from fairhand.jobs.large_passes import PassReport

_PARTITIONS = ("partitions", "partition")
_ENDINGS = (".parquet", ".csv", ".csv.gz", ".tsv", ".tsv.gz")


def aggregate_in_partitions(
    file: Path,
    method: str,
    columns: tuple[str, str, str],
    *,
    output: Path | None,
    engine: str,
    partitions: int | None,
    in_memory_only: tuple[Path | None, ...],
) -> None:
    """Join the answers in a file, or in all files of a folder, and tell how it went."""
    from fairhand.jobs.aggregate_large import AggregateLarge, aggregate_large

    if output is None:
        raise InvalidError("Name a file for the labels with --output; they may be many.")
    if any(path is not None for path in in_memory_only):
        raise InvalidError("--gold and --truth work with --engine memory alone.")
    if method == "auto":
        method = "dawid-skene"
        remark("Choosing a method needs all answers in memory; dawid-skene is used.")
    command = AggregateLarge(
        files=_files(file),
        output=output,
        method=method,
        engine=engine,
        partitions=partitions,
        columns=columns,
    )
    with progress("Preparing") as report:
        found = aggregate_large(
            command, lambda _title, done, total: report(done, total), _remark_pass
        )
    tell(_json(found, method, output), *_parts(found, method))
    remark(f"Labels are in {output}.")


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(one for one in path.iterdir() if one.name.casefold().endswith(_ENDINGS))
    if not found:
        raise InvalidError(f"{path} has no files of answers ({', '.join(_ENDINGS)}).")
    return found


def _remark_pass(report: PassReport) -> None:
    remark(
        f"Pass {report.number}: {report.seconds:.1f} s; "
        f"the largest change of a probability was {report.change:.2g}."
    )


def _json(found: LargeAggregation, method: str, output: Path) -> dict[str, Any]:
    return {
        "answers": found.answers,
        "tasks": found.tasks,
        "people": len(found.workers),
        "classes": [str(name) for name in found.classes],
        "method": method,
        "partitions": found.partitions,
        "iterations": found.iterations,
        "converged": found.converged,
        "log_likelihood": found.log_likelihood,
        "output": str(output),
    }


def _parts(found: LargeAggregation, method: str) -> list[str]:
    parts = [
        f"{found.answers:,} answers of {len(found.workers):,} people to {found.tasks:,} tasks, "
        f"in {found.partitions:,} {_PARTITIONS[found.partitions == 1]}.",
        f"Method: {method}.",
    ]
    if found.shares is not None:
        shares = zip(found.classes, found.shares.tolist(), strict=True)
        largest = sorted(shares, key=lambda one: -one[1])[:12]
        parts.append("Shares: " + ", ".join(f"{name} {100 * at:.1f} %" for name, at in largest))
    if not found.converged:
        parts.append(f"Mind: probabilities still moved after {found.iterations} passes.")
    return parts
