"""A release folder held against its revocation list: which of its items must go."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from fairhand.core.errors import MalformedError
from fairhand.proof.log.note import Verifier, parse_vkey
from fairhand.proof.log.rotation import follow, parse_handovers
from fairhand.proof.release.manifest import (
    ITEMS,
    MANIFEST,
    REVOCATIONS,
    REVOCATIONS_HANDOVERS,
    REVOCATIONS_NOTE,
    parse_manifest,
)
from fairhand.proof.revocation.rules import read_list

_FEED = re.compile(r"/releases/(\d+)/revocations", re.ASCII)


@dataclass(frozen=True, slots=True)
class MustGo:
    """An item that must not be used any more: its name, a class of reason, its file if any."""

    item: str
    reason: str
    sha256: str | None
    credentials: str | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """Its file, and the credentials that were made when it was given."""
        return tuple(one for one in (self.sha256, self.credentials) if one)


@dataclass(frozen=True, slots=True)
class HeldFolder:
    """What a folder says of itself: its release, where its list is, and whose keys sign it.

    The log's key may be another one by now: the folder keeps the notes that handed over to it.
    """

    folder: Path
    release_id: int
    feed: str
    keys: tuple[Verifier, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """How a folder stands: items in it, and those that must go."""

    release_id: int
    number: int
    items: int
    must_go: tuple[MustGo, ...]


def open_folder(folder: Path) -> HeldFolder:
    """Read a release folder; raises MalformedError when it is none that has a list."""
    try:
        facts = parse_manifest((folder / MANIFEST).read_bytes()).facts
    except OSError as error:
        raise MalformedError(f"{folder} is no release: it has no {MANIFEST}") from error
    found = _FEED.fullmatch(facts.own_data.revocations) if facts.own_data else None
    if facts.own_data is None or found is None:
        raise MalformedError(f"the release in {folder} holds nothing that people can take back")
    keys = follow([parse_vkey(facts.log_vkey)], _handovers(folder))
    return HeldFolder(folder, int(found[1]), facts.own_data.revocations, tuple(keys))


def _handovers(folder: Path) -> list[str]:
    try:
        return parse_handovers((folder / REVOCATIONS_HANDOVERS).read_bytes())
    except FileNotFoundError:
        return []


def check_folder(
    held: HeldFolder, file: bytes, note: str, key: Verifier | Sequence[Verifier] | None = None
) -> Checked:
    """Say which items of a folder its list names; raises MalformedError for another's list."""
    content = read_list(file, note, key or held.keys)
    if content["release"] != held.release_id:
        raise MalformedError(
            f"this is the list of release {content['release']}, not of {held.release_id}"
        )
    reasons = {one["item"]: one["reason"] for one in content["items"]}
    many, must_go = 0, []
    for item in _items(held.folder / ITEMS):
        many += 1
        if (reason := reasons.get(item["item"])) is not None:
            files = item.get("sha256"), item.get("credentials_sha256")
            must_go.append(MustGo(item["item"], reason, *files))
    return Checked(held.release_id, content["number"], many, tuple(must_go))


def files_that_stay(held: HeldFolder, file: bytes) -> set[str]:
    """List the files of items that a list does not name: another's may be the very same."""
    gone = {one["item"] for one in orjson.loads(file)["items"]}
    stay = [one for one in _items(held.folder / ITEMS) if one["item"] not in gone]
    return {one[name] for one in stay for name in ("sha256", "credentials_sha256") if one.get(name)}


def taken_back(folder: Path) -> frozenset[str]:
    """List the files that a folder may lack, by the signed list that lies in it; none without."""
    try:
        file = (folder / REVOCATIONS).read_bytes()
        note = (folder / REVOCATIONS_NOTE).read_text("utf-8")
        found = check_folder(open_folder(folder), file, note)
    except (OSError, UnicodeDecodeError, MalformedError):
        return frozenset()
    return frozenset(file for one in found.must_go for file in one.files)


def _items(path: Path) -> Any:  # noqa: ANN401  # an iterator of lines
    try:
        with path.open("rb") as lines:
            yield from (orjson.loads(line) for line in lines)
    except (OSError, ValueError) as error:
        raise MalformedError(f"{path} cannot be read: {error}") from error
