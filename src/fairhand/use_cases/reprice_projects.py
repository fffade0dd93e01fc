"""A price that leaves too much to top-up is raised, where its owner has agreed to that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.money import MICROS
from fairhand.model.system import loaded
from fairhand.pay.floors import store as floors
from fairhand.pay.fx import store as fx
from fairhand.pay.policies import store, work_store
from fairhand.pay.policies.changing import coming, cuts
from fairhand.pay.policies.repricing import TopUpShare, WorkedFor, repriced, share_of
from fairhand.pay.policies.rules import Policy, in_force, told
from fairhand.proof.log import store as log
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.read_project_floors import RATES_SINCE_MS, floor_of_place
from fairhand.work.projects import store as projects


def reprice_projects(
    db: Database, now: Instant, project_ids: Iterable[int] | None = None
) -> list[Policy]:
    """Raise the prices of projects whose top-up is over a tenth of base pay; give the new versions.

    Upwards only, for new items only, and only where the policy in force says that it may.
    """
    if project_ids is None:
        with db.read() as connection:
            project_ids = store.list_repricing(connection)
    made = []
    for project_id in project_ids:
        with db.write() as connection:
            projects.lock_project(connection, project_id)
            known = store.list_policies(connection, project_id)
            present = in_force(known, now)
            if present is None or not present.reprices_itself:
                continue
            work = work_since(connection, present, now)
            new = loaded("pay.reprice", repriced)(present, work, now)
            if new is None or any(cuts(policy, new) for policy in coming(known, now)):
                continue  # a raise that people were promised is not overtaken by a smaller one
            new = replace(new, version=known[-1].version + 1)
            store.add_policy(connection, new)
            store.copy_to_project(connection, new)
            body = _body(present, new, share_of(work))
            log.append(connection, "pay.repriced", body, now, None, project_id)
        made.append(new)
    return made


def work_since(connection: Connection, policy: Policy, now: Instant) -> list[WorkedFor]:
    """Load what people did since a policy holds, each under their floor or the guarantee."""
    rates = fx.load_book(connection, Instant(now - RATES_SINCE_MS), now)
    kept = work_store.list_ratchets(connection, policy.project_id, policy.currency)
    found, by_place = [], {}
    for one in work_store.list_work_since(
        connection, policy.project_id, policy.currency, policy.valid_from
    ):
        place = one.country, one.region
        if place not in by_place:
            rows = floors.load_rows(connection, one.country)
            by_place[place] = floor_of_place(rows, rates, *place, policy.currency, now)
        floor = by_place[place]
        minor = floor.minor_per_hour if floor and floor.currency == policy.currency else 0
        minor = max(minor, kept.get(one.person_id, 0))
        found.append(
            WorkedFor(
                one.person_id,
                one.paid_ms,
                one.accrued_micros,
                max(policy.rate_micros_per_hour, minor * MICROS),
                one.units,
                one.unit_paid_ms,
                one.unit_accrued_micros,
            )
        )
    return found


def _body(old: Policy, new: Policy, share: TopUpShare) -> dict[str, Any]:
    return {
        "project": new.project_id,
        "version": new.version,
        "top_up_permille": share.permille,
        "paid_ms": share.paid_ms,
        "was": {"rate": old.rate_micros_per_hour, "unit": old.unit_micros},
        "now": {"rate": new.rate_micros_per_hour, "unit": new.unit_micros},
        "pay": told(new),
    }
