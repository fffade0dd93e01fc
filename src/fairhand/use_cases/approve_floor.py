"""A named person approves a wage row, with the evidence that they looked at."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.pay.floors import store
from fairhand.pay.floors.approval import (
    Approval,
    Approver,
    approval_issues,
    approve,
    evidence_issues,
    filled,
    others_may,
)
from fairhand.pay.floors.rules import FloorRow, hourly, is_active, local_date
from fairhand.people.accounts import store as accounts
from fairhand.proof.log import store as log
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database

MAY_APPROVE = ("owner", "manager")


@dataclass(frozen=True, slots=True)
class ApproveFloor:
    """Which row, by whom, and what they give with it; `evidence` are the bytes of a file."""

    row_id: str
    approved_by: int
    given: Approval
    evidence: bytes


def approve_floor(db: Database, blobs: BlobStore, command: ApproveFloor, now: Instant) -> FloorRow:
    """Let a draft row set floors from now on; the draft is superseded and stays readable.

    Raises NotFoundError for a row that is not there, ConflictError for one that is approved, and
    InvalidError listing what is missing.
    """
    issues = evidence_issues(command.evidence)
    evidence = "" if issues else blobs.put(command.evidence)
    with db.write() as connection:
        row = store.load_row(connection, command.row_id)
        if row is None:
            raise NotFoundError(f"There is no wage row {command.row_id[:80]!r}.")
        if is_active(row):
            raise ConflictError("This row is approved already.", code="approved_already")
        approver = approver_of(connection, command.approved_by)
        issues += approval_issues(row, approver, command.given)
        if issues:
            raise InvalidError("This row cannot be approved yet.", issues=issues)
        today = local_date(row.country, now)
        approved = approve(row, approver, command.given, evidence, today)
        saved = store.save_rows(connection, [approved], now)
        body = {
            "row": row.id,
            "source_class": row.source_class,
            "minor_per_hour": str(hourly(filled(row, command.given))),
            "currency": row.currency,
            "evidence_sha256": evidence,
            "note": command.given.note.strip(),
            "rows_sha256": saved.sha256,
        }
        log.append(connection, "pay.floor_approved", body, now, command.approved_by)
    return approved


def approver_of(connection: Connection, person_id: int) -> Approver:
    """Say who somebody is as an approver, and whether another could do it."""
    person = accounts.load_person(connection, person_id)
    if person is None:
        raise NotFoundError(f"There is no person {person_id}.")
    may = [
        one.id
        for one, roles in accounts.list_people(connection)
        if not one.is_simulated and any(role in MAY_APPROVE for role in roles)
    ]
    return Approver(person.id, person.display_name, others_may(may, person_id))
