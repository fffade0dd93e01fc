"""Royalties over the API: one's own shares, a project's promise, and uses."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from fairhand.core.clock import Instant, iso, parse_iso
from fairhand.core.errors import InvalidError, Issue
from fairhand.core.money import Money
from fairhand.pay.royalties.rules import SplitKey, Terms, UsageKind
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.use_cases.read_royalties import (
    read_own_royalties,
    read_royalty_office,
    read_terms,
    read_usage,
)
from fairhand.use_cases.record_usage import RecordUsage, record_usage
from fairhand.use_cases.set_royalty_terms import SetRoyaltyTerms, set_royalty_terms
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import money_of
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["pay"], route_class=StrictRoute)
_NO_MONEY = "0"
Amount = Annotated[str, Field(max_length=40)]


class TermsBody(BaseModel):
    """A promise; amounts are decimal strings in the project's currency."""

    model_config = ConfigDict(extra="forbid")
    share_permille: int = Field(ge=0, le=1000)
    training_run: Amount = _NO_MONEY
    voice_minute: Amount = _NO_MONEY
    yearly_floor: Amount = _NO_MONEY
    split: dict[SplitKey, int]


class UsageBody(BaseModel):
    """A use. `values` maps a task's number to what it was measured to be worth."""

    model_config = ConfigDict(extra="forbid")
    key: str = Field(min_length=1, max_length=120)
    kind: UsageKind
    licensee: str = Field(min_length=1, max_length=200)
    quantity: int = Field(default=1, ge=1, le=10**12)
    revenue: Amount | None = None
    release_id: int | None = Field(default=None, ge=1, le=2**63 - 1)
    happened_at: str | None = Field(default=None, max_length=40)
    values: dict[int, int] = Field(default_factory=dict)
    note: str = Field(default="", max_length=2000)


@router.get("/me/royalties")
@guard("own")
def own(house: House, actor: Actor) -> Response:
    """List your shares of later uses, newest first. Amounts are in micros."""
    shares = read_own_royalties(house.db, actor.person_id)
    return reply(
        {"royalties": [asdict(one) | {"happened_at": iso(one.happened_at)} for one in shares]}
    )


@router.get("/projects/{project_id}/royalty-terms")
@guard("project.status")
def terms(house: House, actor: Actor, project_id: int) -> Response:
    """Show what a project promises its contributors, and what it promised before."""
    currency, history = read_terms(house.db, project_id)
    return reply({"currency": currency, "terms": [terms_json(one, currency) for one in history]})


@router.post("/projects/{project_id}/royalty-terms")
@guard("pay.set")
def set_terms(house: House, actor: Actor, project_id: int, body: TermsBody) -> Response:
    """Promise contributors a share; what was promised may rise and never fall."""
    currency, _ = read_terms(house.db, project_id)
    wanted = Terms(
        version=0,
        share_permille=body.share_permille,
        training_run_minor=money_of(body.training_run, currency, "training_run").minor,
        voice_minute_minor=money_of(body.voice_minute, currency, "voice_minute").minor,
        yearly_floor_minor=money_of(body.yearly_floor, currency, "yearly_floor").minor,
        split=body.split,
        valid_from=house.clock(),
    )
    command = SetRoyaltyTerms(project_id, actor.person_id, wanted)
    made = set_royalty_terms(house.db, command, house.clock())
    return reply(terms_json(made, currency), 201)


@router.get("/pay/usages")
@guard("pay.view_all")
def usages(house: House, actor: Actor) -> Response:
    """List every use, newest first. Amounts are in micros."""
    found = read_royalty_office(house.db, house.clock()).usages
    return reply({"usages": [_usage_json(one) for one in found]})


@router.get("/pay/usages/{usage_id}")
@guard("pay.view_all")
def usage(house: House, actor: Actor, usage_id: int) -> Response:
    """Show one use and who got what of it."""
    found, people = read_usage(house.db, usage_id)
    return reply(_usage_json(found) | {"shares": [asdict(one) for one in people]})


@router.post("/projects/{project_id}/usages")
@guard("pay.set")
def record(house: House, actor: Actor, project_id: int, body: UsageBody) -> Response:
    """Write a use down and owe everybody their share; the same key counts once."""
    currency, _ = read_terms(house.db, project_id)
    revenue = None if body.revenue is None else money_of(body.revenue, currency, "revenue")
    command = RecordUsage(
        project_id=project_id,
        recorded_by=actor.person_id,
        key=body.key,
        kind=body.kind,
        licensee=body.licensee,
        happened_at=_instant(body.happened_at, house.clock()),
        quantity=body.quantity,
        revenue=revenue,
        release_id=body.release_id,
        values=body.values,
        note=body.note,
    )
    made = record_usage(house.db, command, house.clock())
    return reply(asdict(made), 200 if made.again else 201)


def terms_json(one: Terms, currency: str) -> dict[str, Any]:
    """Write terms with decimal amounts."""
    return {
        "version": one.version,
        "share_permille": one.share_permille,
        "training_run": Money(one.training_run_minor, currency).decimal(),
        "voice_minute": Money(one.voice_minute_minor, currency).decimal(),
        "yearly_floor": Money(one.yearly_floor_minor, currency).decimal(),
        "split": dict(one.split),
        "valid_from": iso(one.valid_from),
    }


def _usage_json(one: Any) -> dict[str, Any]:  # noqa: ANN401  # a UsageRow
    times = {"happened_at": iso(one.happened_at), "recorded_at": iso(one.recorded_at)}
    return asdict(one) | times


def _instant(text: str | None, now: Instant) -> Instant:
    if text is None:
        return now
    try:
        return parse_iso(text)
    except (ValueError, OverflowError) as error:
        raise InvalidError(str(error), issues=[Issue("happened_at", str(error))]) from error
