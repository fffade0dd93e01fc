"""The form of a campaign: what it was sent with, and the terms, cells and offer that it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from fastapi import Depends
from starlette.requests import Request

from fairhand.core.errors import InvalidError, Issue, MalformedError
from fairhand.model.licence import WORLDWIDE
from fairhand.people.campaigns.rules import CHECKS, HIDE, Campaign, Cell
from fairhand.use_cases.campaign_offer import Offer

_MOST_FIELDS: Final = 200
_LONGEST: Final = 20_000
CONTROLLER: Final = ("name", "address", "contact", "jurisdiction")
FIELDS: Final = (
    "modalities",
    *(f"hide_{one}" for one in HIDE),
    *(f"check_{one}" for one in CHECKS),
    "law_pack",
    "retention_days",
    "least_age",
    "smallest_cell",
    "epsilon",
    "is_listed",
    *(f"controller_{one}" for one in CONTROLLER),
    "needed",
    "extras",
    "longest_days",
    "territories",
    "recipients",
    "royalty",
    "storage",
)
_LINE = re.compile(r"(?P<name>[^:]+):(?P<about>.*):\s*(?P<target>\d[\d ,]*)\s*\Z")

Sent = Mapping[str, str]


async def _sent(request: Request) -> Sent:
    """Gather the fields of the form by name; several of one name are joined by commas."""
    form = await request.form()
    found: dict[str, str] = {}
    for name, value in form.multi_items():
        if name not in (*FIELDS, "do", "cells") or not isinstance(value, str):
            continue
        if "\x00" in value or len(value) > _LONGEST:
            raise MalformedError("A field holds a character that is none, or far too many.")
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


Fields = Annotated[Sent, Depends(_sent)]
"""What the form was sent with."""


def values_of(campaign: Campaign, offer: Offer) -> dict[str, str]:
    """Write a campaign and its offer as the form shows them."""
    return {
        "modalities": ",".join(campaign.modalities),
        **{f"hide_{one}": campaign.anonymise.get(one, "") for one in HIDE},
        **{f"check_{one}": _shown(campaign.checks.get(one)) for one in CHECKS},
        "law_pack": campaign.law_pack,
        "retention_days": str(campaign.retention_days),
        "least_age": str(campaign.least_age),
        "smallest_cell": str(campaign.smallest_cell),
        "epsilon": _shown(campaign.epsilon),
        "is_listed": "yes" if campaign.is_listed else "",
        **{f"controller_{one}": offer.controller.get(one, "") for one in CONTROLLER},
        "needed": offer.needed,
        "extras": ",".join(offer.extras),
        "longest_days": str(offer.longest_days),
        "territories": ", ".join(offer.territories),
        "recipients": ", ".join(offer.recipients or ()),
        "royalty": offer.royalty,
        "storage": ", ".join(offer.storage),
    }


def terms_of(sent: Sent) -> dict[str, Any]:
    """Read a campaign's terms; raises InvalidError naming every number that is none."""
    issues: list[Issue] = []
    number = _reader(sent, issues)
    checks: dict[str, Any] = {
        one: number(f"check_{one}", float)
        for one in CHECKS
        if one != "language" and sent.get(f"check_{one}", "").strip()
    }
    if language := sent.get("check_language", "").strip():
        checks["language"] = language
    terms = {
        "modalities": _listed(sent.get("modalities", "")),
        "anonymise": {one: how for one in HIDE if (how := sent.get(f"hide_{one}", ""))},
        "checks": checks,
        "law_pack": sent.get("law_pack", ""),
        "retention_days": number("retention_days", int),
        "least_age": number("least_age", int),
        "smallest_cell": number("smallest_cell", int),
        "epsilon": number("epsilon", float) if sent.get("epsilon", "").strip() else None,
        "is_listed": bool(sent.get("is_listed")),
    }
    _raise(issues)
    return terms


def offer_from(sent: Sent) -> Offer:
    """Read what is offered; raises InvalidError naming every number that is none."""
    issues: list[Issue] = []
    longest = _reader(sent, issues)("longest_days", int)
    _raise(issues)
    return Offer(
        controller={one: sent.get(f"controller_{one}", "").strip() for one in CONTROLLER},
        needed=sent.get("needed", ""),
        extras=_listed(sent.get("extras", "")),
        longest_days=int(longest),
        territories=tuple(_place(one) for one in _listed(sent.get("territories", ""))),
        recipients=_listed(sent.get("recipients", "")) or None,
        royalty=sent.get("royalty", ""),
        storage=_listed(sent.get("storage", "")),
    )


def lines_of(cells: tuple[Cell, ...]) -> str:
    """Write cells one a line, as `read_cells` reads them."""
    return "\n".join(
        f"{cell.name}: {', '.join(f'{k}={v}' for k, v in cell.attributes.items())}: {cell.target}"
        for cell in cells
    )


def read_cells(text: str) -> list[Cell]:
    """Read cells, one a line; raises InvalidError that names the lines that are none."""
    issues, cells = [], []
    for at, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if not line.strip():
            continue
        found = _LINE.match(line.strip())
        pairs = [pair.partition("=") for pair in _listed(found["about"])] if found else []
        if found is None or not all(equals for _, equals, _ in pairs):
            words = f"Line {at}: write as `On a phone: device=phone, environment=street: 300`."
            issues.append(Issue("cells", words))
            continue
        about = {name.strip(): value.strip() for name, _, value in pairs}
        target = int(re.sub(r"[ ,]", "", found["target"]))
        cells.append(Cell(0, found["name"].strip(), about, min(target, 10**12)))
    if issues:
        raise InvalidError("These lines make no cells.", issues=issues)
    return cells


def _reader(sent: Sent, issues: list[Issue]) -> Callable[[str, type[int] | type[float]], float]:
    def number(name: str, kind: type[int] | type[float]) -> float:
        try:
            found = kind(sent.get(name, "").strip().replace(",", "."))
        except ValueError:
            issues.append(
                Issue(name, "Give a number." if kind is float else "Give a whole number.")
            )
            return 1
        if not abs(found) <= 10**6:
            issues.append(Issue(name, "That number is too large."))
            return 1
        return found

    return number


def _raise(issues: list[Issue]) -> None:
    if issues:
        raise InvalidError("Some fields hold no numbers.", issues=issues)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))


def _place(text: str) -> str:
    return WORLDWIDE if text.casefold() == WORLDWIDE else text.upper()


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
