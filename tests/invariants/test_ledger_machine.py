"""Invariants of the ledger under any order of calls, repeats, crashes and kills.

How many steps: a few hundred everyday, a few thousand on CI, 100,000 on each engine with
`make invariants-long`. The seed and the steps are printed; the same `FAIRHAND_SEED` repeats a run.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.storage.database import Database
from tests.engines import Templates
from tests.invariants.ledger_machine import LedgerMachine

PROFILE = os.environ.get("FAIRHAND_HYPOTHESIS", "everyday")
TARGET = {"everyday": 300, "ci": 3_000, "long": 100_000}[PROFILE]
HISTORY = 500
"""Steps in one ledger, before a new one is begun: checking a ledger takes as long as it is."""

CHECK_EVERY = 100


def chosen_seed() -> int:
    return int(os.environ.get("FAIRHAND_SEED") or random.SystemRandom().randrange(2**32))


def say(capsys: pytest.CaptureFixture[str], words: str) -> None:
    if PROFILE != "everyday":
        with capsys.disabled():
            print(f"\n{words}", file=sys.stderr)  # noqa: T201


def test_the_ledger_holds_whatever_is_done_to_it(
    templates: Templates, engine_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    seed, steps, repeats, counts = chosen_seed(), 0, 0, Counter[str]()
    began = time.process_time()
    history = 0
    while steps < TARGET:
        machine = run_history(templates, engine_name, seed + history, min(HISTORY, TARGET - steps))
        steps += machine.steps
        repeats += machine.repeats
        counts += machine.counts
        history += 1
    cpu = time.process_time() - began
    say(
        capsys,
        f"ledger on {engine_name}: seed {seed}, {steps} steps and {repeats} repeats in {history} "
        f"ledgers, {cpu:.0f} s of CPU: {dict(counts)}",
    )
    assert steps >= TARGET
    assert set(counts) >= {"fund", "earn", "batch", "settle", "crash", "replay", "twist"}


def run_history(templates: Templates, engine: str, seed: int, steps: int) -> LedgerMachine:
    """Begin a ledger and do things to it; at its end everything is done again three times."""
    with templates.fresh(engine) as url:
        db = Database(url, pool_size=2)
        hurry(db)
        machine = LedgerMachine(db, random.Random(seed))
        try:
            for number in range(1, steps + 1):
                machine.step()
                if number % CHECK_EVERY == 0:
                    machine.check()
            machine.check()
            machine.check_replays()
        except BaseException as error:
            error.add_note(f"seed {seed}, step {machine.steps}, on {engine}")
            raise
        finally:
            db.close()
    return machine


def hurry(db: Database) -> None:
    """Let SQLite not wait for the disk: nobody pulls the plug here."""
    if db.is_sqlite:
        with db.read() as connection:
            connection.exec_driver_sql("ROLLBACK")  # a pragma is refused inside a transaction
            connection.exec_driver_sql("PRAGMA synchronous=OFF")
            connection.exec_driver_sql("BEGIN")


@settings(max_examples=12, deadline=None)
@given(dice=st.randoms(use_true_random=False))
def test_a_short_history_that_breaks_the_ledger_would_be_made_shorter(
    templates: Templates, dice: random.Random
) -> None:
    with templates.fresh("sqlite") as url:
        db = Database(url, pool_size=2)
        machine = LedgerMachine(db, dice)
        for _ in range(12):
            machine.step()
        machine.check()
        machine.check_replays()
        db.close()


@pytest.mark.slow
def test_a_ledger_whose_writer_is_killed_again_and_again_ends_as_one_that_was_not(
    templates: Templates, engine_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = chosen_seed()
    steps, kills = (2_000, 15) if PROFILE == "long" else (250, 4)
    dice = random.Random(seed)
    with templates.fresh(engine_name) as url:
        for nth in range(kills):
            with writer(url, seed, steps) as process:
                share = steps // kills
                wait_for_step(process, dice.randrange(share * nth, share * (nth + 1)))
                time.sleep(dice.uniform(0, 0.01))  # in the midst of a step, not between two
                process.kill()
        with writer(url, seed, steps) as process:
            process.communicate(timeout=600)
            assert process.returncode == 0
        db = Database(url, pool_size=2)
        machine = LedgerMachine(db, random.Random(seed), calm=True)
        for _ in range(steps):
            machine.step()  # all of it is there: this fills the book
        machine.check()
        survived = machine.hash()
        db.close()
    say(capsys, f"killed ledger on {engine_name}: seed {seed}, {steps} steps, {kills} kills")
    assert survived == undisturbed(templates, engine_name, seed, steps)


def writer(url: str, seed: int, steps: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.invariants.ledger_writer", url, str(seed), str(steps)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def wait_for_step(process: subprocess.Popen[bytes], step: int) -> None:
    """Wait until the writer has done a step (0 is the first)."""
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= step:
            return
    pytest.fail("the writer ended before it could be killed")


def undisturbed(templates: Templates, engine: str, seed: int, steps: int) -> str:
    with templates.fresh(engine) as url:
        db = Database(url, pool_size=2)
        hurry(db)
        machine = LedgerMachine(db, random.Random(seed), calm=True)
        for _ in range(steps):
            machine.step()
        name = machine.hash()
        db.close()
    return name
