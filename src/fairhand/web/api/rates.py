"""The API of exchange rates: the newest of each pair, and bringing new ones in."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.pay.fx.rules import RateFound, rate_text
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.import_fx import ImportFx, import_fx
from fairhand.use_cases.read_rates import read_rates
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["pay"], route_class=StrictRoute)


class RatesBody(Body):
    """The text of a file of rates: our CSV, or the European Central Bank's CSV or XML."""

    text: str = Field(min_length=1, max_length=8_000_000)


@router.get("/pay/rates")
@guard("pay.view_all")
def rates(house: House, actor: Actor) -> Response:
    """List the newest rate of each pair, and the pairs that are needed now."""
    office = read_rates(house.db, house.clock())
    latest = [
        {
            "base": one.rate.base,
            "quote": one.rate.quote,
            "rate": one.written,
            "as_of": one.rate.as_of.isoformat(),
            "source_title": one.rate.source_title,
            "source_url": one.rate.source_url,
        }
        for one in office.latest
    ]
    needed = [
        {"base": one.base, "quote": one.quote, "found": found_json(one.found)}
        for one in office.needed
    ]
    return reply({"rates": latest, "needed": needed, "kept": office.kept})


@router.post("/pay/rates")
@guard("pay.set")
def import_rates(house: House, actor: Actor, body: RatesBody) -> Response:
    """Import rates; good lines are kept, bad ones are listed, the same text again adds nothing."""
    command = ImportFx(body.text.encode(), actor.person_id)
    done = import_fx(house.db, command, house.clock())
    issues = [
        {"place": issue.place, "message": issue.message, "severity": issue.severity}
        for issue in done.issues[:100]
    ]
    return reply({"added": done.saved.added, "unchanged": done.saved.unchanged, "issues": issues})


def found_json(found: RateFound | None) -> dict[str, object] | None:
    """Write a rate that was found; None where none is known."""
    if found is None:
        return None
    return {
        "rate": rate_text(found.value, 12),
        "exact": str(found.value),
        "as_of": found.as_of.isoformat(),
        "age_days": found.age_days,
        "via": found.via or None,
        "source_title": found.source_title,
    }
