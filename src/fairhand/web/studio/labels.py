"""The Labels page: change what is asked in mid-project, after seeing what that touches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.model.project import Question
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.change_labels import ChangeLabels, change_labels
from fairhand.use_cases.house import House
from fairhand.use_cases.read_label_change import LabelPreview, read_carrying, read_label_change
from fairhand.use_cases.read_project import read_project
from fairhand.use_cases.versions import current_version
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render
from fairhand.web.shared.sent_answers import Fields, Sent

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Field(max_length=200_000)]
Short = Annotated[str, Field(max_length=200)]
DOES = (
    ("keep", "keep"),
    ("merge", "merge into …"),
    ("split", "split into …"),
    ("remove", "remove"),
)
KINDS = (("choice", "choice"), ("text", "text"), ("boxes", "boxes"), ("spans", "spans"))


@router.get("/projects/{project_id:int}/labels")
@guard("project.edit")
def labels(
    house: House, actor: Actor, request: Request, project_id: int, done: int | None = None
) -> Response:
    """Show what is asked, each label with what may become of it."""
    return _show(house, actor, request, project_id, {}, done=done)


@router.post("/projects/{project_id:int}/labels")
@guard("project.edit", form=True)
def change(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    fields: Fields,
    do: Short = "preview",
    version: Short = "",
    ask: Short = "touched",
    people: Short = "",
    guidelines: Text = "",
) -> Response:
    """Show what the changes would touch, or make them."""
    sent = {**fields, "ask": [ask], "people": [people], "guidelines": [guidelines]}
    try:
        project = read_project(house.db, project_id)
        asked = current_version(house.db, project_id, project.version)
        changes = changes_of(asked.questions, fields)
        many = _whole(people, "people") if people.strip() else None
        if do == "apply":
            text = guidelines.replace("\r\n", "\n")
            command = ChangeLabels(
                actor.person_id,
                project_id,
                changes,
                _whole(version, "version"),
                ask,
                many,
                text if text.strip() not in ("", asked.guidelines.strip()) else None,
            )
            told = change_labels(house.db, command, house.clock())
            place = f"/projects/{project_id}/labels?done={told.asked}"
            return RedirectResponse(place, status_code=303)
        preview = read_label_change(house.db, project_id, changes, many)
    except FairhandError as error:
        form = failed(error, {})
        return _show(house, actor, request, project_id, sent, form=form)
    return _show(house, actor, request, project_id, sent, preview=preview)


def changes_of(questions: Sequence[Question], sent: Sent) -> list[dict[str, Any]]:
    """Read the page's fields as changes, in an order in which each can be carried out."""
    found: list[dict[str, Any]] = []
    for one in questions:
        if _one(sent, f"change.drop.{one.name}"):
            found.append({"do": "remove_question", "question": one.name})
            continue
        listed = one.config.get("labels")
        for number, label in enumerate(listed if isinstance(listed, list) else ()):
            found += _label_changes(one.name, label, f"{one.name}.{number}", sent)
        found += _merges(one, sent)
        for added in _lines(_one(sent, f"change.add.{one.name}")):
            found.append({"do": "add", "question": one.name, "label": added})
    if name := _one(sent, "change.new.name"):
        found.append({"do": "add_question", "question": _new_question(name, sent)})
    return found


def _label_changes(
    question: str, label: Mapping[str, Any], place: str, sent: Sent
) -> list[dict[str, Any]]:
    value, do = str(label["value"]), _one(sent, f"change.do.{place}")
    title = _one(sent, f"change.title.{place}")
    base = {"question": question, "label": value}
    if do == "remove":
        return [{"do": "remove", **base}]
    if do == "split":
        into = _lines(_one(sent, f"change.into.{place}").replace(",", "\n"))
        return [{"do": "split", **base, "into": into}]
    if do != "merge" and title and title != str(label.get("title") or value):
        return [{"do": "rename", **base, "title": title}]
    return []


def _merges(question: Question, sent: Sent) -> list[dict[str, Any]]:
    """Gather the labels that go into the same one; one that is there already takes part."""
    listed = question.config.get("labels")
    known = [str(one["value"]) for one in (listed if isinstance(listed, list) else ())]
    groups: dict[str, list[str]] = {}
    for number, value in enumerate(known):
        place = f"{question.name}.{number}"
        if _one(sent, f"change.do.{place}") == "merge":
            groups.setdefault(_one(sent, f"change.into.{place}"), []).append(value)
    return [
        {
            "do": "merge",
            "question": question.name,
            "labels": list(dict.fromkeys([*group, *([into] if into in known else [])])),
            "into": into,
        }
        for into, group in groups.items()
    ]


def _new_question(name: str, sent: Sent) -> dict[str, Any]:
    kind = _one(sent, "change.new.kind") or "choice"
    listed = _lines(_one(sent, "change.new.labels"))
    config = {"labels": [{"value": one} for one in listed]} if listed else {}
    title = _one(sent, "change.new.title") or name
    return {"name": name, "kind": kind, "title": title, "config": config, "required": False}


def _show(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    sent: Mapping[str, list[str]],
    *,
    form: Form | None = None,
    preview: LabelPreview | None = None,
    done: int | None = None,
) -> Response:
    project = read_project(house.db, project_id)
    version = current_version(house.db, project_id, project.version)
    context = {
        "project": project,
        "version": version,
        "sent": {name: values[0] for name, values in sent.items() if values},
        "form": form or Form(),
        "preview": preview,
        "picture": None if preview is None else _picture(preview),
        "done": done,
        "carrying": read_carrying(house.db, project_id),
        "does": DOES,
        "kinds": KINDS,
    }
    status = form.status if form else 200
    return render(request, "labels.html", context, actor=actor, status=status)


def _picture(preview: LabelPreview) -> Any:  # noqa: ANN401  # markup, or None
    touched = preview.touched
    if not touched.answers:
        return None
    kept = touched.answers - touched.answers_mapped - touched.answers_lost
    return charts.bars(
        "What becomes of the answers",
        ["stay as they are", "mapped", "say nothing"],
        [kept, touched.answers_mapped, touched.answers_lost],
    )


def _one(sent: Sent, name: str) -> str:
    return (sent.get(name) or [""])[0].strip()


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _whole(text: str, place: str) -> int:
    word = text.strip()
    if not (word.isascii() and word.isdigit() and len(word) < 10):
        issue = Issue(place, "Give a whole number.")
        raise InvalidError(issue.message, issues=[issue])
    return int(word)
