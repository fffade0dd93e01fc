"""A reviewer opens a task: it is theirs for some minutes, with everybody's answers beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, NotFoundError
from fairhand.labels.ties import RULED, evenly_said
from fairhand.pay import store as pay
from fairhand.pay.paid_time.rules import EventKind
from fairhand.people.wellbeing import own_store
from fairhand.people.wellbeing import store as wellbeing
from fairhand.quality import store as quality
from fairhand.quality.consensus.text import CONSENSUS as TEXT
from fairhand.quality.store import StoredConsensus
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.label_history import answers_now
from fairhand.use_cases.ration import NOTHING_HARD, Ration, ration_within
from fairhand.work.assignment import store as queue
from fairhand.work.projects import store as projects
from fairhand.work.projects.store import TaskSheet
from fairhand.work.review import store
from fairhand.work.review.rules import CLAIM_MS, Because, seen_mark
from fairhand.work.review.store import SeenAnswer

_ANY: Final = 2**62
_TRIES: Final = 5
"""Looks for a task when others take the found one in the same moment."""


@dataclass(frozen=True, slots=True)
class OpenReview:
    """Who reviews, and which task if they chose one.

    `passed` is one that they leave for somebody else. With `is_paid` their time counts.
    """

    reviewer_id: int
    project_id: int
    task_id: int | None = None
    passed: int = 0
    is_paid: bool = True


@dataclass(frozen=True, slots=True)
class OpenedReview:
    """A task as a reviewer sees it; `wishes` are people's own words, by annotation."""

    sheet: TaskSheet
    because: Because
    answers: tuple[SeenAnswer, ...]
    consensus: tuple[StoredConsensus, ...]
    probabilities: dict[str, dict[str, float]]
    wishes: dict[int, str]
    expires_at: Instant

    @property
    def ties(self) -> dict[str, tuple[str, ...]]:
        """The questions that answers are evenly split about, and between what."""
        return ties_among(self.answers, self.consensus)

    @property
    def even(self) -> dict[str, tuple[str, ...]]:
        """The choices that as many people made as the joint one, and only the method decides."""
        found: dict[str, tuple[str, ...]] = {}
        for one in self.consensus:
            name = one.question
            is_open = one.method != RULED and name not in self.ties
            if (
                is_open
                and isinstance(one.value, str)
                and one.value in (self.probabilities.get(name) or ())
            ):
                votes = evenly_said(one.value, (each.value.get(name) for each in self.answers))
                found |= {name: votes} if votes else {}
        return found

    @property
    def seen(self) -> str:
        """A mark of the answers and the consensus that are shown."""
        return mark_of(self.answers, self.consensus)


def ties_among(
    answers: Sequence[SeenAnswer], consensus: Sequence[StoredConsensus]
) -> dict[str, tuple[str, ...]]:
    """Name the questions that answers are evenly split about, and between what.

    Of two texts that differ neither is nearer to the other: then both are meant.
    """
    found = {one.question: one.tied for one in consensus if one.tied}
    for one in consensus:
        if one.method == TEXT.method:
            name = one.question
            texts = [each.value[name] for each in answers if isinstance(each.value.get(name), str)]
            if len(texts) == 2 and texts[0] != texts[1]:
                found[name] = tuple(sorted(texts))
    return found


def mark_of(answers: Sequence[SeenAnswer], consensus: Sequence[StoredConsensus]) -> str:
    """Make the mark of what is shown of a task."""
    ids = [one.annotation_id for one in answers]
    return seen_mark(ids, {one.question: one.value for one in consensus})


def open_review(
    db: Database, command: OpenReview, now: Instant, *, idle_cap_ms: int
) -> OpenedReview | None:
    """Give a reviewer the task that they have open, chose, or that comes next; None: none waits.

    Raises NotFoundError, ForbiddenError for a task that they answered or may still be asked, and
    ConflictError for one that another reviewer has open or for which an answer stands.
    """
    with db.write() as connection:
        project = projects.load_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        ration = _ration(connection, command, project.tier, now)
        if command.task_id is not None:
            task_id: int | None = _choose(connection, command, now, ration)
        else:
            task_id = _next(connection, command, now, ration)
        if task_id is None:
            return None
        store.note_seen(connection, project.id, task_id, command.reviewer_id, now)
        _note_exposure(connection, task_id, command.reviewer_id, now)
        if command.is_paid:
            hear_reviewing(connection, command.reviewer_id, project.id, "next", now, idle_cap_ms)
        return _look(connection, command, task_id, now)


def look_at_review(db: Database, command: OpenReview, now: Instant) -> OpenedReview | None:
    """Look at the task that a reviewer has open, and change nothing; None: it is open with nobody.

    Raises as `open_review` does for a task that is not for them.
    """
    task_id = command.task_id or 0
    with db.read() as connection:
        held = store.find_held(connection, command.project_id, command.reviewer_id, now)
        if held == task_id:
            return _look(connection, command, task_id, now)
        _check_choice(connection, command)
        if store.find_claim(connection, task_id, now) is not None:
            raise _claimed(task_id)
    return None


def keep_review(
    db: Database, command: OpenReview, now: Instant, *, idle_cap_ms: int
) -> Instant | None:
    """Keep an open task longer while the reviewer looks at it; None: it is somebody else's now."""
    until = Instant(now + CLAIM_MS)
    with db.write() as connection:
        if not store.renew_claim(connection, command.task_id or 0, command.reviewer_id, until):
            return None
        if command.is_paid:
            hear_reviewing(
                connection, command.reviewer_id, command.project_id, "heartbeat", now, idle_cap_ms
            )
    return until


def hear_reviewing(
    connection: Connection,
    reviewer_id: int,
    project_id: int,
    kind: EventKind,
    now: Instant,
    idle_cap_ms: int,
) -> None:
    """Count the time of a reviewer like that of anybody who answers."""
    pay.credit_time(
        connection,
        person_id=reviewer_id,
        project_id=project_id,
        task_id=None,
        kind=kind,
        now=now,
        idle_cap_ms=idle_cap_ms,
    )


def _ration(connection: Connection, command: OpenReview, project_tier: int, now: Instant) -> Ration:
    """The limits of hard content are those of whoever answers: a reviewer sees the same."""
    max_tier = own_store.load_max_tier(connection, command.reviewer_id)
    if not max_tier:
        return NOTHING_HARD
    return ration_within(
        connection, max_tier, project_tier, command.reviewer_id, command.project_id, now
    )


def _next(connection: Connection, command: OpenReview, now: Instant, ration: Ration) -> int | None:
    project_id, reviewer_id = command.project_id, command.reviewer_id
    held = store.find_held(connection, project_id, reviewer_id, now)
    if (
        held is not None
        and held != command.passed
        and _is_within(connection, held, reviewer_id, ration)
        and _take(connection, command, held, now)
    ):
        return held
    terms = store.load_terms(connection, project_id)
    for _ in range(_TRIES):
        found = store.find_next(
            connection,
            project_id,
            reviewer_id,
            terms,
            now,
            command.passed,
            max_tier=ration.max_tier,
            dose_left=ration.left,
        )
        if found is None:
            break
        if _take(connection, command, found, now):
            return found
    store.drop_claims(connection, reviewer_id)
    if store.find_next(
        connection, project_id, reviewer_id, terms, now, command.passed, max_tier=3, dose_left=_ANY
    ):
        raise ForbiddenError(
            "What still waits here is harder than you agreed to see, or more than your limit "
            "leaves for now. Both are yours to read, and the first to change, under Wellbeing.",
            code="hard_content",
        )
    return None


def _is_within(connection: Connection, task_id: int, reviewer_id: int, ration: Ration) -> bool:
    return store.is_within(
        connection, task_id, reviewer_id, max_tier=ration.max_tier, dose_left=ration.left
    )


def _choose(connection: Connection, command: OpenReview, now: Instant, ration: Ration) -> int:
    task_id = command.task_id or 0
    _check_choice(connection, command)
    if not _is_within(connection, task_id, command.reviewer_id, ration):
        raise ForbiddenError(
            f"What task {task_id} shows is harder than you agreed to see, or more than your limit "
            "leaves for now. Both are yours to read, and the first to change, under Wellbeing.",
            code="hard_content",
        )
    if not _take(connection, command, task_id, now):
        raise _claimed(task_id)
    return task_id


def _claimed(task_id: int) -> ConflictError:
    return ConflictError(f"Another reviewer has task {task_id} open.", code="claimed")


def _check_choice(connection: Connection, command: OpenReview) -> None:
    task_id, reviewer_id = command.task_id or 0, command.reviewer_id
    if projects.project_of_task(connection, task_id) != command.project_id:
        raise NotFoundError(f"There is no task {task_id} in project {command.project_id}.")
    if store.load_standing(connection, task_id) is not None:
        raise ConflictError(
            f"An answer stands for task {task_id} already. Take that review back first.",
            code="adjudicated",
        )
    if not store.may_review(connection, command.project_id, task_id, reviewer_id):
        raise ForbiddenError(
            f"Task {task_id} is not for you to review: you answered it, it may still be given to "
            "you, or nobody's answer is there to look at yet.",
            code="not_for_you",
        )


def _take(connection: Connection, command: OpenReview, task_id: int, now: Instant) -> bool:
    """Claim a task, and look once more: somebody may have settled it while the claim waited."""
    project_id, reviewer_id = command.project_id, command.reviewer_id
    until = Instant(now + CLAIM_MS)
    if not store.claim(connection, project_id, task_id, reviewer_id, now, until):
        return False
    if store.may_review(connection, project_id, task_id, reviewer_id):
        return True
    store.give_up_claim(connection, task_id, reviewer_id)
    return False


def _note_exposure(connection: Connection, task_id: int, reviewer_id: int, now: Instant) -> None:
    """Hard content counts for whoever looks at it: what is set aside for an answer, once."""
    if queue.dose_of(connection, task_id):
        wellbeing.mark_seen(connection, reviewer_id, task_id, now)


def _look(connection: Connection, command: OpenReview, task_id: int, now: Instant) -> OpenedReview:
    sheet = projects.load_task_sheet(connection, task_id, command.reviewer_id)
    if sheet is None:
        raise NotFoundError(f"There is no task {task_id}.")
    terms = store.load_terms(connection, command.project_id)
    return OpenedReview(
        sheet,
        store.why(connection, command.project_id, task_id, terms),
        tuple(answers_now(connection, command.project_id, task_id)),
        tuple(quality.load_consensus(connection, task_id)),
        quality.load_probabilities(connection, task_id),
        store.list_wishes(connection, task_id),
        Instant(now + CLAIM_MS),
    )
