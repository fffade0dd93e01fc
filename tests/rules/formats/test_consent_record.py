"""A consent record has every field of the specification and the law, and its words say the same."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from fairhand.core.clock import DAY_MS, Instant
from fairhand.formats.consent_record import (
    MANDATORY,
    ConsentRecord,
    Event,
    dump_receipt,
    dump_record,
    receipt_issues,
    record_issues,
)
from fairhand.formats.odrl import Policy, parse_policy
from fairhand.model.licence import Terms
from fairhand.people.consent.notices import PURPOSE_WORDS
from fairhand.people.consent.words import record_words

NOW = Instant(1_795_000_000_000)
TERMS = Terms(
    "voice",
    frozenset({"training", "voice_clone"}),
    NOW,
    Instant(NOW + 90 * DAY_MS),
    frozenset({"KE", "TZ"}),
    frozenset({"Bao & Sons"}),
    {"voice_clone": Instant(NOW + DAY_MS)},
)
RECORD = ConsentRecord(
    uid="2844c076-e5c8-44ca-94b3-f67921766848",
    person="urn:fairhand:person:2",
    policy=Policy("urn:uuid:1", "Agreement", "urn:a", "urn:b", TERMS, "Sauti Lab"),
    notice={
        "version": 3,
        "language": "sw",
        "sha256": "ab" * 32,
        "rendering": "campaign-page/1",
        "published_at": NOW,
    },
    controller={
        "name": "Sauti Lab",
        "address": "1 Uhuru Street, Nairobi",
        "contact": "privacy@sauti.example",
        "jurisdiction": "KE",
    },
    needed=("training",),
    processing=("collecting", "releasing"),
    storage=("Nairobi",),
    retention_days=400,
    withdrawal="Press one button.",
    rights=("have it erased",),
    authority="the Data Protection Commissioner",
    law="Data Protection Act",
    pay="KES 450 an hour.",
    royalty="None.",
    understanding={"tries": 2, "understood_at": "2026-11-22T00:00:00.000Z"},
    events=(
        Event("given", NOW, "urn:fairhand:person:2", ("training", "voice_clone")),
        Event("withdrawn", Instant(NOW + DAY_MS), "urn:fairhand:person:2", ("voice_clone",)),
    ),
    guardian={"name": "Carmen", "relation": "mother", "contact": "c@x.y"},
)


def holders(inside: Any, path: list[str]) -> Iterator[dict[str, Any]]:  # noqa: ANN401  # JSON
    """Every object that has the last name of a path in it."""
    for one in inside if isinstance(inside, list) else [inside]:
        if len(path) == 1:
            yield one
        else:
            yield from holders(one[path[0]], path[1:])


def test_a_record_and_its_receipt_lack_nothing() -> None:
    assert record_issues(dump_record(RECORD)) == []
    assert receipt_issues(dump_receipt(RECORD, "r1", NOW)) == []


@pytest.mark.parametrize("path", MANDATORY)
@pytest.mark.parametrize("empty", ["gone", "", "  ", []])
def test_every_mandatory_field_is_missed_when_it_is_removed_or_empty(
    path: str, empty: object
) -> None:
    written = copy.deepcopy(dump_record(RECORD))
    *_, name = path.split("/")
    for holder in holders(written, path.split("/")):
        if empty == "gone":
            del holder[name]
        else:
            holder[name] = empty
    assert path in {issue.place for issue in record_issues(written)}


@pytest.mark.parametrize("name", ["dct:conformsTo", "dct:identifier", "dct:created"])
def test_a_receipt_without_its_header_or_its_record_is_none(name: str) -> None:
    written = dump_receipt(RECORD, "r1", NOW)
    del written[name]
    assert [issue.place for issue in receipt_issues(written)] == [name]
    del written["dpv:hasRecordOfActivity"]
    assert "dpv:hasRecordOfActivity" in {one.place for one in receipt_issues(written)}


def test_the_policy_in_a_record_is_what_was_permitted() -> None:
    written = json.loads(json.dumps(dump_record(RECORD)))
    assert parse_policy(written["fairhand:policy"]).terms == TERMS


def test_words_name_every_purpose_place_and_end_that_the_record_has() -> None:
    words = record_words(RECORD)
    assert {one.words for one in words.lines} == {PURPOSE_WORDS[one] for one in TERMS.purposes}
    assert {one.purpose: one.ended_at for one in words.lines}["voice_clone"] == NOW + DAY_MS
    every = " ".join(f"{name}: {value}" for part in words.parts for name, value in part.facts)
    for said in ("KE, TZ", "Bao & Sons", "400 days", "Press one button.", "ab" * 32, "Carmen"):
        assert said in every
    assert "Sauti Lab" in every


def test_nowhere_and_nobody_are_said_and_are_no_gap() -> None:
    nothing = replace(TERMS, territory=frozenset(), recipients=frozenset())
    record = replace(RECORD, policy=replace(RECORD.policy, terms=nothing))
    assert record_issues(dump_record(record)) == []
    assert dict(record_words(record).parts[0].facts)["Who may get it"] == "nobody"


def test_words_change_with_the_terms() -> None:
    nowhere = replace(TERMS, territory=frozenset(), recipients=None)
    policy = replace(RECORD.policy, terms=nowhere)
    facts = dict(record_words(replace(RECORD, policy=policy)).parts[0].facts)
    assert facts["Where"] == "nowhere"
    assert facts["Who may get it"] == "whoever holds a licence"
