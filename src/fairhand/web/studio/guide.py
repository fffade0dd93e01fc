"""What people found unclear, for the owner to answer, and the examples beside the guidelines."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.answer_remark import AnswerRemark, answer_remark
from fairhand.use_cases.change_examples import (
    AddExample,
    RemoveExample,
    add_example,
    remove_example,
)
from fairhand.use_cases.house import House
from fairhand.use_cases.read_guide import list_examples, list_remarks
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.versions import current_version
from fairhand.web.shared.answer_words import answers_in_words
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form as Sent
from fairhand.web.shared.forms import failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=20_000)]
Number = Annotated[int, Form(ge=0, le=2**63 - 1)]
_PLAIN = Sent(fields=("task_id", "value", "is_right", "why"))


@router.get("/projects/{project_id:int}/questions")
@guard("project.status")
def questions(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show what people asked, what waits first."""
    return _inbox(house, actor, request, project_id)


@router.post("/projects/{project_id:int}/questions/{remark_id:int}")
@guard("project.edit", form=True)
def answer(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    remark_id: int,
    words: Text = "",
    shared: Text = "",
) -> Response:
    """Answer somebody, or only mark what they said as read."""
    command = AnswerRemark(actor.person_id, project_id, remark_id, words, bool(shared))
    try:
        answer_remark(house.db, command, house.clock())
    except FairhandError as error:
        return _inbox(house, actor, request, project_id, error)
    return RedirectResponse(f"/projects/{project_id}/questions#q{remark_id}", status_code=303)


@router.get("/projects/{project_id:int}/examples")
@guard("project.status")
def examples(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show the examples as contributors see them, and how to add one."""
    return _examples(house, actor, request, project_id, _PLAIN)


@router.post("/projects/{project_id:int}/examples")
@guard("project.edit", form=True)
def add(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    task_id: Text = "",
    value: Text = "",
    is_right: Text = "",
    why: Text = "",
) -> Response:
    """Show a task with an answer beside the guidelines."""
    typed = {"task_id": task_id, "value": value, "is_right": is_right, "why": why}
    try:
        command = AddExample(
            actor.person_id,
            project_id,
            _number(task_id),
            _value(house, project_id, value),
            is_right == "right",
            why,
        )
        add_example(house.db, command, house.clock())
    except FairhandError as error:
        return _examples(house, actor, request, project_id, failed(error, typed))
    return RedirectResponse(f"/projects/{project_id}/examples", status_code=303)


@router.post("/projects/{project_id:int}/examples/{example_id:int}/remove")
@guard("project.edit", form=True)
def remove(house: House, actor: Actor, project_id: int, example_id: int) -> Response:
    """Take an example away."""
    command = RemoveExample(actor.person_id, project_id, example_id)
    remove_example(house.db, command, house.clock())
    return RedirectResponse(f"/projects/{project_id}/examples", status_code=303)


def _inbox(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    error: FairhandError | None = None,
) -> Response:
    context = {
        "project": read_project(house.db, project_id),
        "remarks": list_remarks(house.db, project_id),
        "may_answer": may(actor, "project.edit", project_id),
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "questions.html", context, actor=actor, status=status)


def _examples(
    house: House, actor: Actor, request: Request, project_id: int, form: Sent
) -> Response:
    project = read_project(house.db, project_id)
    asked = current_version(house.db, project_id, project.version).questions
    context = {
        "project": project,
        "examples": [
            {
                "id": shown.example.id,
                "task_id": shown.task.id,
                "is_right": shown.example.is_right,
                "why": shown.example.why,
                "answers": answers_in_words(asked, shown.example.value),
                "media": shown.task.media,
                "text": str(shown.task.data.get("text", ""))[:500],
            }
            for shown in list_examples(house.db, project_id, actor.person_id)
        ],
        "asked": asked,
        "form": form,
        "may_add": may(actor, "project.edit", project_id),
    }
    return render(request, "examples.html", context, actor=actor, status=form.status)


def _number(text: str) -> int:
    number = text.strip().removeprefix("#")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        issue = Issue("task_id", "Write the number of a task.")
        raise InvalidError(issue.message, issues=[issue])
    return int(number)


def _value(house: House, project_id: int, text: str) -> dict[str, Any]:
    """Read an answer: JSON, or for one question of choice its label alone."""
    project = read_project(house.db, project_id)
    asked = current_version(house.db, project_id, project.version).questions
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        read = text.strip()
    if isinstance(read, dict) and read.keys() <= {one.name for one in asked}:
        return read
    if len(asked) == 1 and text.strip():
        return {asked[0].name: read}
    issue = Issue("value", 'Write JSON that maps questions to answers, as {"animal": "cat"}.')
    raise InvalidError(issue.message, issues=[issue])
