"""Hold what people permitted to be done with their own data to the log.

Who widens a grant, or lets one go on that was withdrawn, is named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from fairhand.core.clock import Instant, iso, parse_iso
from fairhand.core.errors import Issue
from fairhand.people.consent import grant_store as grants
from fairhand.people.consent.grant_store import DataGrant
from fairhand.proof.log.bodies import Lines, Told
from fairhand.use_cases.read_held_rows import Held, Said, hold


def audit_grants(lines: Lines, erased: Collection[int]) -> Iterator[Issue]:
    """Compare grants, their purposes and their ends with the log's lines."""
    yield from hold(lines, _GRANTS, erased)
    for page in lines.pages("grant.given"):
        told = [one.body for one in page if one.body is not None]
        ticked = {
            number: (body["ticked"][modality], body["notice_sha256"])
            for body in told
            for modality, number in body["grants"].items()
        }
        for number, grant in _loaded(lines, ticked).items():
            if sorted(grant.purposes) != ticked[number][0]:
                words = f"its purposes are {', '.join(sorted(grant.purposes)) or 'none'} in the "
                words += f"tables, and {', '.join(ticked[number][0])} in the log"
                yield Issue(f"grant {number}", words)
        words_of = grants.notice_hashes(lines.connection, list(ticked))
        for number, sha256 in words_of.items():
            if sha256 != ticked[number][1]:
                yield Issue(f"grant {number}", "its notice is not the one that was agreed to")
    for page in lines.pages("grant.withdrawn"):
        ends = [(one, one.body) for one in page if one.body is not None]
        loaded = _loaded(lines, {int(body["grant"]) for _, body in ends})
        for one, body in ends:
            found = loaded.get(int(body["grant"]))
            if found is not None and (still := _goes_on(found, body, one.at)):
                words = f"the log says that {still} ended on {iso(one.at)}; here it goes on"
                yield Issue(f"grant {found.id}", words)


def _loaded(lines: Lines, numbers: Collection[int]) -> dict[int, DataGrant]:
    return grants.load_grants(lines.connection, sorted(numbers)) if numbers else {}


def _goes_on(grant: DataGrant, body: Mapping[str, Any], at: Instant) -> str | None:
    """Name what a line ended and the tables have not."""
    if body.get("all"):
        ends = [one for one in (grant.withdrawn_at, grant.ended_at) if one is not None]
        return None if ends and min(ends) <= at else "it"
    over = [
        name
        for name in body.get("purposes", ())
        if (ended := grant.purposes.get(name)) is None or ended > at
    ]
    return ", ".join(sorted(over)) or None


def _given(_one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
    values = {
        "person_id": body["person"],
        "project_id": body["project"],
        "ends_at": parse_iso(body["ends_at"]),
        "territory": body["territory"],
    }
    return [
        Said((int(number),), {**values, "modality": modality})
        for modality, number in body["grants"].items()
    ]


_GRANTS: Final = Held(
    name="grants",
    kept=grants.KEPT,
    kinds={"grant.given": _given},
    at="granted_at",
    place=lambda row: f"grant {row['id']}",
    who=("person_id",),
    reads={"territory": lambda row: orjson.loads(row["territory"])},
)
