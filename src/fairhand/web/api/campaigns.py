"""The API of campaigns: terms, cells, notice, coverage, and what people say of themselves."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.core.errors import InvalidError
from fairhand.people.accounts.rules import Actor
from fairhand.people.campaigns import store
from fairhand.people.campaigns.coverage import CellPicture, Share
from fairhand.people.campaigns.law_packs import LawPack, law_packs
from fairhand.people.campaigns.rules import ATTRIBUTES, Campaign, Cell, Profile, profile_of
from fairhand.people.consent.notices import notice_words, terms_issues
from fairhand.use_cases.campaign_offer import offer_from_plain, offer_terms
from fairhand.use_cases.house import House
from fairhand.use_cases.publish_notice import PublishNotice, publish_notice
from fairhand.use_cases.read_campaign import CampaignPage, read_campaign
from fairhand.use_cases.read_coverage import CoveragePage, read_coverage
from fairhand.use_cases.say_profile import SayProfile, say_profile
from fairhand.use_cases.set_campaign import SetCampaign, set_campaign
from fairhand.use_cases.set_cells import SetCells, set_cells
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["campaigns"], route_class=StrictRoute)

Number = Annotated[float, Field(strict=False, allow_inf_nan=False, ge=-1e6, le=1e6)]
Whole = Annotated[int, Field(ge=0, le=10**12)]
Word = Annotated[str, Field(max_length=200)]


class CampaignBody(Body):
    """What shall hold; what is left out stays as it is. `epsilon` null: no noise."""

    modalities: list[Word] | None = Field(default=None, max_length=10)
    anonymise: dict[Word, Word] | None = Field(default=None, max_length=10)
    law_pack: Word | None = None
    retention_days: Whole | None = None
    least_age: Whole | None = None
    smallest_cell: Whole | None = None
    epsilon: Number | None = None
    checks: dict[Word, Number | Word] | None = Field(default=None, max_length=20)
    is_listed: bool | None = None


class CellBody(Body):
    """A part of the picture: who it is about, and how many contributions it needs."""

    name: Word
    attributes: dict[Word, Word] = Field(max_length=10)
    target: Whole


class CellsBody(Body):
    """The cells that a campaign shall have, and no others."""

    cells: list[CellBody] = Field(max_length=1_000)


class OfferBody(Body):
    """What people are asked to agree to. With `preview` the words come back and nothing is kept.

    `controller` holds name, address, contact and jurisdiction.
    """

    controller: dict[Word, Word] = Field(max_length=10)
    needed: Word = "training"
    extras: list[Word] = Field(default_factory=list, max_length=20)
    longest_days: Whole = 365
    territories: list[Word] = Field(default_factory=lambda: ["worldwide"], max_length=300)
    recipients: list[Word] | None = Field(default=None, max_length=300)
    royalty: str = Field(default="", max_length=2_000)
    storage: list[Word] = Field(default_factory=list, max_length=20)
    preview: bool = False


class ProfileBody(Body):
    """What you say of yourself for one campaign; what is left out is not said."""

    language: Word = ""
    region: Word = ""
    device: Word = ""
    environment: Word = ""
    age_band: Word = ""


@router.get("/law-packs")
@guard("own")
def packs(house: House, actor: Actor) -> Response:
    """List the law packs: each number with its source and how sure it is."""
    return reply({"law_packs": [pack_json(one) for one in law_packs().values()]})


@router.get("/projects/{project_id}/campaign")
@guard("campaign.view")
def show(house: House, actor: Actor, project_id: int) -> Response:
    """Show a project's campaign: its terms, cells, schedule and notice."""
    return reply(page_json(read_campaign(house.db, project_id)))


@router.put("/projects/{project_id}/campaign")
@guard("campaign.edit")
def change(house: House, actor: Actor, project_id: int, body: CampaignBody) -> Response:
    """Make a project a campaign, or change the terms of one."""
    given = body.model_dump(exclude_unset=True)
    terms = {name: one for name, one in given.items() if one is not None or name == "epsilon"}
    set_campaign(house.db, SetCampaign(actor.person_id, project_id, terms), house.clock())
    return reply(page_json(read_campaign(house.db, project_id)))


@router.put("/projects/{project_id}/campaign/cells")
@guard("campaign.edit")
def change_cells(house: House, actor: Actor, project_id: int, body: CellsBody) -> Response:
    """Say of whom how much is needed; a cell is known again by its name."""
    cells = [Cell(0, one.name, one.attributes, one.target) for one in body.cells]
    kept = set_cells(house.db, SetCells(actor.person_id, project_id, cells), house.clock())
    return reply({"cells": [cell_json(one) for one in kept]})


@router.post("/projects/{project_id}/campaign/notice", status_code=201)
@guard("campaign.edit")
def publish(house: House, actor: Actor, project_id: int, body: OfferBody) -> Response:
    """Publish the notice that people read, or preview its words."""
    page = read_campaign(house.db, project_id)
    if page.campaign is None:
        raise InvalidError("Say first what the campaign collects.", code="no_campaign")
    offer = offer_from_plain(body.model_dump(exclude={"preview"}))
    terms = offer_terms(page.project, page.campaign, offer)
    if issues := terms_issues(terms):
        raise InvalidError("The notice cannot be written yet.", issues=issues)
    words = notice_words(page.project.title, terms)
    if body.preview:
        return reply({"version": None, "words": words, "terms": terms.as_json()})
    command = PublishNotice(project_id, actor.person_id, terms)
    version = publish_notice(house.db, command, house.clock())
    return reply({"version": version, "words": words, "terms": terms.as_json()}, 201)


@router.get("/projects/{project_id}/coverage")
@guard("campaign.view")
def coverage(house: House, actor: Actor, project_id: int) -> Response:
    """Show what came of whom, with small groups hidden, and whom to ask next."""
    return reply(coverage_json(read_coverage(house.db, project_id, house.clock())))


@router.get("/campaigns/{project_id}/profile")
@guard("own")
def profile(house: House, actor: Actor, project_id: int) -> Response:
    """Show what you said of yourself for a campaign."""
    with house.db.read() as connection:
        said = store.load_profile(connection, actor.person_id, project_id)
    return reply(profile_json(said or Profile()))


@router.put("/campaigns/{project_id}/profile")
@guard("own")
def say(house: House, actor: Actor, project_id: int, body: ProfileBody) -> Response:
    """Say something of yourself, or take it back; it counts for what you give from now on."""
    command = SayProfile(actor.person_id, project_id, profile_of(body.model_dump()))
    return reply(profile_json(say_profile(house.db, command, house.clock())))


def page_json(page: CampaignPage) -> dict[str, Any]:
    """Write a campaign for the API and the command line."""
    notice = page.notice
    return {
        "project_id": page.project.id,
        "can_bring": list(page.can_bring),
        "campaign": None if page.campaign is None else campaign_json(page.campaign),
        "cells": [cell_json(one) for one in page.cells],
        "law_pack": pack_json(page.pack),
        "schedule": [
            {"what": one.what, "how_long": one.how_long, "why": one.why} for one in page.schedule
        ],
        "notice": None
        if notice is None
        else {
            "version": notice.version,
            "language": notice.language,
            "sha256": notice.sha256,
            "published_at": iso(notice.published_at),
            "words": notice.words,
        },
    }


def campaign_json(campaign: Campaign) -> dict[str, Any]:
    """Write a campaign's terms."""
    return {
        "modalities": list(campaign.modalities),
        "anonymise": dict(campaign.anonymise),
        "law_pack": campaign.law_pack,
        "retention_days": campaign.retention_days,
        "least_age": campaign.least_age,
        "smallest_cell": campaign.smallest_cell,
        "epsilon": campaign.epsilon,
        "checks": dict(campaign.checks),
        "is_listed": campaign.is_listed,
        "changed_at": iso(campaign.changed_at),
    }


def cell_json(cell: Cell) -> dict[str, Any]:
    """Write a cell."""
    return {"name": cell.name, "attributes": dict(cell.attributes), "target": cell.target}


def pack_json(pack: LawPack) -> dict[str, Any]:
    """Write a law pack with its sources."""
    return {
        "name": pack.name,
        "title": pack.title,
        "summary": pack.summary,
        "countries": list(pack.countries),
        "rules": {
            name: {
                "number": rule.number,
                "words": rule.words,
                "source": rule.source,
                "basis": rule.basis,
                "sure": rule.sure,
            }
            for name, rule in pack.rules.items()
        },
        "kept": [{"what": one.what, "law": one.law, "days": one.days} for one in pack.kept],
        "rights": list(pack.rights),
    }


def profile_json(said: Profile) -> dict[str, str]:
    """Write what somebody said of themselves."""
    return {name: getattr(said, name) for name in ATTRIBUTES}


def coverage_json(page: CoveragePage) -> dict[str, Any]:
    """Write a campaign's picture; null where a group is too small to be shown."""
    drawn = page.coverage
    return {
        "project_id": page.project.id,
        "as_of": iso(drawn.as_of),
        "smallest_cell": drawn.smallest_cell,
        "epsilon": drawn.epsilon,
        "error_within_95": drawn.error,
        "weeks": drawn.weeks,
        "people": drawn.people,
        "reached": drawn.reached,
        "target": drawn.target,
        "cells": [_cell(one) for one in drawn.cells],
        "margins": [
            {
                "attribute": one.attribute,
                "value": one.value,
                "people": one.people,
                "reached": one.reached,
            }
            for one in drawn.margins
        ],
        "hidden_margins": drawn.hidden_margins,
        "next": [one.cell.name for one in drawn.next],
    }


def _cell(one: CellPicture) -> dict[str, Any]:
    return {
        **cell_json(one.cell),
        "people": one.people,
        "reached": one.reached,
        "missing": one.missing,
        "clean_at_first": None if one.clean is None else _share(one.clean),
        "cost_micros": one.cost_micros,
        "suggested_target": one.suggested,
    }


def _share(share: Share) -> dict[str, float]:
    return {
        "value": round(share.value, 2),
        "low": round(share.low, 3),
        "high": round(share.high, 3),
    }
