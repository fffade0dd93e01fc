"""Two servers and two workers on PostgreSQL, killed at random while people work.

Every round one server and one worker are ended by SIGKILL and started again, whatever they do.
At the end everything that was acknowledged must be there, once, paid and promised, and every book
must balance (`tests.invariants.checks`). The processes do what `fairhand serve --no-background`
and `fairhand worker` do, forked from one that has everything imported, so that a new one is there
within a second; PostgreSQL runs with its own durable settings.

    python -m benchmarks.two_of_each --minutes 10
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from fairhand.core.clock import ManualClock, system_now
from fairhand.core.settings import load_settings
from fairhand.people.accounts import store as accounts
from fairhand.storage.database import Database
from fairhand.storage.snapshots import snapshot
from fairhand.use_cases.back_up import marks_of
from fairhand.use_cases.house import open_database
from tests.cast import Cast
from tests.engines import start_postgres
from tests.invariants.servers import Client, Servers, launching, serving
from tests.invariants.test_kills import check_everything

WORKERS = (-1, -2)
"""The launcher's names for the two workers."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run came to."""

    minutes: float
    seed: int
    server_kills: int
    worker_kills: int
    acknowledged: int
    skipped: int
    retries: int
    answers_per_s: float
    longest_wait_s: float
    sealed_by_workers: int
    lost: int


def endure(url: str, folder: Path, *, minutes: float, people: int, seed: int) -> Figures:
    """Run it all on an empty PostgreSQL database; raises AssertionError when anything is wrong."""
    settings = load_settings(folder / "workspace", database_url=url)
    db = open_database(settings)
    dice = random.Random(seed)
    clients = _people(db, people, int(2_500 * minutes) + 300, seed)
    with _without_background(), launching() as launcher, serving(launcher, settings, 2) as fleet:
        for worker in WORKERS:
            fleet.start(worker)
        began = time.monotonic()
        kills = _work_while_they_die(clients, fleet, dice, minutes * 60)
        seconds = time.monotonic() - began
    with snapshot(db) as look:
        sealed = marks_of(look.connection).log_size  # before the check seals the rest itself
    assert sealed > 0, f"no worker sealed anything: {fleet.words()}"
    check_everything(db, settings, clients)
    db.close()
    acknowledged = sum(len(client.submitted) for client in clients)
    return Figures(
        minutes=round(seconds / 60, 2),
        seed=seed,
        server_kills=kills,
        worker_kills=kills,
        acknowledged=acknowledged,
        skipped=sum(len(client.skipped) for client in clients),
        retries=sum(client.retries for client in clients),
        answers_per_s=round(acknowledged / seconds, 1),
        longest_wait_s=round(max(client.longest_s for client in clients), 2),
        sealed_by_workers=sealed,
        lost=0,  # `check_everything` compared what was stored with what was acknowledged
    )


@contextmanager
def _without_background() -> Iterator[None]:
    """Let the servers that are started leave the background work to the workers."""
    os.environ["FAIRHAND_BACKGROUND"] = "false"
    try:
        yield
    finally:
        del os.environ["FAIRHAND_BACKGROUND"]


def _people(db: Database, number: int, tasks: int, seed: int) -> list[Client]:
    names = [f"Amina {each}" for each in range(number)]
    cast = Cast(db, ManualClock(system_now()))
    project = cast.project(*names, tasks=tasks, overlap=2)
    stop, made = threading.Event(), []
    for place, name in enumerate(names):
        person = cast.person(name)
        with db.write() as connection:
            token = accounts.create_token(
                connection,
                person,
                scope="work",
                project_id=0,
                label="script",
                days=1,
                now=cast.clock.now,
            )
        dice = random.Random(seed + place)
        made.append(Client(person, token, project, [], dice, stop, 0.3))
    return made


def _work_while_they_die(
    clients: Sequence[Client], fleet: Servers, dice: random.Random, seconds: float
) -> int:
    rounds, ends = 0, time.monotonic() + seconds
    for client in clients:
        client.ports = fleet.ports
    with ThreadPoolExecutor(len(clients)) as pool:
        working = [pool.submit(client.work) for client in clients]
        try:
            while time.monotonic() < ends:
                time.sleep(dice.uniform(0.5, 4.0))
                fleet.kill(dice.choice(fleet.ports))
                fleet.kill(dice.choice(WORKERS))
                fleet.wait_until_ready()
                rounds += 1
                broken = [one for one in working if one.done() and one.exception()]
                assert not broken, broken[0].exception()
        finally:
            clients[0].stop.set()
        for one in working:
            one.result(timeout=120)
    return rounds


def main() -> None:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--people", type=int, default=16)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    server = start_postgres(durable=True)
    try:
        server.run("CREATE DATABASE kills")
        with tempfile.TemporaryDirectory() as folder:
            found = endure(
                server.url("kills"),
                Path(folder),
                minutes=options.minutes,
                people=options.people,
                seed=options.seed,
            )
    finally:
        server.stop()
    print(json.dumps(asdict(found), indent=1))


if __name__ == "__main__":
    main()
