"""The page on which an owner makes a campaign and publishes its notice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import FairhandError, InvalidError, Issue
from fairhand.people.accounts.rules import Actor
from fairhand.people.campaigns.law_packs import law_packs
from fairhand.people.campaigns.rules import HIDE, Campaign
from fairhand.people.campaigns.schedule import biometric_policy
from fairhand.people.consent.notices import (
    MODALITY_WORDS,
    PURPOSE_WORDS,
    SENSITIVE,
    NoticeTerms,
    notice_words,
    terms_issues,
)
from fairhand.use_cases.campaign_offer import ONLY_FOR, Offer, offer_of, offer_terms
from fairhand.use_cases.house import House
from fairhand.use_cases.publish_notice import PublishNotice, publish_notice
from fairhand.use_cases.read_campaign import CampaignPage, read_campaign
from fairhand.use_cases.set_campaign import SetCampaign, set_campaign
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form, failed
from fairhand.web.shared.pages import markdown, render
from fairhand.web.studio.campaign_form import FIELDS, Fields, offer_from, terms_of, values_of

router = APIRouter(include_in_schema=False)

_USUAL = ("evaluation", "raw_release")
_HIDE_TITLES = {
    "voice": "The voice",
    "faces": "Faces",
    "plates": "Licence plates and what else people mark",
    "text": "Names, numbers and addresses in texts",
}
_HOW = {
    "mcadams": "shift it, so that it sounds like somebody else",
    "blur": "blur",
    "pixelate": "coarse squares",
    "fill": "one colour",
    "placeholders": "put words like [name] in their place",
}
_OF: dict[str, tuple[str, ...]] = {
    "voice": ("voice",),
    "faces": ("face", "image"),
    "plates": ("face", "image"),
    "text": ("text",),
}


@router.get("/projects/{project_id:int}/campaign")
@guard("campaign.edit")
def campaign(house: House, actor: Actor, request: Request, project_id: int) -> Response:
    """Show what a campaign collects, on which terms, and the words that people read."""
    page = read_campaign(house.db, project_id)
    form = Form(values_of(_start(page), _offer(page, house.name)))
    return _show(request, actor, page, form)


@router.post("/projects/{project_id:int}/campaign")
@guard("campaign.edit", form=True)
def change_campaign(
    house: House, actor: Actor, request: Request, project_id: int, sent: Fields
) -> Response:
    """Save the terms; show the words that follow from them; or publish those words."""
    page = read_campaign(house.db, project_id)
    words = None
    try:
        command = SetCampaign(actor.person_id, project_id, terms_of(sent))
        if sent.get("do") == "save":
            set_campaign(house.db, command, house.clock())
            return _back(project_id)
        made = replace(_start(page), **command.terms)
        terms = _checked(offer_terms(page.project, made, offer_from(sent)))
        words = notice_words(page.project.title, terms)
        if sent.get("do") == "publish":
            set_campaign(house.db, command, house.clock())
            published = PublishNotice(project_id, actor.person_id, terms)
            publish_notice(house.db, published, house.clock())
            return _back(project_id)
    except FairhandError as error:
        return _show(request, actor, page, _failed(error, sent))
    return _show(request, actor, page, Form(_typed(sent)), words)


def _show(
    request: Request, actor: Actor, page: CampaignPage, form: Form, words: str | None = None
) -> Response:
    pack, notice = law_packs().get(form.value("law_pack"), page.pack), page.notice
    policy = None
    if page.campaign is not None:
        holder = form.value("controller_name")
        policy = markdown(biometric_policy(page.project.title, holder, page.campaign, pack))
    collects = set(page.can_bring)
    context: dict[str, Any] = {
        "project": page.project,
        "page": page,
        "pack": pack,
        "form": form,
        "chosen": {
            name: set(filter(None, form.value(name).split(",")))
            for name in ("modalities", "extras")
        },
        "can_bring": [(one, MODALITY_WORDS[one]) for one in page.can_bring],
        "hiding": [
            (
                what,
                _HIDE_TITLES[what],
                [("", "leave as it is"), *((how, _HOW[how]) for how in ways)],
            )
            for what, ways in HIDE.items()
            if collects & set(_OF[what])
        ],
        "packs": [(one.name, one.title) for one in law_packs().values()],
        "purposes": [
            (one, words)
            for one, words in PURPOSE_WORDS.items()
            if collects & ONLY_FOR.get(one, collects)
        ],
        "sensitive": SENSITIVE,
        "can_need": [(one, words) for one, words in PURPOSE_WORDS.items() if one not in SENSITIVE],
        "preview": None if words is None else markdown(words),
        "in_force": None if notice is None else markdown(notice.words),
        "notice": notice,
        "policy": policy,
        "collects": collects,
    }
    return render(request, "campaign.html", context, actor=actor, status=form.status)


def _start(page: CampaignPage) -> Campaign:
    return page.campaign or Campaign(page.project.id, page.can_bring[:1])


def _offer(page: CampaignPage, name: str) -> Offer:
    if page.notice is not None:
        return offer_of(page.notice.terms)
    return Offer({"name": name}, extras=_USUAL, longest_days=365, storage=())


def _checked(terms: NoticeTerms) -> NoticeTerms:
    if issues := terms_issues(terms):
        raise InvalidError("The words cannot be written yet.", issues=issues)
    return terms


def _typed(sent: Fields) -> dict[str, str]:
    return {name: value for name, value in sent.items() if name != "do"}


def _failed(error: FairhandError, sent: Fields) -> Form:
    """Lead what is wrong to this form's fields: `anonymise.voice` stands beside `hide_voice`."""
    error.issues = tuple(Issue(_field(one.place), _sentence(one)) for one in error.issues)
    return failed(error, dict.fromkeys(FIELDS, "") | _typed(sent))


def _field(place: str) -> str:
    first, _, rest = place.partition(".")
    made = {"anonymise": "hide", "checks": "check", "controller": "controller"}
    if first in made and rest:
        return f"{made[first]}_{rest}"
    return {"offered": "extras"}.get(first, first)


def _sentence(issue: Issue) -> str:
    """Say what a field lacks as a sentence: the notice's rules begin after the field's name."""
    words = issue.message
    return words if words[:1].isupper() else f"It {words}.".replace("..", ".")


def _back(project_id: int) -> Response:
    return RedirectResponse(f"/projects/{project_id}/campaign", status_code=303)
