"""The API of credentials, of what people say they can, and of the directory."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from fairhand.core.clock import Instant, iso, parse_iso
from fairhand.core.errors import InvalidError, Issue
from fairhand.core.words import words_for
from fairhand.people.accounts.rules import Actor
from fairhand.people.talent.rules import (
    NOTICE,
    Found,
    Language,
    Profile,
    Search,
    ShownSkill,
    is_available,
    profile_json,
)
from fairhand.use_cases.add_skill import AddSkill, add_skill
from fairhand.use_cases.delete_talent_profile import delete_talent_profile
from fairhand.use_cases.house import House
from fairhand.use_cases.keep_talent_profile import (
    KeepTalentProfile,
    keep_talent_profile,
    notice_hash,
)
from fairhand.use_cases.read_credentials import OwnCredential, read_credential, read_credentials
from fairhand.use_cases.read_talent import OwnTalent, read_own_talent, read_skills, search_talent
from fairhand.use_cases.revoke_credential import RevokeCredential, revoke_credential
from fairhand.use_cases.share_credential import ShareCredential, share_credential
from fairhand.web.api.bodies import Body, Id
from fairhand.web.api.replies import reply
from fairhand.web.shared.doors import guard
from fairhand.web.shared.strict import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["talent"], route_class=StrictRoute)


class ShareBody(Body):
    """Whether everybody with the address may read the credential."""

    is_shared: bool


class ReasonBody(Body):
    """Why; the person reads it."""

    reason: str = Field(max_length=4_000)


class LanguageBody(Body):
    """A language tag (BCP 47) and how well: basic, good, fluent or native."""

    tag: str = Field(max_length=35)
    level: str = Field(max_length=10)


class ProfileBody(Body):
    """What you say of yourself; to be listed, send the hash of the notice that you agree to."""

    is_listed: bool = False
    notice_sha256: str = Field(default="", max_length=64)
    languages: list[LanguageBody] = Field(default_factory=list, max_length=50)
    domains: list[str] = Field(default_factory=list, max_length=50)
    tools: list[str] = Field(default_factory=list, max_length=50)
    about: str = Field(default="", max_length=4_000)
    hours_a_week: int | None = Field(default=None, ge=0, le=1_000)
    available_from: str | None = Field(default=None, max_length=40)
    available_until: str | None = Field(default=None, max_length=40)
    wants: list[str] = Field(default_factory=list, max_length=5)


class SkillBody(Body):
    """A skill: its name, its kind (task, language, domain or tool), what it means."""

    name: str = Field(max_length=200)
    kind: str = Field(default="task", max_length=20)
    description: str = Field(default="", max_length=4_000)


@router.get("/me/credentials")
@guard("own")
def own_credentials(house: House, actor: Actor) -> Response:
    """List your credentials, the newest first."""
    found = read_credentials(house.db, actor.person_id, house.clock())
    return reply({"credentials": [_credential_json(one) for one in found]})


@router.get("/me/credentials/{uid}")
@guard("own")
def own_credential(house: House, actor: Actor, uid: str) -> Response:
    """Give one of your credentials, byte for byte as it was signed."""
    body = read_credential(house.db, actor.person_id, uid).body.encode()
    headers = {"Cache-Control": "no-store"}
    return Response(body, media_type="application/vc", headers=headers)


@router.post("/me/credentials/{uid}/share")
@guard("own")
def share(house: House, actor: Actor, uid: str, body: ShareBody) -> Response:
    """Let everybody with the address read a credential of yours, or nobody any more."""
    command = ShareCredential(actor.person_id, uid, body.is_shared)
    share_credential(house.db, command, house.clock())
    address = f"{house.settings.base_url}/credentials/shared/{uid}"
    return reply({"id": uid, "is_shared": body.is_shared, "address": address})


@router.post("/me/credentials/{uid}/revoke")
@guard("own")
def take_back(house: House, actor: Actor, uid: str) -> Response:
    """Take one of your own credentials back for good."""
    read_credential(house.db, actor.person_id, uid)
    revoke_credential(house.db, RevokeCredential(uid, actor.person_id), house.clock())
    return reply({"id": uid, "state": "revoked"})


@router.post("/credentials/{uid}/revoke")
@guard("conduct.decide", everywhere=True)
def revoke(house: House, actor: Actor, uid: str, body: ReasonBody) -> Response:
    """Revoke somebody's credential under your own name; no token reaches this."""
    command = RevokeCredential(uid, actor.person_id, body.reason)
    revoke_credential(house.db, command, house.clock())
    return reply({"id": uid, "state": "revoked"})


@router.get("/me/talent")
@guard("own")
def own_talent(house: House, actor: Actor) -> Response:
    """Show what you said of yourself, what you have shown, and the work that opens."""
    return reply(_own_json(read_own_talent(house.db, actor, house.clock()), actor))


@router.put("/me/talent")
@guard("own")
def keep(house: House, actor: Actor, body: ProfileBody) -> Response:
    """Write what you say of yourself; `is_listed` needs the notice that you agree to."""
    profile = Profile(
        is_listed=body.is_listed,
        languages=tuple(Language(one.tag, one.level) for one in body.languages),
        domains=tuple(body.domains),
        tools=tuple(body.tools),
        about=body.about,
        hours_a_week=body.hours_a_week,
        available_from=_instant(body.available_from, "available_from"),
        available_until=_instant(body.available_until, "available_until"),
        wants=tuple(body.wants),
    )
    command = KeepTalentProfile(actor.person_id, profile, body.notice_sha256)
    keep_talent_profile(house.db, command, house.clock())
    return reply(_own_json(read_own_talent(house.db, actor, house.clock()), actor))


@router.delete("/me/talent")
@guard("own")
def delete(house: House, actor: Actor) -> Response:
    """Forget what you said of yourself, at once."""
    delete_talent_profile(house.db, actor.person_id, house.clock())
    return reply({"profile": None})


@router.get("/talent")
@guard("talent.search")
def search(
    house: House,
    actor: Actor,
    skill: Annotated[list[Id] | None, Query(max_length=20)] = None,
    language: Annotated[str, Query(max_length=35)] = "",
    hours: Annotated[int, Query(ge=0, le=168)] = 0,
    role: Annotated[str, Query(max_length=12)] = "",
    word: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Find people who want to be found; `skill` may be given more than once."""
    now = house.clock()
    wanted = Search(frozenset(skill or []), language, hours, role, word)
    found = search_talent(house.db, wanted, now)
    rows = [_found_json(one, now) for one in found.found]
    return reply({"found": rows, "listed": found.listed})


@router.get("/skills")
@guard("own")
def skills(house: House, actor: Actor) -> Response:
    """List the skills that the workspace knows."""
    rows = [
        {"id": one.id, "name": one.name, "kind": one.kind, "description": one.description}
        for one in read_skills(house.db)
    ]
    return reply({"skills": rows})


@router.post("/skills", status_code=201)
@guard("course.edit")
def new_skill(house: House, actor: Actor, body: SkillBody) -> Response:
    """Add a skill that courses and searches may name."""
    command = AddSkill(actor.person_id, body.name, body.kind, body.description)
    return reply({"id": add_skill(house.db, command, house.clock())}, 201)


def _own_json(mine: OwnTalent, actor: Actor) -> dict[str, Any]:
    notice = words_for(actor.locale)(NOTICE)
    return {
        "profile": None if mine.profile is None else _profile_json(mine.profile),
        "shown": [_skill_json(one) for one in mine.shown],
        "work": [
            {
                "project_id": one.project_id,
                "title": one.title,
                "has": list(one.has),
                "lacks": list(one.lacks),
                "course_id": one.course_id,
            }
            for one in mine.work
        ],
        "notice": {"text": notice, "sha256": notice_hash(actor.locale)},
    }


def _profile_json(profile: Profile) -> dict[str, Any]:
    return {
        **profile_json(profile),
        "is_listed": profile.is_listed,
        "available_from": _iso(profile.available_from),
        "available_until": _iso(profile.available_until),
    }


def _found_json(one: Found, now: Instant) -> dict[str, Any]:
    return {
        "person_id": one.person_id,
        "name": one.name,
        "available": is_available(one.profile, now),
        **_profile_json(one.profile),
        "skills": [_skill_json(skill) for skill in one.skills],
    }


def _skill_json(one: ShownSkill) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "kind": one.kind,
        "shown_at": iso(one.shown_at),
        "valid_until": _iso(one.valid_until),
        "by_exam": one.by_exam,
    }


def _credential_json(one: OwnCredential) -> dict[str, Any]:
    kept = one.credential
    return {
        "id": kept.uid,
        "skill_id": kept.skill_id,
        "skill": kept.skill,
        "state": one.state,
        "issued_at": iso(kept.issued_at),
        "valid_until": _iso(kept.valid_until),
        "is_shared": kept.is_shared,
        "criteria": one.criteria,
        "results": dict(one.results),
        "reason": kept.reason,
    }


def _iso(at: Instant | None) -> str | None:
    return None if at is None else iso(at)


def _instant(text: str | None, place: str) -> Instant | None:
    if text is None:
        return None
    try:
        return parse_iso(text)
    except (ValueError, OverflowError):
        message = "Give an instant as 2026-12-31T00:00:00Z."
        raise InvalidError(message, issues=[Issue(place, message)]) from None
