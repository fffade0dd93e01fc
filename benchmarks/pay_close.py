"""Close one pay period in a process of its own, and say what that took (JSON on one line).

python -m benchmarks.pay_close URL
"""

from __future__ import annotations

import json
import sys
import time

from benchmarks.memory import peak_mib
from benchmarks.pay_crowd import ENDS_AT
from fairhand.storage.database import Database
from fairhand.use_cases import close_pay_period
from fairhand.use_cases.close_pay_period import ClosePayPeriod


def main(url: str, at_once: int = close_pay_period.ENTRIES_AT_ONCE) -> None:
    """Close, measure, print."""
    close_pay_period.ENTRIES_AT_ONCE = at_once  # type: ignore[misc]  # final for all but us
    database = Database(url, pool_size=4)
    cpu, wall = time.process_time(), time.perf_counter()
    closed = close_pay_period.close_pay_period(database, ClosePayPeriod(ENDS_AT), ENDS_AT)
    said = {
        "people": closed.people,
        "statements": closed.statements,
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "peak_mb": peak_mib(),
    }
    database.close()
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
