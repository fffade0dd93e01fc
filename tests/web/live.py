"""A real server on a free port, in a thread of the test's process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from fairhand.core.clock import system_now
from fairhand.core.settings import load_settings
from fairhand.jobs.background import run_background
from fairhand.use_cases.house import House, open_database, open_house
from fairhand.use_cases.init_workspace import InitWorkspace, init_workspace
from fairhand.use_cases.load_wage_floors import LoadWageFloors, load_wage_floors
from fairhand.web.app import create_app

_PATIENCE_S = 60.0


@contextmanager
def open_carmens_house(folder: Path) -> Iterator[House]:
    """Make a workspace with Carmen in it and open it."""
    settings = load_settings(folder)
    db = open_database(settings)
    init_workspace(db, InitWorkspace("team", "Carmen", "carmen@example.org", "GB"), system_now())
    db.close()
    house = open_house(settings)
    load_wage_floors(house.db, LoadWageFloors(), house.clock())
    try:
        yield house
    finally:
        house.close()


@contextmanager
def serving(house: House) -> Iterator[str]:
    """Serve a house with its background work; gives its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    app = create_app(house, run_background(house))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + _PATIENCE_S
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline, "the server did not start in time"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_PATIENCE_S)
        listener.close()
