"""How a policy that waits for the council is shown: fields in plain words, votes, hash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairhand.core.clock import Instant, iso
from fairhand.people.council.rules import Proposal
from fairhand.use_cases.read_council import OneProposal
from fairhand.web.shared.pages import minutes

KINDS = {
    "pay": "Pay",
    "exposure": "Exposure to hard content",
    "appeals": "Appeals",
    "contract": "Contract",
}
STATES = {
    "waiting": "waits for the council",
    "signed": "signed",
    "refused": "refused",
    "no_council": "let through without a council",
    "lapsed": "not decided in time",
    "withdrawn": "taken back",
}


def fields_of(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Flatten a policy into names and values that people can read, in the order they are signed."""
    found: list[tuple[str, str]] = []
    for name, value in body.items():
        if isinstance(value, Mapping):
            found += [(f"{plain_name(name)}: {inner}", text) for inner, text in fields_of(value)]
        else:
            found.append((plain_name(name), _text(name, value)))
    return found


def outcome(one: Proposal) -> str:
    """Say in a sentence what became of a proposal."""
    if one.applied_at is not None:
        return "It has taken effect."
    if one.state in ("refused", "withdrawn"):
        return "What held before goes on."
    if one.state == "lapsed" and not one.is_stricter:
        return "Nobody signed it in time, so what held before goes on."
    return "It takes effect when its moment comes."


def proposal_json(one: OneProposal) -> dict[str, Any]:
    """Write a proposal with its votes for machines."""
    found = one.proposal
    return {
        "id": found.id,
        "kind": found.kind,
        "project_id": found.project_id,
        "summary": found.summary,
        "body": one.body,
        "sha256": found.sha256,
        "state": found.state,
        "is_stricter": found.is_stricter,
        "quorum": found.quorum,
        "proposed_by": one.proposer,
        "proposed_at": iso(found.proposed_at),
        "decide_by": iso(found.decide_by),
        "starts_at": iso(found.starts_at),
        "decided_at": None if found.decided_at is None else iso(found.decided_at),
        "applied_at": None if found.applied_at is None else iso(found.applied_at),
        "votes": [
            {"name": vote.name, "vote": vote.vote, "sha256": vote.sha256, "reason": vote.reason}
            for vote in one.votes
        ],
    }


def plain_name(name: str) -> str:
    """Write the name of a number as people say it, with its unit."""
    text = str(name).replace("_micros", "").replace("_permille", ", thousandths")
    text = text.replace("_ms", ", milliseconds").replace("limits.", "limit, ")
    return text.replace(".", ": ").replace("_", " ")


def in_words(name: str, value: str) -> str:
    """Write the value of a number with what it comes to, where it is a time or a share."""
    return _text(name, int(value)) if value.isascii() and value.isdigit() else value


def _text(name: str, value: object) -> str:
    if name in ("valid_from", "starts_at") and isinstance(value, int):
        return iso(Instant(value))[:16].replace("T", " ") + " UTC"
    if name.endswith("_ms") and isinstance(value, int):
        return f"{value} ({minutes(value)})"
    if "permille" in name and isinstance(value, int):
        return f"{value} ({value / 10:g} %)"
    if "micros" in name and isinstance(value, int):
        return f"{value / 1_000_000:g} minor units (cents)"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
