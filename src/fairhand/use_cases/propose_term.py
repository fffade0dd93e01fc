"""One number of a policy is proposed by its name: the way from a form to the story of its kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, Issue
from fairhand.storage.database import Database
from fairhand.use_cases.propose_policy import Proposed
from fairhand.use_cases.set_appeals_policy import SetAppealsPolicy, set_appeals_policy
from fairhand.use_cases.set_exposure_policy import SetExposurePolicy, set_exposure_policy


@dataclass(frozen=True, slots=True)
class ProposeTerm:
    """`exposure.limits.day` or `appeals.answer_days`, and the value as typed."""

    person_id: int
    name: str
    value: str
    project_id: int = 0


def propose_term(db: Database, command: ProposeTerm, now: Instant) -> Proposed:
    """Propose it; raises InvalidError for names and values that are none."""
    kind, _, name = command.name.partition(".")
    terms = _nested(name.split("."), _value(command.value))
    if kind == "appeals":
        asked = SetAppealsPolicy(command.person_id, terms)
        return set_appeals_policy(db, asked, now)
    if kind == "exposure":
        exposure = SetExposurePolicy(command.person_id, terms, command.project_id)
        return set_exposure_policy(db, exposure, now).proposal
    message = "Choose a number of the policy on exposure or on appeals."
    raise InvalidError(message, issues=[Issue("name", message)])


def _nested(path: list[str], value: object) -> dict[str, Any]:
    first, *rest = path
    return {first: _nested(rest, value) if rest else value}


def _value(text: str) -> int | list[int]:
    parts = [part.strip().replace("_", "") for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) <= 15 for part in parts):
        message = "Give a whole number, or several with commas where the policy has several."
        raise InvalidError(message, issues=[Issue("value", message)])
    numbers = [int(part) for part in parts]
    return numbers[0] if len(numbers) == 1 else numbers
