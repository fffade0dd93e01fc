"""The background work that goes on beside a server or in a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairhand.use_cases.house import House

_SEAL_S = 1.0
_QUALITY_S = 2.0
_REAP_S = 10.0


@asynccontextmanager
async def run_background(house: House) -> AsyncIterator[None]:
    """Seal the log, aggregate labels and free lapsed leases for as long as the block runs."""
    import asyncio

    from fairhand.jobs.ticker import Tick, Ticker
    from fairhand.use_cases.keep_up_quality import keep_up_quality
    from fairhand.use_cases.reap_leases import reap_leases
    from fairhand.use_cases.seal_log import seal_log

    ticks = [
        Tick("seal", _SEAL_S, lambda: seal_log(house.db, house.signer, house.clock())),
        Tick("quality", _QUALITY_S, lambda: keep_up_quality(house.db, house.clock)),
        Tick("reap", _REAP_S, lambda: reap_leases(house.db, house.clock())),
    ]
    ticker = Ticker(house.db, ticks)
    ticker.start()
    try:
        yield
    finally:
        await asyncio.to_thread(ticker.stop)
