"""The conditions of the work behind a release, and who did it: gathered from every wing as sums."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from fairhand.core.clock import Instant, iso
from fairhand.model.project import Project
from fairhand.pay.earnings import store as earnings
from fairhand.pay.floors import store as floors
from fairhand.pay.floors.rules import floor_for
from fairhand.pay.royalties import store as royalties
from fairhand.proof.release import conditions_store as store
from fairhand.proof.release.conditions_store import Place
from fairhand.proof.release.fair_work import Conditions, FloorSource, fair_work_facts
from fairhand.proof.release.rules import PersonPay
from fairhand.storage.database import Connection
from fairhand.use_cases.who_labelled import shown_countries, who_labelled


def gather_conditions(
    connection: Connection, project: Project, withdrawn: frozenset[int], now: Instant
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Gather `fair_work` and `who` from the snapshot that a release comes from.

    Nobody who withdrew or is simulated is in a sum. Both are JSON objects of the vocabulary.
    """
    places = store.load_places(connection, project.id)
    living = {one for one, place in places.items() if not place.is_simulated} - withdrawn
    pay = {
        one.person_id: PersonPay("", one.paid_ms, one.amount_micros, one.floor_micros)
        for one in earnings.pay_facts(connection, project.id)
        if one.person_id in living and one.paid_ms > 0
    }
    who = who_labelled(pay, places, project.currency)
    known = Conditions(
        currency=project.currency,
        pay=list(pay.values()),
        hours=[one for one in store.load_hours(connection, project.id) if one[0] in pay],
        exposure=[one for one in store.load_exposure(connection, project.id) if one[0] in pay],
        skips=_only(pay, store.load_skips(connection, project.id)),
        decisions=_only(living, store.load_decisions(connection, project.id)),
        appeals=[one for one in store.load_appeals(connection, project.id) if one[0] in living],
        granted=len(store.load_granted(connection, project.id) & pay.keys()),
        withdrawn=sum(
            person in withdrawn and not place.is_simulated for person, place in places.items()
        ),
        sources=_sources(connection, pay, places, shown_countries(who), now),
        royalties=_royalties(connection, project, now),
    )
    return fair_work_facts(known), who


def _only(people: Collection[int], counts: Mapping[int, int]) -> dict[int, int]:
    return {person: count for person, count in counts.items() if person in people}


def _sources(
    connection: Connection,
    pay: Mapping[int, PersonPay],
    places: Mapping[int, Place],
    shown: Collection[str],
    now: Instant,
) -> list[FloorSource]:
    """Where the floors come from; a country that is not shown counts, and is not named."""
    found = []
    for country in sorted({places[person].country for person in pay}):
        people = sum(places[person].country == country for person in pay)
        floor = floor_for(floors.load_rows(connection, country), country, "", now)
        if country not in shown:
            found.append(FloorSource("", "", "", "", 0))
        elif floor is not None:
            row = floor.row
            found.append(FloorSource(country, row.source_title, row.source_url, row.kind, people))
    return found


def _royalties(connection: Connection, project: Project, now: Instant) -> dict[str, Any] | None:
    """The newest terms in force; they are about nobody."""
    held = [one for one in royalties.list_terms(connection, project.id) if one.valid_from <= now]
    if not held:
        return None
    terms = held[-1]
    return {
        "currency": project.currency,
        "share_permille": terms.share_permille,
        "training_run_minor": terms.training_run_minor,
        "voice_minute_minor": terms.voice_minute_minor,
        "yearly_floor_minor": terms.yearly_floor_minor,
        "valid_from": iso(terms.valid_from),
    }
