"""Servers die by SIGKILL in the middle of everything; nothing acknowledged is lost or doubled."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from fairhand.core.clock import DAY_MS, Instant, ManualClock, system_now
from fairhand.core.settings import Settings, load_settings
from fairhand.people.accounts import store as accounts
from fairhand.proof.log.keys import load_signer
from fairhand.storage.database import Database
from fairhand.use_cases.house import key_path, open_database
from fairhand.use_cases.seal_log import seal_log
from tests.cast import Cast
from tests.invariants import checks
from tests.invariants.servers import Client, Servers, launching, serving

_PEOPLE = 8


@dataclass(frozen=True, slots=True)
class Ordeal:
    """How many answers, servers and kills, and how long a killer waits."""

    submits: int
    kills: int
    servers: int
    pause_s: tuple[float, float]
    tasks: int
    pace_s: float = 0.0


_SHORT = Ordeal(submits=60, kills=3, servers=2, pause_s=(0.05, 0.3), tasks=400, pace_s=0.2)
_MIDDLE = Ordeal(submits=300, kills=8, servers=2, pause_s=(0.05, 0.8), tasks=4_000)
_LONG = Ordeal(submits=5_000, kills=60, servers=3, pause_s=(0.05, 1.0), tasks=20_000)
_PATIENCE_S = 900


@pytest.fixture(scope="module")
def launcher() -> Iterator[subprocess.Popen[str]]:
    """A process that has everything imported and forks servers."""
    with launching() as process:
        yield process


@pytest.fixture
def settings(empty_db_url: str, engine_name: str, tmp_path: Path) -> Settings:
    """A workspace of its own, on either engine."""
    url = empty_db_url if engine_name == "postgresql" else ""
    return load_settings(tmp_path / "workspace", database_url=url)


def test_nothing_acknowledged_is_lost_or_doubled_when_servers_are_killed(
    settings: Settings, launcher: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    endure(settings, launcher, _SHORT, capsys)


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_in_a_long_ordeal(
    settings: Settings, launcher: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    is_long = os.environ.get("FAIRHAND_HYPOTHESIS") == "long"  # as `make invariants-long` sets it
    endure(settings, launcher, _LONG if is_long else _MIDDLE, capsys)


def endure(
    settings: Settings,
    launcher: subprocess.Popen[str],
    ordeal: Ordeal,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Let eight scripts work while servers are killed, then look at every book."""
    seed = int(os.environ.get("FAIRHAND_SEED") or random.SystemRandom().randrange(2**32))
    db = open_database(settings)
    clients = _make_clients(db, ordeal, seed)
    with serving(launcher, settings, ordeal.servers) as servers:
        _work_while_servers_die(clients, servers, ordeal, random.Random(seed))
    submits = _count(clients)
    retries = sum(client.retries for client in clients)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{db.engine.dialect.name}: seed {seed}, {servers.kills} kills, "
            f"{submits} acknowledged submits, {retries} retries",
            file=sys.stderr,
        )
    assert servers.kills >= ordeal.kills
    assert submits >= ordeal.submits, servers.words()
    check_everything(db, settings, clients)
    db.close()


def check_everything(db: Database, settings: Settings, clients: list[Client]) -> None:
    """Nothing lost, nothing twice, nothing over-assigned, every cent and every promise kept."""
    signer = load_signer(key_path(settings))
    submitted = {who: reply for client in clients for who, reply in client.submitted.items()}
    skipped = {who: reply for client in clients for who, reply in client.skipped.items()}
    seal_log(db, signer, system_now())
    with db.read() as connection:
        checks.check_always(connection)
        checks.check_replies(connection, submitted)
        stored = checks.rows(connection, "SELECT person_id, client_key FROM annotation")
        assert sorted(stored) == sorted(submitted), "stored is what was acknowledged, no more"
        passed = checks.rows(connection, "SELECT person_id, client_key FROM skip")
        assert sorted(passed) == sorted(skipped)
        promises = [
            (reply["event_id"], reply["promise"])
            for reply in [*submitted.values(), *skipped.values()]
        ]
        checks.check_promises(connection, signer, promises)
        checks.check_sealed(connection, signer, promises)
        checks.check_consistent(connection, signer)


def _make_clients(db: Database, ordeal: Ordeal, seed: int) -> list[Client]:
    names = [f"Amina {number}" for number in range(_PEOPLE)]
    cast = Cast(db, ManualClock(system_now()))
    project = cast.project(*names, tasks=ordeal.tasks, overlap=2)
    stop = threading.Event()
    clients = []
    for number, name in enumerate(names):
        with db.write() as connection:
            token = accounts.create_token(
                connection,
                cast.person(name),
                scope="work",
                project_id=0,
                label="script",
                expires_at=Instant(cast.clock.now + DAY_MS),
                now=cast.clock.now,
            )
        dice = random.Random(seed + number)
        person = cast.person(name)
        clients.append(Client(person, token, project, [], dice, stop, ordeal.pace_s))
    return clients


def _work_while_servers_die(
    clients: list[Client], servers: Servers, ordeal: Ordeal, dice: random.Random
) -> None:
    stop = clients[0].stop
    with ThreadPoolExecutor(len(clients)) as pool:
        for client in clients:
            client.ports = servers.ports
        working = [pool.submit(client.work) for client in clients]
        deadline = time.monotonic() + _PATIENCE_S
        try:
            while _count(clients) < ordeal.submits or servers.kills < ordeal.kills:
                assert time.monotonic() < deadline, servers.words()
                assert not any(one.done() and one.exception() for one in working)
                time.sleep(dice.uniform(*ordeal.pause_s))
                servers.kill(dice.choice(servers.ports))
                servers.wait_until_ready()  # the others go on meanwhile
        finally:
            stop.set()
        for one in working:
            one.result(timeout=120)


def _count(clients: list[Client]) -> int:
    return sum(len(client.submitted) for client in clients)
