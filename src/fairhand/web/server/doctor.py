"""The doctor's page: how this server is, for those who keep it up."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.examine_house import examine_house
from fairhand.use_cases.house import House
from fairhand.web.shared.doors import guard
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)
_ORDER = {"fail": 0, "warn": 1, "ok": 2}


@router.get("/admin/doctor")
@guard("server.view")
def doctor(house: House, actor: Actor, request: Request) -> Response:
    """Look at everything now; what needs somebody comes first."""
    findings = sorted(examine_house(house), key=lambda one: _ORDER[one.state])
    context = {
        "findings": findings,
        "failed": sum(one.state == "fail" for one in findings),
        "warned": sum(one.state == "warn" for one in findings),
        "at": house.clock(),
    }
    return render(request, "doctor.html", context, actor=actor)
