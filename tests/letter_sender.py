"""A process that sends what is in the outbox, for tests that end it: URL PORT FOLDER NOW NAME."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from fairhand.core.clock import Instant, ManualClock
from fairhand.storage.database import Database
from fairhand.use_cases.send_letters import send_next
from tests.mail_server import house_with, mail_to


def main() -> None:
    """Send until nothing is due; two processes may find a letter taken by the other."""
    url, port, folder, now, name = sys.argv[1:]
    db = Database(url, pool_size=2)
    clock = ManualClock(Instant(int(now)))
    house = replace(house_with(db, clock, Path(folder), mail_to(int(port))), name=name)
    sys.stdin.read()  # until told to begin
    misses = 0
    while misses < 20:
        misses = 0 if send_next(house) else misses + 1
    db.close()


if __name__ == "__main__":
    main()
