"""A decision about a person, as the story that makes it hands it over to be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

DecisionKind = Literal[
    "answer_not_taken",  # it was paid, and counts for nothing else
    "redo_asked",
    "not_qualified",
    "queue_closed",  # a tier or a kind of task is not offered any more
    "pay_changed",
    "fraud_flag",
    "suspended",
    "ended",
    "not_selected",
    "gold_missed",  # an answer that differs from a known one
    "restored",  # something of the above was taken back
]
KINDS: Final[tuple[DecisionKind, ...]] = get_args(DecisionKind)

HUMAN_KINDS: Final[frozenset[DecisionKind]] = frozenset(
    ("pay_changed", "fraud_flag", "suspended", "ended")
)
"""What no machine decides: pay, fraud, suspension and ending need a named human."""


@dataclass(frozen=True, slots=True)
class NewDecision:
    """What is decided about whom, by whom or by which registered system, and on what.

    `reason`, `counterfactual` ("you would have passed with 8 of 10") and `pay_effect` are
    sentences in English with `{placeholders}`, which `values` fills; they are kept in the person's
    language where the catalogue knows them. What a human writes has no values and stays as it is.
    `inputs` is what was looked at, readable and with ids rather than names; `weights` is what
    counted and how much. `behind` names people who set the rule that decided (a gold task's
    author, say): none of them hears an appeal. `client_key` keeps a decision once. Project 0 is
    the whole workspace.
    """

    person_id: int
    project_id: int
    kind: DecisionKind
    reason: str
    counterfactual: str
    inputs: Mapping[str, Any]
    client_key: str
    pay_effect: str = "None: everything that was earned is paid."
    values: Mapping[str, object] = field(default_factory=dict)
    weights: Sequence[tuple[str, float | str]] = ()
    subject: Mapping[str, int | str] = field(default_factory=dict)
    decider_id: int | None = None
    system: str = ""
    system_version: str = ""
    behind: Sequence[int] = ()
