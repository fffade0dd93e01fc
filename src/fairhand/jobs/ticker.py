"""Light work that comes round every few seconds: seal the log, aggregate labels, reap leases.

Each tick has a thread of its own, so a slow one delays no other. With several processes one of
them holds the ticker's slot and does the work; when it ends, another takes over within a tick.
Every tick is safe to run twice at once all the same. A database that was away has let the slot
go, so the holder makes sure of it now and then.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

import structlog

from fairhand.storage.database import Database
from fairhand.storage.slots import Slot, take_slot

_LONGEST_WAIT_S = 60.0
_JITTER = 0.2
_STOP_TIMEOUT_S = 10.0
_SURE_FOR_S = 5.0
_log = structlog.get_logger("fairhand.jobs")


@dataclass(frozen=True, slots=True)
class Tick:
    """Something to do about every `every_s` seconds, `everywhere` in each process for itself."""

    name: str
    every_s: float
    run: Callable[[], object]
    everywhere: bool = False


class Ticker:
    """Runs ticks in the background until it is stopped; an error is logged and tried again."""

    def __init__(
        self, database: Database, ticks: Sequence[Tick], rng: random.Random | None = None
    ) -> None:
        self._database = database
        self._rng = rng or random.Random()  # noqa: S311  # spreads load, keeps no secret
        self._stopping = threading.Event()
        self._slot: Slot | None = None
        self._slot_lock = threading.Lock()
        self._sure_at = monotonic()
        self._threads = [
            threading.Thread(target=self._repeat, args=(tick,), name=f"tick-{tick.name}")
            for tick in ticks
        ]

    def start(self) -> None:
        """Start ticking."""
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    def stop(self) -> None:
        """Let running ticks end, start no more, and leave the slot to another process."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(_STOP_TIMEOUT_S)
        with self._slot_lock:
            if self._slot is not None:
                self._slot.release()
                self._slot = None

    def _repeat(self, tick: Tick) -> None:
        failures = 0
        while not self._stopping.wait(self._pause(tick, failures)):
            failures = 0 if self._tried(tick) else failures + 1

    def _pause(self, tick: Tick, failures: int) -> float:
        doubled = tick.every_s * 2.0 ** min(failures, 10)
        longest = max(tick.every_s, _LONGEST_WAIT_S)
        return min(doubled, longest) * self._rng.uniform(1 - _JITTER, 1 + _JITTER)

    def _tried(self, tick: Tick) -> bool:
        try:
            if tick.everywhere or self._holds_slot():
                tick.run()
        except Exception as error:  # a tick must outlive whatever goes wrong in it
            _log.warning("tick failed", tick=tick.name, error=type(error).__name__)
            return False
        return True

    def _holds_slot(self) -> bool:
        with self._slot_lock:
            if self._slot is not None and monotonic() - self._sure_at > _SURE_FOR_S:
                if not self._slot.is_held():
                    self._slot.release()
                    self._slot = None
                self._sure_at = monotonic()
            if self._slot is None and not self._stopping.is_set():
                self._slot = take_slot(self._database, "ticker", 0)
            return self._slot is not None
