"""An owner does something with all tasks that fit: a durable job does it, a thousand at a time."""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError
from fairhand.core.ids import new_token
from fairhand.model.job import NewJob
from fairhand.people.accounts.rules import Actor
from fairhand.proof.log import store as log
from fairhand.storage import job_store
from fairhand.storage.database import Database
from fairhand.use_cases.act_on_tasks import TaskAct
from fairhand.use_cases.read_tasks import begin_walk
from fairhand.work.tasks.rules import TaskQuery, query_texts

ACT_ON_TASKS = "act_on_tasks"
"""The kind of the job."""


@dataclass(frozen=True, slots=True)
class AskTaskAct:
    """What is done with which tasks."""

    act: TaskAct
    query: TaskQuery


def ask_task_act(db: Database, actor: Actor, command: AskTaskAct, now: Instant) -> str:
    """Ask for it and return the id of its job.

    Raises InvalidError for what cannot be done, ConflictError while such a job is running here.
    """
    command.act.check()
    job_id, project_id = new_token(), command.act.project_id
    with db.write() as connection:
        _, _, walk = begin_walk(db, connection, actor, project_id, command.query)
        if job_store.find_unfinished(connection, project_id, (ACT_ON_TASKS,)) is not None:
            raise ConflictError("Something is being done with many tasks here; wait for its end.")
        content = {
            "person_id": actor.person_id,
            "project_id": project_id,
            "act": command.act.act,
            "wanted": command.act.wanted,
            "query": query_texts(command.query),
            "blind": walk.blind,
            "at": now,
        }
        new = NewJob(job_id, ACT_ON_TASKS, content, project_id, actor.person_id)
        job_store.ask(connection, new, now)
        body = {"job": job_id, "project": project_id, "act": command.act.act}
        log.append(connection, "tasks.act_asked", body, now, actor.person_id, project_id)
    return job_id
