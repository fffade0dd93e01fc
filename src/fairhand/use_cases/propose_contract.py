"""A manager proposes a contract: the linter reads it first, then the council signs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from fairhand.core.clock import Instant, iso
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.people.council import contract_store
from fairhand.people.council.contracts import (
    NOTICE_MS,
    Contract,
    changes,
    contract_hash,
    contract_issues,
    keeps_the_default,
    lint,
)
from fairhand.people.council.rules import Proposal
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.propose_policy import Proposed, propose_policy
from fairhand.work.projects import store as projects


@dataclass(frozen=True, slots=True)
class ProposeContract:
    """Who proposes which words, where (0: the whole workspace) and in which language."""

    person_id: int
    project_id: int
    locale: str
    body: str
    summary: str


def propose_contract(db: Database, command: ProposeContract, now: Instant) -> Proposed:
    """Propose a version; it holds at the earliest seven days after it was shown to people.

    Raises InvalidError with every banned clause, and, where no council can sign, unless it
    promises all that the default does and takes nothing out of the version before.
    """
    body = command.body.replace("\r\n", "\n").strip() + "\n"
    if issues := contract_issues(body, command.locale):
        raise InvalidError("This contract cannot be proposed.", issues=issues)
    with db.write() as connection:
        if command.project_id and projects.load_project(connection, command.project_id) is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        last = _last(connection, command.project_id, command.locale)
        if last is not None and last.body == body:
            message = "These are the words of the newest version."
            raise InvalidError(message, issues=[Issue("body", message)])
        policy = {"locale": command.locale, "sha256": contract_hash(body), "text": body}
        return propose_policy(
            connection,
            "contract",
            command.project_id,
            policy,
            command.summary,
            command.person_id,
            now,
            now,
            is_stricter=_is_stricter(last, body, command.locale),
        )


def apply_contract_proposal(
    connection: Connection, proposal: Proposal, now: Instant
) -> dict[str, Any]:
    """Add the version that was signed; the first holds at once, the next after the notice."""
    policy = orjson.loads(proposal.body)
    body, locale = policy["text"], policy["locale"]
    if issues := contract_issues(body, locale):
        raise InvalidError("The linter refuses this contract now.", issues=issues)
    is_first = not contract_store.list_contracts(connection, proposal.project_id)
    new = Contract(
        0,
        proposal.project_id,
        contract_store.next_version(connection, proposal.project_id, locale),
        locale,
        body,
        contract_hash(body),
        proposal.proposed_by,
        now,
        now if is_first else Instant(now + NOTICE_MS),
    )
    number = contract_store.add_contract(connection, new, lint(body, locale))
    return {
        "contract": number,
        "version": new.version,
        "starts_at": iso(new.starts_at),
        "words_sha256": new.sha256,
    }


def standing_issues(connection: Connection, project_id: int, now: Instant) -> tuple[Issue, ...]:
    """List what the linter of today finds banned in what holds or is to come in a project."""
    known = [
        one
        for place in {0, project_id}
        for one in (
            *contract_store.standing(connection, place, now),
            *(each for each in contract_store.list_contracts(connection, place)
              if each.starts_at > now),
        )
    ]  # fmt: skip
    return tuple(
        Issue("contract", f"Contract {one.id}: {found.why} Here: “{found.sentence}”")
        for one in known
        for found in lint(one.body, one.locale)
        if found.severity == "error"
    )


def _last(connection: Connection, project_id: int, locale: str) -> Contract | None:
    known = contract_store.list_contracts(connection, project_id)
    return max(
        (one for one in known if one.locale == locale), key=lambda one: one.version, default=None
    )


def _is_stricter(last: Contract | None, body: str, locale: str) -> bool:
    """Say whether it promises the default, and all that the version before promised."""
    if not keeps_the_default(lint(body, locale), locale):
        return False
    return last is None or all(what != "gone" for what, _ in changes(last.body, body))
