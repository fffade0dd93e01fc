"""An owner says who answers to whom, so that nobody judges what their boss decided."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.people.accounts import store as accounts
from fairhand.people.conduct import appeal_store
from fairhand.people.conduct.appeals import bosses_of
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class SetReporting:
    """Who says that which person reports to whom (None: to nobody)."""

    by: int
    person_id: int
    boss_id: int | None


def set_reporting(db: Database, command: SetReporting, now: Instant) -> None:
    """Write whom somebody reports to. Raises InvalidError for a circle."""
    with db.write() as connection:
        people = [one for one in (command.person_id, command.boss_id) if one is not None]
        for person_id in people:
            if accounts.load_person(connection, person_id) is None:
                raise NotFoundError(f"There is no person {person_id}.")
        reports = appeal_store.load_reports(connection)
        if command.boss_id is not None and (
            command.boss_id == command.person_id
            or command.person_id in bosses_of(command.boss_id, reports)
        ):
            message = "This would be a circle: they report to each other already."
            raise InvalidError(message, issues=[Issue("boss", message)])
        appeal_store.set_boss(connection, command.person_id, command.boss_id, now)
        body = {"person": command.person_id, "reports_to": command.boss_id, "set_by": command.by}
        log.append(connection, "conduct.reporting_set", body, now, command.person_id)
