"""A manager proposes limits on hard content; the council signs them before they hold.

What protects at least as much as what holds needs no signature where no council sits; what protects
less never holds without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.people.council.rules import Proposal
from fairhand.people.wellbeing import policy_store
from fairhand.people.wellbeing.policy import (
    ExposureTerms,
    changes,
    check_terms,
    is_as_strict,
    read_terms,
    strictest,
    write_terms,
)
from fairhand.people.wellbeing.policy_store import WORKSPACE
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.propose_policy import Proposed, propose_policy
from fairhand.work.projects import store as projects

_SUMMARY_MOST = 500
_ONLY_STRICTER = (
    "A project's own policy can only protect more than what holds. To loosen it, propose a policy "
    "for the whole workspace."
)


@dataclass(frozen=True, slots=True)
class SetExposurePolicy:
    """What shall change: terms by name, the rest stays. For one project, or for all of them."""

    author_id: int
    terms: Mapping[str, Any]
    project_id: int = WORKSPACE
    starts_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class ExposurePolicySet:
    """The terms that were proposed, what they change in words, and the proposal."""

    terms: ExposureTerms
    changes: tuple[str, ...]
    proposal: Proposed


def set_exposure_policy(
    db: Database, command: SetExposurePolicy, now: Instant
) -> ExposurePolicySet:
    """Propose a version of the policy on exposure; its line in the log is the proposal's.

    Raises InvalidError with everything that no policy may say, or with `no_council` where it
    protects less than what holds and nobody can sign it; ConflictError where nothing changes.
    """
    starts_at = now if command.starts_at is None else command.starts_at
    with db.write() as connection:
        held = _held(connection, command.project_id, now)
        terms = _read(command.terms, held)
        said = changes(held, terms)
        if command.project_id != WORKSPACE and not is_as_strict(terms, held):
            raise InvalidError(_ONLY_STRICTER, issues=[Issue("terms", _ONLY_STRICTER)])
        if not said:
            raise ConflictError("This is what holds already.", code="no_change")
        proposal = propose_policy(
            connection,
            "exposure",
            command.project_id,
            write_terms(terms),
            " ".join(said)[:_SUMMARY_MOST],
            command.author_id,
            starts_at,
            now,
            is_stricter=is_as_strict(terms, held),
        )
    return ExposurePolicySet(terms, tuple(said), proposal)


def apply_exposure_proposal(
    connection: Connection, proposal: Proposal, now: Instant
) -> dict[str, Any]:
    """Let a proposal hold from now on.

    One that nobody signed is joined with what holds by now: of each number the stricter one stays.
    Raises InvalidError for terms that no policy may say.
    """
    terms = _checked(read_terms(orjson.loads(proposal.body)))
    held = _held(connection, proposal.project_id, now)
    if proposal.state != "signed":
        terms = strictest(terms, held)
    version = policy_store.add_policy(
        connection,
        terms,
        project_id=proposal.project_id,
        author_id=proposal.proposed_by,
        starts_at=now,
        proposal_id=proposal.id,
        now=now,
    )
    return {"version": version}


def summary_of_exposure(body: Mapping[str, Any]) -> list[str]:
    """Say in words what a proposed policy changes against what the product ships with."""
    return changes(ExposureTerms(), read_terms(body))


def _held(connection: Connection, project_id: int, now: Instant) -> ExposureTerms:
    if project_id != WORKSPACE and projects.load_project(connection, project_id) is None:
        raise NotFoundError(f"There is no project {project_id}.")
    return policy_store.load_terms(connection, now, project_id)


def _read(said: Mapping[str, Any], held: ExposureTerms) -> ExposureTerms:
    try:
        return _checked(read_terms(said, held))
    except (TypeError, ValueError) as error:
        message = str(error)
        raise InvalidError(message, issues=[Issue("terms", message)]) from None


def _checked(terms: ExposureTerms) -> ExposureTerms:
    if issues := check_terms(terms):
        raise InvalidError("No policy may say this.", issues=issues)
    return terms
