"""Every decision about a person is kept once, with its reason, in their language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairhand.core.clock import DAY_MS
from fairhand.core.errors import InvalidError
from fairhand.core.systems import UnregisteredError
from fairhand.model.decision import NewDecision
from fairhand.people.conduct.rules import inputs_hash
from fairhand.people.conduct.store import load_decision
from fairhand.storage.database import Database
from fairhand.use_cases.note_decision import note_decision
from tests.cast import Cast

FLAG = NewDecision(
    person_id=0,
    project_id=0,
    kind="fraud_flag",
    reason="Two accounts sent the very same letters within one second.",
    counterfactual="Answers that differ in their letters would not have been looked at.",
    inputs={"annotations": [1, 2]},
    client_key="flag-0001",
)


def _cast(db: Database) -> tuple[Cast, NewDecision]:
    cast = Cast(db)
    return cast, replace(FLAG, person_id=cast.person("amina"), decider_id=cast.carmen)


def test_a_decision_is_kept_once_with_the_hash_of_what_was_looked_at(db: Database) -> None:
    """A retry gives the first decision; 60 days are there to appeal."""
    cast, new = _cast(db)
    with db.write() as connection:
        first = note_decision(connection, new, cast.clock.now)
        again = note_decision(connection, replace(new, reason="x" * 30), cast.clock.now)
        kept = load_decision(connection, first)
    assert kept is not None
    assert again == first
    assert kept.reason == new.reason
    assert kept.inputs_sha256 == inputs_hash({"annotations": [1, 2]})
    assert kept.appeal_by == cast.clock.now + 60 * DAY_MS


@pytest.mark.parametrize("kind", ["suspended", "ended", "pay_changed", "fraud_flag"])
def test_no_machine_decides_about_work_pay_or_fraud(sqlite_db: Database, kind: str) -> None:
    """A system's name does not make it a human."""
    cast, new = _cast(sqlite_db)
    alone = replace(new, kind=kind, decider_id=None, system="router")  # type: ignore[arg-type]
    with sqlite_db.write() as connection, pytest.raises(InvalidError, match="machine"):
        note_decision(connection, alone, cast.clock.now)


def test_a_system_that_is_not_registered_decides_nothing(sqlite_db: Database) -> None:
    """Not even the smallest thing."""
    cast, new = _cast(sqlite_db)
    alone = replace(new, kind="not_selected", decider_id=None, system="a-scorer-of-the-night")
    with sqlite_db.write() as connection, pytest.raises(UnregisteredError):
        note_decision(connection, alone, cast.clock.now)


def test_a_decision_without_reason_or_evidence_is_refused_with_everything_at_once(
    sqlite_db: Database,
) -> None:
    """Reason, counterfactual and inputs are named together."""
    cast, new = _cast(sqlite_db)
    bare = replace(new, reason="no", counterfactual="", inputs={}, client_key="x")
    with sqlite_db.write() as connection, pytest.raises(InvalidError) as caught:
        note_decision(connection, bare, cast.clock.now)
    places = {issue.place for issue in caught.value.issues}
    assert places == {"reason", "counterfactual", "inputs", "client_key"}
