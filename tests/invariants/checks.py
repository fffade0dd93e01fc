"""What always holds, checked by reading the database from outside the stories.

Each check recomputes its truth from rows that are never edited (leases, annotations, time events,
postings, leaves) and compares it with what the product keeps for speed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, text

from fairhand.core.clock import HOUR_MS, Instant
from fairhand.core.money import MICROS
from fairhand.pay.ledger.rules import escrow_key, payable_key
from fairhand.pay.paid_time.rules import TimeEvent, total_paid_ms
from fairhand.proof.log import merkle
from fairhand.proof.log import store as log
from fairhand.proof.log.checkpoint import open_checkpoint
from fairhand.proof.log.note import Signer
from fairhand.proof.log.promise import verify_kept, verify_promise
from fairhand.proof.log.receipt import verify_receipt
from fairhand.use_cases.read_record_audit import audit_records

GB_FLOOR = 1271
"""Pence per hour in the United Kingdom since April 2026 (SI 2026/357)."""

Rows = list[tuple[Any, ...]]


def rows(connection: Connection, query: str, **given: object) -> Rows:
    """Read rows."""
    return [tuple(row) for row in connection.execute(text(query), given)]


def check_places(connection: Connection) -> None:
    """Places taken are exactly live leases plus counted answers, and never more than wanted."""
    off = rows(
        connection,
        """
        SELECT q.task_id, q.wanted, q.taken,
               (SELECT count(*) FROM lease AS l WHERE l.task_id = q.task_id AND l.state = 'live'),
               (SELECT count(*) FROM annotation AS a
                WHERE a.task_id = q.task_id AND a.counted AND NOT a.superseded)
        FROM queue AS q
        """,
    )
    for task_id, wanted, taken, live, counted in off:
        assert taken == live + counted, f"task {task_id}: {taken=} but {live=} + {counted=}"
        assert live + counted <= wanted, f"task {task_id}: {live=} + {counted=} of {wanted=}"


def check_nobody_twice(connection: Connection) -> None:
    """One current answer per person and task, and answered tasks are on nobody's desk again."""
    twice = rows(
        connection,
        "SELECT person_id, task_id FROM annotation WHERE NOT superseded "
        "GROUP BY person_id, task_id HAVING count(*) > 1",
    )
    assert not twice, f"answered twice: {twice}"
    again = rows(
        connection,
        "SELECT l.person_id, l.task_id FROM lease AS l JOIN annotation AS a "
        "ON a.person_id = l.person_id AND a.task_id = l.task_id WHERE l.state <> 'submitted'",
    )
    assert not again, f"given again after an answer: {again}"
    gaps = rows(
        connection,
        "SELECT person_id, task_id FROM annotation GROUP BY person_id, task_id "
        "HAVING max(revision) <> count(*)",
    )
    assert not gaps, f"revisions with gaps: {gaps}"


def check_slices(connection: Connection) -> None:
    """A slice's count is the places taken in its tasks, and never more than its quota."""
    for slice_id, quota, taken, really in rows(
        connection,
        "SELECT z.id, z.quota, z.taken, (SELECT coalesce(sum(q.taken), 0) FROM queue AS q "
        "WHERE q.slice_id = z.id) FROM slice_quota AS z",
    ):
        assert taken == really <= quota, f"slice {slice_id}: {taken=} {really=} {quota=}"


def free_tasks(connection: Connection, person_id: int, project_id: int) -> list[int]:
    """List the tasks that this person may be handed now, by a plain look at every task."""
    found = rows(
        connection,
        """
        SELECT q.task_id FROM queue AS q, person AS h
        WHERE h.id = :person AND q.project_id = :project AND q.taken < q.wanted AND NOT q.held
          AND q.tier <= h.max_tier
          AND (q.skill_id = 0 OR q.skill_id IN
               (SELECT skill_id FROM person_skill WHERE person_id = :person))
          AND (q.slice_id = 0 OR q.slice_id IN
               (SELECT id FROM slice_quota WHERE taken < quota))
          AND q.task_id NOT IN (SELECT task_id FROM lease
                                WHERE person_id = :person AND state <> 'expired')
        """,
        person=person_id,
        project=project_id,
    )
    return [task_id for (task_id,) in found]


def check_everything_earns(connection: Connection) -> None:
    """Every annotation and every skip has its accrual: nothing is submitted and unpaid."""
    unpaid = rows(
        connection,
        "SELECT a.id FROM annotation AS a WHERE NOT EXISTS "
        "(SELECT 1 FROM accrual AS c JOIN entry AS e ON e.id = c.entry_id "
        "WHERE c.annotation_id = a.id AND c.person_id = a.person_id)",
    )
    assert not unpaid, f"annotations without an accrual: {unpaid}"
    skipped = rows(connection, "SELECT person_id, client_key FROM skip")
    keys = {key for (key,) in rows(connection, "SELECT idem_key FROM entry")}
    missing = [found for found in skipped if f"skip:{found[0]}:{found[1]}" not in keys]
    assert not missing, f"skips without an accrual: {missing}"


def check_time(connection: Connection) -> None:
    """Accrued plus pending time is the union of a person's activities, replayed event by event."""
    streams: dict[int, list[TimeEvent]] = defaultdict(list)
    for person, *event in rows(
        connection,
        "SELECT person_id, project_id, kind, at, idle_cap_ms, worked_ms, activity "
        "FROM time_event ORDER BY id",
    ):
        streams[person].append(TimeEvent(*event))
    accrued: dict[int, int] = {
        person: int(total)
        for person, total in rows(
            connection, "SELECT person_id, sum(paid_ms) FROM accrual GROUP BY person_id"
        )
    }
    pending: dict[int, int] = dict(
        rows(connection, "SELECT person_id, pending_ms FROM person_clock")
    )
    assert set(accrued) <= set(streams)
    assert set(pending) == set(streams)
    for person, events in streams.items():
        union = total_paid_ms(events)
        assert accrued.get(person, 0) + pending[person] == union, f"person {person}: time is lost"


def check_ledger(connection: Connection) -> None:
    """Entries sum to zero, escrow is its account and never negative, earnings are owed in full."""
    crooked = rows(
        connection,
        "SELECT entry_id, currency, sum(amount_micros) FROM posting "
        "GROUP BY entry_id, currency HAVING sum(amount_micros) <> 0",
    )
    assert not crooked, f"entries that do not sum to zero: {crooked}"
    balances: dict[tuple[str, str], int] = {
        (key, currency): int(total)
        for key, currency, total in rows(
            connection,
            "SELECT a.key, a.currency, sum(p.amount_micros) FROM posting AS p "
            "JOIN account AS a ON a.id = p.account_id AND a.currency = p.currency "
            "GROUP BY a.key, a.currency",
        )
    }
    for project, currency, left in rows(
        connection, "SELECT project_id, currency, left_micros FROM escrow"
    ):
        assert 0 <= left == balances.get((escrow_key(project), currency), 0), f"escrow {project}"
    for person, currency, earned in rows(
        connection,
        "SELECT person_id, currency, sum(amount_micros) FROM accrual GROUP BY person_id, currency",
    ):
        owed = balances.get((payable_key(person), currency), 0)
        assert int(earned) == owed, f"person {person}: earned {earned}, owed {owed}"


def check_floor(connection: Connection) -> None:
    """In every statement gross / paid hours reaches the floor exactly, and its sums are its own."""
    for found in rows(
        connection,
        "SELECT person_id, period_id, currency, paid_ms, accrued_micros, top_up_micros, "
        "floor_due_micros, body FROM statement",
    ):
        person, period, currency, paid_ms, accrued, top_up, due, body = found
        settled, hours = rows(
            connection,
            "SELECT coalesce(sum(c.amount_micros), 0), coalesce(sum(c.paid_ms), 0) "
            "FROM accrual AS c JOIN period_entry AS e ON e.entry_id = c.entry_id "
            "WHERE c.person_id = :person AND e.period_id = :period AND c.currency = :currency",
            person=person,
            period=period,
            currency=currency,
        )[0]
        gross = accrued + top_up
        assert (gross, paid_ms) == (int(settled), int(hours)), f"statement of {person}, {period}"
        assert due is not None, "everybody in these tests lives where a floor is known"
        assert Fraction(gross, MICROS) * HOUR_MS >= GB_FLOOR * paid_ms
        assert json.loads(body)["totals"]["paid_ms"] == paid_ms


def check_settled(connection: Connection, ends_at: Instant) -> None:
    """After a close nothing earned before its end is left without a period."""
    left = rows(
        connection,
        "SELECT entry_id FROM accrual WHERE ended_at < :ends_at "
        "AND entry_id NOT IN (SELECT entry_id FROM period_entry)",
        ends_at=ends_at,
    )
    assert not left, f"earned before the close and in no period: {left}"


def check_replies(connection: Connection, told: Mapping[tuple[int, str], dict[str, Any]]) -> None:
    """Whatever was acknowledged is there once, under its key, with the words that were told."""
    kept = {
        (person, key): (annotation, json.loads(reply))
        for annotation, person, key, reply in rows(
            connection, "SELECT id, person_id, client_key, reply FROM annotation"
        )
    }
    for who, reply in told.items():
        assert who in kept, f"an acknowledged submit is lost: {who}"
        assert kept[who][0] == reply["annotation_id"]
        assert {**kept[who][1], "paid": None} == {**reply, "paid": None}


def check_promises(
    connection: Connection, signer: Signer, promises: Iterable[tuple[int, Mapping[str, Any]]]
) -> None:
    """Promises are genuine and about the event they name, sealed or not."""
    hashes = {
        event: bytes(leaf) for event, leaf in rows(connection, "SELECT id, leaf_hash FROM event")
    }
    for event_id, promise in promises:
        assert verify_promise(promise, signer.verifier) == []
        assert promise["leaf_hash"] == hashes[event_id].hex()


def check_sealed(
    connection: Connection, signer: Signer, promises: Iterable[tuple[int, Mapping[str, Any]]]
) -> None:
    """After a sealing every event has its leaf, every promise is kept, every receipt verifies."""
    waiting = rows(connection, "SELECT id FROM event WHERE leaf_index IS NULL")
    assert not waiting, f"events without a leaf: {waiting}"
    places = [place for (place,) in rows(connection, "SELECT leaf_index FROM event")]
    assert sorted(places) == list(range(len(places)))
    for (event_id,) in rows(connection, "SELECT id FROM event"):
        receipt = log.load_proof(connection, event_id)
        assert receipt is not None
        assert verify_receipt(receipt.text(), signer.verifier) == []
    for event_id, promise in promises:
        receipt = log.load_proof(connection, event_id)
        assert receipt is not None
        assert verify_kept(promise, receipt.text(), signer.verifier) == []


def check_consistent(connection: Connection, signer: Signer) -> None:
    """Any two checkpoints agree on the log up to the older one."""
    notes = [note for (note,) in rows(connection, "SELECT note FROM checkpoint ORDER BY size")]
    signed = [open_checkpoint(note, [signer.verifier]) for note in notes]
    for old, new in [*pairwise(signed), *((old, signed[-1]) for old in signed)]:
        proof = log.load_consistency(connection, old.size, new.size)
        assert merkle.verify_consistency(old.size, new.size, old.root, new.root, proof)


def check_always(connection: Connection) -> None:
    """Everything that must hold between any two stories."""
    check_places(connection)
    check_nobody_twice(connection)
    check_slices(connection)
    check_everything_earns(connection)
    check_time(connection)
    check_ledger(connection)
    check_floor(connection)
    assert list(audit_records(connection)) == []
