"""A click is asked of the project's interactive backend, where it has one that works."""

from __future__ import annotations

from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import AssistantError, Item
from fairhand.compute.backends.label_studio import LabelStudioBackend
from fairhand.core.clock import Instant
from fairhand.model.project import Question
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.check_backend import open_for
from fairhand.use_cases.model_items import load_items
from fairhand.work.prelabel import store

Mask = NDArray[np.bool_]

CLICK_HOP: Final = "click"
_SIDE_BY_SIDE: Final = BoundedSemaphore(4)
"""How many people may wait for backends at once: the server has other work to do."""


@dataclass(frozen=True, slots=True)
class Pointed:
    """A backend that is asked about one thing of one task."""

    assistant_id: int
    backend: LabelStudioBackend
    item: Item
    question: Question
    label: str


@dataclass(frozen=True, slots=True)
class ByBackend:
    """What it outlined, what it thinks of that, and what it calls itself."""

    mask: Mask
    score: float
    model: str


def find_pointed(
    db: Database,
    connection: Connection,
    blobs: BlobStore,
    project_id: int,
    task_id: int,
    question: Question,
    label: str,
    now: Instant,
) -> Pointed | None:
    """Find the backend that is asked on clicks; None where there is none, or it failed last."""
    sources = store.list_assistants(connection, project_id)
    one = next(
        (
            each
            for each in sources
            if each.interactive and each.kind == "label_studio" and each.state == "on"
        ),
        None,
    )
    if one is None:
        return None
    try:
        backend = open_for(db, connection, one, now)
    except AssistantError:
        return None  # its password is gone: the tick says so
    (item,) = load_items(connection, blobs, [task_id])
    return Pointed(one.id, backend, item, question, label)


def propose_by_backend(
    db: Database,
    pointed: Pointed,
    clicks: tuple[tuple[int, int, bool], ...],
    box: tuple[int, int, int, int] | None,
    accepted: Mask | None,
    now: Instant,
) -> ByBackend | None:
    """Ask it; None when it fails, which is noted, so that nobody waits for it a second time.

    The prompt alone travels. As with every model, a positive click only adds to what stands
    (`accepted`), and a negative one only takes away.
    """
    if not _SIDE_BY_SIDE.acquire(blocking=False):
        return None  # the built-in model outlines while others wait for the backend
    try:
        mask, score = pointed.backend.outline(
            pointed.item, pointed.question, pointed.label, clicks, box
        )
    except AssistantError as error:
        problem = {"hop": CLICK_HOP, "code": error.code, "message": error.message}
        with db.write() as connection:
            store.set_problem(connection, pointed.assistant_id, problem, now)
        return None
    finally:
        _SIDE_BY_SIDE.release()
    if accepted is not None and accepted.any():
        adds = not clicks or clicks[-1][2]
        mask = accepted | mask if adds else accepted & mask
    model = pointed.backend.last_model
    return ByBackend(mask, 0.5 if score is None else score, model)
