"""An answer that is a recording: it must be here, whole, the person's own; then it is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue, UnavailableError
from fairhand.model.project import Question
from fairhand.storage.database import Connection
from fairhand.use_cases.check_granted import check_still_granted
from fairhand.work.recordings import store


def with_measures(
    connection: Connection,
    owner: tuple[int, int],
    questions: Sequence[Question],
    value: dict[str, Any],
    now: Instant,
) -> dict[str, Any]:
    """Write what the server measured into the recordings of a value; `owner` is person and task.

    Raises InvalidError for a recording that is not theirs or has other samples, and
    UnavailableError (`recording_on_its_way`) while parts are still to come: the answer is sent
    again then. ForbiddenError (`grant_needed`) where it can never come, since its person does not
    permit it any more.
    """
    asked = [one.name for one in questions if one.kind == "recording" and one.name in value]
    measured = {name: _measured(connection, owner, name, value[name], now) for name in asked}
    return {**value, **measured}


def _measured(
    connection: Connection,
    owner: tuple[int, int],
    question: str,
    answer: Mapping[str, Any],
    now: Instant,
) -> dict[str, Any]:
    found = store.load_recording(connection, answer["recording"])
    if found is not None and (found.person_id, found.task_id, found.question) != (*owner, question):
        raise _refused(question, "is not a recording of yours for this question")
    if found is None or found.state == "open":
        if found is None:
            check_still_granted(connection, *owner, "recording", now)
        raise UnavailableError(
            "The recording is still on its way; the answer is taken when it has arrived.",
            code="recording_on_its_way",
        )
    if found.state == "dropped":
        raise _refused(question, "was dropped; record again")
    if (found.rate, found.samples) != (answer["rate"], answer["samples"]):
        here = f"{found.samples} samples at {found.rate} a second"
        raise _refused(question, f"is another recording than the one that arrived: {here}")
    return found.as_answer()


def _refused(question: str, why: str) -> InvalidError:
    issue = Issue(f"{question}.recording", why)
    return InvalidError("The recording does not fit; nothing was stored.", issues=[issue])
