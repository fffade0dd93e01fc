"""The form of joining a campaign: what was ticked and said, as one command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import Request

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import FairhandError, InvalidError, Issue, MalformedError
from fairhand.core.words import Words
from fairhand.core.words import later as _
from fairhand.people.campaigns.rules import ATTRIBUTES, profile_of
from fairhand.people.consent.notices import CHECKS
from fairhand.use_cases.give_grants import GiveGrants
from fairhand.use_cases.read_notice import OpenNotice
from fairhand.web.shared.forms import Form, failed

RENDERING: Final = "campaign-page/1"
"""Names how the notice was shown; it changes when the page does."""

GUARDIAN: Final = ("name", "relation", "contact")
PROXY: Final = ("name", "contact")
_TERMS: Final = (30, 90, 180, 365, 730, 1_095, 1_825, 3_650)
_USUAL: Final = 365
KEPT: Final = (
    "tick",
    "days",
    "territory",
    *ATTRIBUTES,
    "is_minor",
    *(f"guardian_{one}" for one in GUARDIAN),
    *(f"proxy_{one}" for one in PROXY),
)
"""What somebody ticked and said: it is never lost, whatever goes wrong."""
_ANSWERS: Final = tuple(f"answer_{at}" for at in range(CHECKS))
_LONGEST: Final = 2_000
_MOST_DIGITS: Final = 9

Sent = Mapping[str, str]


async def _sent(request: Request) -> Sent:
    """Gather the fields of the form by name; several of one name are joined by commas."""
    found: dict[str, str] = {}
    for name, value in (await request.form()).multi_items():
        if name not in (*KEPT, *_ANSWERS, "notice_id") or not isinstance(value, str):
            continue
        joined = f"{found[name]},{value}" if name in found else value
        if "\x00" in joined or len(joined) > _LONGEST:
            raise MalformedError("A field holds a character that is none, or far too many.")
        found[name] = joined
    return found


Fields = Annotated[Sent, Depends(_sent)]
"""What the form was sent with."""


def notice_of(sent: Sent) -> int:
    """Which notice was read; 0: none that there is."""
    return _number(sent.get("notice_id", ""))


def answers_of(sent: Sent) -> list[int]:
    """What was answered to the two questions; -1 where nothing was."""
    return [_number(sent[one]) if sent.get(one) else -1 for one in _ANSWERS]


def typed(sent: Sent) -> dict[str, str]:
    """What was ticked and said, as the form shows it again."""
    return {name: sent.get(name, "") for name in KEPT}


def has_ticked(sent: Sent) -> bool:
    """Say whether somebody had got as far as deciding."""
    return any(sent.get(name) for name in KEPT)


def ticks_of(sent: Sent) -> dict[str, tuple[str, ...]]:
    """Read the ticks, `voice.training`, as purposes of each modality."""
    ticked: dict[str, list[str]] = {}
    for one in filter(None, sent.get("tick", "").split(",")):
        modality, _, purpose = one.partition(".")
        ticked.setdefault(modality, []).append(purpose)
    return {modality: tuple(dict.fromkeys(many)) for modality, many in ticked.items()}


def grants_of(sent: Sent, person_id: int, project_id: int) -> GiveGrants:
    """Read the form as what somebody permits; InvalidError for a term that is no number."""
    if not (days := _number(sent.get("days", ""))):
        raise InvalidError(
            _("How long may it be used?"), issues=[Issue("days", _("Choose how long, in days."))]
        )
    places = sent.get("territory", "").replace(";", ",").upper().split(",")
    return GiveGrants(
        person_id,
        project_id,
        notice_of(sent),
        ticks_of(sent),
        days,
        RENDERING,
        tuple(dict.fromkeys(one.strip() for one in places if one.strip())),
        is_minor=bool(sent.get("is_minor")),
        guardian=_said(sent, "guardian", GUARDIAN),
        proxy=_said(sent, "proxy", PROXY),
        profile=profile_of(sent),
    )


def start_of(page: OpenNotice, profile: Mapping[str, str], now: Instant) -> dict[str, str]:
    """What the form shows first: nothing ticked; or, of who takes part, what they permit now."""
    values = dict.fromkeys(KEPT, "") | dict(profile)
    longest = page.notice.terms.longest_days
    values["days"] = str(min(_USUAL, longest))
    if page.living:
        living = [
            f"{one.modality}.{name}"
            for one in page.living
            for name, ended in one.purposes.items()
            if ended is None
        ]
        values["tick"] = ",".join(living)
        values["days"] = str(min(days_left(page, now), longest))
        places = page.living[0].territory
        values["territory"] = "" if places == ("worldwide",) else ", ".join(places)
    return values


def days_left(page: OpenNotice, now: Instant) -> int:
    """How many days what is permitted lasts yet, a begun day as a whole one."""
    return max(-(-(one.ends_at - now) // DAY_MS) for one in page.living)


def terms_to_choose(page: OpenNotice, now: Instant, words: Words) -> list[tuple[str, str]]:
    """List the terms that may be chosen, as days and words."""
    longest = page.notice.terms.longest_days
    offered = {one for one in _TERMS if one < longest} | {longest}
    if page.living:
        offered.add(min(days_left(page, now), longest))
    return [(str(one), _days_words(one, words)) for one in sorted(offered)]


def form_of(error: FairhandError, sent: Sent) -> Form:
    """Keep what was typed beside what is wrong with it."""
    places = {f"guardian.{one}": f"guardian_{one}" for one in GUARDIAN}
    issues = tuple(
        Issue(places.get(one.place, one.place), one.message, one.severity) for one in error.issues
    )
    made = failed(error, typed(sent))
    return Form(made.values, made.error, issues, made.fields, made.status)


def _days_words(days: int, words: Words) -> str:
    if days % 365 == 0:
        return words.plural("{n} year", "{n} years", days // 365)
    return words.plural("{n} day", "{n} days", days)


def _said(sent: Sent, who: str, names: tuple[str, ...]) -> dict[str, str] | None:
    said = {one: sent.get(f"{who}_{one}", "").strip() for one in names}
    return said if any(said.values()) else None


def _number(text: str) -> int:
    plain = text.strip()
    is_number = plain.isascii() and plain.isdigit() and len(plain) <= _MOST_DIGITS
    return int(plain) if is_number else 0
