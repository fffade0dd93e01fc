"""Checking a release offline: nothing is believed, everything is computed again.

The chain: the log's key signs the root, the root holds the event, the event names the manifest,
the manifest names the files, the files hold the rows, and the rows give the numbers of the card.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fairhand import __version__
from fairhand.core.errors import Issue, MalformedError
from fairhand.core.ids import sha256_hex
from fairhand.proof.log.note import Verifier, as_keys
from fairhand.proof.release import manifest as names
from fairhand.proof.release.cards import WRITTEN_CARDS
from fairhand.proof.release.check import taken_back
from fairhand.proof.release.credentials_check import check_credentials
from fairhand.proof.release.croissant import write_croissant
from fairhand.proof.release.croissant_check import check_croissant
from fairhand.proof.release.damage import changed_lines, whose_content
from fairhand.proof.release.folder import sha256_of
from fairhand.proof.release.guard_check import check_guard, counting_for
from fairhand.proof.release.log_file import ReleaseProof, check_log
from fairhand.proof.release.manifest import FileEntry, Manifest, parse_manifest
from fairhand.proof.release.media import SIDECAR_TYPE, sidecar_path, type_of
from fairhand.proof.release.rules import ReleaseFacts
from fairhand.proof.release.split_counts import SplitCounting, check_splits
from fairhand.proof.release.statement import check_statement
from fairhand.proof.release.stats import Counting
from fairhand.proof.release.verify_rows import check_rows, media_entries

Progress = Callable[[str], None]

_MOST_NAMED = 1_000
_FOREIGN = frozenset(
    {
        names.MANIFEST,
        names.LOG,
        names.STATEMENT,
        names.REVOCATIONS,
        names.REVOCATIONS_NOTE,
        names.REVOCATIONS_HANDOVERS,
    }  # beside what was made
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked and what came of it."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was checked, and every fault with the file (and row) it is in."""

    checks: tuple[Check, ...]
    issues: tuple[Issue, ...]

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not any(issue.severity == "error" for issue in self.issues)


@dataclass(slots=True)
class _Findings:
    checks: list[Check] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    def note(self, name: str, issues: list[Issue], detail: str) -> None:
        """Write down a check that is passed when it found no issue."""
        faults = [issue for issue in issues if issue.severity == "error"]
        self.checks.append(Check(name, not faults, faults[0].message if faults else detail))
        self.issues.extend(issues[:_MOST_NAMED])


def verify_release(
    directory: Path,
    public_key: Verifier | Sequence[Verifier] | None = None,
    progress: Progress = lambda step: None,
) -> VerifyReport:
    """Check a release folder; the report names every file and row that is not as it was made.

    `public_key` is the log's key as you know it from elsewhere, or its keys, one after the other.
    Without it the key in the release
    is used, which shows that the files belong together but not who made them; a warning says so.
    """
    found = _Findings()
    progress("proof")
    proof = _check_proof(directory, public_key, found)
    manifest = _check_manifest(directory, proof, found)
    if manifest is not None:
        _check_statement(directory, manifest, proof, found)
        try:
            progress("files")
            damaged = _check_files(directory, manifest, found)
            progress("rows")
            _check_contents(directory, manifest, damaged, found)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            message = f"{names.MANIFEST}: makes no sense: {error}"
            found.note("The release can be read", [Issue(names.MANIFEST, message)], "")
    return VerifyReport(tuple(found.checks), tuple(found.issues))


def _check_proof(
    directory: Path, trusted: Verifier | Sequence[Verifier] | None, found: _Findings
) -> ReleaseProof | None:
    name = "The release is in the log"
    try:
        proof = check_log(_read(directory, names.LOG), trusted)
    except MalformedError as error:
        found.note(name, [Issue(names.LOG, f"{names.LOG}: {error.message}")], "")
        return None
    warnings = []
    if not as_keys(trusted):
        message = f"checked under the key that came with the files, {proof.key.vkey}"
        warnings = [Issue(names.LOG, message, "warning")]
    size, root = proof.checkpoint.size, proof.checkpoint.root.hex()
    found.note(name, warnings, f"{proof.checkpoint.origin}, size {size}, root {root}")
    return proof


def _check_manifest(
    directory: Path, proof: ReleaseProof | None, found: _Findings
) -> Manifest | None:
    name = "The manifest is the one in the log"
    try:
        data = _read(directory, names.MANIFEST)
        if proof is not None and proof.body.get("manifest_sha256") != sha256_hex(data):
            message = f"{names.MANIFEST}: it was changed: its SHA-256 is not the one in the log"
            issues = [Issue(names.MANIFEST, message), *_said_by_others(directory, data, proof)]
            found.note(name, issues, "")
            return None
        manifest = parse_manifest(data)
        if proof is not None:
            _compare_event(manifest.facts, proof)
    except MalformedError as error:
        message = f"{names.MANIFEST}: {error.message}"
        found.note(name, [Issue(names.MANIFEST, message)], "")
        return None
    if proof is None:
        found.note(name, [Issue(names.MANIFEST, "nothing to compare with", "warning")], "")
    else:
        found.note(name, [], str(proof.body["manifest_sha256"]))
    return manifest


def _said_by_others(directory: Path, data: bytes, proof: ReleaseProof) -> list[Issue]:
    """Where a changed manifest and the rest of the folder differ; no more than a hint."""
    hints = []
    try:
        changed = parse_manifest(data)
        facts = changed.facts
        meant = (proof.body.get("project"), proof.body.get("version"))
        if meant != (facts.project_id, facts.version):
            hints.append(
                f"{names.LOG} is of version {meant[1]} of project {meant[0]}, "
                f"{names.MANIFEST} of version {facts.version} of project {facts.project_id}"
            )
        else:
            card = _read(directory, names.CARD).decode()
            again = WRITTEN_CARDS[names.CARD](facts, changed.stats)
            hints += changed_lines(names.CARD, card, again)
    except (ValueError, TypeError, KeyError, AttributeError, MalformedError):
        pass  # what cannot be read gives no hint
    hints.append("the rest was not looked at: it is held against the manifest")
    return [Issue(names.MANIFEST, f"{names.MANIFEST}: {one}", "warning") for one in hints]


def _check_statement(
    directory: Path, manifest: Manifest, proof: ReleaseProof | None, found: _Findings
) -> None:
    """Check the in-toto statement under the key that the log's proof holds under."""
    name, path = "The statement for other tools is of these files", directory / names.STATEMENT
    if proof is None:
        return
    if not path.is_file():
        words = f"{names.STATEMENT}: it is missing; the log's proof says the same"
        found.note(name, [Issue(names.STATEMENT, words, "warning")], "missing")
        return
    try:
        sha256 = str(proof.body["manifest_sha256"])
        check_statement(_read(directory, names.STATEMENT), manifest, sha256, proof.key)
    except MalformedError as error:
        words = f"{names.STATEMENT}: {error.message}"
        found.note(name, [Issue(names.STATEMENT, words)], "")
    else:
        found.note(name, [], "in-toto Statement v1, DSSE, Ed25519")


def _compare_event(facts: ReleaseFacts, proof: ReleaseProof) -> None:
    said = {"project": facts.project_id, "version": facts.version, "mode": facts.mode}
    if {key: proof.body.get(key) for key in said} != said:
        raise MalformedError("it is of another project, version or mode than the event in the log")
    if (facts.log_origin, facts.log_vkey) != (proof.checkpoint.origin, proof.key.vkey):
        raise MalformedError("it names another log or key than log.json")
    root = (facts.roots or {}).get("annotations", {}).get("root")
    if proof.body.get("annotations_root") != root:
        raise MalformedError("its rows have another root than the event in the log")


def _check_files(directory: Path, manifest: Manifest, found: _Findings) -> set[str]:
    """Compare sizes and hashes; returns the paths of files that are damaged or missing."""
    issues: list[Issue] = []
    damaged: set[str] = set()
    present = {path for path in _walk(directory, issues) if not path.startswith("media/")}
    for entry in manifest.files:
        fault = _fault_of(directory / entry.path, entry.bytes, entry.sha256)
        if fault:
            damaged.add(entry.path)
            issues.append(Issue(entry.path, f"{entry.path}: {fault}"))
    issues = _with_owners(directory, issues, damaged, manifest.files)
    extra = present - {entry.path for entry in manifest.files} - _FOREIGN
    issues += [Issue(path, f"{path}: not part of this release") for path in sorted(extra)]
    found.note("Every file is as it was written", issues, f"{len(manifest.files)} files")
    if names.MEDIA_LIST not in damaged:
        _check_media(directory, manifest, found)
    return damaged


def _with_owners(
    directory: Path, issues: list[Issue], wrong: Collection[str], entries: Iterable[FileEntry]
) -> list[Issue]:
    """Say of a file that is another file of the release that it is: two were exchanged."""
    present = {path for path in sorted(wrong)[:_MOST_NAMED] if (directory / path).is_file()}
    if not present:
        return issues
    known = {entry.sha256: entry.path for entry in entries}
    told = {path: whose_content(sha256_of(directory / path), known, path) for path in present}
    return [replace(one, message=one.message + told.get(one.place, "")) for one in issues]


def _check_media(directory: Path, manifest: Manifest, found: _Findings) -> None:
    listed = {entry.path for entry in manifest.files}
    issues: list[Issue] = []
    left = {path for path in _walk(directory, []) if path.startswith("media/")}
    count = 0
    gone = taken_back(directory) if manifest.facts.own_data else frozenset()
    if names.MEDIA_LIST in listed:
        for entry in media_entries(directory / names.MEDIA_LIST):
            count += type_of(entry.path) != SIDECAR_TYPE
            left.discard(entry.path)
            if manifest.facts.credentials is not None:
                left.discard(sidecar_path(entry.path))
            if entry.sha256 in gone and not (directory / entry.path).exists():
                continue
            fault = _fault_of(directory / entry.path, entry.bytes, entry.sha256)
            if fault:
                issues.append(Issue(entry.path, f"{entry.path}: {fault}"))
        if unsound := {issue.place for issue in issues}:
            every = media_entries(directory / names.MEDIA_LIST)
            issues = _with_owners(directory, issues, unsound, every)
    issues += [Issue(path, f"{path}: not part of this release") for path in sorted(left)]
    if manifest.facts.media_copied and count != manifest.stats.media_files:
        message = f"{names.MEDIA_LIST}: lists {count} files, not {manifest.stats.media_files}"
        issues.append(Issue(names.MEDIA_LIST, message))
    found.note("Every media file is as it was written", issues, f"{count} files")
    if manifest.facts.credentials is not None and names.CREDENTIALS_ROOT in listed:
        wrong, detail = check_credentials(directory, manifest.facts.credentials)
        found.note("Every content credential is of its file", wrong, detail)


def _check_contents(
    directory: Path, manifest: Manifest, damaged: set[str], found: _Findings
) -> None:
    guarding = counting_for(manifest.facts.guard)
    splitting = SplitCounting(by_person=(manifest.facts.splits or {}).get("by") == "person")
    counting = Counting((guarding, splitting))
    issues = check_rows(directory, manifest, damaged, counting)
    stats = manifest.stats
    detail = f"{stats.rows} rows, {stats.annotations} annotations"
    found.note("Every row is as it was written", issues, detail)
    facts = manifest.facts
    wrong = [] if issues or damaged else _compare_stats(manifest, counting)
    found.note("The numbers follow from the rows", wrong, "counts, labels, people, shares")
    leaking = check_splits(facts.splits, None if issues or damaged else splitting)
    found.note("The splits are what the rows say", leaking, "counts, nothing on two sides")
    is_ours = facts.made_with == __version__
    unfit = check_guard(facts.guard, None if issues or damaged else guarding, words=is_ours)
    found.note("The synthetic-data guard says what the rows say", unfit, "origins, depths, rules")
    found.note("The pay facts agree with one another", _check_pay(facts), "minutes, people, floor")
    _check_cards(directory, manifest, damaged, found)
    _check_croissant(directory, manifest, damaged, found)


def _check_cards(directory: Path, manifest: Manifest, damaged: set[str], found: _Findings) -> None:
    """Make every card that people read again; older releases have no README."""
    fault = []
    listed = {entry.path for entry in manifest.files}
    for name, write in WRITTEN_CARDS.items():
        if name not in damaged and (name in listed or name != names.README):
            path = directory / name
            made = write(manifest.facts, manifest.stats).encode()
            if not path.is_file() or path.read_bytes() != made:
                fault.append(_said_otherwise(name, manifest.facts))
    found.note("The card says what the rows say", fault, _made_again(fault))


def _said_otherwise(name: str, facts: ReleaseFacts) -> Issue:
    """A card that is not as it would be written here; of another version, that is no fault yet."""
    if facts.made_with == __version__:
        return Issue(name, f"{name}: does not say what the manifest says")
    maker = facts.made_with or "an earlier one"
    words = f"{name}: the words differ from those of this version ({__version__})"
    return Issue(name, f"{words}; hold them against the version that made it, {maker}", "warning")


def _made_again(issues: list[Issue]) -> str:
    return "in another version's words" if issues else "made again, byte for byte"


def _check_croissant(
    directory: Path, manifest: Manifest, damaged: set[str], found: _Findings
) -> None:
    """Make the card for machines again, and hold it against what such cards must say."""
    if names.CROISSANT in damaged:
        return
    path = directory / names.CROISSANT
    card = path.read_bytes() if path.is_file() else b""
    same = card == write_croissant(manifest.facts, manifest.stats, manifest.files)
    fault = [] if same or not card else [_said_otherwise(names.CROISSANT, manifest.facts)]
    fault += [issue for issue in check_croissant(card) if card and issue.severity == "error"]
    found.note("The card for machines says the same", fault, _made_again(fault))


def _compare_stats(manifest: Manifest, counting: Counting) -> list[Issue]:
    counted = counting.result(manifest.facts)
    if counted == manifest.stats:
        return []
    wrong = [
        name
        for name in manifest.stats.__dataclass_fields__
        if getattr(counted, name) != getattr(manifest.stats, name)
    ]
    message = f"{names.MANIFEST}: {', '.join(wrong)} are not what the rows give"
    return [Issue(names.MANIFEST, message)]


def _check_pay(facts: ReleaseFacts) -> list[Issue]:
    pay, total = facts.pay, sum(facts.paid_minutes.values())
    if pay is None:
        wrong = ["minutes without pay"] if total else []
    else:
        judged = pay.at_or_above_floor + pay.below_floor
        tests = {
            "paid minutes do not add up": pay.paid_minutes != total,
            "people do not add up": judged + pay.floor_unknown != pay.people,
            "more people are paid than are named": pay.people > len(facts.paid_minutes),
            "the least is more than the median": _amount(pay.min_per_hour)
            > _amount(pay.median_per_hour),
            "a floor without anybody judged by it": (pay.floor_min_per_hour is None)
            != (judged == 0),
            "the floors are the wrong way round": pay.floor_min_per_hour is not None
            and _amount(pay.floor_min_per_hour) > _amount(pay.floor_max_per_hour or "0"),
        }
        wrong = [message for message, fails in tests.items() if fails]
    return [Issue(names.MANIFEST, f"{names.MANIFEST}: pay: {message}") for message in wrong]


def _amount(decimal: str) -> tuple[int, str]:
    """Order decimals of one currency without floats: whole part, then digits."""
    whole, _, part = decimal.partition(".")
    return int(whole), part


def _read(directory: Path, name: str) -> bytes:
    path = directory / name
    if path.is_symlink() or not path.is_file():
        raise MalformedError("it is missing")
    return path.read_bytes()


def _fault_of(path: Path, size: int, sha256: str) -> str:
    if path.is_symlink() or not path.is_file():
        return "it is missing"
    if path.stat().st_size != size:
        return f"it has {path.stat().st_size} bytes instead of {size}"
    return "" if sha256_of(path) == sha256 else "its content was changed (SHA-256 differs)"


def _walk(directory: Path, issues: list[Issue]) -> Iterator[str]:
    """Every file's path; links and other things that are no plain files become issues."""
    for folder, _, files in os.walk(directory):
        for name in files:
            path = Path(folder, name)
            relative = path.relative_to(directory).as_posix()
            if path.is_symlink() or not path.is_file():
                issues.append(Issue(relative, f"{relative}: not a plain file"))
            else:
                yield relative
