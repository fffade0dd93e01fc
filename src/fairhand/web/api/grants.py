"""The API of consent: read a notice, show that it is clear, permit, say no, see and end grants."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import iso
from fairhand.people.accounts.rules import Actor
from fairhand.people.campaigns.rules import profile_of
from fairhand.use_cases.check_understanding import check_understanding
from fairhand.use_cases.give_grants import GiveGrants, give_grants
from fairhand.use_cases.house import House
from fairhand.use_cases.read_grants import OwnGrant, read_grant, read_grants
from fairhand.use_cases.read_notice import OpenNotice, live_notice_of, read_notice
from fairhand.use_cases.refuse_campaign import refuse_campaign
from fairhand.use_cases.withdraw_grant import WithdrawGrant, withdraw_grant
from fairhand.web.api.bodies import Body
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["grants"], route_class=StrictRoute)

Word = Annotated[str, Field(max_length=200)]
Whole = Annotated[int, Field(ge=0, le=10**12)]
_RENDERING = "api/1"


class AnswersBody(Body):
    """The answers to the two questions of a notice, by their places, from 0."""

    notice_id: Whole
    answers: list[Whole] = Field(max_length=10)


class NoticeBody(Body):
    """Which notice was read."""

    notice_id: Whole


class GrantBody(Body):
    """What is permitted: `ticked` maps a modality to purposes; what is not in it is not permitted.

    `territory` empty: wherever the notice says. `guardian` holds name, relation and contact.
    """

    notice_id: Whole
    ticked: dict[Word, Annotated[list[Word], Field(max_length=20)]] = Field(max_length=10)
    days: Whole
    territory: list[Word] = Field(default_factory=list, max_length=300)
    is_minor: bool = False
    guardian: dict[Word, Word] | None = Field(default=None, max_length=5)
    proxy: dict[Word, Word] | None = Field(default=None, max_length=5)
    profile: dict[Word, Word] | None = Field(default=None, max_length=10)


class EndBody(Body):
    """What ends: these purposes; none named: all of the grant."""

    purposes: list[Word] = Field(default_factory=list, max_length=20)


@router.get("/campaigns/{project_id}/notice")
@guard("work")
def notice(house: House, actor: Actor, project_id: int) -> Response:
    """Show a campaign's notice in your language, its questions, and how far you are."""
    return reply(notice_json(read_notice(house.db, actor.person_id, project_id, house.clock())))


@router.post("/campaigns/{project_id}/understand")
@guard("work")
def understand(house: House, actor: Actor, project_id: int, body: AnswersBody) -> Response:
    """Answer the two questions, as often as you like; wrong ones come back explained."""
    live_notice_of(house.db, project_id, body.notice_id, house.clock())
    tried = check_understanding(
        house.db, actor.person_id, body.notice_id, body.answers, house.clock()
    )
    wrong = [{"question": at, "why": why} for at, why in sorted(tried.wrong.items())]
    return reply({"understood": tried.right, "wrong": wrong})


@router.post("/campaigns/{project_id}/grants", status_code=201)
@guard("work")
def give(house: House, actor: Actor, project_id: int, body: GrantBody) -> Response:
    """Permit what is ticked, and take part; one grant for each modality."""
    command = GiveGrants(
        person_id=actor.person_id,
        project_id=project_id,
        notice_id=body.notice_id,
        ticked={modality: tuple(many) for modality, many in body.ticked.items()},
        days=body.days,
        rendering=_RENDERING,
        territory=tuple(body.territory),
        is_minor=body.is_minor,
        guardian=body.guardian,
        proxy=body.proxy,
        profile=None if body.profile is None else profile_of(body.profile),
    )
    given = give_grants(house.db, command, house.clock())
    made = [
        grant_json(read_grant(house.db, actor.person_id, one, house.clock()))
        for one in given.grant_ids.values()
    ]
    return reply({"grants": made, "event_id": given.event_id, "joined": given.joined}, 201)


@router.post("/campaigns/{project_id}/refuse")
@guard("work")
def refuse(house: House, actor: Actor, project_id: int, body: NoticeBody) -> Response:
    """Say no to a campaign; nothing follows from it."""
    live_notice_of(house.db, project_id, body.notice_id, house.clock())
    refuse_campaign(house.db, actor.person_id, body.notice_id, house.clock())
    return reply({"refused": project_id})


@router.get("/grants")
@guard("own")
def own(house: House, actor: Actor) -> Response:
    """List what you permit and permitted, the newest first."""
    found = read_grants(house.db, actor.person_id, house.clock())
    return reply({"grants": [grant_json(one) for one in found.grants]})


@router.get("/grants/{grant_id}")
@guard("own")
def one_grant(house: House, actor: Actor, grant_id: int) -> Response:
    """Show one of your grants."""
    return reply(grant_json(read_grant(house.db, actor.person_id, grant_id, house.clock())))


@router.get("/grants/{grant_id}/receipt")
@guard("own")
def receipt(house: House, actor: Actor, grant_id: int) -> Response:
    """Give the receipt of one of your grants as JSON-LD."""
    now = house.clock()
    return reply(read_grant(house.db, actor.person_id, grant_id, now).receipt(now))


@router.post("/grants/{grant_id}/end")
@guard("own")
def end(house: House, actor: Actor, grant_id: int, body: EndBody) -> Response:
    """End purposes of a grant, or all of it; it holds when this answers."""
    command = WithdrawGrant(actor.person_id, grant_id, tuple(body.purposes))
    done = withdraw_grant(house.db, command, house.clock())
    return reply(
        {
            "grant_id": grant_id,
            "withdrawal_id": done.withdrawal_id,
            "event_id": done.event_id,
            "items": done.items,
            "releases": done.releases,
            "left_campaign": done.left_campaign,
        }
    )


def notice_json(page: OpenNotice) -> dict[str, Any]:
    """Write a notice as its reader sees it: the right answers are not in it."""
    found = page.notice
    return {
        "notice_id": found.id,
        "project_id": found.project_id,
        "version": found.version,
        "language": found.language,
        "languages": list(page.languages),
        "words": found.words,
        "sha256": found.sha256,
        "terms": found.terms.as_json(),
        "questions": [{"words": one.words, "choices": list(one.choices)} for one in found.checks],
        "expires_at": None if found.expires_at is None else iso(found.expires_at),
        "understood": page.is_understood,
        "refused": page.has_refused,
        "grants": [one.id for one in page.living],
    }


def grant_json(one: OwnGrant) -> dict[str, Any]:
    """Write a grant for the API and the command line."""
    grant = one.grant
    return {
        "grant_id": grant.id,
        "uid": grant.uid,
        "project_id": grant.project_id,
        "campaign": one.title,
        "modality": grant.modality,
        "is_living": one.is_living,
        "purposes": {name: ended and iso(ended) for name, ended in grant.purposes.items()},
        "starts_at": iso(grant.starts_at),
        "ends_at": iso(grant.ends_at),
        "territory": list(grant.territory),
        "recipients": None if grant.recipients is None else list(grant.recipients),
        "given": one.given,
        "event_id": grant.event_id,
    }
