"""Who gave something says that it hides too little: it is held until a person has looked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue
from fairhand.people.contributions import hide_store as store
from fairhand.people.contributions.intake import Finding
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.read_own_contribution import load_own

MOST_WORDS: Final = 500


@dataclass(frozen=True, slots=True)
class SayHidesTooLittle:
    """Whose it is, and what still shows, in their words; nothing need be said."""

    person_id: int
    contribution_id: int
    what: str = ""


def say_hides_too_little(db: Database, command: SayHidesTooLittle, now: Instant) -> None:
    """Hold something at once, and show a reviewer why; pay is never touched.

    Raises NotFoundError for everybody else, ConflictError once it has ended.
    """
    what = command.what.strip()
    if len(what) > MOST_WORDS:
        message = f"Say it in at most {MOST_WORDS} letters."
        raise InvalidError(message, issues=[Issue("what", message)])
    with db.write() as connection:
        found = load_own(connection, command.person_id, command.contribution_id)
        if not store.hold(connection, found.id):
            raise ConflictError("This has ended, so nobody sees it.", code="contribution_ended")
        words = "Its giver says that too little is hidden" + (f": {what}" if what else ".")
        store.add_finding(connection, found, Finding(store.TOO_LITTLE, "hold", words, {}), now)
        body = {"contribution": found.id, "person": found.person_id, "found": store.TOO_LITTLE}
        log.append(connection, "contribution.doubted", body, now, found.person_id, found.project_id)
