"""An owner decides how often people meet gold tasks."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.gold import store
from fairhand.work.gold.rules import check_share
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class SetGoldShare:
    """How many of a hundred tasks handed out are gold, 0 to 50."""

    author_id: int
    project_id: int
    percent: float


def set_gold_share(db: Database, command: SetGoldShare, now: Instant) -> None:
    """Set the share of gold tasks; newcomers meet them up to four times as often.

    Raises InvalidError for a share out of range, NotFoundError for an unknown project.
    """
    if issues := check_share(command.percent):
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        if projects.load_project(connection, command.project_id) is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        permille = round(command.percent * 10)
        store.set_share(connection, command.project_id, permille)
        body = {"project": command.project_id, "gold_permille": permille}
        log.append(connection, "gold.share_set", body, now, command.author_id, command.project_id)
