"""Ask for work of assistance to be done: training, a new order, proposals for what is next."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.core.ids import new_token
from fairhand.model.job import NewJob
from fairhand.proof.log import store as log
from fairhand.storage import job_store
from fairhand.storage.database import Database
from fairhand.work.prelabel import store
from fairhand.work.projects import store as projects

TRAIN = "train_model"
PRELABEL = "prelabel_next"
ASSIST_KINDS = (TRAIN, PRELABEL)
"""The kinds of jobs that change what a project's people are shown; one at a time."""
WORKS = ("train", "rank", "propose")


@dataclass(frozen=True, slots=True)
class AskAssistWork:
    """What shall be done: `train` (which also ranks and proposes), `rank` or `propose`.

    `person_id` is who asked; None: the clock did.
    """

    project_id: int
    work: str = "train"
    person_id: int | None = None


def ask_assist_work(db: Database, command: AskAssistWork, now: Instant) -> str | None:
    """Ask for it as a job and give its id; None when work on this project's models is under way.

    Two servers that ask at once ask once: the policy's row lets one through at a time. Raises
    ConflictError when assistance is off.
    """
    if command.work not in WORKS:
        raise InvalidError(f"Ask for one of {', '.join(WORKS)}.")
    kind = PRELABEL if command.work == "propose" else TRAIN
    with db.write() as connection:
        if projects.load_project(connection, command.project_id) is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        policy = store.lock_policy(connection, command.project_id)
        if policy is None or not policy.is_on:
            raise ConflictError(
                "Assistance is off in this project: tick it first.", code="assist_off"
            )
        if job_store.find_unfinished(connection, command.project_id, ASSIST_KINDS):
            return None
        job_id = new_token()
        asked = {"project_id": command.project_id, "work": command.work}
        new = NewJob(job_id, kind, asked, command.project_id, command.person_id)
        job_store.ask(connection, new, now)
        if command.person_id is not None:
            body = {"project": command.project_id, "work": command.work, "job": job_id}
            log.append(connection, "assist.asked", body, now, command.person_id, command.project_id)
    return job_id
