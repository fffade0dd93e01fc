"""Files, record sets and fields of a card: whatever is pointed at must be there, and be whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from fairhand.core.errors import Issue
from fairhand.proof.release.croissant_known import TYPES

_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
Json = Mapping[str, Any]


def check_graph(card: Json) -> list[Issue]:
    """List what is wrong with the files and the record sets of a card."""
    files, sets = _listed(card, "distribution"), _listed(card, "recordSet")
    fields = [field for one in sets for field in _listed(one, "field")]
    found = [Issue(name, f"{name} is missing") for name in _missing(files, sets)]
    found += _twice([*files, *sets, *fields])
    file_ids, field_ids = _ids(files), _ids(fields)
    for one in files:
        found += _check_file(one, file_ids)
    for one in sets:
        found += _check_set(one, field_ids)
    for one in fields:
        found += _check_field(one, file_ids, field_ids)
    return found


def _missing(files: list[Json], sets: list[Json]) -> list[str]:
    return [name for name, found in (("distribution", files), ("recordSet", sets)) if not found]


def _check_file(one: Json, file_ids: set[str]) -> Iterator[Issue]:
    name = _name(one)
    if not one.get("encodingFormat"):
        yield Issue(name, f"{name} lacks encodingFormat")
    if one.get("@type") == "cr:FileSet":
        if not one.get("includes"):
            yield Issue(name, f"{name} includes nothing")
        yield from _dangling(name, "containedIn", one.get("containedIn"), file_ids)
    elif one.get("@type") == "cr:FileObject":
        yield from _check_object(one, name)
    else:
        yield Issue(name, f"{name} is neither a cr:FileObject nor a cr:FileSet")


def _check_object(one: Json, name: str) -> Iterator[Issue]:
    if not _SHA256.fullmatch(str(one.get("sha256"))):
        yield Issue(name, f"{name} lacks its sha256")
    path = PurePosixPath(str(one.get("contentUrl") or "/"))
    if path.is_absolute() or ".." in path.parts or "://" in str(one.get("contentUrl")):
        yield Issue(name, f"{name}: contentUrl is no file of this release")


def _check_set(one: Json, field_ids: set[str]) -> Iterator[Issue]:
    name = _name(one)
    if not _listed(one, "field"):
        yield Issue(name, f"{name} has no fields")
    yield from _dangling(name, "key", one.get("key"), field_ids)


def _check_field(one: Json, file_ids: set[str], field_ids: set[str]) -> Iterator[Issue]:
    name = _name(one)
    if one.get("dataType") not in TYPES:
        yield Issue(name, f"{name}: dataType {one.get('dataType')!r} is not known")
    source = one.get("source")
    if isinstance(source, dict):
        for kind in ("fileObject", "fileSet"):
            yield from _dangling(name, kind, source.get(kind), file_ids)
    references = one.get("references")
    if isinstance(references, dict):
        yield from _dangling(name, "references", references.get("field"), field_ids)


def _dangling(name: str, what: str, pointed: object, there: set[str]) -> Iterator[Issue]:
    """Name what is pointed at and is not there."""
    listed = pointed if isinstance(pointed, list) else [] if pointed is None else [pointed]
    for one in listed:
        target = one.get("@id") if isinstance(one, dict) else one
        if target not in there:
            yield Issue(name, f"{name}: {what} points at {target}, which is not here")


def _twice(nodes: list[Json]) -> list[Issue]:
    seen: set[str] = set()
    found = []
    for one in nodes:
        name = _name(one)
        if name in seen:
            found.append(Issue(name, f"{name} is there twice"))
        seen.add(name)
    return found


def _ids(nodes: list[Json]) -> set[str]:
    return {_name(one) for one in nodes}


def _name(one: Json) -> str:
    return str(one.get("@id") or one.get("name") or "something without a name")


def _listed(content: Json, name: str) -> list[Json]:
    found = content.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
