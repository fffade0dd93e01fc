"""A training is let through: the run and the use it makes are written down, once a key."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, FairhandError, InvalidError, Issue
from fairhand.proof.log import store as log
from fairhand.proof.release import gate_store
from fairhand.proof.release.fitness import Finding
from fairhand.proof.release.gate_file import USUAL, USUAL_PURPOSE, Bounds
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_fitness import AskFitness, Fitness, read_fitness
from fairhand.use_cases.record_usage import RecordUsage, usage_within

KEY_MAX: Final = 100
TRAINS: Final = frozenset(
    ("training", "generative_training", "voice_clone", "face_synthesis", "biometric_id")
)
"""The purposes that make a model: each run of theirs is a use that royalties are owed for."""


@dataclass(frozen=True, slots=True)
class RunGate:
    """Which copy is to be trained on, by whom; `key` makes a retry count once."""

    release_id: int
    manifest_sha256: str
    key: str
    asked_by: int
    by: str
    purpose: str = USUAL_PURPOSE
    bounds: Bounds = USUAL


@dataclass(frozen=True, slots=True)
class LetThrough:
    """The run that was written down; `again` when this key had been let through before."""

    run_id: int
    event_id: int | None
    usage_id: int | None
    again: bool
    fitness: Fitness


def run_gate(db: Database, command: RunGate, now: Instant, secret: bytes) -> LetThrough:
    """Let a training begin and write it down; where it may not begin, nothing is written.

    Raises ConflictError (`not_fit`, with each reason), InvalidError for a copy of another release
    or a key that cannot be, NotFoundError.
    """
    _check(command)
    asked = AskFitness(command.release_id, command.purpose, command.bounds)
    fitness = read_fitness(db, asked, now, secret)
    if command.manifest_sha256 != fitness.release.manifest_sha256:
        message = f"This copy is not release {command.release_id}: its manifest is another."
        raise InvalidError(message, issues=[Issue("manifest_sha256", message)])
    if not fitness.is_fit:
        raise not_fit(fitness.findings)
    with db.write() as connection:
        if gate_store.pulse(connection, fitness.project.id) != fitness.pulse:
            message = "Somebody took something back this very moment; ask again."
            raise ConflictError(message, code="changed_meanwhile")
        known = gate_store.find_run(connection, command.key)
        if known is not None:
            return _again(known, command, fitness)
        run_id = gate_store.add_run(
            connection,
            release_id=command.release_id,
            project_id=fitness.project.id,
            asked_by=command.asked_by,
            key=command.key,
            findings=[finding_json(one) for one in fitness.findings],
            purpose=command.purpose,
            now=now,
        )
        if run_id is None:
            raise ConflictError("This run is being written down just now; ask again.")
        usage_id = _use(connection, command, fitness, now)
        body = {
            "run": run_id,
            "project": fitness.project.id,
            "release": command.release_id,
            "manifest_sha256": command.manifest_sha256,
            "purpose": command.purpose,
            "by": command.by,
            "usage": usage_id,
        }
        event = log.append(
            connection, "gate.passed", body, now, command.asked_by, fitness.project.id
        )
        gate_store.set_recorded(connection, run_id, event.id, usage_id)
    return LetThrough(run_id, event.id, usage_id, False, fitness)


def not_fit(findings: tuple[Finding, ...]) -> ConflictError:
    """Say why training may not begin, one issue a reason."""
    wrong = [one for one in findings if one.verdict == "refuse"]
    issues = [Issue(one.rule, f"{one.title}: {one.words}") for one in wrong]
    return ConflictError("Training may not begin on this release.", code="not_fit", issues=issues)


def finding_json(one: Finding) -> dict[str, Any]:
    """Write a finding as the API and the run keep it."""
    return {"title": one.title, **asdict(one), "who": list(one.who)}


def _check(command: RunGate) -> None:
    issues = []
    if not command.key.strip() or len(command.key) > KEY_MAX or not command.key.isprintable():
        issues.append(Issue("key", f"Give the run a key of 1 to {KEY_MAX} characters."))
    if not 1 <= len(command.by.strip()) <= 200 or not command.by.isprintable():
        issues.append(Issue("by", "Say who trains, in 1 to 200 characters."))
    if issues:
        raise InvalidError(issues[0].message, issues=issues)


def _again(known: gate_store.GateRun, command: RunGate, fitness: Fitness) -> LetThrough:
    if (known.release_id, known.purpose) != (command.release_id, command.purpose):
        raise ConflictError(
            f"The key {command.key!r} was used for another run.", code="idem_key_reused"
        )
    return LetThrough(known.id, known.event_id, known.usage_id, True, fitness)


def _use(connection: Connection, command: RunGate, fitness: Fitness, now: Instant) -> int | None:
    """Owe everybody in it their share; None where nothing was promised, or a licence paid it."""
    own = None if fitness.manifest is None else fitness.manifest.facts.own_data
    if command.purpose not in TRAINS or (own is not None and own.recipient):
        return None
    use = RecordUsage(
        project_id=fitness.project.id,
        recorded_by=command.asked_by,
        key=f"gate:{command.key}",
        kind="training_run",
        licensee=command.by,
        happened_at=now,
        release_id=command.release_id,
        note="Recorded by the gate when training began.",
    )
    try:
        return usage_within(connection, use, now).usage_id
    except FairhandError as error:
        if error.code != "no_royalties":
            raise
        return None
