"""The API of wage floors: list, load, approve, end."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import Field
from starlette.responses import Response

from fairhand.core.errors import Issue
from fairhand.pay.floors.approval import EVIDENCE_MOST_BYTES, Approval
from fairhand.pay.floors.reader import floor_json
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.approve_floor import ApproveFloor, approve_floor
from fairhand.use_cases.end_floor import EndFloor, end_floor
from fairhand.use_cases.house import House
from fairhand.use_cases.load_wage_floors import LoadWageFloors, load_wage_floors
from fairhand.use_cases.read_floors import read_floor_office
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["pay"], route_class=StrictRoute)

Words = Annotated[str, Form(max_length=4_000)]


class FloorsBody(Body):
    """The text of a wagefloor/v1 file, CSV or JSON."""

    text: str = Field(min_length=1, max_length=4_000_000)


class EndFloorBody(Body):
    """The last day of a row, at the earliest today, and why it ends."""

    last_day: str = Field(max_length=10)
    reason: str = Field(max_length=4_000)


@router.get("/pay/floors")
@guard("pay.view_all")
def floors(house: House, actor: Actor) -> Response:
    """List wage rows by what they do today, and what the people of each place need."""
    office = read_floor_office(house.db, house.clock())
    needs = [
        {
            "country": need.country,
            "region": need.region,
            "people": need.people,
            "floor": None if need.floor is None else str(need.floor.money),
            "row": None if need.floor is None else need.floor.row.id,
            "drafts": need.drafts,
        }
        for need in office.needs
    ]
    groups = {
        "in_force": office.in_force,
        "coming": office.coming,
        "drafts": office.drafts,
        "past": office.past,
    }
    lists = {name: [floor_json(row) for row in rows] for name, rows in groups.items()}
    warnings = _issues(office.warnings)
    return reply({"needs": needs, "nowhere": office.nowhere, **lists, "warnings": warnings})


@router.post("/pay/floors")
@guard("pay.set")
def load(house: House, actor: Actor, body: FloorsBody) -> Response:
    """Load rows; good ones are kept, bad ones listed, and no file takes an approval away."""
    done = load_wage_floors(house.db, LoadWageFloors(body.text, actor.person_id), house.clock())
    saved = done.saved
    counts = {"added": saved.added, "changed": saved.changed, "unchanged": saved.unchanged}
    return reply({**counts, "issues": _issues(done.issues[:100])})


@router.post("/pay/floors/{row_id}/approve")
@guard("pay.set")
def approve(
    house: House,
    actor: Actor,
    row_id: str,
    evidence: Annotated[UploadFile, File()],
    note: Words,
    checked: Annotated[bool, Form()] = False,
    hours_per_week: Words = "",
    payments_per_year: Words = "",
) -> Response:
    """Approve a draft with evidence; `checked` says that you have read the source yourself."""
    given = Approval(hours_per_week.strip(), payments_per_year.strip(), note, checked)
    content = evidence.file.read(EVIDENCE_MOST_BYTES + 1)
    command = ApproveFloor(row_id, actor.person_id, given, content)
    return reply(floor_json(approve_floor(house.db, house.blobs, command, house.clock())))


@router.post("/pay/floors/{row_id}/end")
@guard("pay.set")
def end(house: House, actor: Actor, row_id: str, body: EndFloorBody) -> Response:
    """Give a row its last day; people who worked under it keep its amount."""
    command = EndFloor(row_id, body.last_day, actor.person_id, body.reason)
    return reply(floor_json(end_floor(house.db, command, house.clock())))


def _issues(issues: tuple[Issue, ...]) -> list[dict[str, str]]:
    return [
        {"place": issue.place, "message": issue.message, "severity": issue.severity}
        for issue in issues
    ]
