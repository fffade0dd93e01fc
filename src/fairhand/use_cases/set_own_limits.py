"""A person sets their own limits to hard content: lower at once, higher after a day."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError
from fairhand.people.wellbeing import own_store
from fairhand.people.wellbeing.own_rules import OwnLimits, as_of, change_limits, check_limits
from fairhand.people.wellbeing.policy_store import load_terms
from fairhand.people.wellbeing.rules import Limits
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class SetOwnLimits:
    """The three limits that a person wants, in thousandths of a severity-minute."""

    person_id: int
    wanted: Limits


def set_own_limits(db: Database, command: SetOwnLimits, now: Instant) -> OwnLimits:
    """Write a person's limits; what becomes higher holds after a day.

    Raises InvalidError for a limit above the cap. The log says that something of their own was
    changed, and not what.
    """
    with db.write() as connection:
        cap = load_terms(connection, now).limits
        if issues := check_limits(command.wanted, cap):
            raise InvalidError("Your limits were not changed.", issues=issues)
        own = as_of(own_store.load_own_limits(connection, command.person_id), now)
        changed = change_limits(own, command.wanted, cap, now)
        own_store.save_own_limits(connection, command.person_id, changed)
        log.append(
            connection, "own.changed", {"person": command.person_id}, now, command.person_id, None
        )
    return changed
