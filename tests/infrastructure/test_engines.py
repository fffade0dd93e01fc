"""The tests' own floor: fresh databases, honest skips, no network."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from fairhand.core.clock import SECOND_MS, ManualClock, iso
from fairhand.storage.database import Database
from fairhand.storage.schema import whole_metadata
from tests import data, engines, skips
from tests.network import OutsideConnectionError


def test_every_table_of_the_metadata_exists_in_a_fresh_database(db: Database) -> None:
    with db.read() as connection:
        names = set(inspect(connection).get_table_names())
    assert names == set(whole_metadata().tables)


def test_what_one_test_writes_no_other_test_sees(
    templates: engines.Templates, engine_name: str
) -> None:
    for _ in range(2):
        with templates.fresh(engine_name, tables=False) as url:
            database = Database(url, pool_size=1)
            with database.write() as connection:
                connection.execute(text("CREATE TABLE seen (n INTEGER)"))
            database.close()


def test_a_database_that_is_used_again_is_as_a_fresh_one(
    templates: engines.Templates, engine_name: str
) -> None:
    for _ in range(3):
        with templates.fresh(engine_name) as url:
            database = Database(url, pool_size=1)
            with database.write() as connection:
                sql = "INSERT INTO skill (name) VALUES ('to see') RETURNING id"
                assert connection.execute(text(sql)).scalar_one() == 1
                event = "INSERT INTO pay_period (starts_at, ends_at, opened_at) VALUES (1, 2, 3)"
                connection.execute(text(event))
            database.close()


def test_a_database_whose_triggers_were_touched_is_not_used_again(
    templates: engines.Templates,
) -> None:
    if engines.why_no_postgres():
        pytest.skip("one engine alone keeps its databases")
    with templates.fresh("postgresql") as url:
        touched = url
        database = Database(url, pool_size=1)
        with database.write() as connection:
            connection.execute(text("ALTER TABLE entry DISABLE TRIGGER ALL"))
        database.close()
    with templates.fresh("postgresql") as url:
        assert url != touched


def test_the_clock_moves_only_when_told_to(clock: ManualClock) -> None:
    assert iso(clock()) == "2026-11-21T09:30:00.000Z"
    clock.advance(-SECOND_MS)
    assert iso(clock()) == "2026-11-21T09:29:59.000Z"


def test_a_connection_that_leaves_the_machine_is_refused() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock,
        pytest.raises(OutsideConnectionError),
    ):
        sock.connect(("192.0.2.1", 80))


def test_postgres_that_is_absent_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engines, "find_postgres_binaries", lambda: None)
    assert engines.why_no_postgres() == "PostgreSQL tests skipped: no initdb found"


def test_data_that_is_absent_skips_the_test_with_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FAIRHAND_DATA", str(tmp_path))
    with pytest.raises(pytest.skip.Exception, match="seg_nuclei is not in the data folder"):
        data.data_dir("seg_nuclei")


@pytest.mark.parametrize(("ci", "expected"), [("true", "failed"), ("", "skipped")])
def test_a_skip_fails_on_ci_only(monkeypatch: pytest.MonkeyPatch, ci: str, expected: str) -> None:
    monkeypatch.setenv("CI", ci)
    report = pytest.TestReport(
        "t", ("t.py", 1, "t"), {}, "skipped", ("t.py", 1, "Skipped: no initdb found"), "setup"
    )
    assert skips.fail_if_skipped(report).outcome == expected
    assert "no initdb found" in str(report.longrepr)


def test_skips_are_counted_by_reason() -> None:
    def skipped(reason: str) -> pytest.TestReport:
        where = ("t.py", 1, f"Skipped: {reason}")
        return pytest.TestReport("t", ("t.py", 1, "t"), {}, "skipped", where, "setup")

    lines = skips.summary_lines(
        [skipped("no initdb"), skipped("no chromium"), skipped("no initdb")]
    )
    assert lines == ["no initdb (2 tests)", "no chromium (1 tests)"]
