"""A recipient says what they did about a notice, and gets a receipt that we signed."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.proof.licensing import store
from fairhand.proof.licensing.rules import (
    NOTICE_ANSWERS,
    NOTICE_MOVES,
    may_move,
    receipt_text,
)
from fairhand.proof.log import store as log
from fairhand.proof.log.note import Signer, sign_note
from fairhand.storage.database import Database
from fairhand.use_cases.licensee_access import find_licensee, own_licence


@dataclass(frozen=True, slots=True)
class AnswerNotice:
    """`answer` is acknowledged, attested (it is all deleted) or disputed; `by` says who says so."""

    token: str
    notice_id: int
    answer: str
    by: str
    words: str = ""


def answer_notice(db: Database, signer: Signer, command: AnswerNotice, now: Instant) -> str:
    """Keep an answer and give its receipt, a signed note; the same answer twice gives it again."""
    _check(command)
    words = command.words.strip()
    with db.write() as connection:
        holder = find_licensee(connection, command.token)
        told = store.load_notice(connection, command.notice_id)
        if told is None:
            raise NotFoundError("You were told nothing of that number.")
        licence = own_licence(connection, holder, told.licence_id)
        if told.state == command.answer and told.receipt:
            return told.receipt
        if not may_move(NOTICE_MOVES, told.state, command.answer):
            raise ConflictError(f"You answered this already: {told.state}.", code="answered")
        text = receipt_text(
            f"release {told.release_id} list {told.list_number} notice",
            told.id,
            licence.uid,
            command.answer,
            command.by,
            sha256_hex(words.encode()),
            now,
        )
        receipt = sign_note(text, signer)
        answer = {"by": command.by.strip(), "words": words}
        if not store.answer_notice(connection, told, command.answer, answer, receipt, now):
            raise ConflictError("Somebody answered this at the same moment; look again.")
        body = {
            "notice": told.id,
            "licence": licence.uid,
            "release": told.release_id,
            "list": told.list_number,
            "answer": command.answer,
            "in_time": now < told.due_at,
            "receipt_sha256": sha256_hex(receipt.encode()),
        }
        log.append(connection, "licence.notice_answered", body, now, None, licence.project_id)
    return receipt


def _check(command: AnswerNotice) -> None:
    issues = []
    if command.answer not in NOTICE_ANSWERS:
        issues.append(Issue("answer", f"Answer one of {', '.join(NOTICE_ANSWERS)}."))
    if not 2 <= len(command.by.strip()) <= 200 or not command.by.isprintable():
        issues.append(Issue("by", "Say who answers, in 2 to 200 signs: a name and an office."))
    if len(command.words) > 2_000:
        issues.append(Issue("words", "Use 2,000 signs at most."))
    if command.answer == "disputed" and len(command.words.strip()) < 10:
        issues.append(Issue("words", "Say what is wrong with the notice, in a sentence."))
    if issues:
        raise InvalidError("Please look at the marked fields again.", issues=issues)
