"""The background work of an open workspace: durable jobs, and what comes round by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fairhand.jobs.kinds import kinds_of
from fairhand.jobs.runtime import JobRuntime
from fairhand.jobs.steps import Services
from fairhand.jobs.ticker import Tick
from fairhand.use_cases.accrue_pending_time import accrue_pending_time
from fairhand.use_cases.house import House
from fairhand.use_cases.keep_up_quality import keep_up_quality
from fairhand.use_cases.reap_leases import reap_leases
from fairhand.use_cases.seal_log import seal_log

__all__ = ["make_background", "run_background", "ticks_of"]

_REAP_AT_ONCE = 500


@asynccontextmanager
async def run_background(house: House) -> AsyncIterator[None]:
    """Work in the background for as long as the block lasts; what is unfinished goes on later."""
    background = make_background(house)
    background.start_soon()
    try:
        yield
    finally:
        await asyncio.to_thread(background.stop)


def make_background(house: House) -> JobRuntime:
    """Make the runtime of a workspace; it does nothing before it is started."""
    services = Services(house.db, house.blobs, house.clock)
    return JobRuntime(services, kinds_of(house), ticks_of(house))


def ticks_of(house: House) -> tuple[Tick, ...]:
    """List what comes round by itself, and how often."""
    db, clock = house.db, house.clock
    return (
        Tick("seal", 2.0, lambda: seal_log(db, house.signer, clock())),
        Tick("aggregate", 1.5, lambda: keep_up_quality(db, clock)),
        Tick("reap", 10.0, lambda: _reap(house)),
        Tick("accrue", 60.0, lambda: accrue_pending_time(db, clock())),
    )


def _reap(house: House) -> None:
    while reap_leases(house.db, house.clock(), _REAP_AT_ONCE) == _REAP_AT_ONCE:
        pass
