"""Rules of pay policies: what a project pays, how that may change, and in which words it is told.

A policy has versions and none is ever edited. What lowers anything for the person (a cut) is told
days before and reaches only tasks that are handed out after its moment; a raise may hold at once.
Rates are micros of a minor unit per hour, units are micros per task or per minute of audio.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from fairhand.core.clock import Instant, iso

PolicyBasis = Literal["time", "piece", "audio"]

WAIT_BLOCK_MS: Final = 900_000
"""How long waiting is paid when work was promised: a quarter of an hour."""
CANCEL_PERMILLE: Final = 500
_ALWAYS: Final = Instant(0)


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of what a project pays; with basis "time" the hourly guarantee is the pay."""

    project_id: int
    version: int
    currency: str
    basis: PolicyBasis
    rate_micros_per_hour: int
    unit_micros: int | None = None
    hazard_micros_per_hour: int = 0
    data_micros_per_hour: int = 0
    min_block_ms: int = 0
    wait_block_ms: int = WAIT_BLOCK_MS
    cancel_permille: int = CANCEL_PERMILLE
    reprices_itself: bool = False
    valid_from: Instant = _ALWAYS
    reason: str = ""
    created_by: int | None = None
    created_at: Instant = _ALWAYS


TOLD: Final = (
    "basis",
    "rate_micros_per_hour",
    "unit_micros",
    "hazard_micros_per_hour",
    "data_micros_per_hour",
    "min_block_ms",
    "wait_block_ms",
    "cancel_permille",
    "reprices_itself",
    "currency",
    "reason",
)
"""What a line of the log says of a version, beside its number and its moment."""


def told(policy: Policy) -> dict[str, Any]:
    """Write a version for the log, which the tables are held to."""
    values = {name: getattr(policy, name) for name in TOLD}
    return {"version": policy.version, "valid_from": iso(policy.valid_from), **values}


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies of several projects, each project's in the order of their versions."""

    by_project: Mapping[int, Sequence[Policy]] = field(default_factory=dict)

    def at(self, project_id: int, at: Instant) -> Policy | None:
        """Give the version in force in a project at a moment; None when it has none at all."""
        return in_force(self.by_project.get(project_id, ()), at)


def in_force(policies: Sequence[Policy], at: Instant) -> Policy | None:
    """Give the newest version whose moment has come; before the first one, the first.

    Time before a project's first version is rare (an import, a clock put back): it is paid as if
    that version had held, never as if there were none.
    """
    begun = [policy for policy in policies if policy.valid_from <= at]
    if begun:
        return max(begun, key=lambda policy: policy.version)
    return min(policies, key=lambda policy: policy.version, default=None)
