"""A process that writes a ledger and may be killed at any instant: `URL SEED STEPS`.

It prints a line for every step, so that whoever kills it knows that it is at work.
"""

from __future__ import annotations

import random
import sys

from fairhand.storage.database import Database
from tests.invariants.ledger_machine import LedgerMachine


def main(url: str, seed: int, steps: int) -> None:
    """Do the deeds of a seed from the first; those that are done already change nothing."""
    machine = LedgerMachine(Database(url, pool_size=2), random.Random(seed), calm=True)
    for step in range(steps):
        machine.step()
        sys.stdout.write(f"{step}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
