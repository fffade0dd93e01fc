"""Every route of the API is asked what its own description allows, and what it does not.

Whatever comes, the server answers, and with no 5xx; and what it refuses leaves no trace: a request
that was answered with 4xx has written nothing.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from sqlalchemy import make_url

from tests.web.world import World

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("FAIRHAND_FUZZ_EXAMPLES", "2"))
"""How many requests a route and a mode; FAIRHAND_FUZZ_EXAMPLES=100 looks longer."""

_draws_alike = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Asker:
    """Asks as the owner, and keeps what should not have been answered."""

    def __init__(self, world: World) -> None:
        self.headers = {"Authorization": f"Bearer {world.token('Carmen', 'manage')}"}
        self.known = {"project_id": world.project, "task_id": 1, "person_id": world.cast.carmen}
        path = make_url(world.house.db.url).database
        assert path is not None
        self.watch = sqlite3.connect(path)  # a connection of its own: it sees what others write
        self.harm: list[str] = []
        self.answers = self.writes = self.turn = 0

    def version(self) -> int:
        """A number that changes whenever another connection has written to the database."""
        return int(self.watch.execute("PRAGMA data_version").fetchone()[0])

    def ask(self, case: Case[Any]) -> None:
        """Send a request; two times in three it is about what is there."""
        self.turn += 1
        if self.turn % 3:
            named = self.known.keys() & case.path_parameters.keys()
            case.path_parameters.update({name: self.known[name] for name in named})
        what = f"{case.operation.label} {case.path_parameters} {case.query} {str(case.body)[:200]}"
        before = self.version()
        try:
            answer = case.call(headers=self.headers)
        except Exception as error:  # raised through, as the server would have answered with 500
            self.harm.append(f"{error!r}: {what}")
            return
        has_written = self.version() != before
        self.answers += 1
        self.writes += has_written
        if answer.status_code >= 500:
            self.harm.append(f"{answer.status_code}: {what}")
        if 400 <= answer.status_code < 500 and has_written:
            self.harm.append(f"{answer.status_code}, and something was written: {what}")


@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "forbidden"]
)
def test_no_route_falls_over_and_no_refusal_writes(
    world: World, mode: GenerationMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)
    asker = Asker(world)
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", world.app)
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        try:
            _draws_alike(given(case=operation.as_strategy(generation_mode=mode))(asker.ask))()
        except Unsatisfiable:
            continue  # its description forbids nothing
    assert asker.harm == []
    assert asker.answers > 300
    assert mode is GenerationMode.NEGATIVE or asker.writes > 0
