"""How long people think in a project sets how long a quiet stretch may be before it is cut."""

from __future__ import annotations

from typing import Final

from fairhand.core.clock import Instant
from fairhand.model.system import loaded
from fairhand.pay.paid_time import caps_store
from fairhand.pay.paid_time.caps import changed_caps, gaps_by_project
from fairhand.proof.log import store as log
from fairhand.storage.database import Database

LATEST_EVENTS: Final = 20_000
"""How many time events one look reads; a project that was quiet meanwhile keeps its cap."""


def learn_idle_caps(db: Database, now: Instant) -> int:
    """Learn the caps of projects from their latest gaps; return how many changed by over a tenth.

    Time that was heard already keeps the cap under which it was heard.
    """
    with db.read() as connection:
        gaps = gaps_by_project(caps_store.latest_heard(connection, LATEST_EVENTS))
        changed = loaded("pay.idle_cap", changed_caps)(
            gaps, caps_store.caps_in_force(connection, gaps)
        )
    if not changed:
        return 0
    with db.write() as connection:
        for project_id, fit in changed.items():
            caps_store.save_cap(connection, project_id, fit, now)
        learned = [
            {"project": project_id, "cap_ms": fit.cap_ms, "gaps": fit.gaps}
            for project_id, fit in changed.items()
        ]
        log.append(connection, "pay.idle_caps_learned", {"caps": learned}, now)
    return len(changed)
