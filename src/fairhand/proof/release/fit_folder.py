"""What a release folder says by itself about whether training may begin on it; no network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fairhand.core.clock import Instant
from fairhand.core.errors import FairhandError
from fairhand.core.ids import sha256_hex
from fairhand.proof.log.note import Verifier
from fairhand.proof.release.croissant_check import check_croissant
from fairhand.proof.release.fitness import (
    RULES,
    Finding,
    Standing,
    Target,
    judge_card,
    judge_consent,
    judge_people,
    judge_purpose,
    judge_quality,
    judge_synthetic,
    unchecked,
)
from fairhand.proof.release.gate_file import Bounds
from fairhand.proof.release.manifest import CROISSANT, MANIFEST, Manifest, parse_manifest
from fairhand.proof.release.verify import VerifyReport, verify_release

_NAMED: Final = 3
_NO_FOLDER: Final = "Its files were not looked at."


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that was looked at; `manifest` None: it cannot be read."""

    path: Path
    manifest: Manifest | None
    manifest_sha256: str
    findings: tuple[Finding, ...]


def look_at_folder(
    path: Path,
    key: Sequence[Verifier],
    progress: Callable[[str], None] = lambda step: None,
) -> Folder:
    """Check every file, row and number of a folder; a folder that does not hold says so."""
    fault = _missing(path)
    if fault:
        return Folder(path, None, "", (_broken(fault), *_others()))
    report = verify_release(path, key, progress)
    try:
        data = (path / MANIFEST).read_bytes()
        manifest = parse_manifest(data)
    except (OSError, FairhandError):
        return Folder(path, None, "", (_whole(report, key, set()), *_others()))
    of_the_card = set(card_faults(path, manifest))  # they are told as what the card lacks
    return Folder(path, manifest, sha256_hex(data), (_whole(report, key, of_the_card),))


def judge_folder(
    manifest: Manifest,
    purpose: str,
    bounds: Bounds,
    now: Instant,
    *,
    usual: Target,
    standing: Standing | None,
    card_faults: list[str],
) -> tuple[Finding, ...]:
    """Judge everything that a release's own facts can tell; the links are paths of its server."""
    facts, stats = manifest.facts, manifest.stats
    home = f"/projects/{facts.project_id}"
    here = f"{home}/releases/{facts.version}"
    return (
        judge_people(facts, stats),
        judge_consent(standing, facts.own_data, here, now, bounds.max_age_h),
        judge_quality(facts, stats, bounds.targets, usual, f"{home}/quality"),
        judge_synthetic(facts.guard, bounds.synthetic, here),
        judge_card(facts, card_faults, here),
        judge_purpose(facts, purpose, here, now),
    )


def card_faults(path: Path, manifest: Manifest) -> list[str]:
    """List what is wrong with the machine-readable card of a folder; the written one is verified.

    A release that was made before there were such cards has none, and is not held to it.
    """
    if CROISSANT not in {entry.path for entry in manifest.files}:
        return []
    try:
        data = (path / CROISSANT).read_bytes()
    except OSError as error:
        return [f"{CROISSANT} cannot be read: {error.strerror}"]
    return [issue.message for issue in check_croissant(data) if issue.severity == "error"]


def _missing(path: Path) -> str:
    if not path.is_dir():
        return f"There is no folder {path}."
    if not (path / MANIFEST).is_file():
        return f"{path} is no release, or only half of one: it has no {MANIFEST}."
    return ""


def _whole(report: VerifyReport, key: Sequence[Verifier], told: set[str]) -> Finding:
    wrong = [issue.message for issue in report.issues if issue.severity == "error"]
    faults = [message for message in wrong if message not in told]
    if faults:
        more = f" And {len(faults) - _NAMED:,} more." if len(faults) > _NAMED else ""
        return _broken(f"{'; '.join(faults[:_NAMED])}.{more}")
    if not key:
        words = "Whole; but checked under the key that came with it, which anybody could make."
        mend = "Name the log's key (`fairhand log key`), known from elsewhere."
        return Finding("whole", "warn", words, mend, ("manager",))
    return Finding("whole", "pass", "Every file and row is as it was made, and in the log.")


def _broken(words: str) -> Finding:
    mend = "Fetch the release again, whole; `fairhand verify release` names every fault."
    return Finding("whole", "refuse", words, mend, ("manager",))


def _others() -> tuple[Finding, ...]:
    return unchecked((rule for rule in RULES if rule != "whole"), _NO_FOLDER)
