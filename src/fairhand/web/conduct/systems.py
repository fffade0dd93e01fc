"""The register of automated systems: what each is for, what it reads, and what sways it."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Form as Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import InvalidError
from fairhand.model.system import EFFECTS
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.house import House
from fairhand.use_cases.read_systems import FAMILIES, read_systems
from fairhand.use_cases.switch_system import SwitchSystem, switch_system
from fairhand.web.shared import charts
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)

Short = Annotated[str, Field(max_length=80)]
Text = Annotated[str, Field(max_length=20_000)]


@router.get("/conduct/systems")
@guard("conduct.view")
def systems(house: House, actor: Actor, request: Request) -> Response:
    """Show the register, family by family."""
    return _show(house, actor, request, Form())


@router.post("/conduct/systems")
@guard("conduct.decide", form=True, everywhere=True)
def switch(
    house: House,
    actor: Actor,
    request: Request,
    name: Short = "",
    is_on: Short = "",
    reason: Text = "",
) -> Response:
    """Switch a system off, or on again."""
    command = SwitchSystem(actor.person_id, name, is_on == "on", reason)
    try:
        switch_system(house.db, command, house.clock())
    except InvalidError as error:
        return _show(house, actor, request, failed(error, {"name": name, "reason": reason}))
    return RedirectResponse("/conduct/systems", status_code=303)


def _show(house: House, actor: Actor, request: Request, form: Form) -> Response:
    listed = read_systems(house.db)
    effects = Counter(one.system.effect for one in listed)
    context: dict[str, Any] = {
        "families": [
            (FAMILIES[family], list(found))
            for family, found in groupby(listed, key=lambda one: one.family)
        ],
        "effects": EFFECTS,
        "count": len(listed),
        "picture": charts.bars(
            "Systems by what they may do at most",
            [str(effect) for effect in EFFECTS],
            [effects[effect] for effect in EFFECTS],
        ),
        "may_switch": may(actor, "conduct.decide"),
        "form": form,
    }
    return render(request, "systems.html", context, actor=actor, status=form.status)
