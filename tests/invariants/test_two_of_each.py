"""Two servers and two workers on PostgreSQL: killed, or without their database, they lose nothing.

`python -m benchmarks.two_of_each` does the same for minutes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.two_of_each import endure, kill_one_of_each, without_database

from tests.engines import PostgresServer, start_postgres, why_no_postgres

_PEOPLE = 4


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL that keeps what it acknowledges, with an empty database."""
    reason = why_no_postgres()
    if reason:
        pytest.skip(reason)
    started = start_postgres(durable=True)
    started.run("CREATE DATABASE kills")
    yield started
    started.stop()


@pytest.mark.slow
def test_nothing_is_lost_when_servers_and_workers_are_killed_in_turns(
    server: PostgresServer, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    found = endure(
        server.url("kills"), tmp_path, kill_one_of_each, minutes=0.2, people=_PEOPLE, seed=seed
    )
    assert found.rounds >= 2, found
    assert found.imports >= 2, found


@pytest.mark.slow
def test_a_database_that_is_gone_for_a_while_is_said_clearly_and_nothing_is_lost(
    server: PostgresServer, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    gone = without_database(server, outage_s=6, up_s=4)
    found = endure(server.url("kills"), tmp_path, gone, minutes=0.1, people=_PEOPLE, seed=seed)
    assert found.rounds >= 1, found
    assert found.pages_unavailable > 0, found
    assert found.imports >= 2, found
