"""The talent directory: people who want to be found, for owners and managers."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.words import words_for
from fairhand.people.accounts.rules import Actor
from fairhand.people.talent.rules import WANTS, Search, is_available
from fairhand.use_cases.house import House
from fairhand.use_cases.read_talent import search_talent
from fairhand.web.school.talent import kinds
from fairhand.web.shared.doors import LARGEST_ID, guard
from fairhand.web.shared.forms import Form
from fairhand.web.shared.pages import render

router = APIRouter(include_in_schema=False)
_LONGEST = 80
_MOST_HOURS = 168


@router.get("/people/talent")
@guard("talent.search")
def directory(
    house: House,
    actor: Actor,
    request: Request,
    skill: str = "",
    language: str = "",
    hours: str = "",
    role: str = "",
    word: str = "",
) -> Response:
    """Find people by skill, language and the hours they offer."""
    typed = {"skill": skill, "language": language, "hours": hours, "role": role, "word": word}
    now = house.clock()
    found = search_talent(house.db, search_of(typed), now)
    english = words_for("en")
    context = {
        "directory": found,
        "form": Form(typed, fields=tuple(typed)),
        "skills": [("", "Any"), *((str(one.id), one.name) for one in found.skills)],
        "roles": [("", "Any"), *((one, one) for one in WANTS)],
        "kinds": kinds(english),
        "available": {one.person_id: is_available(one.profile, now) for one in found.found},
        "day": english.date,
        "last_day": lambda ends: english.date(Instant(ends - DAY_MS)),
    }
    return render(request, "directory.html", context, actor=actor)


def search_of(typed: dict[str, str]) -> Search:
    """Read a search; what cannot be read does not matter."""
    return Search(
        skills=frozenset([number] if (number := _number(typed["skill"], LARGEST_ID)) else []),
        language=typed["language"].strip()[:_LONGEST],
        hours=_number(typed["hours"], _MOST_HOURS),
        role=typed["role"] if typed["role"] in WANTS else "",
        word=typed["word"].strip()[:_LONGEST],
    )


def _number(text: str, most: int) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) < 20
    return int(text) if is_number and int(text) <= most else 0
