"""Somebody has everything of them erased: keys first, so that no copy anywhere can be opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairhand.core.clock import DAY_MS, Instant, iso
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.people.accounts import erasure_store as store
from fairhand.people.accounts import store as accounts
from fairhand.people.campaigns import store as campaigns
from fairhand.people.campaigns.law_packs import load_law_pack
from fairhand.people.consent import grant_store as grants
from fairhand.people.consent import store as consent
from fairhand.people.contributions import store as contributions
from fairhand.proof.log import store as log
from fairhand.proof.revocation import store as revocations
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.storage.vault import Vault
from fairhand.use_cases.let_answers_go import let_answers_go
from fairhand.use_cases.settle_withdrawals import delete_files
from fairhand.use_cases.take_in_contributions import take_in_contributions
from fairhand.use_cases.withdraw_grant import note_withdrawal
from fairhand.work.assignment import given_store as queue

_LEFT: Final = "files left"
SURE: Final = "erase everything"
"""What is typed to confirm: nobody is erased by a slip of the thumb."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What went, by kind, and what is kept: what, by which law, until when."""

    erasure_id: int
    removed: Mapping[str, int]
    kept: Sequence[Mapping[str, Any]]


def what_is_kept(db: Database, person_id: int, now: Instant) -> list[dict[str, Any]]:
    """Say before and after what the law makes us keep of somebody, and until when."""
    with db.read() as connection:
        return _kept(connection, person_id, now)


def erase_person(
    db: Database, blobs: BlobStore, vault: Vault, person_id: int, now: Instant
) -> Erased:
    """Erase somebody. What they gave leaves releases; their pay records stay as the law asks.

    Raises ConflictError (`last_owner`) for the only owner of the workspace, NotFoundError for
    nobody.
    """
    _take_in_all(db, person_id, now)
    with db.write() as connection:
        found = accounts.load_person(connection, person_id)
        if found is None or found.state != "active":
            raise NotFoundError("There is nobody of this number.")
        if store.is_last_owner(connection, person_id):
            raise ConflictError(
                "You are this workspace's only owner. Make somebody else an owner first: "
                "others depend on there being one.",
                code="last_owner",
            )
        erasure_id = store.begin(connection, person_id, now)
        kept = _kept(connection, person_id, now)
        vault.destroy_key(connection, person_id, now)
        _take_back(connection, person_id, now)
        for project_id in consent.list_granted(connection, person_id):
            consent.leave(connection, person_id, project_id, now)
            let_answers_go(connection, person_id, project_id)
        named = store.list_files(connection, person_id)
        answers = store.empty_answers(connection, person_id)
        rows = store.erase_rows(connection, person_id)
        told = store.empty_deliveries(connection, person_id)
        lines = store.erase_events(connection, person_id)
        removed = {**rows, "answers": answers, "lines of the log": lines}
        removed |= {"messages to other systems": told} if told else {}
        event = log.append(connection, "person.erased", {"erasure": erasure_id}, now)
        left = {**removed, _LEFT: sorted(named)}
        store.finish(connection, erasure_id, left, kept, event.id)
    return Erased(erasure_id, _delete(db, blobs, erasure_id, person_id, left, now), kept)


def finish_erasures(db: Database, blobs: BlobStore, now: Instant) -> int:
    """Delete the files of erasures that were cut off; gives how many erasures."""
    with db.read() as connection:
        running = store.list_running(connection)
    for erasure_id, person_id, removed in running:
        _delete(db, blobs, erasure_id, person_id, removed, now)
    return len(running)


def _delete(
    db: Database,
    blobs: BlobStore,
    erasure_id: int,
    person_id: int,
    removed: Mapping[str, Any],
    now: Instant,
) -> dict[str, int]:
    """Delete files, and only then say that it is done; what is killed between is done again."""
    delete_files(db, blobs, person_id, now)
    with db.read() as connection:
        unused = [one for one in removed.get(_LEFT, ()) if not store.is_named(connection, one)]
    for sha256 in unused:
        blobs.delete(sha256)
    done = {name: many for name, many in removed.items() if name != _LEFT}
    done["files"] = len(unused)
    with db.write() as connection:
        store.end(connection, erasure_id, done, now)
    return done


def _take_in_all(db: Database, person_id: int, now: Instant) -> None:
    """Take in what was answered just now: what is no contribution yet could not be found again."""
    with db.read() as connection:
        projects = {grant.project_id for grant in grants.list_own(connection, person_id)}
    for project_id in sorted(projects):
        while take_in_contributions(db, project_id, now):
            pass


def _take_back(connection: Connection, person_id: int, now: Instant) -> None:
    """End every grant and everything that was given; lists and notices follow by the tick."""
    for grant in grants.list_own(connection, person_id):
        grants.end_purposes(connection, grant.id, tuple(grant.purposes), now)
        grants.withdraw_grant(connection, grant.id, now)
        many = contributions.count_under(connection, grant.id)
        if grant.is_open or many or revocations.releases_of_grant(connection, grant.id):
            note_withdrawal(connection, grant, {"all": True}, "erased", many, now)
    contributions.erase_all(connection, person_id, now)
    queue.hold_person(connection, person_id)


def _kept(connection: Connection, person_id: int, now: Instant) -> list[dict[str, Any]]:
    names = {
        found.law_pack
        for grant in grants.list_own(connection, person_id)
        if (found := campaigns.load_campaign(connection, grant.project_id)) is not None
    }
    lines = [
        {
            "what": one.what,
            "words": one.words,
            "law": one.law,
            "until": iso(Instant(now + one.days * DAY_MS))[:10],
        }
        for name in sorted(names or {"eu"})
        for one in load_law_pack(name).kept
    ]
    return [*lines, *_ALWAYS]


_ALWAYS: Final[tuple[dict[str, Any], ...]] = (
    {
        "what": "the log",
        "words": "That something happened, as hashes that say nothing of you: others' proofs need "
        "them. Receipts you have kept go on proving what is yours.",
        "law": "GDPR article 17(3)(e)",
        "until": None,
    },
    {
        "what": "work you were paid for",
        "words": "Ordinary answers, under a number without a name; no later release holds them.",
        "law": "GDPR article 17(3)(e)",
        "until": None,
    },
)
