"""What holds for everybody, of every kind that the council signs: name, value, and what it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from fairhand.core.clock import Instant
from fairhand.people.conduct import store as conduct
from fairhand.people.council.rules import Kind
from fairhand.people.wellbeing import policy_store
from fairhand.people.wellbeing.policy import write_terms
from fairhand.storage.database import Database


@dataclass(frozen=True, slots=True)
class Term:
    """One number of a policy, under the name by which it is changed."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds of one kind, for the whole workspace."""

    kind: Kind
    terms: tuple[Term, ...]


def read_policies(db: Database, now: Instant) -> tuple[InForce, ...]:
    """Read what holds now of those policies that are numbers: exposure and appeals."""
    with db.read() as connection:
        exposure = write_terms(policy_store.load_terms(connection, now, policy_store.WORKSPACE))
        appeals = asdict(conduct.policy_at(connection, now))
    return (
        InForce("exposure", tuple(_flat(exposure))),
        InForce("appeals", tuple(_flat(appeals))),
    )


def _flat(terms: dict[str, object], before: str = "") -> list[Term]:
    found: list[Term] = []
    for name, value in terms.items():
        if isinstance(value, dict):
            found += _flat(value, f"{before}{name}.")
        elif isinstance(value, list | tuple):
            found.append(Term(before + name, ", ".join(str(one) for one in value)))
        else:
            found.append(Term(before + name, str(value)))
    return found
