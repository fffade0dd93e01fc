"""An answer that is a photo: it must be here, whole, the person's own; then its facts are added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, UnavailableError
from fairhand.labels.photo import validate_answer
from fairhand.labels.registry import AnswerContext
from fairhand.model.project import Question
from fairhand.storage.database import Connection
from fairhand.use_cases.check_granted import check_still_granted
from fairhand.work.uploads import store


def with_photos(
    connection: Connection,
    owner: tuple[int, int],
    questions: Sequence[Question],
    value: dict[str, Any],
    now: Instant,
) -> dict[str, Any]:
    """Write what the server found into the photos of a value; `owner` is person and task.

    Raises InvalidError for a photo that is not theirs, for another question, or smaller than asked,
    and UnavailableError (`photo_on_its_way`) while parts are still to come: the answer is sent
    again then. ForbiddenError (`grant_needed`) where it can never come, since its person does not
    permit it any more.
    """
    asked = [one for one in questions if one.kind == "photo" and one.name in value]
    found = {one.name: _found(connection, owner, one, value[one.name], now) for one in asked}
    return {**value, **found}


def _found(
    connection: Connection,
    owner: tuple[int, int],
    question: Question,
    answer: Mapping[str, Any],
    now: Instant,
) -> dict[str, Any]:
    found = store.load_upload(connection, answer["upload"])
    place = (*owner, question.name)
    if found is not None and (found.person_id, found.task_id, found.question) != place:
        raise _refused(question.name, "is not a photo of yours for this question")
    if found is None or found.state == "open":
        if found is None:
            check_still_granted(connection, *owner, "photo", now)
        raise UnavailableError(
            "The photo is still on its way; the answer is taken when it has arrived.",
            code="photo_on_its_way",
        )
    if found.state == "dropped":
        raise _refused(question.name, "was dropped; take it again")
    whole = found.as_answer()
    if answer.get("sha256", whole["sha256"]) != whole["sha256"]:
        raise _refused(question.name, "is another photo than the one that arrived")
    if issues := validate_answer(question.config, whole, AnswerContext()):
        raise _refused(question.name, issues[0].message)
    return whole


def _refused(question: str, why: str) -> InvalidError:
    issue = Issue(f"{question}.upload", why)
    return InvalidError("The photo does not fit; nothing was stored.", issues=[issue])
