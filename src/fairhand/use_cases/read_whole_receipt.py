"""Put together the receipts that a person keeps: promise, proof, releases and pay of an event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.pay.evidence import store as evidence
from fairhand.people.accounts.rules import Actor, roles_in
from fairhand.proof.log import events, key_store
from fairhand.proof.log import store as log
from fairhand.proof.log.events import EventRow
from fairhand.proof.log.leaf import canonical
from fairhand.proof.log.note import NoteError, encode64, parse_vkey
from fairhand.proof.log.promise import check_promise
from fairhand.proof.log.rotation import KeyChain, link
from fairhand.proof.receipts.rows import ReleaseRows
from fairhand.proof.release import store as releases
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_bundle import EVENT_KIND
from fairhand.use_cases.whole_receipt import dump_receipt
from fairhand.work.annotations import store as answers

ANSWER: Final = "annotation.submitted"
MOST: Final = 1_000
"""Receipts in one file of all; older ones are asked for one by one."""


class Wallet:
    """Makes receipts from one reading of the workspace; a release is opened once for all."""

    def __init__(self, connection: Connection, log_key: str) -> None:
        self._connection = connection
        self._log_key = log_key
        self._notes = key_store.list_handovers(connection)
        self._releases: dict[int, list[tuple[int, ReleaseRows, str]]] = {}

    def receipt(self, event_id: int) -> str | None:
        """Make the receipt of an event; None while it is promised and not sealed."""
        proof = log.load_proof(self._connection, event_id)
        if proof is None:
            return None
        body = proof.event() or {}
        parts: dict[str, Any] = {"promise": None, "releases": [], "statement": None}
        if proof.opening is not None and proof.opening.kind == ANSWER:
            annotation = body["annotation"]
            parts = {
                "promise": self._told_promise(annotation),
                "releases": list(self._held(int(body["project"]), annotation)),
                "statement": self._statement(annotation),
            }
        if self._notes:
            parts["handovers"] = self._notes
        return dump_receipt({"event": proof.text(), "log_key": self._log_key, **parts})

    def _told_promise(self, annotation: int) -> dict[str, Any] | None:
        """The promise, where a key made it that the receipt's notes lead to.

        Nothing is lost by leaving it out: the event itself is proven.
        """
        promise = self.promise(annotation)
        try:
            if promise is not None:
                check_promise(promise, self._chain)
        except NoteError:
            return None
        return promise

    @cached_property
    def _chain(self) -> KeyChain:
        return link([parse_vkey(self._log_key)], self._notes)

    def promise(self, annotation: int) -> dict[str, Any] | None:
        """What was promised when an annotation came in."""
        reply = answers.load_reply(self._connection, annotation)
        return None if reply is None else json.loads(reply).get("promise")

    def versions(self, project_id: int, annotation: int) -> tuple[int, ...]:
        """The versions of a project's releases that hold an annotation."""
        held = self._of_project(project_id)
        return tuple(version for version, rows, _ in held if rows.holds(annotation))

    def _held(self, project_id: int, annotation: int) -> Iterator[dict[str, Any]]:
        """Each published release that holds the annotation, with the proof of its row."""
        for _, rows, event in self._of_project(project_id):
            row = rows.row(annotation)
            place = None if row is None else rows.prove(row)
            if place is not None:
                index, hashes = place
                yield {
                    "event": event,
                    "hashes": [encode64(one) for one in hashes],
                    "index": index,
                    "row": row,
                }

    def _of_project(self, project_id: int) -> list[tuple[int, ReleaseRows, str]]:
        if project_id not in self._releases:
            found = []
            for one in reversed(releases.list_releases(self._connection, project_id)):
                rows = ReleaseRows(Path(one.directory))
                if one.event_id is None or not rows.is_there:
                    continue
                proof = log.load_proof(self._connection, one.event_id)
                if proof is not None and "annotations_root" in (proof.event() or {}):
                    found.append((one.version, rows, proof.text()))
            self._releases[project_id] = found
        return self._releases[project_id]

    def _statement(self, annotation: int) -> dict[str, str] | None:
        found = evidence.statement_of(self._connection, annotation)
        if found is None:
            return None
        event_id = events.find_event(self._connection, found.person_id, EVENT_KIND, found.sha256)
        proof = None if event_id is None else log.load_proof(self._connection, event_id)
        if proof is None or proof.opening is None:
            return None
        return {"event": proof.text(), "text": found.body}


def read_whole_receipt(db: Database, actor: Actor, event_id: int, log_key: str) -> str:
    """Make the receipt of an actor's own event (an auditor's of any), as one file.

    Before the log is sealed it is the promise alone. Raises NotFoundError for somebody else's
    event, ConflictError while it is not sealed and nothing was promised in a file.
    """
    with db.read() as connection:
        is_auditor = "auditor" in roles_in(actor, 0)
        if log.person_of(connection, event_id) != actor.person_id and not is_auditor:
            raise NotFoundError(f"You have no event {event_id} in the log.")
        wallet = Wallet(connection, log_key)
        text = wallet.receipt(event_id) or _promised(connection, wallet, event_id)
    if text is None:
        raise ConflictError(
            "This event is promised and not sealed yet; ask again in a minute. "
            "If it is still missing then, the promise you hold is your evidence.",
            code="not_sealed",
        )
    return text


def _promised(connection: Connection, wallet: Wallet, event_id: int) -> str | None:
    said = events.load_body(connection, event_id)
    if said is None or said[0] != ANSWER:
        return None
    promise = wallet.promise(said[1]["annotation"])
    return None if promise is None else canonical(promise).decode()


def read_all_receipts(db: Database, actor: Actor, log_key: str, most: int = MOST) -> str:
    """Make the receipts of an actor's newest sealed events, one to a line, oldest first."""
    with db.read() as connection:
        wallet = Wallet(connection, log_key)
        mine = reversed(events.latest_kept(connection, actor.person_id, most))
        made = (wallet.receipt(one.id) for one in mine)
        return "".join(one + "\n" for one in made if one is not None)


@dataclass(frozen=True, slots=True)
class Kept:
    """An event worth keeping, and how far it is proven: in which releases, and whether paid."""

    event: EventRow
    is_answer: bool
    releases: tuple[int, ...]
    is_paid: bool


def read_wallet(db: Database, actor: Actor, most: int) -> list[Kept]:
    """List an actor's newest events worth keeping, newest first, with what is proven of each."""
    with db.read() as connection:
        wallet = Wallet(connection, "")
        found = events.latest_kept(connection, actor.person_id, most)
        return [_kept(connection, wallet, one) for one in found]


def _kept(connection: Connection, wallet: Wallet, event: EventRow) -> Kept:
    said = events.load_body(connection, event.id) if event.kind == ANSWER else None
    if said is None:
        return Kept(event, event.kind == ANSWER, (), False)
    annotation = said[1]["annotation"]
    held = wallet.versions(int(said[1]["project"]), annotation)
    return Kept(event, True, held, evidence.statement_of(connection, annotation) is not None)
