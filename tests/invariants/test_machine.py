"""Whatever people, workers and clocks do, and in whatever order, the invariants hold.

`FAIRHAND_HYPOTHESIS=long` runs long and prints the seed and the number of steps; the same
`FAIRHAND_SEED` repeats a run.
"""

from __future__ import annotations

import os
import random
import sys

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from fairhand.storage.database import Database
from tests.invariants.machine import Bench, Workshop

_SIZES = {"everyday": (10, 40), "ci": (40, 50), "long": (300, 80)}
_PROFILE = os.environ.get("FAIRHAND_HYPOTHESIS", "everyday")


def test_the_invariants_hold_whatever_happens(
    db: Database, engine_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    examples, steps = _SIZES[_PROFILE]
    chosen = int(os.environ.get("FAIRHAND_SEED") or random.SystemRandom().randrange(2**32))
    Workshop.steps = 0
    bench = Bench(db)

    @seed(chosen)
    def make() -> Workshop:
        return Workshop(bench)

    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        print_blob=False,
        phases=[Phase.generate, Phase.shrink] if _PROFILE == "long" else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(make, settings=profile)  # type: ignore[arg-type]
    finally:
        with capsys.disabled():
            if _PROFILE != "everyday":
                print(f"\n{engine_name}: seed {chosen}, {Workshop.steps} steps", file=sys.stderr)  # noqa: T201
    assert Workshop.steps > examples, "the machine did not run"
