"""All of one's own data as one archive, written while it is sent.

`fairhand-own-data/v1`: one JSON file for each kind of record, the whole pay export under `pay/`,
`schema.json` that says what each column is, and a manifest with the SHA-256 of each file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from fairhand.core.clock import Instant, iso
from fairhand.core.zipped import Member, zip_stream
from fairhand.people.accounts import own_data_store as store
from fairhand.storage.database import Database
from fairhand.use_cases.read_pay_export import pay_members

FORMAT: Final = "fairhand-own-data/v1"


def read_own_data(db: Database, person_id: int, log_key: str, now: Instant) -> Iterator[bytes]:
    """Stream the archive of everything that is kept about one person."""
    return zip_stream(_Export(db, person_id, log_key, now).members())


@dataclass(slots=True)
class _Export:
    db: Database
    person_id: int
    log_key: str
    now: Instant
    written: list[dict[str, Any]] = field(default_factory=list)

    def members(self) -> Iterator[Member]:
        yield self._noted("schema.json", [_pretty({"format": FORMAT, "files": store.schema()})])
        for name in store.RECORDS:
            yield self._noted(f"{name}.json", self._json(name))
        for name, pieces in pay_members(self.db, self.person_id, self.log_key, self.now):
            yield self._noted(f"pay/{name}", pieces)
        yield "manifest.json", [self._manifest()]

    def _json(self, name: str) -> Iterator[bytes]:
        between, after, is_last = b"[\n", None, False
        while not is_last:
            with self.db.read() as connection:
                rows, after = store.load_chunk(connection, name, self.person_id, after)
            if rows:
                yield between + b",\n".join(map(orjson.dumps, rows))
                between = b",\n"
            is_last = after is None
        yield b"[]\n" if between == b"[\n" else b"\n]\n"

    def _noted(self, name: str, pieces: Iterable[bytes]) -> Member:
        def passed() -> Iterator[bytes]:
            digest, size = hashlib.sha256(), 0
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                yield piece
            self.written.append({"name": name, "bytes": size, "sha256": digest.hexdigest()})

        return name, passed()

    def _manifest(self) -> bytes:
        return _pretty(
            {
                "format": FORMAT,
                "person": self.person_id,
                "made_at": iso(self.now),
                "log_key": self.log_key,
                "files": self.written,
            }
        )


def _pretty(content: object) -> bytes:
    return json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n"
