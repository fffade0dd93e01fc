"""Starts real servers quickly: everything is imported once, then each server is a fork.

Reads `port<TAB>workspace<TAB>database` lines on stdin, forks a process that serves the workspace
there exactly as `fairhand serve` does (with a port below zero it works as `fairhand worker` does),
and answers with its process id. When stdin ends it ends, and its servers with it.
"""

from __future__ import annotations

import asyncio
import os
import pkgutil
import signal
import sys
from importlib import import_module
from pathlib import Path

import uvicorn.protocols.http.httptools_impl  # noqa: F401  # or every fork imports it again

import fairhand.jobs.background
from fairhand.cli.serving import serve_house
from fairhand.core.logs import configure_logs
from fairhand.core.settings import load_settings
from fairhand.use_cases.house import House, open_house
from fairhand.web.app import SCREENS


def main() -> None:
    """Fork a server for every port that comes in."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the dead
    for screen in SCREENS:
        for found in pkgutil.iter_modules(import_module(f"fairhand.web.{screen}").__path__):
            import_module(f"fairhand.web.{screen}.{found.name}")
    children = []
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _serve(*line.rstrip("\n").split("\t"))
        children.append(pid)
        print(pid, flush=True)  # noqa: T201
    for pid in children:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _serve(port: str, workspace: str, database_url: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    sys.stdin.close()
    log = os.open(Path(workspace) / "servers.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    configure_logs(as_json=False)
    status = 1
    try:
        number = int(port)
        settings = load_settings(Path(workspace), port=max(number, 1), database_url=database_url)
        house = open_house(settings)
        if number < 0:
            asyncio.run(_work(house))
        else:
            serve_house(house)
        house.close()
        status = 0
    finally:
        os._exit(status)


async def _work(house: House) -> None:
    """Do what `fairhand worker` does until a signal ends it."""
    async with fairhand.jobs.background.run_background(house, "worker"):
        await asyncio.Event().wait()


if __name__ == "__main__":
    main()
