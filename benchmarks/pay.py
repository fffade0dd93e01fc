"""What pay costs: postings a second, and the close of a period for very many people.

    python -m benchmarks.pay [--people 10000] [--accruals 1000000] [--engine sqlite postgresql]

First, earnings posted one by one (a transaction each) and in batches, on a durable database. Then a
month of `--accruals` earnings of `--people` people is made inside the database and closed twice by
processes of their own: once in peace, and once killed by SIGKILL about half-way and run again.
Printed are wall and processor seconds (of PostgreSQL's server too) and the closing process's peak
memory. It fails when anybody is settled twice or gets another statement than in peace.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from benchmarks.pay_crowd import STARTS_AT, Crowd, make_crowd, make_tables
from fairhand.core.clock import Instant
from fairhand.core.money import micros_for
from fairhand.pay.audit.store import load_ledger_check
from fairhand.pay.ledger.batch import post_earnings
from fairhand.pay.ledger.store import Earning, post_earning
from fairhand.storage.database import Database
from fairhand.storage.tables.pay import accrual, entry, period_entry, statement
from fairhand.use_cases.close_pay_period import ENTRIES_AT_ONCE

BATCHES = (1, 10, 100, 1_000)
_POLL_S = 0.005


@dataclass(frozen=True, slots=True)
class Place:
    """Where a database is, how to copy it, and how many seconds its server has computed."""

    engine: str
    home: Path
    server: Any = None

    def url(self, name: str) -> str:
        """Write the URL of a database of a name."""
        if self.server is not None:
            return str(self.server.url(name))
        return f"sqlite:///{self.home / name}.db"

    def make(self, name: str, template: str | None = None) -> str:
        """Make an empty database, or a copy of another one that nobody uses."""
        if self.server is not None:
            self.server.run(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'}")
        elif template is not None:
            shutil.copyfile(self.home / f"{template}.db", self.home / f"{name}.db")
        return self.url(name)

    def server_cpu_s(self) -> float:
        """Processor seconds of the database's own processes, ended ones included."""
        if self.server is None:
            return 0.0
        ticks = 0
        parent = self.server.process.pid
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat.parent.name) == parent:
                ticks += sum(map(int, fields[11:15]))
            elif int(fields[1]) == parent:
                ticks += sum(map(int, fields[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def place(engine: str) -> Iterator[Place]:
    """Make a place for databases of one engine; PostgreSQL is started with its own settings."""
    home = Path(tempfile.mkdtemp(prefix="fairhand-pay-"))
    server = None
    try:
        if engine == "postgresql":
            from tests.engines import start_postgres  # only where it is asked for

            server = start_postgres(durable=True)
        yield Place(engine, home, server)
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(home, ignore_errors=True)


def measure_postings(where: Place, seconds: float) -> dict[str, float]:
    """Post earnings for some seconds in batches of each size; gives entries a second."""
    database = Database(where.make("postings"), pool_size=2)
    make_tables(database)
    make_crowd(database, Crowd(100, 100))
    with database.read() as connection:
        person_id = int(connection.execute(text("SELECT max(id) FROM person")).scalar_one())
        project_id = int(connection.execute(text("SELECT min(id) FROM project")).scalar_one())
    found = {}
    for size in BATCHES:
        done, start = 0, time.perf_counter()
        while (took := time.perf_counter() - start) < seconds:
            made = [
                _earning(f"post:{size}:{done + at}", person_id, project_id) for at in range(size)
            ]
            with database.write() as connection:
                if size == 1:
                    post_earning(connection, made[0], STARTS_AT)
                else:
                    post_earnings(connection, made, STARTS_AT)
            done += size
        found[str(size)] = done / took
    with database.read() as connection:
        _must(load_ledger_check(connection).is_right, "the books are right after posting")
    database.close()
    return found


def _earning(key: str, person_id: int, project_id: int) -> Earning:
    return Earning(
        kind="accrual",
        idem_key=key,
        person_id=person_id,
        project_id=project_id,
        activity="annotate",
        started_at=STARTS_AT,
        ended_at=Instant(STARTS_AT + 30_000),
        paid_ms=30_000,
        rate_micros_per_hour=1_200_000_000,
        currency="GBP",
        amount_micros=micros_for(1_200_000_000, 30_000),
    )


def measure_close(where: Place, crowd: Crowd) -> dict[str, Any]:
    """Close in peace, and once more with a kill; gives what both took."""
    started = time.perf_counter()
    database = Database(where.make("month"), pool_size=2)
    make_tables(database)
    make_crowd(database, crowd)
    if where.server is not None:
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    database.close()
    made_s = time.perf_counter() - started
    at_once = min(ENTRIES_AT_ONCE, max(1, crowd.accruals // 20))  # a kill needs a middle
    peace = _close(where, where.make("peace", "month"), at_once)
    killed_url = where.make("killed", "month")
    settled = _close_and_kill(killed_url, crowd.people // 2, at_once)
    again = _close(where, killed_url, at_once)
    _must(0 < settled < crowd.people, f"the kill came in the middle ({settled} settled)")
    _must(again["people"] == crowd.people - settled, "only the others were settled afterwards")
    in_peace, after_kill = (_outcome(url, crowd) for url in (where.url("peace"), killed_url))
    _must(in_peace == after_kill, "the statements are those of a close in peace")
    return {"made_s": made_s, "peace": peace, "killed_after": settled, "resumed": again}


def _close(where: Place, url: str, at_once: int) -> dict[str, Any]:
    before = where.server_cpu_s()
    done = subprocess.run(_command(url, at_once), capture_output=True, text=True, check=True)
    said: dict[str, Any] = json.loads(done.stdout)
    return said | {"server_cpu_s": where.server_cpu_s() - before}


def _close_and_kill(url: str, after_people: int, at_once: int) -> int:
    """Kill a close by SIGKILL when so many people are settled; says how many were."""
    database = Database(url, pool_size=1)
    closing = subprocess.Popen(_command(url, at_once), stdout=subprocess.DEVNULL)
    while _settled(database) < after_people and closing.poll() is None:
        time.sleep(_POLL_S)
    closing.send_signal(signal.SIGKILL)
    closing.wait()
    settled = _settled(database)
    database.close()
    return settled


def _command(url: str, at_once: int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.pay_close", url, str(at_once)]


def _settled(database: Database) -> int:
    with database.read() as connection:
        chosen = select(func.count()).select_from(statement)
        return int(connection.execute(chosen).scalar_one())


def _outcome(url: str, crowd: Crowd) -> str:
    """Check a closed database, and hash its statements without the numbers of top-up entries.

    Those numbers are given by the database, which does not use those of a killed transaction again.
    """
    database = Database(url, pool_size=1)
    with database.read() as connection:
        check = load_ledger_check(connection)
        _must(check.is_right, f"the books are right: {check}")
        counts = [
            int(connection.execute(select(func.count()).select_from(table)).scalar_one())
            for table in (accrual, period_entry, statement)
        ]
        _must(counts[0] == counts[1], "everything earned is settled once")
        _must(counts[2] == crowd.people, "everybody has one statement")
        keys = select(func.count(), func.count(func.distinct(entry.c.idem_key))).where(
            entry.c.kind == "top_up"
        )
        many, distinct = connection.execute(keys).one()
        _must(many == distinct and many > 0, "nobody is topped up twice")
        digest = hashlib.sha256()
        for (body,) in connection.execute(
            select(statement.c.body).order_by(statement.c.person_id)
        ).yield_per(1_000):
            digest.update(_without_numbers(body))
    database.close()
    return digest.hexdigest()


def _without_numbers(body: str) -> bytes:
    document = json.loads(body)
    for line in document["lines"]:
        if line["kind"] == "top_up":
            del line["ledger"]
    return json.dumps(document, sort_keys=True).encode()


def _must(holds: bool, what: str) -> None:
    if not holds:
        raise SystemExit(f"It does not hold that {what}.")


def main(arguments: list[str] | None = None) -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--accruals", type=int, default=20_000)
    parser.add_argument("--engine", nargs="+", default=["sqlite"], choices=("sqlite", "postgresql"))
    parser.add_argument("--seconds", type=float, default=1.0, help="for each size of batch")
    args = parser.parse_args(arguments)
    crowd = Crowd(args.people, args.accruals)
    for engine in args.engine:
        with place(engine) as where:
            _tell_postings(engine, measure_postings(where, args.seconds))
            _tell_close(engine, crowd, measure_close(where, crowd))


def _tell_postings(engine: str, found: dict[str, float]) -> None:
    print(f"{engine}: earnings posted a second, by how many a transaction")
    for size, rate in found.items():
        print(f"  {size:>6}{rate:12,.0f}", flush=True)


def _tell_close(engine: str, crowd: Crowd, found: dict[str, Any]) -> None:
    print(f"{engine}: close of {crowd.people:,} people with {crowd.accruals:,} earnings")
    print(f"  {'':<28}{'wall s':>9}{'CPU s':>9}{'server':>9}{'peak MB':>9}")
    for name in ("peace", "resumed"):
        one = found[name]
        title = "in peace" if name == "peace" else f"after a kill at {found['killed_after']:,}"
        print(
            f"  {title:<28}{one['wall_s']:9.1f}{one['cpu_s']:9.1f}"
            f"{one['server_cpu_s']:9.1f}{one['peak_mb']:9.0f}",
            flush=True,
        )
    print("  nobody twice; statements as in peace; books right", flush=True)


if __name__ == "__main__":
    main()
