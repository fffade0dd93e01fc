"""One thing given is looked through: measured, compared, sealed, hidden in, and then open or held.

It may be stopped at any moment and done again: the original is sealed first, the plain file goes
once it is sealed and nothing else needs it, and only then is the outcome kept, all in one.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairhand.compute.authenticity.alignment import SAME
from fairhand.compute.authenticity.signing import ContentSigner
from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.model.system import automated
from fairhand.people.campaigns import store as campaigns
from fairhand.people.contributions import hide_store, print_store, remarks
from fairhand.people.contributions import intake_store as store
from fairhand.people.contributions import store as contributions
from fairhand.people.contributions.examination import (
    SAME_SOUND,
    SAME_TEXT,
    Examined,
    examine,
    likeness,
    likeness_of_pictures,
)
from fairhand.people.contributions.intake import NEVER_KEPT, Finding, state_after
from fairhand.people.contributions.intake_store import Outcome, Waiting
from fairhand.people.contributions.library import library_of
from fairhand.people.contributions.print_store import Source
from fairhand.people.contributions.remarks import Copy
from fairhand.proof.log import store as log
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.storage.vault import Vault
from fairhand.use_cases.hide_in_contribution import Hidden, hide
from fairhand.use_cases.seal_original import about_original, open_original, seal_original


@dataclass(frozen=True, slots=True)
class Shop:
    """What looking through needs: the database, the files and the keys."""

    db: Database
    blobs: BlobStore
    vault: Vault
    signer: ContentSigner | None = None  # of content credentials, where they are made


@automated(
    "intake.look_through",
    title="What is noticed of something given",
    effect="flags",
    purpose="To tell people what would help, and to show a human copies of what others gave, "
    "signs of sound from a loudspeaker or a computer, and files that nobody can use.",
    reads=(
        "the file or text that was given",
        "prints of what was given earlier in this workspace",
        "what the campaign asks for",
    ),
    parameters=(
        ("likeness of sounds", SAME_SOUND, "share of pairs of peaks from which a copy is shown"),
        ("likeness of texts", SAME_TEXT, "share of runs of three words"),
        ("likeness of pictures", SAME, "how well fine detail fits"),
    ),
    oversight="Nothing that is noticed takes pay, and no weak sign keeps anything back: only a "
    "likely copy of another person's, a missing permission, or a file that cannot be opened or "
    "hidden in waits for a reviewer. What a reviewer decides is told with its reason and can be "
    "contested.",
)
def examine_contribution(shop: Shop, contribution_id: int, now: Instant) -> str | None:
    """Look through a new contribution; gives the state it comes to, None when it is not new.

    What a human has said to keep is not held for the same reason again.
    """
    with shop.db.read() as connection:
        found = store.load_waiting(connection, contribution_id)
        if found is None or found.state != "new":
            return None
        campaign = campaigns.load_campaign(connection, found.project_id)
        known = store.kinds_found(connection, found.id)
        replaced = store.is_superseded(connection, found.annotation_id)
        boxes = hide_store.load_boxes(connection, found.id)
        claims = store.claims_of_upload(connection, found)
    if campaign is None:
        return None
    try:
        content = _original(shop, found, now)
    except ConflictError:  # erased meanwhile: its key is gone
        return None
    looked = examine(content, found.media_type, campaign.checks)
    findings = [
        *looked.findings,
        *remarks.claims_findings(claims),
        *_copies(shop, found, looked, content),
    ]
    if found.grant_id is None:
        findings.append(remarks.NO_GRANT)
    unreadable = remarks.UNREADABLE in findings
    hidden = None
    if not (unreadable or replaced):
        hidden = hide(content, found, campaign, boxes, _seed(shop, found))
    if hidden is not None and hidden.finding is not None:
        findings.append(hidden.finding)
    fresh = [one for one in findings if one.kind not in known or one.kind in NEVER_KEPT]
    outcome = _outcome(shop, found, hidden, fresh, looked, replaced, now)
    with shop.db.read() as connection:
        if hide_store.load_boxes(connection, found.id) != boxes:
            return None  # its giver marked more meanwhile: it is looked through again
    _forget_plain(shop, found, outcome)
    _keep(shop, found, outcome, fresh, looked, hidden, now)
    _forget_open(shop, found, outcome)
    return outcome.state


def _forget_open(shop: Shop, found: Waiting, outcome: Outcome) -> None:
    """Delete what others saw before, where that showed more than it does now."""
    if found.open_sha256 is None or found.open_sha256 == outcome.open_sha256:
        return
    with shop.db.read() as connection:
        is_used = contributions.is_file_used(connection, found.open_sha256)
    if not is_used:
        shop.blobs.delete(found.open_sha256)


def _original(shop: Shop, found: Waiting, now: Instant) -> bytes:
    """Read what came in, and see that it is sealed."""
    if found.sealed_sha256 is not None:
        return open_original(shop.db, shop.blobs, shop.vault, found.id)
    if found.media_type.startswith("text/"):
        with shop.db.read() as connection:
            value = store.load_answer(connection, found.annotation_id)
        content = str(value.get(found.question, "")).encode()
    else:
        try:
            content = shop.blobs.get(found.original_sha256, check=True)
        except NotFoundError:  # lost: a human is told that it cannot be read
            return b""
    seal_original(shop.db, shop.blobs, shop.vault, found, content, now)
    return content


def _seed(shop: Shop, found: Waiting) -> int:
    """Draw what is random in hiding from the person's own key: nobody else can, nor anybody later.

    HMAC-SHA256 (RFC 2104) of the contribution's number; 63 bits.
    """
    with shop.db.read() as connection:
        key = shop.vault.load_key(connection, found.person_id)
    drawn = hmac.new(key.secret, about_original(found.id).encode(), hashlib.sha256).digest()
    return int.from_bytes(drawn[:8], "big") >> 1


def _copies(shop: Shop, found: Waiting, looked: Examined, content: bytes) -> list[Finding]:
    """Find what was given before that this is a copy of: the nearest of one's own, of others."""
    library = library_of(shop.db)
    with shop.db.read() as connection:
        library.keep_up(connection)
        exact = print_store.list_same_file(connection, found.original_sha256, found.id)
        near = [one for one in library.near(looked.prints) if one < found.id]
        sources = {one.id: one for one in (*print_store.load_sources(connection, near), *exact)}
        others = {one: print_store.prints_of(connection, one) for one in sources}
    best: dict[bool, Copy] = {}
    for source in sources.values():
        if _is_own_earlier_try(source, found):
            continue
        is_exact = source.original_sha256 == found.original_sha256
        fit = 1.0 if is_exact else _fit(shop, source, looked, others[source.id], content)
        is_own = source.person_id == found.person_id
        if fit > 0 and (is_own not in best or fit > best[is_own].likeness):
            best[is_own] = Copy(source.id, is_own, is_exact, fit)
    return [remarks.copy_finding(copy) for copy in best.values()]


def _is_own_earlier_try(source: Source, found: Waiting) -> bool:
    """Say whether it is what the same person sent before for the same question of the same task."""
    place = (found.person_id, found.task_id, found.question)
    return (source.person_id, source.task_id, source.question) == place


def _fit(
    shop: Shop, source: Source, looked: Examined, other: Mapping[str, bytes], content: bytes
) -> float:
    if not source.media_type.startswith("image/"):
        return likeness(looked.prints, other)
    if source.open_sha256 is None:
        return 0.0
    try:
        return likeness_of_pictures(content, shop.blobs.get(source.open_sha256))
    except NotFoundError:
        return 0.0


def _outcome(
    shop: Shop,
    found: Waiting,
    hidden: Hidden | None,
    findings: Sequence[Finding],
    looked: Examined,
    replaced: bool,
    now: Instant,
) -> Outcome:
    opened = hidden.content if hidden is not None else None
    measures = dict(looked.measures)
    if hidden is not None and (sidecar := _credentials(shop, hidden, now)) is not None:
        measures["credentials_sha256"] = sidecar
    state = "withdrawn" if replaced else state_after(findings)
    return Outcome(
        state=state,
        media_type=found.media_type if hidden is None else hidden.media_type,
        size_bytes=found.size_bytes if opened is None else len(opened),
        open_sha256=None if opened is None else shop.blobs.put(opened),
        anonymised=None if hidden is None else hidden.done,
        measures=measures,
    )


def _credentials(shop: Shop, hidden: Hidden, now: Instant) -> str | None:
    """Make the open file's content credentials, as a file beside it; texts have none."""
    if shop.signer is None or hidden.content is None or hidden.media_type.startswith("text/"):
        return None
    made = shop.signer.sidecar(hidden.content, hidden.media_type, now, hidden=bool(hidden.done))
    return None if made is None else shop.blobs.put(made)


def _forget_plain(shop: Shop, found: Waiting, outcome: Outcome) -> None:
    """Delete the plain original once it is sealed and neither the open file nor another's."""
    if outcome.open_sha256 == found.original_sha256 or found.media_type.startswith("text/"):
        return
    with shop.db.read() as connection:
        if store.is_plain_needed(connection, found.original_sha256):
            return
    shop.blobs.delete(found.original_sha256)


def _keep(
    shop: Shop,
    found: Waiting,
    outcome: Outcome,
    findings: Sequence[Finding],
    looked: Examined,
    hidden: Hidden | None,
    now: Instant,
) -> None:
    """Keep the outcome; where it was taken back meanwhile, its files go."""
    with shop.db.write() as connection:
        if not store.finish(connection, found.id, outcome, now):
            _drop(shop, connection, outcome)
            return
        store.add_findings(connection, found, findings, now)
        if not print_store.prints_of(connection, found.id):
            print_store.add_prints(connection, found, looked.prints)
        if hidden is not None and hidden.content is not None:
            _show_hidden_text(connection, found, hidden.content)
        body: dict[str, Any] = {
            "contribution": found.id,
            "project": found.project_id,
            "person": found.person_id,
            "state": outcome.state,
            "original_sha256": found.original_sha256,
            "open_sha256": outcome.open_sha256,
            "found": sorted(one.kind for one in findings),
        }
        log.append(
            connection, "contribution.examined", body, now, found.person_id, found.project_id
        )


def _drop(shop: Shop, connection: Connection, outcome: Outcome) -> None:
    """Delete the files that were made for an outcome that is not wanted any more."""
    for sha256 in (outcome.open_sha256, outcome.measures.get("credentials_sha256")):
        if sha256 is not None and not store.is_plain_needed(connection, sha256):
            shop.blobs.delete(sha256)


def _show_hidden_text(connection: Connection, found: Waiting, content: bytes) -> None:
    """Let an answer's text be what others may see; the original is sealed, and the giver's."""
    if not found.media_type.startswith("text/") or sha256_hex(content) == found.original_sha256:
        return
    value = store.load_answer(connection, found.annotation_id)
    value[found.question] = content.decode()
    store.save_answer(connection, found.annotation_id, value)
