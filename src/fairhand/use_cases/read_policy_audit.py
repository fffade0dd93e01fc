"""Hold the words that people agree to, and what their council signs, to the log.

Who rewrites a notice, a contract or a proposal after it was read is named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.core.ids import sha256_hex
from fairhand.people.consent import notice_store as notices
from fairhand.people.council import contract_store as contracts
from fairhand.people.council import store as council
from fairhand.people.council.contracts import contract_hash
from fairhand.people.council.rules import proposal_hash
from fairhand.proof.log.bodies import Lines, Told
from fairhand.storage.kept import Row
from fairhand.use_cases.read_held_rows import (
    ONLY_LOGGED,
    ONLY_STORED,
    Held,
    Said,
    differs,
    hold,
)

_STATES: Final = (
    "policy.proposed",
    "policy.voted",
    "policy.decided",
    "policy.withdrawn",
    "policy.set_aside",
)


def audit_policies(lines: Lines, erased: Collection[int]) -> Iterator[Issue]:
    """Compare notices, proposals with their votes, and contracts with the log's lines."""
    yield from hold(lines, _NOTICES, erased)
    yield from hold(lines, _PROPOSALS, erased)
    yield from _ends(lines)
    yield from hold(lines, _CONTRACTS, erased)
    yield from _accepted(lines, erased)


def _notice(_one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
    whole = "terms_sha256" in body
    terms = {"terms_sha256": body["terms_sha256"]} if whole else {}
    return [
        Said(
            (int(body["project"]), int(body["version"]), language),
            {"sha256": sha256, "words_sha256": sha256, **terms},
            whole,
        )
        for language, sha256 in body["notices"].items()
    ]


_NOTICES: Final = Held(
    name="notices",
    kept=notices.KEPT,
    kinds={"notice.published": _notice},
    at="published_at",
    place=lambda row: (
        f"notice {row['version']} of project {row['project_id']} in {row['language']!r}"
    ),
    reads={
        "words_sha256": lambda row: sha256_hex(row["words"].encode()),
        "terms_sha256": lambda row: sha256_hex(row["terms"].encode()),
    },
)


def _proposed(_one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
    values = {"kind": body["policy"], "project_id": body["project"]}
    values |= {"sha256": body["sha256"], "content_sha256": body["sha256"]}
    return [Said((int(body["proposal"]),), values)]


def _content_sha256(row: Row) -> str:
    return proposal_hash(row["kind"], row["project_id"], row["body"], row["starts_at"])


_PROPOSALS: Final = Held(
    name="proposals",
    kept=council.KEPT,
    kinds={"policy.proposed": _proposed},
    at="proposed_at",
    place=lambda row: f"proposal {row['id']}",
    reads={"content_sha256": _content_sha256},
)


def _ends(lines: Lines) -> Iterator[Issue]:
    """How each proposal stands, and who voted how."""
    states: dict[int, str] = {}
    votes: dict[tuple[int, int], tuple[str, str]] = {}
    for kind, one in lines.in_order(_STATES):
        if one.body is None:
            continue
        number = int(one.body["proposal"])
        is_taken_back = kind in ("policy.withdrawn", "policy.set_aside")
        states[number] = "withdrawn" if is_taken_back else str(one.body["state"])
        states |= dict.fromkeys(one.body.get("replaces", ()), "withdrawn")
        if kind == "policy.voted":
            who = int(one.body.get("person") or one.person_id or 0)
            votes[number, who] = one.body["vote"], one.body["sha256"]
    for row in council.KEPT.each(lines.connection):
        said = states.get(row["id"])
        if said is not None and row["state"] != said:
            yield Issue(f"proposal {row['id']}", differs("state", row["state"], said))
    stored = council.all_votes(lines.connection)
    for proposal, person in sorted(stored.keys() | votes.keys()):
        if stored.get((proposal, person)) != votes.get((proposal, person)):
            words = f"person {person}'s vote is not the one that the log has"
            yield Issue(f"proposal {proposal}", words)


def _contract(_one: Told, body: Mapping[str, Any]) -> Iterable[Said]:
    if body.get("policy") != "contract":
        return []
    whole = "words_sha256" in body
    values = {"version": body["version"]}
    if whole:
        values |= {"sha256": body["words_sha256"], "words_sha256": body["words_sha256"]}
    return [Said((int(body["contract"]),), values, whole)]


_CONTRACTS: Final = Held(
    name="contracts",
    kept=contracts.KEPT,
    kinds={"policy.applied": _contract},
    at="created_at",
    place=lambda row: f"contract {row['id']}",
    reads={"words_sha256": lambda row: contract_hash(row["body"])},
)


def _accepted(lines: Lines, erased: Collection[int]) -> Iterator[Issue]:
    told: dict[tuple[int, int], tuple[str, Instant]] = {}
    for page in lines.pages("contract.accepted"):
        for one in page:
            if one.body is not None:
                key = int(one.body["contract"]), int(one.body["person"])
                told[key] = str(one.body["sha256"]), one.at
    stored = contracts.all_accepted(lines.connection)
    for contract, person in sorted(stored.keys() | told.keys()):
        mine, said = stored.get((contract, person)), told.get((contract, person))
        place = f"contract {contract}, accepted by person {person}"
        if mine is None:
            yield Issue(place, ONLY_LOGGED)
        elif said is None and person not in erased:
            yield Issue(place, ONLY_STORED)
        elif said is not None and mine != said:
            yield Issue(place, "the words or the time are not those that the log has")
