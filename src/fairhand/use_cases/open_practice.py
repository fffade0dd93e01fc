"""A person opens practice: the task that is due, of all projects that they learn or work in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from fairhand.core.clock import Instant
from fairhand.core.errors import FairhandError
from fairhand.people.learning import store
from fairhand.people.learning.rules import BOXES_MS
from fairhand.people.learning.store import Card
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.learning_place import Place, check_may_learn, find_place, hear, load_sheet
from fairhand.use_cases.versions import version_of
from fairhand.work.projects.store import TaskSheet


@dataclass(frozen=True, slots=True)
class Sitting:
    """What is due now, how the boxes are filled, and the task that is next.

    `boxes` counts cards by box, from 1. `next_at` is when the next one comes, where none is due.
    `refused` says why due cards cannot be shown: no money, or the paid time is used up.
    """

    due: int
    boxes: tuple[int, ...]
    next_at: Instant | None
    place: Place | None = None
    sheet: TaskSheet | None = None
    refused: str = ""


def open_practice(db: Database, person_id: int, now: Instant, *, idle_cap_ms: int) -> Sitting:
    """Show the practice task that is due first; looking at it is paid as training."""
    with db.write() as connection:
        cards = store.list_cards(connection, person_id)
        due = [one for one in cards if one.due_at <= now]
        filled = Counter(one.box for one in cards)
        boxes = tuple(filled[box] for box in range(1, len(BOXES_MS) + 1))
        later = [one.due_at for one in cards if one.due_at > now]
        sitting = Sitting(len(due), boxes, min(later) if later else None)
        for card in due:
            try:
                place = practice_place(db, connection, person_id, card)
                check_may_learn(connection, place, [card.task_id])
            except FairhandError as error:
                sitting = replace(sitting, refused=error.message)
                continue
            hear(connection, place, "train", now, idle_cap_ms)
            sheet = load_sheet(connection, place, card.task_id)
            return replace(sitting, place=place, sheet=sheet, refused="")
        return sitting


def practice_place(db: Database, connection: Connection, person_id: int, card: Card) -> Place:
    """Find the place of a practice task: the questions of its project as they are now."""
    place = find_place(db, connection, person_id, card.course_id)
    live = store.live_course(connection, place.project.id)
    if live is not None and live.id != place.course.id:
        place = find_place(db, connection, person_id, live.id)
    version = version_of(db, connection, place.project.id, place.project.version)
    return replace(place, questions=version.questions)
