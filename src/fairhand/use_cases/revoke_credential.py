"""A credential is revoked: by its own person, or by a named human who says why."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.model.decision import NewDecision
from fairhand.people.conduct import store as conduct
from fairhand.people.talent import credential_store as store
from fairhand.people.talent.credential_store import Credential
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.note_decision import note_decision


@dataclass(frozen=True, slots=True)
class RevokeCredential:
    """Which credential, by whom, and why; its own person needs no reason."""

    uid: str
    revoked_by: int
    reason: str = ""


def revoke_credential(db: Database, command: RevokeCredential, now: Instant) -> Credential:
    """Revoke a credential; the skill that it shows stays, and so does what was earned.

    When somebody else than its person revokes it, that is a decision about the person: it is kept
    with its reason, they are told, and they may appeal. Raises NotFoundError, ConflictError when
    it was revoked before, and InvalidError without a reason.
    """
    with db.write() as connection:
        found = store.find_credential(connection, command.uid)
        if found is None:
            raise NotFoundError("There is no such credential.")
        is_own = found.person_id == command.revoked_by
        if not is_own and not command.reason.strip():
            raise InvalidError("Say why.", issues=[Issue("reason", "The person reads it.")])
        if not store.revoke(
            connection, found.id, now, command.reason or "Its person took it back."
        ):
            raise ConflictError("This credential was revoked before.", code="revoked")
        decision = None if is_own else _decide(connection, found, command, now)
        body = {"credential": found.uid, "by": command.revoked_by, "decision": decision}
        body |= conduct.decided(connection, 0, now)
        log.append(connection, "credential.revoked", body, now, found.person_id)
    return found


def _decide(
    connection: Connection, found: Credential, command: RevokeCredential, now: Instant
) -> int:
    return note_decision(
        connection,
        NewDecision(
            person_id=found.person_id,
            project_id=0,
            kind="not_qualified",
            reason=command.reason,
            counterfactual="Passing the exam again brings a new credential.",
            inputs={"credential": found.uid, "skill": found.skill_id, "attempt": found.attempt_id},
            client_key=f"credential-revoked-{found.uid}",
            decider_id=command.revoked_by,
        ),
        now,
    )
