"""One archive holds all that is kept about a person, of nobody else, and names every column."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table

from fairhand.core.clock import HOUR_MS
from fairhand.people.accounts import own_data_store as store
from fairhand.storage.database import Database
from fairhand.storage.schema import whole_metadata
from fairhand.use_cases.close_pay_period import ClosePayPeriod, close_pay_period
from fairhand.use_cases.read_own_data import FORMAT, read_own_data
from tests.cast import Cast

_OWNERS = {"person_id", "reviewer_id", "by_person", "manager_id"}
_REFERENCE = Path(__file__).parents[2] / "docs/reference/own-data.md"


def names_a_person(table: Table) -> bool:
    keys = any(key.column.table.name == "person" for key in table.foreign_keys)
    return keys or bool(_OWNERS & {one.name for one in table.columns})


def export(cast: Cast, name: str) -> dict[str, Any]:
    key = cast.signer.verifier.vkey
    chunks = read_own_data(cast.db, cast.person(name), key, cast.clock.now)
    with zipfile.ZipFile(io.BytesIO(b"".join(chunks))) as archive:
        assert archive.testzip() is None
        return {
            one: json.loads(archive.read(one)) if one.endswith(".json") else archive.read(one)
            for one in archive.namelist()
        }


def test_every_table_that_names_a_person_is_given_or_says_why_not() -> None:
    given = {record.table.name for record in store.RECORDS.values()}
    known = {table.name for table in whole_metadata().sorted_tables if names_a_person(table)}

    assert known - given - set(store.ELSEWHERE) == set()
    assert given & set(store.ELSEWHERE) == set()


def test_the_archive_holds_work_pay_consent_and_the_log_of_its_person_alone(db: Database) -> None:
    cast = Cast(db)
    cast.load_floors()
    project = cast.project("Amina", "Bao", tasks=3)
    for name in ("Amina", "Bao"):
        for _ in range(2):
            task = cast.next_task(cast.person(name), project)
            cast.clock.advance(30_000)
            cast.submit(cast.person(name), task)
    cast.clock.advance(HOUR_MS)
    close_pay_period(cast.db, ClosePayPeriod(cast.clock.now), cast.clock.now)

    found = export(cast, "Amina")

    answers = found["work/answers.json"]
    assert len(answers) == 2
    assert answers[0]["value"]["pet"] in ("cat", "dog", "owl")
    assert answers[0]["submitted_at"].startswith("2026-11-21T")
    assert len(found["work/consents.json"]) == 1
    assert found["account/person.json"][0]["display_name"] == "Amina"
    assert "password_hash" not in found["account/person.json"][0]
    assert found["pay/earnings.json"]
    assert {one["kind"] for one in found["log/events.json"]} >= {"project.joined"}
    mine = cast.rows("SELECT id FROM annotation WHERE person_id = :who", who=cast.person("Amina"))
    assert {one["id"] for one in answers} == {row[0] for row in mine}
    listed = {one["name"] for one in found["manifest.json"]["files"]}
    assert listed == set(found) - {"manifest.json"}
    assert found["manifest.json"]["format"] == FORMAT


def test_what_each_file_holds_is_what_the_schema_says(sqlite_db: Database) -> None:
    cast = Cast(sqlite_db)
    cast.project("Amina")
    found = export(cast, "Amina")
    files = found["schema.json"]["files"]

    assert set(files) == set(store.RECORDS)
    for name, said in files.items():
        for row in found[f"{name}.json"]:
            assert list(row) == list(said["columns"])


def test_an_archive_longer_than_a_chunk_is_whole(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "AT_ONCE", 2)
    cast = Cast(sqlite_db)
    project = cast.project("Amina", tasks=5)
    for _ in range(5):
        cast.clock.advance(30_000)
        cast.submit(cast.person("Amina"), cast.next_task(cast.person("Amina"), project))

    found = export(cast, "Amina")

    assert len(found["work/answers.json"]) == len(found["work/tasks.json"]) == 5
    assert found["work/skips.json"] == []


def test_the_reference_names_every_file() -> None:
    text = _REFERENCE.read_text()

    assert set(re.findall(r"`([a-z]+/[a-z-]+)\.json`", text)) == set(store.RECORDS)
