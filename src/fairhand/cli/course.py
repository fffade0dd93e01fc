"""`fairhand course …`: lessons and exams made from guidelines and gold tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.voice import remark, table, tell

if TYPE_CHECKING:
    from rich.table import Table

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Courses: what newcomers learn first, paid, and the exam that lets them work.",
)
Number = Annotated[int, typer.Argument(metavar="COURSE", min=1, help="The course's number.")]


def register(app: typer.Typer) -> None:
    """Add `course`."""
    app.add_typer(group, name="course")


@group.command("list")
def list_all(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List a project's courses, the newest first.

    Example:  fairhand course list digits
    """
    from fairhand.use_cases.read_courses import list_project_courses
    from fairhand.web.api.courses import course_json

    with opened(workspace) as house:
        found = find_project(house, project)
        _, courses, gold = list_project_courses(house.db, found.id)
    shown = table("Courses", ">Number", "Title", "State", ">Guidelines", ">Steps", "Exam")
    for one in courses:
        exam = f"{one.plan.exam_asks} of {len(one.plan.exam_tasks)} tasks"
        shown.add_row(
            str(one.number),
            one.plan.title,
            one.state,
            f"v{one.project_version}",
            str(len(one.plan.steps)),
            exam,
        )
    content = {"courses": [course_json(one) for one in courses], "gold": gold}
    none = f"No course yet. Next:  fairhand course draft {found.slug}"
    tell(content, shown if courses else none)


@group.command("draft")
def draft(
    project: ProjectName,
    from_last: Annotated[
        bool, typer.Option("--from-last", help="Take the newest course over.")
    ] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Draft a course from the project's guidelines and gold tasks.

    Example:  fairhand course draft digits
    """
    from fairhand.use_cases.draft_course import DraftCourse, draft_course
    from fairhand.web.api.courses import course_json

    with opened(workspace) as house:
        found = find_project(house, project)
        command = DraftCourse(owner_id_of(house), found.id, copy=from_last)
        made = draft_course(house.db, command, house.clock())
    steps = len(made.plan.steps)
    tell(course_json(made), f"Course {made.number} is drafted: {steps} steps. Look it through.")
    remark(f"Next:  fairhand course show {found.slug} {made.number}")


@group.command("show")
def show(
    project: ProjectName, number: Number, workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Show a course: its steps, what its exam takes, what it lacks, and how exams went.

    Exit code 1 when something keeps a draft from being published.

    Example:  fairhand course show digits 1
    """
    from fairhand.use_cases.read_courses import read_course
    from fairhand.web.api.courses import course_json, verdict_json

    with opened(workspace) as house:
        found = find_project(house, project)
        sheet = read_course(house.db, found.id, number)
    errors = [one for one in sheet.issues if one.severity == "error"]
    results = [
        {"name": one.name, "state": one.attempt.state, "verdict": verdict_json(one.verdict)}
        for one in sheet.results
    ]
    content: dict[str, Any] = course_json(sheet.course) | {
        "needed": sheet.needed,
        "issues": [one.message for one in sheet.issues],
        "results": results,
    }
    steps = table("Steps", ">", "Kind", "What")
    for at, step in enumerate(sheet.course.plan.steps, 1):
        what = step.title or step.body[:60] if step.task_id is None else f"task {step.task_id}"
        steps.add_row(str(at), step.kind, what.replace("\n", " "))
    exams = table("Exams", "Name", "State", "Right")
    for one in sheet.results:
        told = f"{one.verdict.right} of {one.verdict.of}" if one.verdict else ""
        exams.add_row(one.name, one.attempt.state, told)
    takes = f"{sheet.needed} of {sheet.course.plan.exam_asks} right answers pass."
    parts: list[str | Table] = [f"{sheet.course.plan.title} ({sheet.course.state})", steps]
    parts += [takes] if sheet.needed else []
    parts += [exams] if sheet.results else []
    tell(content, *parts, *(one.message for one in sheet.issues))
    if errors:
        raise typer.Exit(1)


@group.command("publish")
def publish(
    project: ProjectName, number: Number, workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Let newcomers take a course first from now on; the live one before it is retired.

    Example:  fairhand course publish digits 1
    """
    from fairhand.use_cases.publish_course import publish_course

    with opened(workspace) as house:
        found = find_project(house, project)
        warnings = publish_course(house.db, found.id, number, owner_id_of(house), house.clock())
    words = f"Course {number} is live: who joins {found.title} learns first, and is paid for it."
    tell(
        {"number": number, "state": "live", "warnings": [one.message for one in warnings]},
        words,
        *(one.message for one in warnings),
    )


@group.command("retire")
def retire(
    project: ProjectName, number: Number, workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Take a live course away; who was learning may work at once.

    Example:  fairhand course retire digits 1
    """
    from fairhand.use_cases.retire_course import retire_course

    with opened(workspace) as house:
        found = find_project(house, project)
        free = retire_course(house.db, found.id, number, owner_id_of(house), house.clock())
    words = (
        f"Course {number} is retired. {free} {'person' if free == 1 else 'people'} may work now."
    )
    tell({"number": number, "state": "retired", "people": free}, words)


@group.command("void")
def void(
    project: ProjectName,
    exam: Annotated[int, typer.Argument(metavar="EXAM", min=1, help="The exam's number.")],
    reason: Annotated[str, typer.Option(help="Why; the person reads it.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Declare an exam that was not passed void: it counts for nothing, there is a new try.

    Example:  fairhand course void digits 7 --reason "The network was down that hour."
    """
    from fairhand.use_cases.void_exam import void_exam

    with opened(workspace) as house:
        found = find_project(house, project)
        void_exam(house.db, found.id, exam, reason, owner_id_of(house), house.clock())
    tell({"attempt_id": exam, "state": "void"}, f"Exam {exam} counts for nothing now.")
