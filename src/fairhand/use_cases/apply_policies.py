"""A pay policy's moment comes: from now on tasks are handed out and paid by it."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.pay import store as pay
from fairhand.pay.policies import store
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.work.projects import store as projects


def apply_policies(db: Database, now: Instant) -> int:
    """Bring the copies that the desk pays by up to date; return how many projects changed.

    A task handed out before keeps its old terms where those pay better (see `pay_task`).
    """
    with db.read() as connection:
        due = store.list_due(connection, now)
    for project_id in due:
        with db.write() as connection:
            projects.lock_project(connection, project_id)
            policy = store.load_policy_at(connection, project_id, now)
            if policy is None or project_id not in store.list_due(connection, now):
                continue
            for person_id in store.list_pending(connection, project_id):
                pay.flush_pending(connection, person_id, now)  # time so far, by the terms so far
            store.copy_to_project(connection, policy)
            body = {"project": project_id, "version": policy.version}
            log.append(connection, "pay.policy_applied", body, now, None, project_id)
    return len(due)
