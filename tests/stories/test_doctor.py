"""The doctor finds what is wrong, says what to do, and breaks over nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

import fairhand
from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.settings import Settings, load_settings
from fairhand.proof.log import store as log_store
from fairhand.proof.log.keys import load_or_create_signer
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.process_store import Process, beat
from fairhand.storage.tables.proof import tile
from fairhand.use_cases import examine_house as doctor
from fairhand.use_cases.back_up import LAST
from fairhand.use_cases.house import House, key_path, open_database
from fairhand.use_cases.seal_log import seal_log
from tests.cast import Cast
from tests.stories.terminal import Terminal


@pytest.fixture
def house(db: Database, tmp_path: Path) -> House:
    """A workspace with a log, a key and files."""
    cast = Cast(db)
    cast.load_floors()
    cast.project("Amina")
    settings = Settings(workspace=tmp_path / "team")
    signer = load_or_create_signer(key_path(settings), "fairhand/pets")
    seal_log(db, signer, cast.clock.now)
    blobs = BlobStore(f"file://{tmp_path / 'team' / 'blobs'}")
    return House(settings, db, blobs, signer, "pets", b"s" * 32, cast.clock)


def found(house: House, name: str) -> doctor.Finding:
    """What one check says."""
    return next(one for one in doctor.examine_house(house) if one.name == name)


def test_every_check_answers_on_both_engines_under_its_own_name(house: House) -> None:
    findings = doctor.examine_house(house)
    assert [one.name for one in findings] == list(doctor.CHECKS)
    states = {one.name: one.state for one in findings}
    assert states["files"] == states["keys"] == states["log"] == states["jobs"] == "ok"
    assert all(one.remedy for one in findings if one.state == "warn")


def test_a_database_that_may_lose_what_it_acknowledged_fails(house: House) -> None:
    said = found(house, "database")
    if house.db.is_sqlite:
        assert said.state == "ok"
    else:  # the tests' own server has fsync off
        assert said.state == "fail"
        assert "fsync" in said.words


def test_a_check_that_breaks_is_a_finding(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_house: House) -> doctor.Finding:
        raise ZeroDivisionError

    monkeypatch.setitem(doctor.CHECKS, "disk", broken)
    said = found(house, "disk")
    assert (said.state, "ZeroDivisionError" in said.words) == ("fail", True)


def test_keys_that_others_can_read_fail(house: House) -> None:
    key_path(house.settings).chmod(0o644)
    said = found(house, "keys")
    assert (said.state, "log.key" in said.words) == ("fail", True)
    assert "chmod 600" in said.remedy


def test_a_log_that_was_changed_fails(house: House) -> None:
    assert found(house, "log").state == "ok"
    # The database itself refuses such a change: somebody would have to go around it.
    with house.db.write() as connection:
        connection.exec_driver_sql(
            "DROP TRIGGER tile_only_grows"
            if house.db.is_sqlite
            else "ALTER TABLE tile DISABLE TRIGGER ALL"
        )
        size = len(connection.execute(select(tile.c.hashes)).scalars().first() or b"")
        connection.execute(tile.update().values(hashes=bytes(size)))
        if not house.db.is_sqlite:  # the database is wiped and used again
            connection.exec_driver_sql("ALTER TABLE tile ENABLE TRIGGER ALL")
    said = found(house, "log")
    assert (said.state, "restore" in said.remedy) == ("fail", True)


def test_events_that_nobody_seals_are_told(house: House) -> None:
    clock = house.clock
    with house.db.write() as connection:
        log_store.append(connection, "test.happened", {}, clock())
    later = replace(house, clock=lambda: Instant(clock() + 10 * 60_000))
    assert found(house, "sealing").state == "ok"
    assert found(later, "sealing").state == "warn"


Change = Callable[[Process], Process]


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda one: one, "ok"),
        (lambda one: replace(one, version="0.0.9"), "fail"),
        (lambda one: replace(one, seen_at=Instant(one.seen_at - 61_000)), "warn"),
    ],
)
def test_processes_of_different_versions_fail_and_silence_is_told(
    house: House, change: Change, state: str
) -> None:
    now = house.clock()
    mine = Process("a", "server", "desk", 7, fairhand.__version__, now, now)
    with house.db.write() as connection:
        beat(connection, change(mine))
    assert found(house, "processes").state == state


def test_an_old_backup_is_told(house: House) -> None:
    assert found(house, "backup").state == "warn"
    path = house.settings.workspace / LAST
    path.write_text(json.dumps({"at": house.clock(), "target": "/b"}))
    assert found(house, "backup").state == "ok"
    path.write_text(json.dumps({"at": house.clock() - 8 * DAY_MS, "target": "/b"}))
    assert found(house, "backup").state == "warn"
    path.write_text("[")
    assert found(house, "backup").state == "warn"


def test_a_clock_an_hour_off_fails() -> None:
    assert doctor._skew("clock", "the database", 3_600_000).state == "fail"
    assert doctor._skew("clock", "the database", -7_000).state == "warn"
    assert doctor._skew("clock", "the database", 900).state == "ok"


def test_phones_need_https(house: House) -> None:
    plain = house.settings.model_copy(update={"public_url": "http://desk:8000"})
    said = found(replace(house, settings=plain), "public_url")
    assert (said.state, "microphone" in said.words) == ("warn", True)


def test_the_command_tells_and_ends_with_1_when_something_fails(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "team")
    terminal.init()
    said = terminal.run("doctor", "--json")
    assert (said.code, said.json["failed"]) == (0, 0), said.out
    (terminal.workspace / "keys" / "log.key").chmod(0o644)
    worse = terminal.run("doctor")
    assert worse.code == 1
    assert "FAIL  keys" in worse.out
    db = open_database(load_settings(terminal.workspace))
    with db.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0008'")
    db.close()
    old = terminal.run("doctor")
    assert (old.code, "fairhand upgrade" in old.out) == (1, True)
