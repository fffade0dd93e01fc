"""A licensee asks for their release without what was taken back."""

from __future__ import annotations

from pathlib import Path

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError
from fairhand.proof.log import store as log
from fairhand.proof.revocation import store as revocations
from fairhand.storage import job_store
from fairhand.storage.database import Database
from fairhand.use_cases.ask_release import RELEASE
from fairhand.use_cases.grant_licence import ask_licensed_release
from fairhand.use_cases.licensee_access import find_licensee, own_licence


def renew_licensed_release(
    db: Database, token: str, licence_id: int, folder: Path, now: Instant
) -> str:
    """Ask for a release that takes the old one's place; gives the job.

    Raises ConflictError while one is being written, where the licence is over, or where nothing
    was taken back.
    """
    with db.write() as connection:
        holder = find_licensee(connection, token)
        licence = own_licence(connection, holder, licence_id)
        if not licence.is_in_force(now):
            raise ConflictError("This licence is over.", code="licence_over")
        running = job_store.list_jobs(connection, licence.project_id, kind=RELEASE)
        if any(not one.is_over and one.command.get("licence_id") == licence.id for one in running):
            raise ConflictError("Your release is being written just now; look again soon.")
        if licence.release_id is not None and not revocations.count_revoked(
            connection, licence.release_id
        ):
            raise ConflictError("Nothing was taken back from your release.")
        job_id = ask_licensed_release(
            connection, licence, holder.name, folder, now, licence.release_id
        )
        body = {"licence": licence.uid, "project": licence.project_id, "job": job_id}
        log.append(connection, "licence.renewed", body, now, None, licence.project_id)
    return job_id
