"""The two ways to run the demo: the whole loop at once, or people at work beside a server."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fairhand.core.clock import DAY_MS, Instant, ManualClock, system_now
from fairhand.core.errors import ConflictError
from fairhand.core.settings import Settings
from fairhand.demo.crew import NobodyToSimulateError, hire
from fairhand.demo.policies import DIGITS, STRUCTURES
from fairhand.demo.simulation import Simulation
from fairhand.demo.world import World, load_cast
from fairhand.proof.release.verify import VerifyReport, verify_release
from fairhand.use_cases.close_pay_period import ClosedPayPeriod, ClosePayPeriod, close_pay_period
from fairhand.use_cases.publish_release import Press, PublishRelease, publish_release
from fairhand.use_cases.release_credentials import credentials_of
from fairhand.use_cases.seal_log import seal_log
from fairhand.use_cases.settle_quality import settle_quality

_DIGIT_MS, _STRUCTURE_MS = 4_500, 35_000
_LIVE_DIGIT_MS, _LIVE_STRUCTURE_MS = 2_000, 6_000
LICENCE = "demonstration only: answers of simulated people"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Released:
    """One release of the demo and what its verification found."""

    slug: str
    directory: Path
    manifest_sha256: str
    report: VerifyReport


@dataclass(frozen=True, slots=True)
class WholeLoop:
    """What a run without a server did."""

    submitted: int
    skipped: int
    closed: ClosedPayPeriod
    releases: tuple[Released, ...]

    @property
    def ok(self) -> bool:
        """Whether every release holds."""
        return all(one.report.ok for one in self.releases)


def fast_clock(settings: Settings) -> ManualClock:
    """A clock that begins a day ago, or where the demo's time has come to; it never goes back."""
    cast = load_cast(settings)
    yesterday = system_now() - DAY_MS
    return ManualClock(Instant(max(yesterday, cast.clock + 1) if cast else yesterday))


def check_run(contributors: int, target: Path | None) -> None:
    """Raise, before any work is done, when a whole run could not come to its end."""
    if contributors < 2:
        raise NobodyToSimulateError(
            "Without a server nobody can sign in to work: add --contributors 2 or more."
        )
    for slug in (DIGITS, STRUCTURES):
        if target is not None and (target / slug).exists():
            raise ConflictError(
                f"There is something in {target / slug} already; name another folder.",
                code="directory_taken",
            )


def run_whole_loop(
    world: World,
    clock: ManualClock,
    contributors: int,
    seed: int,
    target: Path | None,
    report: Callable[[int, int | None], None],
    say: Say,
) -> WholeLoop:
    """Label, aggregate, pay, seal, release and verify; every step by the real stories."""
    rng = random.Random(seed)
    house, owner_id = world.house, world.cast.owner_id
    simulation = _simulation(world, rng, _DIGIT_MS, _STRUCTURE_MS)
    simulation.enter(hire(world, contributors, rng))
    simulation.run_fast(clock, lambda done: report(done, None))
    say(f"{simulation.submitted} answers, {simulation.skipped} skips")
    for project_id in world.project_ids:
        settle_quality(house.db, project_id, clock)
    say("Consensus learned from all answers")
    # A person's last stretch of time is settled too: the period ends a minute after the work.
    clock.advance(60_000)
    closed = close_pay_period(house.db, ClosePayPeriod(clock(), owner_id), clock())
    say(f"Pay period closed: {closed.statements} statements")
    seal_log(house.db, house.signer, clock())
    releases = tuple(
        _release(world, project_id, slug, target, say)
        for project_id, slug in zip(world.project_ids, (DIGITS, STRUCTURES), strict=True)
    )
    world.keep_time()
    return WholeLoop(simulation.submitted, simulation.skipped, closed, releases)


def _release(world: World, project_id: int, slug: str, target: Path | None, say: Say) -> Released:
    house = world.house
    press = Press(
        house.settings.workspace / "releases",
        house.blobs,
        house.signer,
        house.secret,
        credentials=partial(credentials_of, house.content_signer, house.clock),
    )
    command = PublishRelease(
        project_id,
        target / slug if target else None,
        world.cast.owner_id,
        licence=LICENCE,
        media="copy",
    )
    made = publish_release(house.db, command, house.clock(), press)
    checked = verify_release(made.directory, house.signer.verifier)
    say(f"Release of {slug} in {made.directory}: {'holds' if checked.ok else 'DOES NOT HOLD'}")
    return Released(slug, made.directory, made.manifest_sha256, checked)


def _simulation(world: World, rng: random.Random, digit_ms: int, structure_ms: int) -> Simulation:
    digits, structures = world.project_ids
    return Simulation(world, world.answers(), {digits: digit_ms, structures: structure_ms}, rng)


@asynccontextmanager
async def people_at_work(world: World, contributors: int, seed: int) -> AsyncIterator[None]:
    """Let simulated contributors work for as long as the block runs, by the machine's clock."""
    if contributors == 0:
        yield
        return
    rng = random.Random(seed)
    simulation = _simulation(world, rng, _LIVE_DIGIT_MS, _LIVE_STRUCTURE_MS)
    simulation.enter(hire(world, contributors, rng))
    stop = threading.Event()
    working = threading.Thread(target=simulation.run_live, args=(stop,), daemon=True)
    working.start()
    try:
        yield
    finally:
        stop.set()
        await asyncio.to_thread(working.join, 10)
