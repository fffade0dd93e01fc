"""Tables of answers from anybody's tool: read by column, whatever the format; labels written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairhand.quality.aggregated import Aggregated

_KINDS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")


def read_answers(path: Path, names: tuple[str, str, str]) -> tuple[Any, Any, Any]:
    """Read the three columns of a table of answers.

    Raises MalformedError for a file that cannot be read, InvalidError for a missing column or a
    missing value, naming the row.
    """
    found = _read(path)
    columns = [_column(path, found, name) for name in names]
    return columns[0], columns[1], columns[2]


def read_known(path: Path, task: str, label: str) -> dict[Any, Any]:
    """Read known answers as task to label."""
    found = _read(path)
    tasks, labels = (_column(path, found, name) for name in (task, label))
    return dict(zip(tasks.tolist(), labels.tolist(), strict=True))


def _read(path: Path) -> Any:  # noqa: ANN401  # a pyarrow table
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.json as pj
    import pyarrow.parquet as pq

    from fairhand.core.errors import MalformedError

    kind = _kind_of(path)
    try:
        if kind == ".parquet":
            return pq.read_table(path)
        if kind in (".jsonl", ".ndjson"):
            return pj.read_json(path)
        options = pc.ParseOptions(delimiter="\t" if kind == ".tsv" else ",")
        return pc.read_csv(path, parse_options=options)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise MalformedError(f"{path.name} cannot be read as {kind[1:]}: {error}") from None


def _kind_of(path: Path) -> str:
    endings = [ending.casefold() for ending in path.suffixes if ending.casefold() != ".gz"]
    kind = endings[-1] if endings else ""
    if kind not in _KINDS:
        from fairhand.core.errors import MalformedError

        known = ", ".join(_KINDS)
        raise MalformedError(f"{path.name} is none of {known} (also gzipped).")
    return kind


def _column(path: Path, found: Any, name: str) -> Any:  # noqa: ANN401  # pyarrow
    from fairhand.core.errors import InvalidError

    if name not in found.column_names:
        raise InvalidError(
            f"{path.name} has no column {name!r}; it has {', '.join(found.column_names)}. "
            "Name them with --task, --worker and --label."
        )
    column = found.column(name)
    if column.null_count:
        row = next(at for at, value in enumerate(column) if not value.is_valid)
        raise InvalidError(f"{path.name}: {name} is missing in row {row + 1}.")
    return column.to_numpy()


def write_labels(path: Path, found: Aggregated) -> None:
    """Write task, label, probability and a column a class; the ending says how."""
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    from fairhand.core.errors import InvalidError

    kind = path.suffix.casefold()
    columns: dict[str, Any] = {
        "task": list(found.tasks),
        "label": list(found.labels),
        "probability": found.confidence,
    }
    columns |= {f"p({name})": found.probabilities[:, at] for at, name in enumerate(found.classes)}
    made = pa.table(columns)
    if kind == ".csv":
        pc.write_csv(made, path)
    elif kind == ".parquet":
        pq.write_table(made, path)
    elif kind in (".jsonl", ".ndjson"):
        import orjson

        with path.open("wb") as file:
            file.writelines(orjson.dumps(row) + b"\n" for row in made.to_pylist())
    else:
        raise InvalidError(f"--output {path.name}: write to .csv, .jsonl or .parquet.")
