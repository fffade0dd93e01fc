"""A person clicks on a thing in a picture: a model outlines it, and nothing is kept.

Only the prompt travels: the clicks, and the one region they are about. The picture's features are
kept in memory, so that a click costs the same however much has been drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Final

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models.pictures import read_picture
from fairhand.compute.models.prompts import MAX_CLICKS, Box, Click, Clicker, Mask, Outline, Prompt
from fairhand.compute.models.ready import ReadyPictures, TimeLimit
from fairhand.core.clock import system_now
from fairhand.core.errors import (
    ForbiddenError,
    InvalidError,
    Issue,
    NotFoundError,
    TooLargeError,
    UnavailableError,
)
from fairhand.labels import rle
from fairhand.labels.label_set import label_values
from fairhand.model.project import Question
from fairhand.model.task import Media
from fairhand.people.accounts.rules import Actor, may
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.open_outliner import find_outliner, note_trouble, open_outliner
from fairhand.use_cases.propose_by_backend import find_pointed, propose_by_backend
from fairhand.work.assignment import store as queue
from fairhand.work.projects import store as projects

SECONDS: Final = 8.0
"""How long a person waits for an outline at most; a first click on a large picture is slowest."""
MAX_PIXELS: Final = 50_000_000

_READY = ReadyPictures()
_LIMIT = TimeLimit()


@dataclass(frozen=True, slots=True)
class ProposeRegion:
    """What somebody points at; `region` is this thing's mask so far, as COCO run lengths."""

    task_id: int
    question: str
    label: str
    clicks: tuple[Click, ...] = ()
    box: Box | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class ProposedRegion:
    """An outline as run lengths, and what is thought of it; `box` is None when it is empty."""

    counts: str
    size: tuple[int, int]
    box: Box | None
    score: float
    took_ms: float
    model: str


def propose_region(
    db: Database, blobs: BlobStore, actor: Actor, command: ProposeRegion
) -> ProposedRegion:
    """Outline the thing that was clicked on, for who holds the task or owns its project.

    Raises ForbiddenError for others, InvalidError for a prompt that does not fit the question or
    the picture, UnavailableError when there is no outline in time.
    """
    began = perf_counter()
    now = system_now()
    with db.read() as connection:
        media, question, project_id = _load(connection, actor, command)
        pointed = find_pointed(
            db, connection, blobs, project_id, command.task_id, question, command.label, now
        )
        pair = find_outliner(connection, project_id) if pointed is None else None
    size = _size_of(media)
    accepted = _check(command, question, size)
    if pointed is not None:
        clicks = tuple((one.x, one.y, one.positive) for one in command.clicks)
        theirs = propose_by_backend(db, pointed, clicks, command.box, accepted, now)
        if theirs is not None:
            return _proposed(theirs.mask, theirs.score, theirs.model, began)
    prompt = Prompt(command.clicks, command.box, accepted)
    if pair is not None:
        try:
            clicker = open_outliner(blobs, pair)
            return _proposed(*_outline(blobs, media, clicker, prompt, size), clicker.model, began)
        except AssistantError as error:  # the built-in outlines until somebody has looked
            note_trouble(db, pair, error, now)
    clicker = _built_in()
    try:
        mask, score = _outline(blobs, media, clicker, prompt, size)
    except AssistantError as error:
        raise UnavailableError(error.message, code=error.code) from error
    return _proposed(mask, score, clicker.model, began)


def _outline(
    blobs: BlobStore, media: Media, clicker: Clicker, prompt: Prompt, size: tuple[int, int]
) -> tuple[Mask, float]:
    """Outline within the time there is; raises AssistantError."""

    def work() -> Outline:
        ready = _READY.get(
            (media.sha256, clicker.model),
            lambda: clicker.prepare(read_picture(blobs.get(media.sha256), max_pixels=MAX_PIXELS)),
        )
        return ready.outline(prompt)

    found = _LIMIT.run(work, SECONDS)
    if found.mask.shape != size:
        raise AssistantError("The picture's size is not what was imported.", code="wrong_size")
    return found.mask, found.score


def _proposed(mask: Mask, score: float, model: str, began: float) -> ProposedRegion:
    from fairhand.compute.models.regions import box_of

    return ProposedRegion(
        counts=rle.encode(mask),
        size=(mask.shape[0], mask.shape[1]),
        box=box_of(mask),
        score=round(score, 4),
        took_ms=round((perf_counter() - began) * 1_000, 1),
        model=model,
    )


@cache
def _built_in() -> Clicker:
    """Load the clicker when somebody clicks: a server that never does starts sooner."""
    from fairhand.compute.models.clicks import OutlineClicker

    return OutlineClicker()


def _load(
    connection: Connection, actor: Actor, command: ProposeRegion
) -> tuple[Media, Question, int]:
    """Find the picture, the question and the project, for who may ask about them."""
    sheet = projects.load_task_sheet(connection, command.task_id, actor.person_id)
    if sheet is None or not _may_ask(connection, actor, command.task_id, sheet.task.project_id):
        raise ForbiddenError("This task was not given to you.", code="not_your_task")
    if sheet.task.media is None or not sheet.task.media.content_type.startswith("image/"):
        raise InvalidError("This task has no picture.", code="no_picture")
    project = projects.load_project(connection, sheet.task.project_id)
    assert project is not None, "a task lies in a project"  # noqa: S101
    version = projects.load_version(connection, project.id, project.version)
    assert version is not None, "a project has its version"  # noqa: S101
    question = next((one for one in version.questions if one.name == command.question), None)
    if question is None or question.kind != "mask":
        raise NotFoundError(f"There is no question {command.question!r} about a mask here.")
    return sheet.task.media, question, project.id


def _may_ask(connection: Connection, actor: Actor, task_id: int, project_id: int) -> bool:
    if not may(actor, "work", project_id):
        return False
    if may(actor, "project.edit", project_id):
        return True
    lease = queue.load_lease(connection, actor.person_id, task_id)
    # A submitted task may be open again to be revised.
    return lease is not None and lease.state in ("live", "submitted")


def _size_of(media: Media) -> tuple[int, int]:
    if media.width is None or media.height is None:
        raise InvalidError("The size of this task's picture is not known.", code="no_picture")
    if media.width * media.height > MAX_PIXELS:
        raise TooLargeError(
            f"This picture has {media.width * media.height:,} pixels; "
            f"outlines are found in pictures of up to {MAX_PIXELS:,}."
        )
    return media.height, media.width


def _check(command: ProposeRegion, question: Question, size: tuple[int, int]) -> Mask | None:
    """Check the prompt against question and picture; gives the region so far as a mask."""
    issues = [*_place_issues(command, size)]
    if command.label not in label_values(question.config):
        issues.append(Issue("label", f"{command.label!r} is not a label of this question"))
    accepted = None
    if command.region is not None:
        try:
            accepted = rle.decode(command.region, *size)
        except rle.RleError as error:
            issues.append(Issue("region", str(error)))
    if issues:
        raise InvalidError("The prompt does not fit this task.", issues=issues)
    return accepted


def _place_issues(command: ProposeRegion, size: tuple[int, int]) -> Iterator[Issue]:
    height, width = size
    if not command.clicks and command.box is None:
        yield Issue("clicks", "give at least one click, or a box")
    if len(command.clicks) > MAX_CLICKS:
        yield Issue("clicks", f"at most {MAX_CLICKS} clicks make one region")
    for index, click in enumerate(command.clicks):
        if not (0 <= click.x < width and 0 <= click.y < height):
            message = f"lies outside the picture of {width} x {height} pixels"
            yield Issue(f"clicks[{index}]", message)
    if command.box is not None:
        x0, y0, x1, y1 = command.box
        if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
            yield Issue("box", f"must be [x0, y0, x1, y1] within {width} x {height} pixels")
