"""Files and record sets of a machine-readable card: what to read, column by column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fairhand.proof.release import manifest as names
from fairhand.proof.release.croissant_words import (
    ANNOTATION_COLUMNS,
    EQUIVALENTS,
    LABEL_COLUMNS,
)
from fairhand.proof.release.manifest import FileEntry
from fairhand.proof.release.rules import ReleaseFacts
from fairhand.proof.release.shape import ANNOTATIONS, LABELS
from fairhand.proof.release.words import split_names

LABELS_SET: Final = "labels"
ANNOTATIONS_SET: Final = "annotations"
SPLITS_SET: Final = "splits"
SHARDS: Final = "label-shards"
_DATA: Final = "data/"
_FORMATS: Final = {
    ".parquet": "application/x-parquet",
    ".jsonl": "application/jsonlines",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pem": "application/x-pem-file",
}
_FROM_SHARDS: Final = {"fileSet": {"@id": SHARDS}}
_SHARD_SET: Final[dict[str, Any]] = {
    "@type": "cr:FileSet",
    "@id": SHARDS,
    "name": SHARDS,
    "description": "The aggregated answers, in several files.",
    "encodingFormat": _FORMATS[".parquet"],
    "includes": f"{_DATA}*.parquet",
}
_TYPES: Final = {
    "int64": "sc:Integer",
    "double": "sc:Float",
    "bool": "sc:Boolean",
    "string": "sc:Text",
}


def file_objects(files: Iterable[FileEntry]) -> list[dict[str, Any]]:
    """List every file with its size and SHA-256, and several shards of labels as one set.

    The set is a glob and not made of the files' entries: readers know no set of listed files. A
    single shard is read by its entry, so that its hash is checked on the way.
    """
    listed = sorted(files, key=lambda entry: entry.path)
    found = [_file(entry) for entry in listed]
    return [*found, _SHARD_SET] if len(_shards(listed)) > 1 else found


def record_sets(facts: ReleaseFacts, files: Iterable[FileEntry]) -> list[dict[str, Any]]:
    """Describe the rows: aggregated answers, annotations, and the splits where there are any."""
    splits = split_names(facts)
    in_one = bool(splits) and not (facts.splits or {}).get("unsplit", {}).get("rows")
    shards = _shards(files)
    source = {"fileObject": {"@id": shards[0]}} if len(shards) == 1 else _FROM_SHARDS
    labels = _record_set(LABELS_SET, LABELS.schema, LABEL_COLUMNS, source, in_one)
    single = {"fileObject": {"@id": names.ANNOTATIONS_PARQUET}}
    annotations = _record_set(
        ANNOTATIONS_SET, ANNOTATIONS.schema, ANNOTATION_COLUMNS, single, in_one
    )
    labels["key"] = [{"@id": f"{LABELS_SET}/{name}"} for name in ("task_id", "question")]
    labels["description"] = "One aggregated answer to one question about one task."
    annotations["key"] = {"@id": f"{ANNOTATIONS_SET}/annotation_id"}
    annotations["description"] = "One person's answers about one task, by pseudonym."
    return [*([_splits(splits)] if splits else []), labels, annotations]


def _file(entry: FileEntry) -> dict[str, Any]:
    suffix = entry.path[entry.path.rfind(".") :]
    return {
        "@type": "cr:FileObject",
        "@id": entry.path,
        "name": entry.path,
        "contentUrl": entry.path,
        "contentSize": f"{entry.bytes} B",
        "encodingFormat": _FORMATS.get(suffix, "application/octet-stream"),
        "sha256": entry.sha256,
    }


def _shards(files: Iterable[FileEntry]) -> list[str]:
    paths = (entry.path for entry in files)
    return sorted(path for path in paths if path.startswith(_DATA) and path.endswith(".parquet"))


def _record_set(
    name: str,
    schema: Any,  # noqa: ANN401  # pyarrow has no types
    columns: Mapping[str, str],
    source: Mapping[str, Any],
    in_one: bool,
) -> dict[str, Any]:
    fields = []
    for column in schema:
        told = {
            "@type": "cr:Field",
            "@id": f"{name}/{column.name}",
            "name": column.name,
            "description": columns[column.name],
            "dataType": _type(column.type),
            "source": {**source, "extract": {"column": column.name}},
        }
        if str(column.type).startswith("list"):
            told["repeated"] = True
        if column.name in EQUIVALENTS:
            told["equivalentProperty"] = EQUIVALENTS[column.name]
        if column.name == "split" and in_one:
            told["references"] = {"field": {"@id": f"{SPLITS_SET}/name"}}
        fields.append(told)
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "field": fields}


def _type(column_type: Any) -> str:  # noqa: ANN401  # pyarrow has no types
    text = str(column_type)
    return _TYPES["string" if text.startswith("list") else text]


def _splits(splits: list[str]) -> dict[str, Any]:
    field = f"{SPLITS_SET}/name"
    return {
        "@type": "cr:RecordSet",
        "@id": SPLITS_SET,
        "name": SPLITS_SET,
        "dataType": "cr:Split",
        "description": "The splits of this release.",
        "key": {"@id": field},
        "field": [
            {
                "@type": "cr:Field",
                "@id": field,
                "name": "name",
                "description": "The name of the split, as in the column `split`.",
                "dataType": "sc:Text",
            }
        ],
        "data": [{field: split} for split in splits],
    }
