"""A manager proposes how appeals are heard; the council signs what is less strict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue
from fairhand.people.conduct import store
from fairhand.people.conduct.rules import AppealsPolicy, is_stricter, policy_issues
from fairhand.people.council.rules import Proposal
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.propose_policy import Proposed, propose_policy

_WORDS: Mapping[str, str] = {
    "appeal_days": "days to appeal",
    "answer_days": "days to answer",
    "panel": "people on a panel",
    "interest_percent": "percent a year on money given back",
}


@dataclass(frozen=True, slots=True)
class SetAppealsPolicy:
    """What shall change, by name; the rest stays."""

    author_id: int
    terms: Mapping[str, Any]
    starts_at: Instant | None = None


def set_appeals_policy(db: Database, command: SetAppealsPolicy, now: Instant) -> Proposed:
    """Propose a version; what leaves nobody worse off holds where no council can sign.

    Raises InvalidError with what no policy may say, ConflictError where nothing changes.
    """
    starts_at = now if command.starts_at is None else command.starts_at
    with db.write() as connection:
        held = store.policy_at(connection, now)
        new = _read(command.terms, held)
        said = [
            f"{_WORDS[one.name]}: {getattr(held, one.name)} becomes {getattr(new, one.name)}."
            for one in fields(AppealsPolicy)
            if getattr(held, one.name) != getattr(new, one.name)
        ]
        if not said:
            raise ConflictError("This is what holds already.", code="no_change")
        return propose_policy(
            connection,
            "appeals",
            0,
            asdict(new),
            f"Appeals, {' '.join(said)}",
            command.author_id,
            starts_at,
            now,
            is_stricter=is_stricter(new, held),
        )


def apply_appeals_proposal(
    connection: Connection, proposal: Proposal, now: Instant
) -> dict[str, Any]:
    """Let a proposal hold for decisions from now on; what was decided before keeps its days.

    Raises InvalidError where nobody signed it and it is less strict than what holds by now.
    """
    held = store.policy_at(connection, now)
    new = _read(orjson.loads(proposal.body), held)
    if proposal.state != "signed" and not is_stricter(new, held):
        raise InvalidError("Something stricter holds by now.", code="overtaken")
    version = store.add_policy(connection, new, proposal.proposed_by, proposal.id, now)
    return {"version": version}


def _read(said: Mapping[str, Any], held: AppealsPolicy) -> AppealsPolicy:
    strange = sorted(set(said) - set(_WORDS))
    if strange:
        message = f"There is no {strange[0]!r} in the policy of appeals."
        raise InvalidError(message, issues=[Issue("terms", message)])
    wrong = [name for name, value in said.items() if type(value) is not int]
    if wrong:
        message = f"Give {_WORDS[wrong[0]]} as a whole number."
        raise InvalidError(message, issues=[Issue(wrong[0], message)])
    new = replace(held, **said)
    if issues := policy_issues(new):
        raise InvalidError("No policy may say this.", issues=issues)
    return new
