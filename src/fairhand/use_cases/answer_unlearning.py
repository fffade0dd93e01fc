"""A model's maker says what was done about the items that it should not have learned from."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.proof.licensing import store
from fairhand.proof.licensing.rules import UNLEARNING_ANSWERS, UNLEARNING_MOVES, may_move
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.licensee_access import find_licensee


@dataclass(frozen=True, slots=True)
class AnswerUnlearning:
    """`answer` is retrained, unlearned, suppressed or cannot, with words on how or why."""

    token: str
    request_id: int
    answer: str
    why: str = ""


def answer_unlearning(db: Database, command: AnswerUnlearning, now: Instant) -> None:
    """Keep what a maker did; who cannot must say why, and stays on the public board as such."""
    why = command.why.strip()
    if command.answer not in UNLEARNING_ANSWERS:
        words = f"Answer one of {', '.join(UNLEARNING_ANSWERS)}."
        raise InvalidError(words, issues=[Issue("answer", words)])
    if len(why) > 1_000 or (command.answer in ("cannot", "suppressed") and len(why) < 10):
        words = "Say how or why, in 10 to 1,000 signs."
        raise InvalidError(words, issues=[Issue("why", words)])
    with db.write() as connection:
        holder = find_licensee(connection, command.token)
        licences = store.list_licences(connection, licensee_id=holder.id)
        models = store.list_models(connection, licence_ids=[one.id for one in licences])
        asked = store.list_unlearning(connection, [one.id for one in models])
        found = next((one for one in asked if one.id == command.request_id), None)
        if found is None:
            raise NotFoundError("You were asked nothing of that number.")
        if not may_move(UNLEARNING_MOVES, found.state, command.answer):
            raise ConflictError(f"You answered this already: {found.state}.", code="answered")
        if not store.answer_unlearning(connection, found, command.answer, why, now):
            raise ConflictError("Somebody answered this at the same moment; look again.")
        model = next(one for one in models if one.id == found.model_id)
        body = {
            "unlearning": found.id,
            "model": found.model_id,
            "release": model.release_id,
            "list": found.list_number,
            "answer": command.answer,
            "in_time": now < found.due_at,
        }
        log.append(connection, "licence.unlearning_answered", body, now, None, model.project_id)
