"""What a licence permits is what a slow reading of its policy permits: never more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import MalformedError
from fairhand.formats.odrl import Policy, Royalty, dump_policy, parse_policy
from fairhand.model.licence import MODALITIES, NEVER_SOLD, PURPOSES, WORLDWIDE, Terms, Use, permits

QUESTIONS = 10_000
START = Instant(1_795_000_000_000)
COUNTRIES = ("KE", "TZ", "UG", "DE")
PEOPLE = ("Bao & Sons", "Dmitri GmbH", "")


def some_terms(random: Random) -> Terms:
    """Terms of any shape: nowhere, nobody, withdrawn, a moment long."""
    starts = Instant(START + random.randrange(-5, 5) * DAY_MS)
    purposes = frozenset(random.sample(PURPOSES, random.randrange(1, 5)))
    places = random.choice([[WORLDWIDE], random.sample(COUNTRIES, random.randrange(0, 3))])
    known = random.choice([None, frozenset(random.sample(PEOPLE, random.randrange(0, 3)))])
    return Terms(
        modality=random.choice([one for one in MODALITIES if one not in NEVER_SOLD]),
        purposes=purposes,
        starts=starts,
        ends=Instant(starts + random.choice([1, DAY_MS, 9 * DAY_MS])),
        territory=frozenset(places),
        recipients=known,
        withdrawn={
            one: Instant(starts + random.randrange(0, 4) * DAY_MS)
            for one in purposes
            if random.random() < 0.3
        },
    )


def some_use(random: Random, terms: Terms) -> Use:
    """A question near the edges of the terms, and sometimes far from them."""
    edges = [terms.starts, terms.ends, *terms.withdrawn.values(), START]
    return Use(
        purpose=random.choice([*terms.purposes, *PURPOSES, "anything"]),
        modality=random.choice([terms.modality] * 6 + list(MODALITIES)),
        at=Instant(random.choice(edges) + random.choice([-DAY_MS, -1, 0, 1, DAY_MS])),
        place=random.choice([*COUNTRIES, "", WORLDWIDE, "ke"]),
        recipient=random.choice([*PEOPLE, "somebody"]),
    )


def slowly(policy: Mapping[str, Any], use: Use) -> bool:
    """Evaluate the written policy itself, one permission and one constraint after another."""
    if policy["fairhand:modality"] != use.modality or use.modality == "biometric_template":
        return False
    for rule in policy["prohibition"]:
        if rule["action"] == "fairhand:" + use.purpose:
            return False
    for rule in policy["permission"]:
        if rule["action"] == "fairhand:" + use.purpose and all(
            holds(one, use) for one in rule["constraint"]
        ):
            return True
    return False


def holds(constraint: Mapping[str, Any], use: Use) -> bool:
    """Evaluate one constraint by datetimes and lists, not by what `model.licence` knows."""
    left, how, right = (constraint[one] for one in ("leftOperand", "operator", "rightOperand"))
    if left == "dateTime":
        limit = datetime.fromisoformat(right["@value"])
        epoch = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
        moment = epoch + timedelta(milliseconds=int(use.at))
        return moment >= limit if how == "gteq" else moment < limit
    if left == "spatial":
        return any(one == f"urn:iso:std:iso:3166:{use.place}" for one in right)
    assert left == "recipient"
    return use.recipient in list(right)


def policy_of(terms: Terms) -> Policy:
    return Policy("urn:uuid:1", "Agreement", "urn:a", "urn:person:1", terms, "Sauti Lab")


def test_ten_thousand_random_questions_get_no_wrong_permit() -> None:
    random = Random(20_261_122)
    permitted = 0
    for _ in range(QUESTIONS // 20):
        terms = some_terms(random)
        written = json.loads(json.dumps(dump_policy(policy_of(terms))))
        back = parse_policy(written).terms
        for _ in range(20):
            use = some_use(random, terms)
            said = permits(terms, use)
            assert said == slowly(written, use), (terms, use)
            assert said == permits(back, use), (terms, use)
            permitted += said
    assert QUESTIONS // 50 < permitted < QUESTIONS // 2


def test_a_policy_comes_back_as_it_was_written() -> None:
    random = Random(7)
    for _ in range(50):
        policy = Policy(
            "urn:uuid:2", "Offer", "urn:a", "urn:b", some_terms(random), "",
            Royalty("share", 300, "KES", "pool-1"), "https://example.org/revocations",
        )  # fmt: skip
        assert parse_policy(json.loads(json.dumps(dump_policy(policy)))) == policy


def test_templates_of_a_person_can_be_in_no_policy() -> None:
    terms = Terms(
        "biometric_template", frozenset({"biometric_id"}), START, Instant(START + 1),
        frozenset({WORLDWIDE}),
    )  # fmt: skip
    with pytest.raises(ValueError, match="never be licensed"):
        dump_policy(policy_of(terms))
    written = dump_policy(policy_of(voice()))
    written["fairhand:modality"] = "biometric_template"
    with pytest.raises(MalformedError):
        parse_policy(written)


def voice() -> Terms:
    ends = Instant(START + DAY_MS)
    places, known = frozenset({"KE"}), frozenset({"Bao & Sons"})
    return Terms("voice", frozenset({"training", "evaluation"}), START, ends, places, known)


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.update(profile="urn:another"),
        lambda one: one.update({"@type": "Set"}),
        lambda one: one.update(obligation=[{"action": "odrl:delete"}]),
        lambda one: one["permission"].append(one["permission"][0]),
        lambda one: one["permission"][0].update(action="odrl:use"),
        lambda one: one["permission"][0].update(remedy=[]),
        lambda one: one["permission"][0].update(target="urn:other"),
        lambda one: one["permission"][0].update(constraint=[]),
        lambda one: one["permission"][0]["constraint"].pop(0),
        lambda one: one["permission"][0]["constraint"].append(
            {"leftOperand": "spatial", "operator": "isAnyOf", "rightOperand": []}
        ),
        lambda one: one["permission"][0]["constraint"].append(
            {"leftOperand": "count", "operator": "lteq", "rightOperand": 1}
        ),
        lambda one: one["prohibition"].append({"action": "fairhand:training"}),
        lambda one: one.update(permission=[]),
        lambda one: one.pop("permission"),
    ],
)
def test_a_policy_that_says_more_or_less_than_we_know_permits_nothing(change: Any) -> None:  # noqa: ANN401
    written = json.loads(json.dumps(dump_policy(policy_of(voice()))))
    change(written)
    with pytest.raises(MalformedError):
        parse_policy(written)
