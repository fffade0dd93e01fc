"""Everything about one's own pay in one archive: complete, checkable, and nobody else's."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from fairhand.core.clock import MINUTE_MS
from fairhand.core.zipped import zip_stream
from fairhand.storage.database import Database
from fairhand.storage.tables.pay import accrual, entry
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.read_bundle import verify_bundle
from fairhand.use_cases.read_pay_export import FORMAT, read_pay_export
from fairhand.use_cases.seal_log import seal_log
from tests.cast import Cast

PARTS = (
    "earnings",
    "time-events",
    "disputes",
    "bookings",
    "payout-methods",
    "payouts",
    "payout-events",
    "royalties",
)


def exported(cast: Cast, person_id: int) -> zipfile.ZipFile:
    chunks = read_pay_export(cast.db, person_id, cast.signer.verifier.vkey, cast.clock.now)
    return zipfile.ZipFile(io.BytesIO(b"".join(chunks)))


def rows_of(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(archive.read(f"{name}.json"))
    table = list(csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode())))
    assert len(table) == len(found)
    assert [{key: "" if value is None else str(value) for key, value in row.items()}
            for row in found] == table  # fmt: skip
    return found


@pytest.fixture
def worked(db: Database) -> Cast:
    """Amina and Dmitri answer, a period closes, the log is sealed."""
    cast = Cast(db)
    cast.load_floors()
    project = cast.project("Amina", "Dmitri", tasks=6)
    for name in ("Amina", "Dmitri"):
        for _ in range(2):
            task = cast.next_task(cast.person(name), project)
            cast.clock.advance(30_000)
            cast.submit(cast.person(name), task)
    now = cast.clock.advance(MINUTE_MS)
    assert close_pay_period(db, ClosePayPeriod(now), now).statements == 2
    seal_log(db, cast.signer, now)
    return cast


def test_an_export_holds_every_part_and_its_manifest_fits(worked: Cast) -> None:
    archive = exported(worked, worked.person("Amina"))
    manifest = json.loads(archive.read("manifest.json"))

    assert manifest["format"] == FORMAT
    assert manifest["person"] == worked.person("Amina")
    names = [f"{part}.{kind}" for part in PARTS for kind in ("csv", "json")]
    assert [one["name"] for one in manifest["files"]][: len(names)] == names
    assert {one["name"] for one in manifest["files"]} | {"manifest.json"} == set(archive.namelist())
    for one in manifest["files"]:
        content = archive.read(one["name"])
        assert hashlib.sha256(content).hexdigest() == one["sha256"]
        assert len(content) == one["bytes"]


def test_the_parts_say_what_the_books_say_and_the_bundles_verify(worked: Cast) -> None:
    archive = exported(worked, worked.person("Amina"))
    earnings = rows_of(archive, "earnings")
    statements = [name for name in archive.namelist() if name.startswith("statements/")]
    (number,) = [int(Path(name).stem) for name in statements]

    assert {row["basis"] for row in earnings} == {"time", "top_up"}
    assert {row["statement_id"] for row in earnings} == {number}
    assert all(row["started_at"].endswith("Z") for row in earnings)
    assert rows_of(archive, "time-events")
    for part in PARTS:
        rows_of(archive, part)
    text = archive.read(f"bundles/{number}.bundle.json").decode()
    assert verify_bundle(text, worked.signer.verifier).ok


def test_nothing_of_anybody_else_is_in_it(worked: Cast) -> None:
    theirs = exported(worked, worked.person("Dmitri"))
    mine = exported(worked, worked.person("Amina"))
    ids = {row["entry_id"] for row in rows_of(mine, "earnings")}
    assert ids.isdisjoint(row["entry_id"] for row in rows_of(theirs, "earnings"))
    assert len(rows_of(theirs, "earnings")) == len(ids)


def test_somebody_who_never_worked_gets_an_archive_of_nothing(worked: Cast) -> None:
    archive = exported(worked, worked.carmen)
    assert all(rows_of(archive, part) == [] for part in PARTS)


def test_an_archive_is_the_same_whenever_it_is_made(worked: Cast) -> None:
    first, second = (
        b"".join(read_pay_export(worked.db, worked.person("Amina"), "key", worked.clock.now))
        for _ in range(2)
    )
    assert first == second


def test_an_archive_is_sent_while_it_is_written() -> None:
    def endless() -> Any:  # noqa: ANN401
        while True:
            yield hashlib.sha256(str(time.monotonic_ns()).encode()).digest() * 1_000

    chunks = zip_stream([("one", endless())])
    assert len(next(chunks)) > 10_000


@pytest.mark.slow
def test_a_hundred_thousand_earnings_are_exported_within_a_minute(sqlite_db: Database) -> None:
    cast = Cast(sqlite_db)
    cast.load_floors()
    project = cast.project("Amina", tasks=1)
    amina, now = cast.person("Amina"), cast.clock.now
    with sqlite_db.write() as connection:
        first = 1_000_000
        connection.execute(
            insert(entry),
            [
                {"id": first + n, "kind": "accrual", "idem_key": f"made:{n}",
                 "project_id": project, "happened_at": now, "recorded_at": now}
                for n in range(100_000)
            ],
        )  # fmt: skip
        connection.execute(
            insert(accrual),
            [
                {"entry_id": first + n, "person_id": amina, "project_id": project,
                 "activity": "annotate", "started_at": now, "ended_at": now, "paid_ms": 10,
                 "rate_micros_per_hour": 600_000_000, "currency": "GBP", "amount_micros": 1_667}
                for n in range(100_000)
            ],
        )  # fmt: skip
    at = cast.clock.advance(MINUTE_MS)
    close_pay_period(sqlite_db, ClosePayPeriod(at), at)
    seal_log(sqlite_db, cast.signer, at)
    started = time.process_time()
    archive = exported(cast, amina)
    took = time.process_time() - started
    assert len(json.loads(archive.read("earnings.json"))) == 100_001
    assert verify_bundle(archive.read("bundles/1.bundle.json").decode(), cast.signer.verifier).ok
    assert took < 60
