"""Every campaign's new answers are taken in, and what waits is looked through.

Meant to be called every few seconds. It tells the stories take_in_contributions and
examine_contribution, and logs nothing of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog

from fairhand.core.clock import DAY_MS, Clock, Instant
from fairhand.core.errors import FairhandError
from fairhand.people.campaigns import store as campaigns
from fairhand.people.contributions import intake_store as store
from fairhand.use_cases.examine_contribution import Shop, examine_contribution
from fairhand.use_cases.take_in_contributions import take_in_contributions

AT_ONCE: Final = 25
"""Looked through in one round: a few seconds, so that other ticks get their turn."""

_LOG = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did."""

    taken: int
    examined: int
    failed: int


def keep_up_intake(shop: Shop, clock: Clock, at_once: int = AT_ONCE) -> Round:
    """Take in what came and look through up to `at_once` of what waits.

    One that fails (a file store that is away) waits for the next round; the others go on.
    """
    with shop.db.read() as connection:
        running = campaigns.list_campaigns(connection)
    taken = sum(take_in_contributions(shop.db, one.project_id, clock()) for one in running)
    with shop.db.read() as connection:
        waiting = store.list_waiting(connection, at_once)
    failed = 0
    for contribution_id in waiting:
        try:
            examine_contribution(shop, contribution_id, clock())
        except FairhandError as error:
            failed += 1
            _LOG.warning("intake.failed", contribution=contribution_id, code=error.code)
    for one in running:
        _forget_taken_back(shop, one.project_id, Instant(clock() - DAY_MS))
    return Round(taken, len(waiting) - failed, failed)


def _forget_taken_back(shop: Shop, project_id: int, since: Instant) -> None:
    """Delete the plain files of what was taken back before it was sealed."""
    with shop.db.read() as connection:
        gone = [
            sha256
            for sha256 in store.list_never_sealed(connection, project_id, since)
            if not store.is_plain_needed(connection, sha256)
        ]
    for sha256 in gone:
        shop.blobs.delete(sha256)
