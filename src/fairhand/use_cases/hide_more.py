"""Who gave a picture marks what is to be hidden in it, or says that there is nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from fairhand.compute.anonymise.marks import read_boxes
from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError
from fairhand.people.contributions import hide_store as store
from fairhand.people.contributions.intake import Finding
from fairhand.proof.log import store as log
from fairhand.storage.database import Database
from fairhand.use_cases.read_own_contribution import load_own


@dataclass(frozen=True, slots=True)
class HideMore:
    """Whose picture it is, and the places: x, y, width, height in parts of 1; none is an answer."""

    person_id: int
    contribution_id: int
    boxes: Sequence[Sequence[float]]


def hide_more(db: Database, command: HideMore, now: Instant) -> None:
    """Keep what was marked; the picture is made anew from the original, and nobody sees it before.

    What is marked takes the place of what was marked before. Raises NotFoundError for everybody
    else, ConflictError once it has ended or while somebody else looks at it.
    """
    boxes = read_boxes(json.dumps([list(box) for box in command.boxes]))
    with db.write() as connection:
        found = load_own(connection, command.person_id, command.contribution_id)
        if not found.media_type.startswith("image/"):
            raise InvalidError("Only in pictures can places be marked.")
        if store.held_for_others(connection, found.id):
            raise ConflictError(
                "Somebody is looking at this just now. Mark it when they are done; nobody else "
                "sees it meanwhile.",
                code="being_reviewed",
            )
        if not store.look_again(connection, found, "You marked what is to be hidden.", now):
            raise ConflictError("This has ended, so nobody sees it.", code="contribution_ended")
        noticed = Finding(store.MARKED, "note", _words(len(boxes)), {"boxes": boxes})
        store.add_finding(connection, found, noticed, now)
        body = {"contribution": found.id, "person": found.person_id, "places": len(boxes)}
        log.append(connection, "contribution.marked", body, now, found.person_id, found.project_id)


def _words(many: int) -> str:
    if not many:
        return "You looked, and said that nothing more is to be hidden."
    return f"You marked {many} {'place' if many == 1 else 'places'} to be hidden."
