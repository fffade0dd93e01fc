"""For what people have seen, money is laid aside for their care; the books get sums alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from fairhand.core.clock import Instant
from fairhand.pay.ledger.book import post_entry
from fairhand.pay.ledger.rules import laying_aside
from fairhand.pay.ledger.store import load_escrow
from fairhand.people.wellbeing import care_store
from fairhand.people.wellbeing.care_rules import ENOUGH_PEOPLE, SETTLED_AFTER_MS, care_micros
from fairhand.people.wellbeing.care_store import Waiting
from fairhand.people.wellbeing.policy_store import load_terms
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database

AT_ONCE: Final = 5_000


def lay_aside_aftercare(db: Database, now: Instant) -> int:
    """Lay aside what is due for items seen a day ago or earlier; gives how many sums were booked.

    What is laid aside for a person is theirs at once and seen by them alone. The ledger gets one
    entry for a project when ten people or more are in the sum, or when its month has ended: nobody
    can read from the books who saw what.
    """
    with db.write() as connection:
        due = care_store.list_due(connection, Instant(now - SETTLED_AFTER_MS), AT_ONCE)
        terms = {one.project_id: load_terms(connection, now, one.project_id) for one in due}
        lines = [
            (
                one,
                care_micros(
                    one.dose, terms[one.project_id].aftercare_permille, one.rate_micros_per_hour
                ),
            )
            for one in due
        ]
        care_store.lay_aside(connection, lines, now)
        ready = [one for one in care_store.list_waiting(connection) if _is_ready(one, now)]
        for one in ready:
            _book(connection, one, now)
    return len(ready)


def _is_ready(waiting: Waiting, now: Instant) -> bool:
    is_enough = waiting.people >= ENOUGH_PEOPLE or _month(waiting.oldest) < _month(now)
    return is_enough and waiting.micros > 0


def _month(at: Instant) -> tuple[int, int]:
    moment = datetime.fromtimestamp(at / 1_000, UTC)
    return moment.year, moment.month


def _book(connection: Connection, waiting: Waiting, now: Instant) -> None:
    project_id, currency, micros = waiting.project_id, waiting.currency, waiting.micros
    covered = min(load_escrow(connection, project_id), micros)
    lines = laying_aside(project_id, currency, micros, covered)
    key = f"aftercare:{project_id}:{currency}:{waiting.newest_id}"
    entry_id = post_entry(connection, "aftercare", key, project_id, lines, now, now)
    if entry_id is None:
        return
    care_store.mark_booked(connection, waiting, entry_id)
    body = {"project": project_id, "entry": entry_id, "micros": micros, "currency": currency}
    log.append(connection, "pay.aftercare_laid_aside", body, now, None, project_id)
