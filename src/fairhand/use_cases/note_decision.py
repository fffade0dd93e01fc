"""A decision about a person is kept, with its reason and evidence, where the person reads it."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import InvalidError, NotFoundError
from fairhand.core.systems import require_registered
from fairhand.core.words import words_for
from fairhand.model.decision import NewDecision
from fairhand.people.accounts import store as accounts
from fairhand.people.conduct import store
from fairhand.people.conduct.rules import appeal_by, decision_issues, inputs_hash, inputs_json
from fairhand.storage.database import Connection


def note_decision(connection: Connection, new: NewDecision, now: Instant) -> int:
    """Keep a decision in the caller's transaction; the same key again gives the same decision.

    The caller's own log line names it. Raises InvalidError for a decision without reason, evidence
    or somebody who answers for it, and for one that a machine may not make; UnregisteredError for
    a system that is not in the register.
    """
    if issues := decision_issues(new):
        raise InvalidError(f"This cannot be decided so: {issues[0].message}", issues=issues)
    if new.decider_id is None:
        require_registered(new.system)
    before = store.find_decision(connection, new.client_key)
    if before is not None:
        return before
    person = accounts.load_person(connection, new.person_id)
    if person is None:
        raise NotFoundError(f"There is no person {new.person_id}.")
    say = words_for(person.locale)
    row = {
        "person_id": new.person_id,
        "project_id": new.project_id,
        "kind": new.kind,
        "subject": {**new.subject, "behind": sorted(set(new.behind))},
        "decider_id": new.decider_id,
        "system": new.system,
        "system_version": new.system_version,
        "reason": say(new.reason, **new.values),
        "inputs": inputs_json(new.inputs).decode(),
        "inputs_sha256": inputs_hash(new.inputs),
        "weights": list(new.weights),
        "counterfactual": say(new.counterfactual, **new.values),
        "pay_effect": say(new.pay_effect, **new.values),
        "language": say.language,
        "client_key": new.client_key,
        "made_at": now,
        "appeal_by": appeal_by(store.policy_at(connection, now), now),
    }
    added = store.add_decision(connection, row)
    if added is None:
        added = store.find_decision(connection, new.client_key)
    assert added is not None  # noqa: S101  # somebody was quicker with the same key
    return added
