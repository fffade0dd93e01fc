"""Somebody says no to a campaign; nothing follows from it."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import NotFoundError
from fairhand.core.words import later as _
from fairhand.people.consent import grant_store as grants
from fairhand.people.consent import notice_store as notices
from fairhand.proof.log import store as log
from fairhand.storage.database import Database


def refuse_campaign(db: Database, person_id: int, notice_id: int, now: Instant) -> int:
    """Remember the no, so that nobody asks again; gives the project. Saying it twice is fine."""
    with db.write() as connection:
        notice = notices.load_notice(connection, notice_id)
        if notice is None:
            raise NotFoundError(_("There is no such notice."))
        grants.refuse(connection, person_id, notice.project_id, notice.sha256, now)
        body = {"project": notice.project_id, "notice_sha256": notice.sha256}
        log.append(connection, "grant.refused", body, now, person_id, notice.project_id)
    return notice.project_id
