"""The newest checkpoint goes to the witnesses, and what they sign is kept.

Off the request path, one witness after the other; nothing is held while one is asked. What is in
the way of one is written down for the page of the log, and the others are asked all the same. It
appends no event: a log that logs its own signing would never be at rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from fairhand.compute.backends.guard import GuardedClient, Limits, guarded_client
from fairhand.core.clock import MINUTE_MS, Clock, Instant
from fairhand.core.errors import FairhandError
from fairhand.proof.log import store as log
from fairhand.proof.log import witness_store
from fairhand.proof.log.cosignature import parse_witness_key
from fairhand.proof.log.witness import ask_witness
from fairhand.proof.log.witness_store import WitnessRow
from fairhand.storage.database import Database

LIMITS: Final = Limits(connect_s=3.0, total_s=10.0, max_bytes=64 * 1024)
AGAIN_MS: Final = 10 * MINUTE_MS
"""How often a witness signs the head of a quiet log again: monitors take an old line as stale."""
Post = Callable[[str, bytes], tuple[int, bytes]]


def gather_cosignatures(db: Database, clock: Clock, allowed: Collection[str] = ()) -> int:
    """Ask every witness that has not signed the newest checkpoint; gives how many signed it.

    `allowed` are the places within the house (`host:port`) that the operator lets us call.
    """
    with db.read() as connection:
        latest = log.latest_checkpoint(connection)
        witnesses = witness_store.list_witnesses(connection)
    if latest is None:
        return 0
    now = clock()
    due = [one for one in witnesses if _is_due(one, latest.size, now)]
    if not due:
        return 0
    with guarded_client(allowed) as client:
        return sum(_ask(db, client, one, latest, clock) for one in due)


def _is_due(one: WitnessRow, size: int, now: Instant) -> bool:
    """Say whether a witness has not signed this head, or so long ago that it looks forgotten."""
    if one.cosigned_size < size:
        return True
    return one.asked_at is None or now - one.asked_at >= AGAIN_MS


def _ask(
    db: Database,
    client: GuardedClient,
    one: WitnessRow,
    latest: log.SignedCheckpoint,
    clock: Clock,
) -> bool:
    def post(body: bytes) -> tuple[int, str]:
        status, content = client.post_text(f"{one.url}/add-checkpoint", body, LIMITS)
        return status, content.decode("utf-8", errors="replace")

    def prove(old: int) -> list[bytes]:
        with db.read() as connection:
            return log.load_consistency(connection, old, latest.size) if old else []

    try:
        key = parse_witness_key(one.vkey)
        line = ask_witness(post, key, latest.note, one.cosigned_size, prove)
    except (FairhandError, ValueError) as error:
        with db.write() as connection:
            witness_store.note_trouble(connection, one.id, str(error), clock())
        return False
    with db.write() as connection:
        witness_store.keep_line(connection, one.id, latest.size, line, clock())
    return True
