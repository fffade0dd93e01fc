"""Whether training may begin on a release: everything that can be known where it was made.

Nothing is written. The files themselves are checked where the training runs, on the copy that it
would learn from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fairhand.core.clock import HOUR_MS, Instant
from fairhand.core.errors import NotFoundError
from fairhand.core.ids import pseudonym
from fairhand.core.money import MICROS
from fairhand.model.project import Project
from fairhand.pay.earnings import store as earnings
from fairhand.pay.floors.rules import in_currency
from fairhand.pay.floors.store import floor_of_person
from fairhand.pay.fx import store as fx
from fairhand.people.campaigns import store as campaigns
from fairhand.people.readiness import store as readiness
from fairhand.proof.log.note import Signer
from fairhand.proof.release import fitness as rules
from fairhand.proof.release import gate_store, store
from fairhand.proof.release.fit_folder import card_faults, judge_folder
from fairhand.proof.release.fitness import Finding, Lack, Paid, StageFacts, Standing, Target
from fairhand.proof.release.gate_file import USUAL, USUAL_PURPOSE, Bounds
from fairhand.proof.release.gate_store import GateRun
from fairhand.proof.release.manifest import Manifest
from fairhand.proof.release.standing import sign_standing
from fairhand.proof.release.store import StoredRelease
from fairhand.proof.revocation import store as revocations
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_coverage import read_coverage
from fairhand.use_cases.read_project_floors import RATES_SINCE_MS
from fairhand.use_cases.read_readiness import Readiness, read_readiness
from fairhand.use_cases.read_releases import open_folder
from fairhand.use_cases.read_revocations import read_revocations
from fairhand.work.projects import store as projects

_ON_THE_COPY = "The gate checks every byte of the copy that training would learn from."
_MOVED = "Its files are not in their place any more, or were changed."


@dataclass(frozen=True, slots=True)
class AskFitness:
    """A release, what somebody wants to train it for, and the least they ask of it."""

    release_id: int
    purpose: str = USUAL_PURPOSE
    bounds: Bounds = USUAL


@dataclass(frozen=True, slots=True)
class Fitness:
    """What was found, who has which role, and two numbers that change when something is taken back.

    `manifest` is None where the files are gone.
    """

    project: Project
    release: StoredRelease
    manifest: Manifest | None
    findings: tuple[Finding, ...]
    names: Mapping[str, tuple[str, ...]]
    standing: Standing
    pulse: tuple[int, int]
    checked_at: Instant

    @property
    def target_confidence(self) -> float | None:
        """How sure answers should be where a training says nothing; None: worth decides here."""
        is_worth = self.project.worth_micros is not None
        return None if is_worth else self.project.target_confidence

    @property
    def is_fit(self) -> bool:
        """Say whether nothing refuses."""
        return rules.is_fit(self.findings)


def read_fitness(db: Database, asked: AskFitness, now: Instant, secret: bytes) -> Fitness:
    """Judge a published release by every rule; raises NotFoundError where there is none."""
    with db.read() as connection:
        found = store.load_release(connection, asked.release_id)
        project = projects.load_project(connection, found.project_id) if found else None
        if found is None or project is None or found.state != "published":
            raise NotFoundError(f"There is no release {asked.release_id}.")
        name_of = partial(pseudonym, secret, project.id)
        manifest = open_folder(found).manifest
        standing = _standing(connection, found, manifest, name_of, now)
        pulse = gate_store.pulse(connection, project.id)
        names = readiness.names_by_role(connection, project.id)
        place = gate_store.load_place(connection, found.id, project.id)
        paid, unpaid = _paid(connection, project, manifest, name_of, now)
    home = f"/projects/{project.id}"
    live: list[Finding] = [*_stages(db, project.id, now), _coverage(db, project.id, asked, now)]
    if manifest is None:
        gone = Finding("whole", "refuse", _MOVED, "Put them back.", ("owner",), home)
        findings = rules.strictest((gone,), live)
        return Fitness(project, found, None, findings, names, standing, pulse, now)
    here = f"{home}/releases/{found.version}"
    live.append(rules.judge_paid(paid, unpaid, f"{home}/pay"))
    live.append(rules.judge_current(manifest.facts, place, here))
    own = judge_folder(
        manifest,
        asked.purpose,
        asked.bounds,
        now,
        usual=_usual(project, asked.bounds),
        standing=standing,
        card_faults=card_faults(Path(found.directory), manifest),
    )
    whole = rules.unchecked(("whole",), _ON_THE_COPY)
    findings = rules.strictest(whole, own, live)
    return Fitness(project, found, manifest, findings, names, standing, pulse, now)


def read_standing(
    db: Database, blobs: BlobStore, signer: Signer, release_id: int, now: Instant, secret: bytes
) -> bytes:
    """Sign who still agrees to a release, for a machine without a network; NotFoundError."""
    with db.read() as connection:
        found = store.load_release(connection, release_id)
        if found is None or found.state != "published":
            raise NotFoundError(f"There is no release {release_id}.")
        manifest = open_folder(found).manifest
        if manifest is None:
            raise NotFoundError(f"Release {release_id}: {_MOVED}")
        name_of = partial(pseudonym, secret, found.project_id)
        standing = _standing(connection, found, manifest, name_of, now)
    feed = read_revocations(db, blobs, signer, release_id)
    listed = (b"".join(feed.pieces), feed.note)
    return sign_standing(signer, release_id, found.manifest_sha256 or "", standing, listed)


def read_gate_runs(db: Database, release_id: int) -> list[GateRun]:
    """List the trainings that were let through on a release, the newest first."""
    with db.read() as connection:
        return gate_store.list_runs(connection, release_id)


def _standing(
    connection: Connection,
    found: StoredRelease,
    manifest: Manifest | None,
    name_of: Callable[[int], str],
    now: Instant,
) -> Standing:
    """Ask every agreement anew: who is named in a release and has none that lives has left it."""
    agreeing = {name_of(one) for one in gate_store.list_agreeing(connection, found.project_id)}
    people = () if manifest is None else manifest.stats.people
    return Standing(
        people_left=sum(one.contributor not in agreeing for one in people),
        items_revoked=revocations.count_revoked(connection, found.id),
        is_settled=not revocations.has_untold(connection, found.project_id),
        checked_at=now,
    )


def _paid(
    connection: Connection,
    project: Project,
    manifest: Manifest | None,
    name_of: Callable[[int], str],
    now: Instant,
) -> tuple[list[Paid], int]:
    """What those in a release earned beside their floor, and how many have no paid time.

    Time in a pay period that is still open is held against the floor of today.
    """
    within = {one.contributor for one in manifest.stats.people} if manifest else set()
    found = []
    for one in earnings.pay_facts(connection, project.id):
        name = name_of(one.person_id)
        if name not in within or not one.paid_ms:
            continue
        within.discard(name)
        floor = one.floor_micros
        is_settled = floor is not None
        if floor is None:
            floor = _floor_now(connection, project, one.person_id, one.paid_ms, now)
        found.append(Paid(one.paid_ms, one.amount_micros, floor, is_settled))
    return found, len(within)


def _floor_now(
    connection: Connection, project: Project, person_id: int, paid_ms: int, now: Instant
) -> int | None:
    floor = floor_of_person(connection, person_id, now)
    if floor is None:
        return None
    rates = fx.load_book(connection, Instant(now - RATES_SINCE_MS), now)
    is_own = floor.currency == project.currency
    rate = None if is_own else rates.at(floor.currency, project.currency, now)
    here = in_currency(floor, project.currency, rate)
    return None if here is None else here.minor_per_hour * MICROS * paid_ms // HOUR_MS


def _usual(project: Project, bounds: Bounds) -> Target:
    """What is asked of every question: the training's own bound, or else the project's target."""
    own = bounds.usual
    if own.confidence is not None or project.worth_micros is not None:
        return own
    return Target(project.target_confidence, own.alpha)


def _coverage(db: Database, project_id: int, asked: AskFitness, now: Instant) -> Finding:
    with db.read() as connection:
        is_campaign = campaigns.load_campaign(connection, project_id) is not None
    cells = read_coverage(db, project_id, now).coverage.cells if is_campaign else ()
    full = sum(one.is_full for one in cells)
    link = f"/projects/{project_id}/coverage"
    return rules.judge_coverage(full, len(cells), asked.bounds.coverage, link)


def _stages(db: Database, project_id: int, now: Instant) -> tuple[Finding, ...]:
    """The four stages, as `fairhand ready --compute` asks them."""
    ready = read_readiness(db, project_id, now)
    if ready.pilot_of is not None:
        tested = ready.pilot_of
        return (rules.judge_pilot(tested.title, f"/projects/{tested.id}"),)
    return rules.judge_stages(_stage_facts(ready), f"/projects/{project_id}/ready")


def _stage_facts(ready: Readiness) -> tuple[StageFacts, ...]:
    return tuple(
        StageFacts(
            stage.name,
            tuple(Lack(one.title, one.detail, one.who, one.link) for one in stage.missing),
        )
        for stage in ready.stages
    )
