"""A licence's release is written: its term begins, and everybody in it is owed their share."""

from __future__ import annotations

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.core.money import Money
from fairhand.proof.licensing import store
from fairhand.proof.log import store as log
from fairhand.proof.release import terms_store
from fairhand.storage.database import Database
from fairhand.use_cases.grant_licence import agreement
from fairhand.use_cases.licence_offer import load_offer, share_permille
from fairhand.use_cases.record_usage import RecordUsage, record_usage


def deliver_licence(db: Database, licence_id: int, release_id: int, now: Instant) -> int | None:
    """Give a licence its release, once; gives the use whose royalties were owed, None for none.

    A release that takes another's place changes neither the term nor what was owed.
    """
    with db.write() as connection:
        licence = store.load_licence(connection, licence_id)
        terms = terms_store.load_terms(connection, release_id)
        asked = store.load_request(connection, licence.request_id) if licence else None
        holder = store.load_licensee(connection, licence.licensee_id) if licence else None
        if licence is None or terms is None or asked is None or holder is None:
            raise NotFoundError(f"There is no licence {licence_id} with release {release_id}.")
        if licence.release_id != release_id:
            is_first = licence.release_id is None
            span = (terms.starts_at, terms.ends_at)
            if not is_first:
                span = (licence.starts_at, licence.ends_at)
            offer = load_offer(connection, licence.project_id, only_listed=False)
            share = share_permille(connection, licence.project_id, licence.granted_at)
            policy = agreement(offer, licence.uid, asked, holder.name, span, share, release_id)
            store.set_release(connection, licence.id, release_id, span, policy)
            body = {
                "licence": licence.uid,
                "project": licence.project_id,
                "release": release_id,
                "takes_place_of": licence.release_id,
            }
            log.append(connection, "licence.delivered", body, now, None, licence.project_id)
    if licence.usage_id is not None or not licence.price_minor:
        return licence.usage_id
    command = RecordUsage(
        project_id=licence.project_id,
        recorded_by=_granter(db, licence.request_id),
        key=f"licence {licence.uid}",
        kind="licence",
        licensee=holder.name,
        happened_at=now,
        revenue=Money(licence.price_minor, licence.currency),
        release_id=release_id,
    )
    try:
        usage = record_usage(db, command, now)
    except ConflictError as error:
        if error.code != "no_royalties":
            raise
        return None
    with db.write() as connection:
        store.set_usage(connection, licence.id, usage.usage_id)
    return usage.usage_id


def _granter(db: Database, request_id: int) -> int:
    with db.read() as connection:
        return store.load_decider(connection, request_id)
