"""Backends are told of people's answers, in their order, and say which version they have become.

A tick does this, never the request of a person who waits. An answer counts as told when the backend
has taken it; until then it is sent again, later and later. Answers to tasks that are held out to
measure models by are never told.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.backends.label_studio import LabelStudioBackend
from fairhand.core.clock import Clock, Instant, iso
from fairhand.core.errors import NotFoundError
from fairhand.model.project import Project
from fairhand.proof.log import store as log
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.check_backend import load_backend, open_for
from fairhand.use_cases.model_items import load_items
from fairhand.use_cases.propose_by_backend import CLICK_HOP
from fairhand.work.prelabel import backend_store, store
from fairhand.work.prelabel.backend_store import ToTell
from fairhand.work.prelabel.blind import is_held_out
from fairhand.work.prelabel.store import Assistant
from fairhand.work.projects import store as projects

_AT_ONCE: Final = 50
_SIDE_BY_SIDE: Final = 4
_LOOK_EVERY_MS: Final = 60_000
_CLICK_REST_MS: Final = 600_000
_FIRST_WAIT_MS: Final = 15_000
_LONGEST_WAIT_MS: Final = 3_600_000
_TAUGHT: Final = frozenset(("draft", "demo"))
"""Modes in which simulated people's answers may teach a model."""


@dataclass(frozen=True, slots=True)
class Round:
    """What a backend is told this time; `through` is the last annotation looked at.

    `train`: an owner asked it to train on all that it knows.
    """

    one: Assistant
    backend: LabelStudioBackend
    project: dict[str, Any]
    to_tell: tuple[ToTell, ...]
    through: int
    train: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """How it went: how far, how many, what the backend calls itself now, what went wrong."""

    through: int
    count: int
    model: str | None
    problem: dict[str, Any] | None
    trained: bool = False


def tell_all(db: Database, blobs: BlobStore, clock: Clock) -> int:
    """Tell every backend that it is time for; gives how many answers were told."""
    with db.read() as connection:
        backends = backend_store.list_backends(connection)
    due = [one for one in backends if is_time(one, clock())]
    if not due:
        return 0

    def tell(one: Assistant) -> int:
        return tell_backend(db, blobs, one.project_id, one.id, clock)

    with ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="backends") as pool:
        return sum(pool.map(tell, due))  # one that hangs keeps no other waiting


def tell_backend(
    db: Database, blobs: BlobStore, project_id: int, assistant_id: int, clock: Clock
) -> int:
    """Tell one backend what it has not heard yet, and see which version it has."""
    try:
        with db.read() as connection:
            found = _round(db, connection, project_id, assistant_id, clock())
    except AssistantError as error:
        with db.write() as connection:
            store.set_problem(connection, assistant_id, _problem(error), clock())
        return 0
    looked = found.one.checked_at
    if (
        not (found.to_tell or found.train)
        and looked is not None
        and clock() - looked < _LOOK_EVERY_MS
    ):
        return 0
    told = _tell(db, blobs, found)
    return _keep(db, found, told, clock())


def is_time(one: Assistant, now: Instant) -> bool:
    """Say whether to speak with a backend: every minute, and after a failure later and later."""
    if one.state == "off":
        return False
    if one.problem is None:
        return True
    count = min(int(one.problem.get("count", 1)), 20)
    wait = min(_FIRST_WAIT_MS * 2 ** (count - 1), _LONGEST_WAIT_MS)
    since: int = int(one.problem.get("at", 0))
    return bool(now >= since + wait)


def _round(
    db: Database, connection: Connection, project_id: int, assistant_id: int, now: Instant
) -> Round:
    one = load_backend(connection, project_id, assistant_id)
    project = projects.load_project(connection, project_id)
    if project is None:
        raise NotFoundError(f"There is no project {project_id}.")
    fresh = backend_store.next_to_tell(connection, project_id, one.told_through, _AT_ONCE)
    held = store.load_shown(connection, project_id).holdout_permille
    return Round(
        one=one,
        backend=open_for(db, connection, one, now),
        project=_described(connection, project),
        to_tell=tuple(each for each in fresh if _teaches(each, project, held)),
        through=fresh[-1].id if fresh else one.told_through,
        train=bool(one.config.get("train")),
    )


def _teaches(each: ToTell, project: Project, holdout_permille: int) -> bool:
    if each.simulated and project.mode not in _TAUGHT:
        return False
    return not is_held_out(each.task_id, holdout_permille)


def _tell(db: Database, blobs: BlobStore, found: Round) -> Told:
    """Send what there is in its order, up to the first that fails."""
    through, count = found.one.told_through, 0
    learns = found.one.config.get("learns", True)
    model: str | None = None
    trained = False
    try:
        for each in found.to_tell if learns else ():
            _send(db, blobs, found, each)
            through, count = each.id, count + 1
        through = found.through
        if found.train:
            _look(db, blobs, found)
            found.backend.tell("START_TRAINING", found.project)
            trained = True
        model = _look(db, blobs, found)
    except AssistantError as error:
        if error.code == "backend_slow" and through != found.through and found.to_tell:
            # It was handed over; sending it again would have it train on it twice.
            through = next(each.id for each in found.to_tell if each.id > through)
        return Told(through, count, model, _problem(error), trained)
    return Told(through, count, model, None, trained)


def _send(db: Database, blobs: BlobStore, found: Round, each: ToTell) -> None:
    with db.read() as connection:
        (item,) = load_items(connection, blobs, [each.task_id])
    action = "ANNOTATION_CREATED" if each.revision == 1 else "ANNOTATION_UPDATED"
    annotation = {
        "id": each.id,
        "task": each.task_id,
        "project": found.one.project_id,
        "was_cancelled": False,
        "ground_truth": False,
        "lead_time": round((each.submitted_at - each.served_at) / 1_000, 3),
        "created_at": iso(each.submitted_at),
        "updated_at": iso(each.submitted_at),
    }
    found.backend.tell(action, found.project, item, annotation, each.value)


def _look(db: Database, blobs: BlobStore, found: Round) -> str | None:
    """See which version it has, by setting it up anew; None where there is no task yet."""
    with db.read() as connection:
        ids = projects.list_task_ids(connection, found.one.project_id, 1)
        items = load_items(connection, blobs, ids)
    if not items:
        return None
    found.backend.setup(items[0])
    return found.backend.model


def _keep(db: Database, found: Round, told: Told, now: Instant) -> int:
    """Write down how far it came; one line in the log where something is new."""
    with db.write() as connection:
        one = store.load_assistant(connection, found.one.id)
        if one is None or one.ended_at is not None:
            return told.count
        if told.through > one.told_through:
            store.change_assistant(connection, one.id, told_through=told.through)
        if told.problem is not None or not _hurts_still(one, now):
            store.set_problem(connection, one.id, told.problem, now)
        version = None
        if told.model is not None:
            version = backend_store.ensure_version(connection, one, told.model, now)
        if told.trained:
            rest = {name: value for name, value in one.config.items() if name != "train"}
            store.change_assistant(connection, one.id, config=rest)
        if told.count or told.trained or version is not None:
            body = {
                "project": one.project_id,
                "assistant": one.id,
                "told": told.count,
                "trained": told.trained,
                "through": told.through,
                "version": version,
                "model": told.model,
            }
            log.append(connection, "assistant.told", body, now, None, one.project_id)
    return told.count


def _hurts_still(one: Assistant, now: Instant) -> bool:
    """Say whether it failed people who clicked a short while ago: its health says nothing then."""
    problem = one.problem or {}
    return problem.get("hop") == CLICK_HOP and bool(now - problem["at"] < _CLICK_REST_MS)


def _described(connection: Connection, project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "title": project.title,
        "created_at": iso(project.created_at),
        "task_number": projects.count_tasks(connection, project.id),
        "maximum_annotations": project.max_overlap,
        "model_version": None,
        "is_draft": project.mode == "draft",
    }


def _problem(error: AssistantError) -> dict[str, Any]:
    return {"hop": error.hop, "code": error.code, "message": error.message}
