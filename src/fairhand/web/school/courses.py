"""A trainer's pages: a project's courses, a draft's form and preview, how exams went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError
from fairhand.core.words import words_for
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.draft_course import DraftCourse, draft_course
from fairhand.use_cases.house import House
from fairhand.use_cases.publish_course import publish_course
from fairhand.use_cases.read_courses import CourseSheet, list_project_courses, read_course
from fairhand.use_cases.retire_course import retire_course
from fairhand.use_cases.save_course import SaveCourse, save_course
from fairhand.use_cases.void_exam import void_exam
from fairhand.web.school.course_form import StepRow, plan_of, values_of
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import markdown, render
from fairhand.web.shared.sent_answers import Fields
from fairhand.web.shared.task_picture import in_words, island_json, picture_of
from fairhand.work.gold.store import GoldTask
from fairhand.work.projects import store as projects

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=300)]
_ENGLISH = words_for("en")
_LISTED = 300


@router.get("/projects/{project_id:int}/courses")
@guard("course.edit")
def courses(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """List a project's courses, the newest first."""
    project, found, gold = list_project_courses(house.db, project_id)
    context = {
        "project": project,
        "courses": found,
        "gold": gold,
        "sees_project": may(actor, "project.status", project_id),
    }
    return render(request, "courses.html", context, actor=actor)


@router.post("/projects/{project_id:int}/courses")
@guard("course.edit", form=True)
def draft(house: House, actor: Actor, project_id: int, from_last: Text = "") -> Response:
    """Draft a course from the guidelines and gold, or from the course before."""
    command = DraftCourse(actor.person_id, project_id, copy=bool(from_last))
    made = draft_course(house.db, command, house.clock())
    return _to(project_id, made.number)


@router.get("/projects/{project_id:int}/courses/{number:int}")
@guard("course.edit")
def course(house: House, actor: Actor, request: Request, project_id: int, number: int) -> Response:
    """Show a course: a draft as a form, a published one with its results."""
    sheet = read_course(house.db, project_id, number)
    return _show(request, actor, sheet, Form(values_of(sheet.course.plan)))


@router.post("/projects/{project_id:int}/courses/{number:int}")
@guard("course.edit", form=True)
def save(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    number: int,
    fields: Fields,
    title: Text = "",
    skill: Text = "",
    exam_asks: Text = "",
    pass_percent: Text = "",
    retakes: Text = "",
    retake_after_hours: Text = "",
    valid_days: Text = "",
    most_paid_hours: Text = "",
) -> Response:
    """Keep a draft as it was written."""
    values = {
        "title": title,
        "skill": skill,
        "exam_asks": exam_asks,
        "pass_percent": pass_percent,
        "retakes": retakes,
        "retake_after_hours": retake_after_hours,
        "valid_days": valid_days,
        "most_paid_hours": most_paid_hours,
    }
    sheet = read_course(house.db, project_id, number)
    try:
        plan = plan_of(values, fields, [one.task_id for one in sheet.gold])
        command = SaveCourse(actor.person_id, project_id, number, plan)
        save_course(house.db, command, house.clock())
    except FairhandError as error:
        return _show(request, actor, sheet, failed(error, values))
    return _to(project_id, number)


@router.post("/projects/{project_id:int}/courses/{number:int}/publish")
@guard("course.edit", form=True)
def publish(house: House, actor: Actor, request: Request, project_id: int, number: int) -> Response:
    """Let newcomers take this course first from now on."""
    try:
        publish_course(house.db, project_id, number, actor.person_id, house.clock())
    except InvalidError as error:
        sheet = read_course(house.db, project_id, number)
        return _show(request, actor, sheet, failed(error, values_of(sheet.course.plan)))
    return _to(project_id, number)


@router.post("/projects/{project_id:int}/courses/{number:int}/retire")
@guard("course.edit", form=True)
def retire(house: House, actor: Actor, project_id: int, number: int) -> Response:
    """Take a course away: who was learning may work at once."""
    retire_course(house.db, project_id, number, actor.person_id, house.clock())
    return _to(project_id, number)


@router.post("/projects/{project_id:int}/courses/{number:int}/void")
@guard("course.edit", form=True)
def void(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    number: int,
    attempt: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0,
    reason: Annotated[str, Field(max_length=5_000)] = "",
) -> Response:
    """Declare a failed exam void, with a reason: there is a new try."""
    try:
        void_exam(house.db, project_id, attempt, reason, actor.person_id, house.clock())
    except InvalidError as error:
        sheet = read_course(house.db, project_id, number)
        return _show(request, actor, sheet, failed(error, values_of(sheet.course.plan)))
    return _to(project_id, number)


@router.get("/projects/{project_id:int}/courses/{number:int}/preview")
@guard("course.edit")
def preview(house: House, actor: Actor, request: Request, project_id: int, number: int) -> Response:
    """Show every step as learners see it, with what is right and why; nothing is counted."""
    sheet = read_course(house.db, project_id, number)
    known = {one.task_id: one for one in sheet.gold}
    steps: list[dict[str, Any]] = []
    with house.db.read() as connection:
        for step in sheet.course.plan.steps:
            gold = known.get(step.task_id or 0)
            task = None
            if step.task_id is not None and gold is not None:
                found = projects.load_task_sheet(connection, step.task_id, actor.person_id)
                assert found is not None  # noqa: S101  # a gold task is a task
                task = picture_of(
                    found,
                    sheet.questions,
                    _ENGLISH,
                    known=gold.value,
                    explanation=gold.explanation,
                    is_hard=sheet.project.tier > 0,
                )
            steps.append({"step": step, "body": markdown(step.body), "task": task})
    context = {
        "project": sheet.project,
        "course": sheet.course,
        "steps": steps,
        "island": island_json,
        "needs_script": any(one["task"] and one["task"].needs_script for one in steps),
    }
    return render(request, "course_preview.html", context, actor=actor)


def _to(project_id: int, number: int) -> Response:
    return RedirectResponse(f"/projects/{project_id}/courses/{number}", status_code=303)


def _show(request: Request, actor: Actor, sheet: CourseSheet, form: Form) -> Response:
    plan = sheet.course.plan
    gold = [(one, _gold_words(sheet, one)) for one in sheet.gold[:_LISTED]]
    pool = set(plan.exam_tasks)
    rest = {one.task_id for one in sheet.gold} - set(plan.lesson_tasks)
    context: dict[str, Any] = {
        "project": sheet.project,
        "sheet": sheet,
        "course": sheet.course,
        "plan": plan,
        "form": form,
        "rows": [StepRow(at, step) for at, step in enumerate(plan.steps)],
        "gold": gold,
        "pool": pool,
        "takes_all": pool == rest,
        "errors": [one for one in sheet.issues if one.severity == "error"],
        "warnings": [one for one in sheet.issues if one.severity != "error"],
        "chances": _chances(sheet),
        "results": _results(sheet),
        "sees_project": may(actor, "project.status", sheet.project.id),
    }
    return render(request, "course.html", context, actor=actor, status=form.status)


def _gold_words(sheet: CourseSheet, one: GoldTask) -> str:
    """Say a gold task in a line: what it shows, what is right, and whether that is explained."""
    text = one.data.get("text")
    shown = text[:60] if isinstance(text, str) else "picture"
    known = "; ".join(_answer(sheet, name, answer) for name, answer in one.value.items())
    unexplained = "" if one.explanation.strip() else " (no explanation yet)"
    return f"Task {one.task_id}: {shown} → {known}{unexplained}"


def _answer(sheet: CourseSheet, name: str, answer: Any) -> str:  # noqa: ANN401  # an answer
    question = next((one for one in sheet.questions if one.name == name), None)
    if question is None:
        return str(answer)[:60]
    config: Mapping[str, Any] = question.config
    labels = [
        (str(label["value"]), str(label.get("title") or label["value"]))
        for label in config.get("labels", ())
    ]
    return in_words(question, labels, answer, _ENGLISH)


def _chances(sheet: CourseSheet) -> Any:  # noqa: ANN401  # markup
    if not sheet.chances:
        return None
    return charts.bars(
        "Chance to pass, by how often somebody is right",
        [f"{share:.0%} right" for share, _ in sheet.chances],
        [round(100 * chance, 1) for _, chance in sheet.chances],
        " %",
        100,
    )


def _results(sheet: CourseSheet) -> Any:  # noqa: ANN401  # markup
    judged = [one for one in sheet.results if one.verdict is not None]
    if not judged:
        return None
    return charts.intervals(
        "Shares of right answers, with their exact 90 % intervals",
        [
            charts.Interval(
                one.name[:16],
                one.verdict.right / max(1, one.verdict.of),
                one.verdict.low,
                one.verdict.high,
            )
            for one in sorted(judged, key=lambda one: (one.name, one.attempt.id))[:40]
            if one.verdict is not None
        ],
    )
