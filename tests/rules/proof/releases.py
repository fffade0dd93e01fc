"""A small but whole release for tests: a choice and a mask, four people, a log of three events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.core.clock import Instant
from fairhand.model.project import Question
from fairhand.proof.log import merkle
from fairhand.proof.log.checkpoint import Checkpoint, sign_checkpoint
from fairhand.proof.log.leaf import canonical
from fairhand.proof.log.note import Signer
from fairhand.proof.log.receipt import Opening, Receipt
from fairhand.proof.release.folder import place_release
from fairhand.proof.release.log_file import EVENT_KIND, dump_log
from fairhand.proof.release.manifest import parse_manifest
from fairhand.proof.release.media import ReadMedia
from fairhand.proof.release.rules import (
    Agreement,
    AnnotationRow,
    Gaps,
    PersonPay,
    ReleaseFacts,
    ReleaseRow,
    minutes,
    pay_facts,
)
from fairhand.proof.release.statement import dump_statement
from fairhand.proof.release.writer import WrittenRelease, write_release

NOW = Instant(1_795_253_400_000)
SIGNER = Signer("log.example/carmen", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
LABELS = [{"value": str(digit), "title": str(digit)} for digit in range(10)]
DIGIT = Question("digit", "choice", "Which digit?", {"labels": LABELS, "multiple": False})
NUCLEI = Question("nuclei", "mask", "Where are nuclei?", {"labels": LABELS, "instances": False})
PEOPLE = ("c-00000000aa", "c-00000000bb", "c-00000000cc", "c-00000000dd")
PAID = [
    PersonPay(name, 600_000 * (place + 1), 30_000_000 * (place + 1) + place, 29_000_000)
    for place, name in enumerate(PEOPLE)
]


def media_of(task_id: int) -> bytes:
    return b"picture %d" % (task_id % 5)


def rows(tasks: int) -> Iterator[ReleaseRow]:
    for task_id in range(1, tasks + 1):
        digit = str(task_id % 10)
        row = ReleaseRow(
            task_id=task_id,
            question="digit",
            kind="choice",
            value=digit,
            confidence=0.9 + task_id % 7 / 100,
            probabilities={digit: 0.9, "x": 0.1},
            method="dawid_skene",
            answers=2,
            assisted=task_id % 2,
            simulated=0,
            mode="open",
            data={"name": f"digit {task_id}.png", "ünïcode": [1, 2.5, None]},
            media_sha256=sha256(media_of(task_id)).hexdigest(),
            media_type="image/png",
        )
        yield row
        mask = {"size": [2, 2], "regions": [{"label": "1", "counts": "04"}]}
        yield replace(
            row, question="nuclei", kind="mask", value=mask, confidence=None, probabilities=None
        )


def answers(tasks: int) -> Iterator[AnnotationRow]:
    for task_id in range(1, tasks + 1):
        for copy in range(2):
            yield AnnotationRow(
                annotation_id=2 * task_id + copy,
                task_id=task_id,
                contributor=PEOPLE[(task_id + copy) % 4],
                day="2026-11-21",
                revision=1,
                value={"digit": str(task_id % 10)},
                counted=True,
                late=False,
                assisted=copy == 0 and task_id % 2 == 1,
                changed=False,
                model="digits@1" if copy == 0 and task_id % 2 == 1 else None,
                simulated=False,
            )


def facts(**changes: object) -> ReleaseFacts:
    made = ReleaseFacts(
        project_id=3,
        slug="digits",
        title="Digits | of *Carmen*",
        purpose="To read meters.",
        mode="open",
        version=1,
        created_at="2026-11-21T09:30:00.000Z",
        licence="CC-BY-4.0",
        questions=(DIGIT, NUCLEI),
        agreement=(Agreement("digit", 0.81, 0.78, 0.84, "Krippendorff's alpha (nominal)"),),
        pay=pay_facts("EUR", PAID),
        paid_minutes={person.contributor: minutes(person.paid_ms) for person in PAID},
        gaps=Gaps(tasks_without_answer=2),
        log_origin=SIGNER.name,
        log_vkey=SIGNER.verifier.vkey,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # each test names real fields


def proof_of(written: WrittenRelease, made: ReleaseFacts) -> bytes:
    """What the log says about a release: its event is the second of three leaves."""
    body = {
        "project": made.project_id,
        "version": made.version,
        "mode": made.mode,
        "manifest_sha256": written.manifest_sha256,
        "annotations_root": (written.facts.roots or {})["annotations"]["root"],
    }
    opening = Opening(EVENT_KIND, NOW, b"s" * 16, canonical(body).decode())
    hashes = [merkle.leaf_hash(leaf) for leaf in (b"before", opening.leaf(), b"after")]
    note = sign_checkpoint(Checkpoint(SIGNER.name, 3, merkle.root(hashes)), SIGNER)
    proof = merkle.inclusion_proof(1, 3, lambda start, end: merkle.root(hashes[start:end]))
    return dump_log(Receipt(1, tuple(proof), note, opening.leaf(), opening), SIGNER.verifier)


def make_release(folder: Path, tasks: int = 12, media: bool = False, **changes: object) -> Path:
    """Write a whole release and return its folder."""
    made = facts(media_copied=media, **changes)
    read: ReadMedia | None = None
    if media:
        by_hash = {sha256(media_of(task)).hexdigest(): media_of(task) for task in range(5)}
        read = lambda name: [by_hash[name]]  # noqa: E731
    draft, final = folder / "draft", folder / "release"
    written = write_release(draft, made, rows(tasks), answers(tasks), read)
    manifest = parse_manifest((draft / "manifest.json").read_bytes())
    stated = dump_statement(manifest, written.manifest_sha256, SIGNER)
    place_release(draft, final, proof_of(written, made), stated)
    return final
