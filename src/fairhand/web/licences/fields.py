"""What forms of licensing are sent with, and the wishes and askers that they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Depends
from starlette.datastructures import QueryParams
from starlette.requests import Request

from fairhand.core.errors import MalformedError
from fairhand.proof.licensing.rules import Asker, Wish

_MOST_FIELDS: Final = 60
_LONGEST: Final = 8_000

Sent = Mapping[str, str]


async def _sent(request: Request) -> Sent:
    """Gather the fields of a form by name; several of one name are joined by commas."""
    form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
    return _gathered([(name, one) for name, one in form.multi_items() if isinstance(one, str)])


Fields = Annotated[Sent, Depends(_sent)]
"""What a form was sent with."""


def from_query(query: QueryParams) -> Sent:
    """Gather the fields of an address in the same way."""
    return _gathered(query.multi_items()[:_MOST_FIELDS])


def wish_of(sent: Sent, recipient: str = "") -> Wish:
    """Read what somebody wants a licence for."""
    places = tuple(
        one if one.casefold() == "worldwide" else one.upper() for one in _parts(sent, "territory")
    )
    return Wish(
        purposes=tuple(dict.fromkeys(_parts(sent, "purposes"))),
        territory=tuple(
            dict.fromkeys("worldwide" if one.casefold() == "worldwide" else one for one in places)
        ),
        term_days=_number(sent.get("term_days", "")),
        recipient=recipient,
    )


def asker_of(sent: Sent) -> Asker:
    """Read who asks."""
    said = {name: sent.get(name, "").strip() for name in ("name", "contact", "country", "website")}
    return Asker(said["name"], said["contact"], said["country"].upper(), said["website"])


def _parts(sent: Sent, name: str) -> list[str]:
    return [one.strip() for one in sent.get(name, "").split(",") if one.strip()][:300]


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _gathered(items: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in items:
        if "\x00" in value or len(value) > _LONGEST:
            raise MalformedError("A field holds a character that is none, or far too many.")
        found[name] = f"{found[name]},{value}" if name in found else value
    return found
