"""A process says every quarter of a minute that it is there, in the table `process`."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import structlog

import fairhand
from fairhand.core.errors import FairhandError
from fairhand.storage.process_store import BEAT_S, Process, beat, leave
from fairhand.use_cases.house import House

_log = structlog.get_logger("fairhand.jobs")
_STOP_S = 5.0


class Heartbeat:
    """A thread that speaks for this process until it is stopped."""

    def __init__(self, house: House, kind: str, every_s: float = BEAT_S) -> None:
        now = house.clock()
        self._house, self._every_s = house, every_s
        self._me = Process(
            str(uuid4()), kind, socket.gethostname(), os.getpid(), fairhand.__version__, now, now
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._repeat, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to speak."""
        self._thread.start()

    def stop(self) -> None:
        """Say good-bye, where the database still hears it."""
        self._stopping.set()
        self._thread.join(_STOP_S)

    def _repeat(self) -> None:
        wait_s = 0.0
        while not self._stopping.wait(wait_s):
            wait_s = self._every_s
            self._tried(leaving=False)
        self._tried(leaving=True)

    def _tried(self, *, leaving: bool) -> None:
        try:
            with self._house.db.write() as connection:
                if leaving:
                    leave(connection, self._me.id)
                else:
                    beat(connection, replace(self._me, seen_at=self._house.clock()))
        except FairhandError as error:  # the database is away: said again at the next beat
            _log.warning("heartbeat not heard", code=error.code)
        except Exception as error:
            _log.warning("heartbeat failed", error=type(error).__name__)


@asynccontextmanager
async def speaking(house: House, kind: str) -> AsyncIterator[None]:
    """Speak for this process for as long as the block lasts."""
    heartbeat = Heartbeat(house, kind)
    heartbeat.start()
    try:
        yield
    finally:
        await asyncio.to_thread(heartbeat.stop)
