"""Everything about one's own pay as one archive, written while it is sent.

`fairhand-pay-export/v1`: each kind of record as CSV and as JSON, every statement as it was written,
every bundle that proves one, and at the end a manifest with the SHA-256 of each file.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from fairhand.core.clock import Instant, iso
from fairhand.core.errors import UnavailableError
from fairhand.core.zipped import Member, zip_stream
from fairhand.pay.evidence.store import StatementText, load_statement_text
from fairhand.pay.own import export, store
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_statement_bundle import make_bundle

FORMAT: Final = "fairhand-pay-export/v1"


def read_pay_export(db: Database, person_id: int, log_key: str, now: Instant) -> Iterator[bytes]:
    """Stream the archive of one person's own pay."""
    return zip_stream(_Export(db, person_id, log_key, now).members())


def pay_members(db: Database, person_id: int, log_key: str, now: Instant) -> Iterator[Member]:
    """Give the files of the archive one by one, for an archive that holds more than pay."""
    return _Export(db, person_id, log_key, now).members()


@dataclass(slots=True)
class _Export:
    """One export on its way: what has been written so far goes into the manifest."""

    db: Database
    person_id: int
    log_key: str
    now: Instant
    written: list[dict[str, Any]] = field(default_factory=list)

    def members(self) -> Iterator[Member]:
        for name in export.KINDS:
            yield self._noted(f"{name}.csv", self._csv(name))
            yield self._noted(f"{name}.json", self._json(name))
        yield from self._statements()
        yield "manifest.json", [self._manifest()]

    def _rows(self, name: str) -> Iterator[list[dict[str, Any]]]:
        after: int | None = 0
        while after is not None:
            with self.db.read() as connection:
                rows, after = export.load_chunk(connection, name, self.person_id, after)
            yield rows

    def _csv(self, name: str) -> Iterator[bytes]:
        names = export.columns_of(name)
        yield (",".join(names) + "\r\n").encode()
        for rows in self._rows(name):
            text = io.StringIO(newline="")
            csv.DictWriter(text, names).writerows(rows)
            yield text.getvalue().encode()

    def _json(self, name: str) -> Iterator[bytes]:
        between = b"[\n"
        for rows in self._rows(name):
            for row in rows:
                yield between + orjson.dumps(row)
                between = b",\n"
        yield b"[]\n" if between == b"[\n" else b"\n]\n"

    def _statements(self) -> Iterator[Member]:
        with self.db.read() as connection:
            numbers = [one.id for one in store.list_statements(connection, self.person_id)]
        for number in sorted(numbers):
            with self.db.read() as connection:
                found = load_statement_text(connection, number)
                if found is None:
                    continue
                bundle = self._bundle(connection, found)
            yield self._noted(f"statements/{number}.json", [found.body.encode()])
            yield self._noted(*bundle)

    def _bundle(self, connection: Connection, found: StatementText) -> Member:
        """A statement's bundle, or in words why there is none: the rest is given in any case."""
        try:
            text = make_bundle(connection, found, self.log_key).text()
        except UnavailableError as error:
            return f"bundles/{found.id}.missing.txt", [f"{error.message}\n".encode()]
        return f"bundles/{found.id}.bundle.json", [text.encode()]

    def _noted(self, name: str, pieces: Iterable[bytes]) -> Member:
        """A member whose size and fingerprint will be in the manifest."""

        def passed() -> Iterator[bytes]:
            digest, size = hashlib.sha256(), 0
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                yield piece
            self.written.append({"name": name, "bytes": size, "sha256": digest.hexdigest()})

        return name, passed()

    def _manifest(self) -> bytes:
        content = {
            "format": FORMAT,
            "person": self.person_id,
            "made_at": iso(self.now),
            "log_key": self.log_key,
            "files": self.written,
        }
        return json.dumps(content, indent=1).encode() + b"\n"
