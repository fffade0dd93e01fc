"""A person says how hard an item was for them: for their dose, that is what counts."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.people.wellbeing import own_store
from fairhand.storage.database import Database
from fairhand.use_cases.own_caps import set_aside_ms, weighed

HARDEST = 4


@dataclass(frozen=True, slots=True)
class RateContent:
    """Which item, and how hard it was: 0 not at all, to 4."""

    person_id: int
    task_id: int
    tier: int


def rate_content(db: Database, command: RateContent, now: Instant) -> int:
    """Keep how hard an item was, weigh it anew, and give its dose.

    Their rating wins over every model's, upwards and downwards. It is kept with the exposure alone:
    a line in the log would tell others who found something hard.
    """
    if not 0 <= command.tier <= HARDEST:
        message = f"Choose 0 (not hard at all) to {HARDEST}."
        raise InvalidError(message, issues=[Issue("tier", message)])
    with db.write() as connection:
        held = own_store.load_held(connection, command.person_id, command.task_id)
        if held is None:
            raise NotFoundError("You have not been shown such an item.")
        dose, visible = held.dose, held.visible_ms
        if held.state == "seen":  # else it is still on the desk, and weighed when it leaves
            if visible is None:  # nobody measured it: as long as was set aside for it
                visible = set_aside_ms(connection, held, now)
            dose = weighed(connection, held, command.tier, visible, now)
        own_store.rate(connection, held, dose=dose, visible_ms=visible, own_tier=command.tier)
    return dose
