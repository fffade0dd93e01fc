"""The task page's words in a reader's language, and a page that says who put them there."""

from __future__ import annotations

from functools import cache

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairhand.core.errors import NotFoundError
from fairhand.core.ids import sha256_hex
from fairhand.core.words import (
    DESK,
    INTERFACE,
    SOURCE,
    count_drafted,
    desk_words,
    direction_of,
    load_messages,
)
from fairhand.people.accounts.rules import Actor
from fairhand.use_cases.house import House
from fairhand.web.shared.doors import guard, public
from fairhand.web.shared.pages import render
from fairhand.web.shared.script_words import all_words

router = APIRouter(include_in_schema=False)


@router.get("/words/{language}.json")
@public
def words(request: Request, language: str) -> Response:
    """Give every word of a language to the scripts; kept for ever when asked for by its hash."""
    if language not in DESK:
        raise NotFoundError("There are no such words.")
    content, digest = _packed(language)
    known = request.query_params.get("v") == digest
    cache_control = "public, max-age=31536000, immutable" if known else "no-cache"
    headers = {"Cache-Control": cache_control, "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type="application/json", headers=headers)


def words_address(language: str) -> str:
    """Say where a language's words are; empty for English, which the scripts speak already."""
    if language == SOURCE:
        return ""
    return f"/words/{language}.json?v={_packed(language)[1]}"


@router.get("/translation")
@guard("own")
def translation(house: House, actor: Actor, request: Request) -> Response:
    """Say which of the task page's words a machine has drafted, language by language."""
    spoken = desk_words(actor.locale)
    rows = [
        {
            "code": code,
            "name": INTERFACE[code],
            "words": len(load_messages(code, "desk")),
            "drafted": count_drafted(code),
        }
        for code in DESK
    ]
    context = {
        "_": spoken,
        "lang": spoken.language,
        "dir": direction_of(spoken.language),
        "rows": rows,
        "language": INTERFACE[spoken.language],
    }
    return render(request, "translation.html", context, actor=actor)


@cache
def _packed(language: str) -> tuple[bytes, str]:
    content = orjson.dumps(dict(all_words(language)), option=orjson.OPT_SORT_KEYS)
    return content, sha256_hex(content)[:16]
