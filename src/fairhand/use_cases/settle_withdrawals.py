"""What was taken back is told to the world: lists are signed, recipients told, files deleted.

A tick within seconds of the act. Killed at any moment it goes on where it was: everything it
writes is written once.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final, Literal

import structlog

from fairhand.core.clock import Instant
from fairhand.core.errors import MalformedError
from fairhand.model.licence import Terms, covers
from fairhand.people.campaigns import law_packs
from fairhand.people.campaigns import store as campaigns
from fairhand.people.consent import grant_store as grants
from fairhand.people.contributions import store as contributions
from fairhand.proof.log.key_store import list_handovers
from fairhand.proof.log.note import Signer
from fairhand.proof.release import store as releases
from fairhand.proof.release import terms_store
from fairhand.proof.release.clear import clear_folder
from fairhand.proof.revocation import store
from fairhand.proof.revocation.rules import sign_list, write_list
from fairhand.proof.revocation.store import ListRow, Withdrawal
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.work.assignment import given_store as queue

Ended = Literal["withdrawn", "erased"]
_WITHDRAWALS_AT_ONCE: Final = 50
_LOG = structlog.get_logger()
_FILES_AT_ONCE: Final = 500
_ENDED_AT_ONCE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Settled:
    """What one round did."""

    withdrawals: int
    lists: int
    notices: int
    models: int
    files: int


def settle_withdrawals(
    db: Database, blobs: BlobStore, signer: Signer, now: Instant, most: int = _WITHDRAWALS_AT_ONCE
) -> Settled:
    """Tell of withdrawals, `most` at a time, then end and delete what they took back."""
    done = Settled(0, 0, 0, 0, 0)
    with_files: list[int] = []
    while True:
        told, waiting = tell_withdrawals(db, blobs, signer, now, most)
        done = _add(done, told)
        for found in waiting:  # nobody waits for this to be told: the grant permits nothing
            _end_the_rest(db, found, now)
            with_files.append(found.person_id)
        if not waiting and not with_files:
            return done
        # Whoever asks meanwhile does not wait for a million files to go.
        files = delete_some_files(db, blobs, with_files[0], now) if with_files else 0
        done = _add(done, Settled(0, 0, 0, 0, files))
        if not files:
            with_files = with_files[1:]


def tell_withdrawals(
    db: Database, blobs: BlobStore, signer: Signer, now: Instant, most: int = _WITHDRAWALS_AT_ONCE
) -> tuple[Settled, list[Withdrawal]]:
    """Sign lists, queue notices and requests to unlearn for up to `most` withdrawals; gives them.

    What they took back still has to be ended and deleted; `settle_withdrawals` does all of it.
    """
    with db.read() as connection:
        waiting = store.list_untold(connection, most)
    done = Settled(0, 0, 0, 0, 0)
    for found in waiting:
        done = _add(done, _settle(db, blobs, signer, found, now))
    return done, waiting


def delete_left_files(db: Database, blobs: BlobStore, now: Instant) -> int:
    """End and delete what a settling that was killed left behind; gives how many files."""
    with db.read() as connection:
        left = contributions.grants_left(connection)
        people = store.list_people(connection)
    for grant_id in left:
        _end_all(db, grant_id, "withdrawn", now)
    return sum(delete_files(db, blobs, person_id, now) for person_id in people)


def delete_files(db: Database, blobs: BlobStore, person_id: int, now: Instant) -> int:
    """Delete the files of what somebody took back, as far as nothing living has the same."""
    done = 0
    while files := delete_some_files(db, blobs, person_id, now):
        done += files
    return done


def delete_some_files(db: Database, blobs: BlobStore, person_id: int, now: Instant) -> int:
    """Delete a few hundred of those files; gives how many contributions have none any more.

    Files first, then the note that they are gone: what is killed between is done again.
    """
    with db.read() as connection:
        gone = contributions.list_gone_files(connection, person_id, _FILES_AT_ONCE)
        named = {one for row in gone for one in (row.sealed_sha256, row.open_sha256) if one}
        unused = [one for one in named if not contributions.is_file_used(connection, one)]
        made = contributions.list_previews(connection, unused)
    if not gone:
        return 0
    for sha256 in (*unused, *made):
        blobs.delete(sha256)
    with db.write() as connection:
        contributions.forget_files(connection, [row.id for row in gone], now)
    return len(gone)


def _settle(
    db: Database, blobs: BlobStore, signer: Signer, found: Withdrawal, now: Instant
) -> Settled:
    """Revoke, sign, tell: what one withdrawal means for others."""
    lists = notices = models = 0
    reached = _revoke(db, found, now)
    for release_id in reached:
        told = _tell(db, blobs, signer, found, release_id, now)
        lists, notices, models = lists + told[0], notices + told[1], models + told[2]
    with db.write() as connection:
        store.set_told(connection, found.id, len(reached), now)
    return Settled(1, lists, notices, models, 0)


def _add(one: Settled, other: Settled) -> Settled:
    return Settled(*map(sum, zip(astuple(one), astuple(other), strict=True)))


def _end_the_rest(db: Database, found: Withdrawal, now: Instant) -> None:
    """End contributions beyond those that the act itself ended."""
    if found.grant_id is not None and found.scope.get("all"):
        state: Ended = "erased" if found.reason == "erased" else "withdrawn"
        _end_all(db, found.grant_id, state, now)


def _end_all(db: Database, grant_id: int, state: Ended, now: Instant) -> None:
    while True:
        with db.write() as connection:
            if not contributions.end_under(connection, grant_id, state, now, _ENDED_AT_ONCE):
                queue.hold_grant(connection, grant_id)
                return


def _revoke(db: Database, found: Withdrawal, now: Instant) -> list[int]:
    """Name the items in the lists of the releases that may not hold them any more."""
    with db.write() as connection:
        if found.grant_id is None:
            numbers = found.scope.get("contributions", [])
            reached = store.releases_of_items(connection, numbers)
            for release_id in reached:
                store.revoke_items(connection, release_id, numbers, found, now)
            return reached
        reached = [
            release_id
            for release_id in store.releases_of_grant(connection, found.grant_id)
            if not _still_covers(connection, found.grant_id, release_id, now)
        ]
        if reached:
            store.revoke_grant(connection, reached, found, now)
    return reached


def _still_covers(connection: Connection, grant_id: int, release_id: int, now: Instant) -> bool:
    """Say whether a grant still permits what a release is for, from now on."""
    grant = grants.load_grant(connection, grant_id)
    terms = terms_store.load_terms(connection, release_id)
    if grant is None or terms is None:
        return False
    wanted = terms.wanted(grant.modality)
    left = Terms(
        wanted.modality,
        wanted.purposes,
        max(wanted.starts, grant.starts_at),
        wanted.ends,
        wanted.territory,
        wanted.recipients,
    )
    return now < wanted.ends and covers(grant.terms(), left)


def _tell(
    db: Database,
    blobs: BlobStore,
    signer: Signer,
    found: Withdrawal,
    release_id: int,
    now: Instant,
) -> tuple[int, int, int]:
    """Sign a release's list where it grew, and queue what follows; gives counts of each."""
    with db.read() as connection:
        named = releases.load_release(connection, release_id)
        newest = store.newest_list(connection, release_id)
        items = sorted(store.iter_revoked(connection, release_id))
        campaign = campaigns.load_campaign(connection, found.project_id)
    if named is None or (newest is not None and newest.items == len(items)):
        return 0, 0, 0
    number = newest.number + 1 if newest else 1
    file = write_list(release_id, named.version, number, items, now)
    made = sign_list(signer, file, release_id, number, len(items))
    blob = blobs.put(file)
    row = ListRow(release_id, number, len(items), made.sha256, blob, made.note, now)
    pack = law_packs.load_law_pack(campaign.law_pack if campaign else "eu")
    due_days = pack.recipients_act_days
    with db.write() as connection:
        again = store.newest_list(connection, release_id)
        if again is not None and again.number >= number:
            return 0, 0, 0
        store.add_list(connection, row)
        notices = store.queue_notices(connection, release_id, number, now, due_days)
        models = store.ask_unlearning(connection, release_id, number, len(items), now, due_days)
        handovers = list_handovers(connection)
    try:
        clear_folder(Path(named.directory), file, made.note, handovers)
    except (OSError, MalformedError) as error:  # a damaged folder keeps nobody from being told
        _LOG.warning("release.not_cleared", release=release_id, error=repr(error))
    return 1, notices, models
