"""A person switches an automated system off, or on again, where that does no harm."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.people.conduct import monitor_store as store
from fairhand.people.conduct.monitor_store import Switch
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.read_systems import list_systems

REASON_LEAST = 10
REASON_MOST = 2_000


@dataclass(frozen=True, slots=True)
class SwitchSystem:
    """Which system, whether it may run, who says so, and why."""

    person_id: int
    name: str
    is_on: bool
    reason: str


def switch_system(db: Database, command: SwitchSystem, now: Instant) -> Switch:
    """Switch a system; it obeys from its next run on.

    Raises NotFoundError for one that is not in the register, InvalidError for one whose absence
    would do harm, and without a reason.
    """
    system = next((one for one in list_systems() if one.name == command.name), None)
    if system is None:
        raise NotFoundError(f"There is no automated system {command.name!r}.")
    if not system.switch:
        message = f"Switching this off would do harm. Instead: {system.oversight}"
        raise InvalidError(message, issues=[Issue("name", message)])
    reason = command.reason.strip()
    if not REASON_LEAST <= len(reason) <= REASON_MOST:
        message = f"Say why in {REASON_LEAST} to {REASON_MOST:,} letters; everybody can read it."
        raise InvalidError(message, issues=[Issue("reason", message)])
    switch = Switch(command.name, command.is_on, reason, command.person_id, now)
    with db.write() as connection:
        store.save_switch(connection, switch)
        body = {"system": switch.name, "is_on": switch.is_on, "version": system.version}
        log.append(connection, "system.switched", body, now, command.person_id)
    return switch
