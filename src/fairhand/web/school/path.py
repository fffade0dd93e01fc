"""My path: the steps to more responsibility; and where owners and managers set them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.core.words import Words, words_for
from fairhand.people.accounts.rules import Actor
from fairhand.people.talent.career import ROLES, Missing, Needs, Reached
from fairhand.use_cases.end_career_step import end_career_step
from fairhand.use_cases.house import House
from fairhand.use_cases.read_path import OwnPath, read_path, read_steps
from fairhand.use_cases.set_career_step import SetCareerStep, set_career_step
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=400)]


@router.get("/path")
@guard("own")
def path(house: House, actor: Actor, request: Request) -> Response:
    """Show where one stands before each step, and what it adds to the hour."""
    words = words_for(actor.locale)
    mine = read_path(house.db, actor.person_id, house.clock())
    context: dict[str, Any] = {
        "_": words,
        "lang": words.language,
        "mine": mine,
        "roles": role_names(words),
        "states": {"held": words("yours"), "ready": words("open to you"), "ahead": words("ahead")},
        "lacks": {
            one.step.id: [_lack(each, mine, words) for each in one.missing] for one in mine.steps
        },
        "pay": _pay_picture(mine.steps, words),
        "percent": percent,
    }
    return render(request, "path.html", context, actor=actor)


@router.get("/people/path")
@guard("people.invite", everywhere=True)
def steps(house: House, actor: Actor, request: Request) -> Response:
    """Show the steps that hold, and the form that sets one."""
    return _show_steps(house, actor, request, Form({"role": "reviewer", "project": "0"}))


@router.post("/people/path")
@guard("people.invite", form=True, everywhere=True)
def set_one(
    house: House,
    actor: Actor,
    request: Request,
    role: Text = "",
    title: Text = "",
    skill: Text = "",
    answers: Text = "",
    days: Text = "",
    pay: Text = "",
    project: Text = "0",
) -> Response:
    """Set a step; what was typed stays where something is wrong."""
    typed = {
        "role": role,
        "title": title,
        "skill": skill,
        "answers": answers,
        "days": days,
        "pay": pay,
        "project": project,
    }
    try:
        chosen = number(skill, "skill")
        command = SetCareerStep(
            set_by=actor.person_id,
            role=role,
            title=title,
            needs=Needs(
                (chosen,) if chosen else (), number(answers, "answers"), number(days, "days")
            ),
            pay_permille=tenths(pay),
            project_id=number(project, "project"),
        )
        set_career_step(house.db, command, house.clock())
    except FairhandError as error:
        return _show_steps(house, actor, request, failed(error, typed))
    return RedirectResponse("/people/path", status_code=303)


@router.post("/people/path/{step_id:int}/end")
@guard("people.invite", form=True, everywhere=True)
def end(house: House, actor: Actor, step_id: int) -> Response:
    """End a step for those who do not hold it yet."""
    end_career_step(house.db, step_id, actor.person_id, house.clock())
    return RedirectResponse("/people/path", status_code=303)


def role_names(_: Words) -> dict[str, str]:
    """Name the roles of a path."""
    return {"contributor": _("contributor"), "reviewer": _("reviewer"), "trainer": _("trainer")}


def percent(permille: int) -> str:
    """Write thousandths as percent, without a needless zero."""
    whole, tenth = divmod(permille, 10)
    return f"{whole}.{tenth} %" if tenth else f"{whole} %"


def tenths(text: str) -> int:
    """Read percent as thousandths; raises InvalidError."""
    whole, dot, tenth = text.strip().partition(".")
    is_number = whole.isascii() and whole.isdigit() and len(whole) < 5
    if text.strip() and not (is_number and (not dot or (len(tenth) == 1 and tenth.isdigit()))):
        message = "Give percent as 5 or 7.5."
        raise InvalidError(message, issues=[Issue("pay", message)])
    return int(whole or 0) * 10 + int(tenth or 0)


def number(text: str, place: str) -> int:
    """Read a whole number, nothing as 0; raises InvalidError."""
    text = text.strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        message = "Give a whole number."
        raise InvalidError(message, issues=[Issue(place, message)])
    return int(text or 0)


def _show_steps(house: House, actor: Actor, request: Request, form: Form) -> Response:
    found = read_steps(house.db)
    names = {one.id: one.name for one in found.skills}
    context: dict[str, Any] = {
        "found": found,
        "form": form,
        "asks": lambda step: _asks(step.needs, names),
        "roles": [(one, one) for one in ROLES],
        "skills": [("", "No skill"), *((str(one.id), one.name) for one in found.skills)],
        "projects": [("0", "Everywhere"), *((str(k), v) for k, v in found.projects.items())],
        "percent": percent,
    }
    return render(request, "steps.html", context, actor=actor, status=form.status)


def _asks(needs: Needs, names: dict[int, str]) -> str:
    """Say in a line what a step asks."""
    asked = [names.get(skill, "?") for skill in needs.skills]
    asked += [f"{needs.answers:,} answers"] if needs.answers else []
    asked += [f"{needs.days:,} days"] if needs.days else []
    return ", ".join(asked) or "nothing more"


def _lack(one: Missing, mine: OwnPath, words: Words) -> tuple[str, tuple[int, int] | None]:
    """Say what is missing, and how far one is where there is a way to go."""
    if one.what == "skill":
        return words("the skill {skill}", skill=mine.skills.get(one.skill_id, "?")), None
    have, want = words.number(one.have), words.number(one.want)
    if one.what == "answers":
        said = words("{have} of {want} answers", have=have, want=want)
    else:
        said = words("{have} of {want} days", have=have, want=want)
    return said, (one.have, one.want)


def _pay_picture(steps: tuple[Reached, ...], words: Words) -> Markup | None:
    """Draw what each step adds to the hour."""
    paying = [one for one in steps if one.step.pay_permille]
    if not paying:
        return None
    return charts.bars(
        words("Added to the hour, in percent"),
        [one.step.title for one in paying],
        [one.step.pay_permille / 10 for one in paying],
        words=words,
    )
