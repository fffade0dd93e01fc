"""A project of real handwritten digits, or of texts, whose people answer as the truth says."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from sqlalchemy import select

from fairhand.model.project import Question
from fairhand.model.task import Media, NewTask
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.tables.work import queue
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.set_assist_policy import SetAssistPolicy, set_assist_policy
from fairhand.work.prelabel.store import AssistPolicy
from fairhand.work.projects import store as projects
from tests.rules.segment.scenes import DRAWN, SIDE, discs, drawn_as, png
from tests.stories.quality_world import MORNING, QualityWorld, make_quality_world

CARMEN = 1
DIGIT = Question(
    "digit", "choice", "Which digit is it?", {"labels": [{"value": str(n)} for n in range(10)]}
)
MOOD = Question("mood", "choice", "Which mood?", {"labels": [{"value": "glad"}, {"value": "sad"}]})


@dataclass(slots=True)
class AssistWorld:
    """The project, its blobs, and what is true of each task."""

    world: QualityWorld
    blobs: BlobStore
    truth: dict[int, dict[str, Any]]

    @property
    def db(self) -> Database:
        return self.world.db

    @property
    def project_id(self) -> int:
        return self.world.project.id

    def tick(self, **wanted: object) -> AssistPolicy:
        command = SetAssistPolicy(CARMEN, self.project_id, is_on=True, **wanted)  # type: ignore[arg-type]
        return set_assist_policy(self.db, command, MORNING, blobs=self.blobs)

    def answer(self, number: int, who: int = 0) -> list[int]:
        """Let a person answer the next tasks truthfully, and join the answers; give the tasks."""
        done = []
        for _ in range(number):
            task_id = self.world.submit_next(who, self._true)
            if task_id is None:
                break
            done.append(task_id)
        aggregate_labels(self.db, self.project_id, self.world.now)
        return done

    def _true(self, _who: int, place: int) -> dict[str, Any]:
        return self.truth[self.world.tasks[place]]


def make_digits(
    db: Database, count: int = 120, people: int = 1, blobs: BlobStore | None = None
) -> AssistWorld:
    """Real digits of scikit-learn's set, as small pictures."""
    from sklearn.datasets import load_digits

    found = load_digits()
    blobs = blobs or BlobStore("memory://")
    new, truth = [], []
    for row in range(count):
        pixels = (found.images[row] * 15.9).astype(np.uint8)
        stream = io.BytesIO()
        Image.fromarray(pixels).resize((32, 32)).save(stream, "PNG")
        sha256 = blobs.put(stream.getvalue())
        media = Media(sha256, "image/png", len(stream.getvalue()), 32, 32)
        new.append(NewTask({"image": f"{row}.png"}, f"{row:064d}", f"row {row}", media=media))
        truth.append({"digit": str(found.target[row])})
    return make_world(db, (DIGIT,), new, truth, blobs, people)


def make_moods(db: Database, count: int = 60, people: int = 1) -> AssistWorld:
    """Short texts whose mood a few words give away."""
    words = {
        "glad": ("a bright and merry day", "we laughed and sang", "such good news"),
        "sad": ("a grey and gloomy day", "we wept and sighed", "such bad news"),
    }
    new, truth = [], []
    for row in range(count):
        mood = "glad" if row % 2 else "sad"
        text = f"{words[mood][row % 3]}, said number {row}"
        data = {"text": text, "language": "en" if row % 3 else "sw"}
        new.append(NewTask(data, f"{row:064d}", f"row {row}"))
        truth.append({"mood": mood})
    return make_world(db, (MOOD,), new, truth, BlobStore("memory://"), people)


def make_discs(db: Database, kind: str, count: int = 14) -> AssistWorld:
    """Pictures of bright discs, each to be painted, boxed, or outlined by its corners."""
    config = {"labels": [{"value": "disc"}], **({"instances": True} if kind == "mask" else {})}
    asked = Question("discs", kind, "Where is each disc?", config)
    blobs, new, truth = BlobStore("memory://"), [], []
    for row in range(count):
        picture, masks = discs(row)
        content = png(picture)
        media = Media(blobs.put(content), "image/png", len(content), SIDE, SIDE)
        new.append(NewTask({"image": f"{row}.png"}, f"{row:064d}", f"row {row}", media=media))
        things = [drawn_as(kind, mask) for mask in masks]
        truth.append({"discs": {"size": [SIDE, SIDE], DRAWN[kind]: things}})
    return make_world(db, (asked,), new, truth, blobs, people=1)


def make_names(db: Database, count: int = 60) -> AssistWorld:
    """Sentences in which people and places are to be marked."""
    labels = {"labels": [{"value": "person"}, {"value": "place"}]}
    asked = Question("names", "spans", "Mark people and places", labels)
    people = ("Amina", "Juma", "Neema", "Wanjiru", "Otieno", "Zawadi", "Baraka")
    places = ("Nairobi", "Mombasa", "Kisumu", "Dodoma", "Arusha")
    new, truth = [], []
    for row in range(count):
        person, place = people[row % 7], places[row % 5]
        if row % 6 == 5:
            text, spans = f"Nobody came on day {row}.", []
        else:
            text = f"Yesterday {person} went to {place} by bus {row}."
            spans = [
                {"start": (at := text.index(name)), "end": at + len(name), "label": label}
                for name, label in ((person, "person"), (place, "place"))
            ]
        new.append(NewTask({"text": text}, f"{row:064d}", f"row {row}"))
        truth.append({"names": {"spans": spans} if spans else {"spans": [], "nothing": True}})
    return make_world(db, (asked,), new, truth, BlobStore("memory://"), people=1)


def make_world(
    db: Database,
    questions: tuple[Question, ...],
    new: list[NewTask],
    truth: list[dict[str, Any]],
    blobs: BlobStore,
    people: int,
) -> AssistWorld:
    """A project of these tasks, whose people know what is true of each."""
    world = make_quality_world(
        db, tasks=0, people=people, questions=questions, min_overlap=1, max_overlap=1
    )
    with db.write() as connection:
        projects.add_tasks(connection, world.project, new, [None] * len(new), MORNING)
        found = connection.execute(select(queue.c.task_id).order_by(queue.c.rank)).scalars()
        world.tasks.extend(found)
    return AssistWorld(world, blobs, dict(zip(world.tasks, truth, strict=True)))
