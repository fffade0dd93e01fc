"""The policy on templates of voices and faces: open to everybody, as Illinois asks."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairhand.use_cases.read_campaign import read_biometric_policy
from fairhand.web.shared.doors import house_of, public
from fairhand.web.shared.pages import markdown, render

router = APIRouter(include_in_schema=False)


@router.get("/campaigns/{project_id:int}/biometrics")
@public
def biometrics(request: Request, project_id: int) -> Response:
    """Show what a campaign does with templates, and when they are destroyed."""
    house = house_of(request)
    words = read_biometric_policy(house.db, project_id, house.clock())
    title, _, rest = words.partition("\n")
    context = {"title": title.removeprefix("# "), "words": markdown(rest)}
    return render(request, "biometrics.html", context)
