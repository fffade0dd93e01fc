"""Somebody outside is asked to co-sign the log from now on."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.compute.backends.guard import read_url
from fairhand.core.clock import Instant
from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.proof.log import store as log
from fairhand.proof.log import witness_store
from fairhand.proof.log.cosignature import parse_witness_key
from fairhand.proof.log.note import NoteError
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class AddWitness:
    """The witness's public key (as it publishes it) and the address where it takes checkpoints."""

    vkey: str
    url: str
    added_by: int | None = None


def add_witness(db: Database, command: AddWitness, now: Instant) -> int:
    """Add a witness and give its number; InvalidError says what is wrong with key or address."""
    try:
        key = parse_witness_key(command.vkey)
    except NoteError as error:
        raise InvalidError(error.message, issues=[Issue("vkey", error.message)]) from error
    url = command.url.strip().rstrip("/")
    try:
        read_url(url)
    except FairhandError as error:
        raise InvalidError(error.message, issues=[Issue("url", error.message)]) from error
    with db.write() as connection:
        witness_id = witness_store.add_witness(connection, key.vkey, url, command.added_by, now)
        body = {"witness": key.vkey, "url": url}
        log.append(connection, "log.witness_added", body, now, command.added_by)
    return witness_id
