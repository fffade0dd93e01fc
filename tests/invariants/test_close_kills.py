"""A close dies by SIGKILL in the middle, twice, and goes on: nobody is settled or paid twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from benchmarks.pay import main as benchmark
from benchmarks.pay_crowd import Crowd, make_crowd
from sqlalchemy import Connection, Table, func, select, text

from fairhand.pay.audit.store import load_ledger_check
from fairhand.storage.database import Database
from fairhand.storage.tables.pay import accrual, pay_period, period_entry, statement
from fairhand.storage.tables.proof import log_event

PEOPLE, EARNINGS = 240, 4_800
AT_ONCE = 200  # ten people a transaction
_PATIENCE_S = 240


def settled(db: Database) -> int:
    with db.read() as connection:
        chosen = select(func.count()).select_from(statement)
        return int(connection.execute(chosen).scalar_one())


def close(db_url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.pay_close", db_url, str(AT_ONCE)],
        stdout=subprocess.DEVNULL,
    )


def kill_when(db: Database, closing: subprocess.Popen[bytes], people: int) -> None:
    """Kill a close as soon as so many people are settled."""
    patience = time.monotonic() + _PATIENCE_S
    while settled(db) < people:
        assert closing.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < patience, "it came to nothing"
        time.sleep(0.005)
    closing.send_signal(signal.SIGKILL)
    closing.wait()


@pytest.mark.slow
def test_a_close_that_is_killed_goes_on_and_pays_nobody_twice(db: Database, db_url: str) -> None:
    make_crowd(db, Crowd(PEOPLE, EARNINGS))
    for people in (1, 100):
        kill_when(db, close(db_url), people)
        assert 0 < settled(db) < PEOPLE
    assert close(db_url).wait(_PATIENCE_S) == 0
    assert close(db_url).wait(_PATIENCE_S) == 0, "once more changes nothing"
    with db.read() as connection:
        check = load_ledger_check(connection)
        assert check.is_right, check
        assert _count(connection, statement) == PEOPLE
        assert _count(connection, period_entry) == _count(connection, accrual)
        assert _count(connection, pay_period) == 1
        made = select(func.count()).where(log_event.c.kind == "pay.statement_made")
        assert connection.execute(made).scalar_one() == PEOPLE
        top_ups = text(
            "SELECT count(*), count(DISTINCT person_id * 1000 + project_id) "
            "FROM accrual WHERE basis = 'top_up'"
        )
        many, distinct = connection.execute(top_ups).one()
        assert many == distinct > 0


@pytest.mark.slow
def test_the_benchmark_of_pay_runs(capsys: pytest.CaptureFixture[str]) -> None:
    benchmark(["--people", "300", "--accruals", "6000", "--seconds", "0.05"])
    assert "nobody twice; statements as in peace; books right" in capsys.readouterr().out


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())
