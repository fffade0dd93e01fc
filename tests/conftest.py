"""Fixtures that every test may use: databases on both engines, a clock, dice, a browser."""

from __future__ import annotations

import os
import random
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from pluggy import Result

from fairhand.core.clock import ManualClock, parse_iso
from fairhand.storage.database import Database
from tests import browser as chromium
from tests.engines import ENGINES, Templates, why_no_postgres
from tests.network import only_this_machine
from tests.skips import fail_if_skipped, summary_lines
from tests.slow import slow_tests

_FEW = 12
"""So many failures may be the doing of a busy machine: a browser, a killed process (.ci/run)."""
_SLOW_FIXTURES = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
for _profile, _examples in (("everyday", 50), ("ci", 200), ("long", 2_000)):
    settings.register_profile(
        _profile,
        max_examples=_examples,
        deadline=None,
        suppress_health_check=_SLOW_FIXTURES,
        print_blob=True,
        # CI judges a change, so it draws alike every time; elsewhere we look for more.
        derandomize=os.environ.get("CI") == "true",
    )
settings.load_profile(os.environ.get("FAIRHAND_HYPOTHESIS", "everyday"))


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    """The maker of fresh databases of this test process."""
    made = Templates(tmp_path_factory.mktemp("databases"))
    yield made
    made.close()


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """Run the test once on SQLite and once on PostgreSQL."""
    name = str(request.param)
    reason = why_no_postgres() if name == "postgresql" else None
    if reason:
        pytest.skip(reason)
    return name


@pytest.fixture
def db_url(templates: Templates, engine_name: str) -> Iterator[str]:
    """The URL of a fresh database with all tables, for tests that start processes."""
    with templates.fresh(engine_name) as url:
        yield url


@pytest.fixture
def empty_db_url(templates: Templates, engine_name: str) -> Iterator[str]:
    """The URL of a fresh database without any table, for migrations."""
    with templates.fresh(engine_name, tables=False) as url:
        yield url


@pytest.fixture
def db(db_url: str) -> Iterator[Database]:
    """A fresh database with all tables, on both engines."""
    database = Database(db_url, pool_size=10)
    yield database
    database.close()


@pytest.fixture
def sqlite_db(templates: Templates) -> Iterator[Database]:
    """A fresh SQLite database with all tables, for tests that one engine is enough for."""
    with templates.fresh("sqlite") as url:
        database = Database(url, pool_size=10)
        yield database
        database.close()


@pytest.fixture
def clock() -> ManualClock:
    """A clock that starts on a Saturday morning in November and moves when told to."""
    return ManualClock(parse_iso("2026-11-21T09:30:00Z"))


@pytest.fixture
def rng() -> random.Random:
    """Dice that fall the same way in every run."""
    return random.Random(20261121)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Drive the system's chromium; skips the test when there is none."""
    try:
        return chromium.launch_arguments()
    except LookupError as absent:
        pytest.skip(str(absent))


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    with only_this_machine():
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what a whole run measured as slow, before it is left out of the everyday suite."""
    slow = slow_tests()
    for item in items:
        path, _, rest = item.nodeid.partition("::")
        name = rest.rpartition("::")[2].partition("[")[0]
        if name in slow.get(path.removesuffix(".py").replace("/", "."), ()):
            item.add_marker("slow")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Generator[None, Result[pytest.TestReport], None]:
    """On CI a skipped test is a failed test."""
    outcome = yield
    fail_if_skipped(outcome.get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report() -> Generator[None, Result[pytest.CollectReport], None]:
    """On CI a skipped module is a failure too."""
    outcome = yield
    fail_if_skipped(outcome.get_result())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line each what was skipped and why, and whether a second run may tell more."""
    for line in summary_lines(terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(line, yellow=True)
    broken = [*terminalreporter.stats.get("failed", []), *terminalreporter.stats.get("error", [])]
    if 0 < len(broken) <= _FEW:
        terminalreporter.write_line(f"only {len(broken)} failed", yellow=True)
