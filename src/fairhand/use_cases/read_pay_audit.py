"""Hold what people are paid by to the log: policies, their copies, rates, floors, royalties.

Who raises a price in the table, lowers a floor or forgets a use is named with what the log had.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from fairhand.core.clock import Instant, iso, parse_iso
from fairhand.core.errors import Issue
from fairhand.pay.floors import store as floors
from fairhand.pay.fx import store as fx
from fairhand.pay.policies import store as policies
from fairhand.pay.policies.rules import TOLD
from fairhand.pay.royalties import store as royalties
from fairhand.proof.log.bodies import Lines, Told
from fairhand.use_cases.read_held_rows import Held, Said, differs, held_less, hold

_COPIED: Final = ("basis", "rate_micros_per_hour", "unit_micros", "wait_block_ms", "currency")
_USE: Final = (
    "kind", "licensee", "quantity", "revenue_minor", "currency", "pool_micros", "held_micros",
)  # fmt: skip


def audit_pay(lines: Lines, erased: Collection[int]) -> Iterator[Issue]:
    """Compare the tables that people are paid by with the log's lines."""
    yield from hold(lines, _POLICIES, erased)
    yield from _copies(lines)
    yield from _recorded(lines, "wage floors", _FLOORS, floors.sums_by_time(lines.connection))
    for row_id in floors.list_breaks(lines.connection):
        yield Issue(f"wage floor {row_id}", "its versions do not follow each other")
    yield from _recorded(lines, "exchange rates", _RATES, fx.sums_by_time(lines.connection))
    yield from hold(lines, _TERMS, erased)
    yield from hold(lines, _USES, erased)
    yield from _shares(lines)


def _version(project: str) -> Callable[[Told, Mapping[str, Any]], Iterable[Said]]:
    """Read what a line says of a version of a policy; `project` names its project in the body."""

    def says(_one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
        told = body.get("pay", body)
        key = int(body[project]), int(told.get("version", 1)) if "basis" in told else 1
        if "basis" in told:
            values = {name: told[name] for name in TOLD if name in told and name != "currency"}
            return [Said(key, {**values, "valid_from": parse_iso(told["valid_from"])})]
        return [Said(key, whole=False)]

    return says


def _repriced(one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
    if "pay" in body:
        return _version("project")(one, body)
    new = body["now"]
    values = {"rate_micros_per_hour": new["rate"], "unit_micros": new["unit"]}
    return [Said((int(body["project"]), int(body["version"])), values, whole=False)]


def _signed(one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
    return _version("project")(one, body) if body.get("policy") == "pay" else []


_BEGINNINGS: Final = {
    "project.created": _version("project"),
    "claims.asked": _version("claims_project"),
    "pilot.started": _version("pilot"),
}
_POLICIES: Final = Held(
    name="pay policies",
    kept=policies.KEPT,
    kinds={
        **_BEGINNINGS,
        "pay.policy_set": _version("project"),
        "pay.repriced": _repriced,
        "policy.applied": _signed,
    },
    at="created_at",
    place=lambda row: f"pay policy {row['version']} of project {row['project_id']}",
    who=("created_by",),
)


def _copies(lines: Lines) -> Iterator[Issue]:
    """The desk pays by a copy in the project's own row: it is of the version that the log names."""
    known = policies.load_policies(lines.connection).by_project
    wanted, said = _versions_in_force(lines), _versions_told(lines)
    for copy in policies.list_copies(lines.connection):
        version = wanted.get(copy.project_id, 1)
        rows = [one for one in known.get(copy.project_id, ()) if one.version == version]
        told = said.get((copy.project_id, version))
        if told is None:  # an older version of the product logged less: then as the tables have it
            told = {name: getattr(one, name) for one in rows for name in _COPIED}
        for name in _COPIED:
            if name in told and getattr(copy, name) != told[name]:
                words = differs(name, getattr(copy, name), told[name])
                yield Issue(f"pay of project {copy.project_id}", f"{words} (version {version})")


def _versions_told(lines: Lines) -> dict[tuple[int, int], Mapping[str, Any]]:
    """Give what the log says of each version, where it says all of it."""
    return {
        (int(said.key[0]), int(said.key[1])): {**said.values, "currency": _currency(one.body)}
        for kind, says in _POLICIES.kinds.items()
        for page in lines.pages(kind)
        for one in page
        if one.body is not None
        for said in says(one, one.body)
        if "basis" in said.values
    }


def _currency(body: Mapping[str, Any]) -> str:
    return str(body.get("pay", body)["currency"])


def _versions_in_force(lines: Lines) -> dict[int, int]:
    """Say by which version the log has each project pay."""
    newest: dict[int, tuple[int, int]] = {}
    for kind in ("pay.policy_set", "pay.repriced", "pay.policy_applied", "policy.applied"):
        for page in lines.pages(kind):
            for one in page:
                body = one.body or {}
                if "version" not in body or body.get("policy", "pay") != "pay":
                    continue
                if "valid_from" in body and parse_iso(body["valid_from"]) > one.at:
                    continue
                project = int(body["project"])
                found = one.event_id, int(body["version"])
                newest[project] = max(newest.get(project, found), found)
    return {project: version for project, (_, version) in newest.items()}


_FLOORS: Final = ("pay.wage_floors_loaded", "pay.floor_approved", "pay.floor_ended")
_RATES: Final = ("pay.rates_imported",)


def _recorded(
    lines: Lines,
    name: str,
    kinds: Iterable[str],
    stored: Iterable[tuple[Instant, int, str]],
) -> Iterator[Issue]:
    """Compare what was recorded at each instant with the lines of that instant."""
    told: dict[Instant, list[tuple[int, str | None]]] = {}
    for kind in kinds:
        for page in lines.pages(kind):
            for one in page:
                if one.body is not None:
                    count = _count(one.body)
                    told.setdefault(one.at, []).append((count, one.body.get("rows_sha256")))
    less = sum(sha256 is None for some in told.values() for _, sha256 in some)
    for at, count, sha256 in stored:
        some = told.pop(at, [])
        said = sum(one for one, _ in some)
        if said != count:
            words = f"{said} rows were recorded by the log on {iso(at)}; the tables have {count}"
            yield Issue(name, words)
        elif len(some) == 1 and some[0][1] not in (None, sha256):
            yield Issue(name, f"what was recorded on {iso(at)} is not what the log has")
    for at, some in told.items():
        said = sum(one for one, _ in some)
        yield Issue(name, f"{said} rows were recorded by the log on {iso(at)}; the tables have 0")
    if less:
        yield held_less(name, less)


def _count(body: Mapping[str, Any]) -> int:
    if "added" not in body:
        return 1
    return int(body["added"]) + int(body.get("changed", 0))


def _terms(_one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
    values = {name: value for name, value in body.items() if name not in ("project", "version")}
    return [Said((int(body["project"]), int(body["version"])), values)]


def _use(_one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
    values = {name: body[name] for name in _USE}
    values["licensee"] = body["licensee"].strip()
    values["project_id"], values["release_id"] = body["project"], body["release"]
    values["happened_at"] = parse_iso(body["happened_at"])
    return [Said((int(body["usage"]),), values)]


_TERMS: Final = Held(
    name="royalty terms",
    kept=royalties.TERMS,
    kinds={"royalty.terms_set": _terms},
    at="created_at",
    place=lambda row: f"royalty terms {row['version']} of project {row['project_id']}",
    reads={"split": lambda row: orjson.loads(row["split"])},
)
_USES: Final = Held(
    name="uses",
    kept=royalties.USES,
    kinds={"royalty.usage_recorded": _use},
    at="recorded_at",
    place=lambda row: f"use {row['id']}",
)


def _shares(lines: Lines) -> Iterator[Issue]:
    for page in lines.pages("royalty.usage_recorded"):
        for one in page:
            if one.body is None:
                continue
            number = int(one.body["usage"])
            people, sha256 = royalties.shares_sha256(lines.connection, number)
            if people != one.body["people"]:
                words = f"{one.body['people']} people share it by the log; the tables have {people}"
                yield Issue(f"use {number}", words)
            elif one.body.get("shares_sha256", sha256) != sha256:
                yield Issue(f"use {number}", "who got how much is not what the log has")
