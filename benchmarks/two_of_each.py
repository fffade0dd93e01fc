"""Two servers and two workers on PostgreSQL, in trouble while people work.

Every round one server and one worker are ended by SIGKILL and started again, whatever they do.
With `--outage-s` it is PostgreSQL that is ended at once (`pg_ctl stop -m immediate`), and started
again after so many seconds; servers and workers go on as they are. At the end everything that was
acknowledged must be there, once, paid and promised, every import whole and once, and every book
must balance (`tests.invariants.checks`). The processes do what `fairhand serve --no-background`
and `fairhand worker` do, forked from one that has everything imported, so that a new one is there
within a second; PostgreSQL runs with its own durable settings.

    python -m benchmarks.two_of_each --minutes 10
    python -m benchmarks.two_of_each --minutes 4 --outage-s 60
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from fairhand.core.clock import DAY_MS, Instant, ManualClock, system_now
from fairhand.core.settings import load_settings
from fairhand.people.accounts import store as accounts
from fairhand.storage.database import Database
from fairhand.storage.process_store import list_processes
from fairhand.storage.snapshots import snapshot
from fairhand.use_cases.back_up import marks_of
from fairhand.use_cases.house import open_database
from tests.cast import Cast
from tests.engines import PostgresServer, start_postgres
from tests.invariants.errands import Importer, Visitor
from tests.invariants.servers import Client, Servers, launching, serving
from tests.invariants.test_kills import check_everything

WORKERS = (-1, -2)
"""The launcher's names for the two workers."""
_UP_S = 15.0
_PATIENCE_S = 60.0
Trouble = Callable[[Servers, random.Random], None]
"""One round of what goes wrong."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run came to."""

    minutes: float
    seed: int
    rounds: int
    acknowledged: int
    skipped: int
    retries: int
    answers_per_s: float
    longest_wait_s: float
    imports: int
    pages: int
    pages_unavailable: int
    longest_page_s: float
    sealed_by_workers: int
    lost: int


def endure(
    url: str, folder: Path, trouble: Trouble, *, minutes: float, people: int, seed: int
) -> Figures:
    """Run it all on an empty PostgreSQL database; raises AssertionError when anything is wrong."""
    settings = load_settings(folder / "workspace", database_url=url)
    db = open_database(settings)
    stop = threading.Event()
    cast = Cast(db, ManualClock(system_now()))
    clients = _people(cast, people, int(2_500 * minutes) + 300, seed, stop)
    elsewhere = cast.project(tasks=0, funded=0)
    importer = Importer(db, settings, cast.carmen, elsewhere, stop)
    with _without_background(), launching() as launcher, serving(launcher, settings, 2) as fleet:
        for worker in WORKERS:
            fleet.start(worker)
        _wait_for_workers(db)
        for client in clients:
            client.ports = fleet.ports
        visitor = Visitor(_session(db, cast.carmen), fleet.ports, _pages(elsewhere), stop)
        began = time.monotonic()
        work = [*(client.work for client in clients), importer.work, visitor.work]
        dice = random.Random(seed)
        rounds = _work_in_trouble(work, stop, minutes * 60, lambda: trouble(fleet, dice))
        seconds = time.monotonic() - began
        importer.wait_until_done()
        sealed = _wait_for_a_seal(db)  # before the check seals the rest itself
    assert sealed > 0, f"no worker sealed anything: {fleet.words()}"
    check_everything(db, settings, clients)
    imports = importer.check()
    db.close()
    acknowledged = sum(len(client.submitted) for client in clients)
    assert acknowledged > 0
    return Figures(
        minutes=round(seconds / 60, 2),
        seed=seed,
        rounds=rounds,
        acknowledged=acknowledged,
        skipped=sum(len(client.skipped) for client in clients),
        retries=sum(client.retries for client in clients),
        answers_per_s=round(acknowledged / seconds, 1),
        longest_wait_s=round(max(client.longest_s for client in clients), 2),
        imports=imports,
        pages=sum(visitor.seen.values()),
        pages_unavailable=sum(n for (_, status), n in visitor.seen.items() if status == 503),
        longest_page_s=round(visitor.longest_s, 2),
        sealed_by_workers=sealed,
        lost=0,  # `check_everything` compared what was stored with what was acknowledged
    )


def kill_one_of_each(fleet: Servers, dice: random.Random) -> None:
    """End a server and a worker without warning; others take their place."""
    time.sleep(dice.uniform(0.5, 4.0))
    fleet.kill(dice.choice(fleet.ports))
    fleet.kill(dice.choice(WORKERS))
    fleet.wait_until_ready()


def without_database(server: PostgresServer, outage_s: float, up_s: float = _UP_S) -> Trouble:
    """Take the database away for a while; every process must still be the same afterwards."""

    def trouble(fleet: Servers, dice: random.Random) -> None:
        before = dict(fleet.pids)
        time.sleep(dice.uniform(0.5, 1.5) * up_s)
        server.crash()
        time.sleep(outage_s)
        server.start_again()
        time.sleep(up_s)
        assert fleet.pids == before
        assert all(fleet.is_alive(name) for name in before), fleet.words()

    return trouble


def _wait_for_a_seal(db: Database) -> int:
    """Give how much of the log the workers sealed; after a short trouble they get a minute."""
    deadline = time.monotonic() + 60
    while True:
        with snapshot(db) as look:
            sealed = marks_of(look.connection).log_size
        if sealed or time.monotonic() > deadline:
            return sealed
        time.sleep(0.5)


def _wait_for_workers(db: Database) -> None:
    """Wait until both speak: one that finds no database at its start ends, and is no part of it."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        with db.read() as connection:
            if sum(one.kind == "worker" for one in list_processes(connection)) == len(WORKERS):
                return
        assert time.monotonic() < deadline, "no workers"
        time.sleep(0.1)


@contextmanager
def _without_background() -> Iterator[None]:
    """Let the servers that are started leave the background work to the workers."""
    os.environ["FAIRHAND_BACKGROUND"] = "false"
    try:
        yield
    finally:
        del os.environ["FAIRHAND_BACKGROUND"]


def _people(cast: Cast, number: int, tasks: int, seed: int, stop: threading.Event) -> list[Client]:
    names = [f"Amina {each}" for each in range(number)]
    project = cast.project(*names, tasks=tasks, overlap=2)
    made = []
    for place, name in enumerate(names):
        person = cast.person(name)
        with cast.db.write() as connection:
            token = accounts.create_token(
                connection,
                person,
                scope="work",
                project_id=0,
                label="script",
                expires_at=Instant(cast.clock.now + DAY_MS),
                now=cast.clock.now,
            )
        dice = random.Random(seed + place)
        made.append(Client(person, token, project, [], dice, stop, 0.3, give_up_s=180))
    return made


def _session(db: Database, person: int) -> str:
    with db.write() as connection:
        return accounts.create_session(connection, person, system_now(), 1)


def _pages(project: int) -> tuple[str, ...]:
    return ("/", f"/projects/{project}", f"/projects/{project}/tasks", "/ready")


def _work_in_trouble(
    work: Sequence[Callable[[], None]],
    stop: threading.Event,
    seconds: float,
    trouble: Callable[[], None],
) -> int:
    rounds, ends = 0, time.monotonic() + seconds
    with ThreadPoolExecutor(len(work)) as pool:
        working: list[Future[None]] = [pool.submit(each) for each in work]
        try:
            while time.monotonic() < ends:
                trouble()
                rounds += 1
                broken = [one for one in working if one.done() and one.exception()]
                assert not broken, broken[0].exception()
        finally:
            stop.set()
        for one in working:
            one.result(timeout=_PATIENCE_S)
    return rounds


def main() -> None:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--people", type=int, default=16)
    parser.add_argument("--outage-s", type=float, default=0, help="take the database away instead")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    server = start_postgres(durable=True)
    gone = without_database(server, options.outage_s)
    try:
        server.run("CREATE DATABASE kills")
        with tempfile.TemporaryDirectory() as folder:
            found = endure(
                server.url("kills"),
                Path(folder),
                gone if options.outage_s else kill_one_of_each,
                minutes=options.minutes,
                people=options.people,
                seed=options.seed,
            )
    finally:
        server.stop()
    print(json.dumps(asdict(found), indent=1))


if __name__ == "__main__":
    main()
