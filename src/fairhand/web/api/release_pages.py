"""The API of public pages: show a release to anybody, or to members alone again."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from fairhand.core.errors import ForbiddenError
from fairhand.people.accounts.rules import Actor, may
from fairhand.use_cases.hide_release import HideRelease, hide_release
from fairhand.use_cases.house import House
from fairhand.use_cases.read_releases import read_release
from fairhand.use_cases.show_release import ShowRelease, show_release
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["releases"], route_class=StrictRoute)


@router.put("/releases/{release_id}/page")
@guard("release.create")
def show(house: House, actor: Actor, release_id: int) -> Response:
    """Give a release a page that anybody may read: card, figures, proof; none of its data."""
    _own(house, actor, release_id)
    path = show_release(house.db, ShowRelease(release_id, actor.person_id), house.clock())
    return reply({"shown": True, "href": f"{house.settings.base_url}{path}"})


@router.delete("/releases/{release_id}/page")
@guard("release.create")
def hide(house: House, actor: Actor, release_id: int) -> Response:
    """Take the page away again; what others read of it they have read."""
    _own(house, actor, release_id)
    hide_release(house.db, HideRelease(release_id, actor.person_id), house.clock())
    return reply({"shown": False, "href": None})


def _own(house: House, actor: Actor, release_id: int) -> None:
    """Let nobody but its project's owner decide who reads about a release."""
    found = read_release(house.db, actor, release_id).release
    if not may(actor, "release.create", found.project_id):
        raise ForbiddenError("Your account may not do this here.")
