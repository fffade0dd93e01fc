"""The guide beside the work, what people find unclear, and the owner's answers and examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.model.project import Question
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.answer_remark import AnswerRemark, answer_remark
from fairhand.use_cases.change_examples import (
    AddExample,
    RemoveExample,
    add_example,
    remove_example,
)
from fairhand.use_cases.house import House
from fairhand.use_cases.note_guide_read import note_guide_read
from fairhand.use_cases.read_guide import Shown, list_remarks, read_guide
from fairhand.use_cases.say_remark import SayRemark, say_remark
from fairhand.web.api.bodies import Body, Id
from fairhand.web.api.replies import reply
from fairhand.web.shared.answer_words import answers_in_words
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import markdown
from fairhand.web.shared.strict import StrictRoute
from fairhand.work.remarks.store import Said

router = APIRouter(prefix="/api/v1", tags=["guide"], route_class=StrictRoute)


class RemarkBody(Body):
    """Words about a task: `unclear` asks the owner, `comment` only tells."""

    client_key: str = Field(max_length=64)
    kind: str = Field(default="unclear", max_length=20)
    words: str = Field(max_length=5_000)


class ReadBody(Body):
    """Which version of the guidelines was opened."""

    version: Id


class AnswerBody(Body):
    """An answer; shared, it stands beside the guidelines for everybody."""

    words: str = Field(default="", max_length=5_000)
    shared: bool = False


class ExampleBody(Body):
    """An answer to a task, whether it is right, and why."""

    task_id: Id
    value: dict[str, Any]
    is_right: bool
    why: str = Field(max_length=1_000)


@router.post("/tasks/{task_id}/remarks", status_code=201)
@guard("work")
def remark(house: House, actor: Actor, task_id: int, body: RemarkBody) -> Response:
    """Tell the owner that something about a task is unclear; nothing waits for the answer."""
    command = SayRemark(actor.person_id, task_id, body.kind, body.words, body.client_key)
    return reply({"remark_id": say_remark(house.db, command, house.clock())}, 201)


@router.get("/projects/{project_id}/guide")
@guard("work")
def guide(house: House, actor: Actor, project_id: int) -> Response:
    """Get the guidelines, what changed since you last opened them, examples and answers."""
    found = read_guide(house.db, project_id, actor.person_id)
    return reply(
        {
            "version": found.version.version,
            "read": found.read,
            "html": markdown(found.version.guidelines),
            "changes": [
                {"change": one.change, "text": one.text, "cut": one.cut} for one in found.changes
            ],
            "examples": [_example(one, found.version.questions) for one in found.examples],
            "shared": [_answered(one, one.id in found.fresh) for one in found.shared],
            "own": [_answered(one, one.id in found.fresh) for one in found.own],
        }
    )


@router.put("/projects/{project_id}/guide/read")
@guard("work")
def read(house: House, actor: Actor, project_id: int, body: ReadBody) -> Response:
    """Remember that you have opened the guidelines."""
    note_guide_read(house.db, project_id, actor.person_id, body.version, house.clock())
    return reply({"version": body.version})


@router.get("/projects/{project_id}/remarks")
@guard("project.status")
def remarks(house: House, actor: Actor, project_id: int) -> Response:
    """List what people found unclear, what waits for an answer first."""
    return reply({"remarks": [_told(one) for one in list_remarks(house.db, project_id)]})


@router.post("/projects/{project_id}/remarks/{remark_id}/answer")
@guard("project.edit")
def answer(
    house: House, actor: Actor, project_id: int, remark_id: int, body: AnswerBody
) -> Response:
    """Answer somebody; without words their remark is only marked as read."""
    command = AnswerRemark(actor.person_id, project_id, remark_id, body.words, body.shared)
    answer_remark(house.db, command, house.clock())
    return reply({"settled": True})


@router.post("/projects/{project_id}/examples", status_code=201)
@guard("project.edit")
def example(house: House, actor: Actor, project_id: int, body: ExampleBody) -> Response:
    """Show a task with a right or a wrong answer beside the guidelines."""
    command = AddExample(
        actor.person_id, project_id, body.task_id, body.value, body.is_right, body.why
    )
    return reply({"example_id": add_example(house.db, command, house.clock())}, 201)


@router.delete("/projects/{project_id}/examples/{example_id}")
@guard("project.edit")
def take_away(house: House, actor: Actor, project_id: int, example_id: int) -> Response:
    """Take an example away."""
    command = RemoveExample(actor.person_id, project_id, example_id)
    remove_example(house.db, command, house.clock())
    return reply({"removed": True})


def _answered(one: Said, is_new: bool) -> dict[str, Any]:
    return {
        "question": one.words,
        "answer": one.answer,
        "seen": one.settled_at is not None,
        "new": is_new,
    }


def _told(one: Said) -> dict[str, Any]:
    return {
        "id": one.id,
        "task_id": one.task_id,
        "kind": one.kind,
        "words": one.words,
        "said_at": iso(one.said_at),
        "settled_at": None if one.settled_at is None else iso(one.settled_at),
        "answer": one.answer,
        "shared": one.shared,
    }


def _example(shown: Shown, questions: Sequence[Question]) -> dict[str, Any]:
    media = shown.task.media
    is_picture = media is not None and media.content_type.startswith("image/")
    text = shown.task.data.get("text")
    return {
        "id": shown.example.id,
        "task_id": shown.task.id,
        "is_right": shown.example.is_right,
        "why": shown.example.why,
        "answers": answers_in_words(questions, shown.example.value),
        "preview_url": f"/media/{media.sha256}/preview" if media and is_picture else None,
        "text": text if isinstance(text, str) else None,
    }
