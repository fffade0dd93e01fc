"""`fairhand talent …`: skills, the directory, and the steps to more responsibility."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.people import PersonName, find_person
from fairhand.cli.voice import table, tell

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Skills, the people who want to be found by them, and career steps.",
)
Skills = Annotated[
    list[str] | None, typer.Option("--skill", help="A skill by name; may be given more than once.")
]


def register(app: typer.Typer) -> None:
    """Add `talent`."""
    app.add_typer(group, name="talent")


@group.command("skills")
def skills(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the skills that the workspace knows.

    Example:  fairhand talent skills
    """
    from dataclasses import asdict

    from fairhand.use_cases.read_talent import read_skills

    with opened(workspace) as house:
        found = read_skills(house.db)
    shown = table("", ">Id", "Skill", "Kind", "Meaning")
    for one in found:
        shown.add_row(str(one.id), one.name, one.kind, one.description)
    tell({"skills": [asdict(one) for one in found]}, shown if found else "There is no skill yet.")


@group.command("add-skill")
def add(
    name: Annotated[str, typer.Argument(help="The skill's name.")],
    kind: Annotated[str, typer.Option(help="task, language, domain or tool.")] = "task",
    description: Annotated[str, typer.Option(help="What it means.")] = "",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Add a skill that courses, searches and steps may name.

    Example:  fairhand talent add-skill "Birds of Kenya" --kind domain
    """
    from fairhand.use_cases.add_skill import AddSkill, add_skill

    with opened(workspace) as house:
        command = AddSkill(owner_id_of(house), name, kind, description)
        added = add_skill(house.db, command, house.clock())
    tell({"id": added}, f"{name} is skill {added}.")


@group.command("search")
def search(
    skill: Skills = None,
    language: Annotated[str, typer.Option(help="A language tag, as sw or pt-BR.")] = "",
    hours: Annotated[int, typer.Option(min=0, help="Offers at least these hours a week.")] = 0,
    role: Annotated[str, typer.Option(help="Would like to be: reviewer or trainer.")] = "",
    word: Annotated[str, typer.Option(help="Knows about this.")] = "",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Find people who want to be found; nobody else is listed.

    Example:  fairhand talent search --skill Swahili --hours 10
    """
    from fairhand.people.talent.rules import Search, is_available, profile_json
    from fairhand.use_cases.read_talent import read_skills, search_talent

    with opened(workspace) as house:
        now = house.clock()
        known = {one.name.lower(): one.id for one in read_skills(house.db)}
        wanted = Search(_ids(known, skill or []), language, hours, role, word)
        directory = search_talent(house.db, wanted, now)
    rows = []
    shown = table("", ">Id", "Name", "Has shown", "Speaks", "Available", ">Hours a week")
    for one in directory.found:
        names = [each.name for each in one.skills]
        is_free = is_available(one.profile, now)
        rows.append(
            {"person_id": one.person_id, "name": one.name, "skills": names, "available": is_free}
            | dict(profile_json(one.profile))
        )
        shown.add_row(
            str(one.person_id),
            one.name,
            ", ".join(names),
            ", ".join(each.tag for each in one.profile.languages),
            "yes" if is_free else "no",
            str(one.profile.hours_a_week or ""),
        )
    said = f"{len(rows)} of {directory.listed} people who can be found."
    tell({"found": rows, "listed": directory.listed}, *([shown] if rows else []), said)


@group.command("path")
def path(person: PersonName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Show where somebody stands before each step.

    Example:  fairhand talent path amina@example.org
    """
    from dataclasses import asdict

    from fairhand.use_cases.read_path import read_path

    with opened(workspace) as house:
        mine = read_path(house.db, find_person(house, person).id, house.clock())
    shown = table("", "Step", "Role", "State", ">Adds", "Missing")
    rows: list[dict[str, Any]] = []
    for one in mine.steps:
        rows.append(
            {"step": one.step.title, "role": one.step.role, "state": one.state}
            | {"pay_permille": one.step.pay_permille}
            | {"missing": [asdict(each) for each in one.missing]}
        )
        lacks = [
            mine.skills.get(each.skill_id, "?")
            if each.what == "skill"
            else f"{each.have} of {each.want} {each.what}"
            for each in one.missing
        ]
        adds = f"{one.step.pay_permille / 10:g} %"
        shown.add_row(one.step.title, one.step.role, one.state, adds, ", ".join(lacks))
    tell({"steps": rows}, shown if rows else "No step has been set.")


@group.command("set-step")
def set_step(
    role: Annotated[str, typer.Argument(help="contributor, reviewer or trainer.")],
    title: Annotated[str, typer.Argument(help="What people read.")],
    skill: Skills = None,
    answers: Annotated[int, typer.Option(min=0, help="Asks for so many answers.")] = 0,
    days: Annotated[int, typer.Option(min=0, help="Asks for so many days here.")] = 0,
    pay: Annotated[
        float, typer.Option(min=0, help="Adds so much to the hour, in percent, to a tenth.")
    ] = 0.0,
    project: Annotated[str | None, typer.Option(help="Only in this project.")] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Set a step; whoever has the role is paid it on top of every paid hour from then on.

    Example:  fairhand talent set-step reviewer "Reviewer" --answers 500 --pay 7.5
    """
    from fairhand.people.talent.career import Needs
    from fairhand.use_cases.read_talent import read_skills
    from fairhand.use_cases.set_career_step import SetCareerStep, set_career_step

    with opened(workspace) as house:
        known = {one.name.lower(): one.id for one in read_skills(house.db)}
        needs = Needs(tuple(sorted(_ids(known, skill or []))), answers, days)
        place = find_project(house, project).id if project else 0
        who = owner_id_of(house)
        command = SetCareerStep(who, role, title, needs, round(pay * 10), place)
        added = set_career_step(house.db, command, house.clock())
    tell({"id": added}, f"{title} is step {added}.")


@group.command("end-step")
def end_step(
    number: Annotated[int, typer.Argument(metavar="ID", help="The step's number.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """End a step for those who do not hold it yet; whoever holds it keeps it and its pay.

    Example:  fairhand talent end-step 2
    """
    from fairhand.use_cases.end_career_step import end_career_step

    with opened(workspace) as house:
        end_career_step(house.db, number, owner_id_of(house), house.clock())
    tell({"id": number, "state": "ended"}, f"Step {number} is open to nobody new.")


def _ids(known: dict[str, int], names: list[str]) -> frozenset[int]:
    """Find skills by name; raises NotFoundError listing those there are."""
    from fairhand.core.errors import NotFoundError

    unknown = [name for name in names if name.lower() not in known]
    if unknown:
        there_are = ", ".join(sorted(known)) or "none yet"
        raise NotFoundError(f"There is no skill {unknown[0]!r}. There are: {there_are}.")
    return frozenset(known[name.lower()] for name in names)
