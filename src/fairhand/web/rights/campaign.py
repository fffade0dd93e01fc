"""The page on which somebody reads what a campaign asks, decides purpose by purpose, or says no."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fairhand.core.errors import ConflictError, FairhandError
from fairhand.core.words import Words, words_for
from fairhand.core.words import later as _
from fairhand.people.accounts.rules import Actor
from fairhand.people.campaigns.rules import ATTRIBUTES, CHOICES
from fairhand.people.consent.notices import MODALITY_WORDS, PURPOSE_WORDS, SENSITIVE, Tried
from fairhand.use_cases.check_understanding import check_understanding
from fairhand.use_cases.give_grants import give_grants
from fairhand.use_cases.house import House
from fairhand.use_cases.read_notice import OpenNotice, read_notice
from fairhand.use_cases.refuse_campaign import refuse_campaign
from fairhand.web.rights.join_form import (
    GUARDIAN,
    PROXY,
    Fields,
    Sent,
    answers_of,
    form_of,
    grants_of,
    has_ticked,
    notice_of,
    start_of,
    terms_to_choose,
    typed,
)
from fairhand.web.shared.doors import guard
from fairhand.web.shared.forms import Form
from fairhand.web.shared.pages import markdown, render

router = APIRouter(include_in_schema=False)

Language = Annotated[str, Query(max_length=35)]
_GUARDIAN_WORDS = {
    "name": _("Their name"),
    "relation": _("Who they are to you"),
    "contact": _("Reach them"),
}


@router.get("/campaigns/{project_id:int}")
@guard("work")
def campaign(
    house: House, actor: Actor, request: Request, project_id: int, language: Language = ""
) -> Response:
    """Show the notice, the two questions, and then what may be ticked."""
    return _show(house, actor, request, project_id, language=language)


@router.post("/campaigns/{project_id:int}/understand")
@guard("work", form=True)
def understand(
    house: House, actor: Actor, request: Request, project_id: int, sent: Fields
) -> Response:
    """Judge the answers to the two questions; what is wrong is explained, as often as it takes."""
    kept = typed(sent) if has_ticked(sent) else None
    answers = answers_of(sent)
    try:
        tried = check_understanding(
            house.db, actor.person_id, notice_of(sent), answers, house.clock()
        )
    except FairhandError as error:
        return _show(house, actor, request, project_id, form=form_of(error, sent))
    if tried.right and kept is None:
        return RedirectResponse(f"/campaigns/{project_id}#decide", status_code=303)
    form = Form(kept) if kept is not None else None
    return _show(house, actor, request, project_id, form=form, tried=tried, answers=answers)


@router.post("/campaigns/{project_id:int}")
@guard("work", form=True)
def permit(house: House, actor: Actor, request: Request, project_id: int, sent: Fields) -> Response:
    """Permit what was ticked, and take part."""
    try:
        give_grants(house.db, grants_of(sent, actor.person_id, project_id), house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, form=form_of(error, sent))
    return RedirectResponse(f"/campaigns/{project_id}", status_code=303)


@router.post("/campaigns/{project_id:int}/refuse")
@guard("work", form=True)
def refuse(house: House, actor: Actor, request: Request, project_id: int, sent: Fields) -> Response:
    """Say no to all of it; ordinary work goes on as before."""
    try:
        page = read_notice(house.db, actor.person_id, project_id, house.clock())
        if page.living:
            raise ConflictError(
                _("You take part already. End what you permitted under What I gave.")
            )
        refuse_campaign(house.db, actor.person_id, page.notice.id, house.clock())
    except FairhandError as error:
        return _show(house, actor, request, project_id, form=form_of(error, sent))
    return RedirectResponse("/", status_code=303)


def _show(
    house: House,
    actor: Actor,
    request: Request,
    project_id: int,
    *,
    language: str = "",
    form: Form | None = None,
    tried: Tried | None = None,
    answers: list[int] | None = None,
) -> Response:
    now = house.clock()
    page = read_notice(house.db, actor.person_id, project_id, now, language)
    shown = form or Form(start_of(page, page.profile.said() if page.profile else {}, now))
    values: Sent = shown.values
    words = words_for(actor.locale)
    context: dict[str, Any] = {
        "_": words,
        "page": page,
        "project": page.project,
        "words": markdown(page.notice.words),
        "form": shown,
        "kept": values if form is not None else {},
        "ticked": set(filter(None, shown.value("tick").split(","))),
        "asked": _asked(page, words),
        "asked_words": {one: words(said) for one, said in MODALITY_WORDS.items()},
        "profile_said": any(values.get(one) for one in ATTRIBUTES),
        "terms": terms_to_choose(page, now, words),
        "profile": _profile_choices(words),
        "guardian": [(one, words(_GUARDIAN_WORDS[one])) for one in GUARDIAN],
        "proxy": PROXY,
        "tried": tried,
        "answers": answers or [],
        "can_be_agreed_to": page.notice.can_be_agreed_to(now),
    }
    return render(request, "join.html", context, actor=actor, status=shown.status)


def _asked(page: OpenNotice, words: Words) -> list[dict[str, Any]]:
    """What may be ticked, modality by modality: needed, extra, and what copies a person."""
    terms = page.notice.terms
    return [
        {
            "words": words(MODALITY_WORDS[modality]),
            "needed": [_tick(modality, one, words) for one in terms.needed.get(modality, ())],
            "extras": [
                _tick(modality, one, words)
                for one in sorted(purposes, key=lambda one: (one in SENSITIVE, one))
                if one not in terms.needed.get(modality, ())
            ],
        }
        for modality, purposes in terms.offered.items()
    ]


def _tick(modality: str, purpose: str, words: Words) -> dict[str, Any]:
    return {
        "value": f"{modality}.{purpose}",
        "words": words(PURPOSE_WORDS[purpose]),
        "copies": purpose in SENSITIVE,
    }


def _profile_choices(words: Words) -> list[tuple[str, str, list[tuple[str, str]]]]:
    titles = {
        "device": words("Device"),
        "environment": words("Where you will be"),
        "age_band": words("Age"),
    }
    unsaid = words("I do not say")
    return [
        (
            name,
            titles[name],
            [("", unsaid), *((one, words(_CHOSEN.get(one, one))) for one in choices)],
        )
        for name, choices in CHOICES.items()
    ]


_CHOSEN = {
    "phone": _("phone"),
    "tablet": _("tablet"),
    "computer": _("computer"),
    "headset": _("headset"),
    "camera": _("camera"),
    "quiet_room": _("quiet room"),
    "home": _("home"),
    "office": _("office"),
    "street": _("street"),
    "vehicle": _("vehicle"),
    "outdoors": _("outdoors"),
    "other": _("other"),
    "under_18": _("under 18"),
}
