"""The rules of the gate, one at a time, and what a `release.toml` may say."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.core.clock import HOUR_MS, Instant, iso
from fairhand.core.errors import InvalidError
from fairhand.proof.release.fitness import (
    RULES,
    Finding,
    Lack,
    Paid,
    Place,
    Rule,
    StageFacts,
    Standing,
    Target,
    Verdict,
    is_fit,
    judge_card,
    judge_consent,
    judge_coverage,
    judge_current,
    judge_paid,
    judge_people,
    judge_purpose,
    judge_quality,
    judge_stages,
    judge_synthetic,
    not_said,
    strictest,
)
from fairhand.proof.release.gate_file import USUAL, parse_bounds, parse_gate_file
from fairhand.proof.release.rules import (
    Agreement,
    OwnDataFacts,
    QuestionFacts,
    ReleaseFacts,
    ReleaseStats,
)

NOW = Instant(1_800_000_000_000)
FACTS = ReleaseFacts(
    project_id=4,
    slug="pets",
    title="Pets",
    purpose="To tell pets apart.",
    mode="open",
    version=2,
    created_at=iso(NOW),
    licence="CC-BY-4.0",
    questions=(),
    agreement=(Agreement("pet", 0.8, 0.7, 0.9, "alpha"),),
)
STATS = ReleaseStats(
    tasks=4,
    rows=4,
    annotations=8,
    assisted_annotations=0,
    simulated_annotations=0,
    media_files=0,
    questions=(
        QuestionFacts("pet", "choice", 4, 0.9, {}),
        QuestionFacts("why", "text", 4, None, {}),
    ),
    people=(),
)
OWN = OwnDataFacts(
    modalities=("voice",),
    purposes=("training",),
    territory=("worldwide",),
    starts=iso(Instant(NOW - HOUR_MS)),
    ends=iso(Instant(NOW + HOUR_MS)),
    recipient="",
    revocations="/releases/1/revocations",
    policy={},
)
AGREED = Standing(0, 0, is_settled=True, checked_at=NOW)


def test_the_strictest_of_several_places_is_what_counts_and_the_unknown_gives_way() -> None:
    def find(verdict: Verdict, rule: Rule = "paid") -> Finding:
        return Finding(rule, verdict, verdict)

    def both(*verdicts: Verdict) -> str:
        (found,) = strictest(*([find(one)] for one in verdicts))
        return found.words

    assert both("pass", "refuse", "warn") == "refuse"
    assert both("warn", "pass") == "warn"
    assert both("unchecked", "pass") == "pass"
    assert both("unchecked") == "unchecked"
    assert is_fit([find("warn"), find("unchecked")])
    assert not is_fit([find("pass"), find("refuse")])


@settings(max_examples=40)
@given(
    st.lists(
        st.builds(
            Finding,
            st.sampled_from(RULES),
            st.sampled_from(("pass", "warn", "refuse", "unchecked")),
            st.text(max_size=3),
        )
    )
)
def test_joining_loses_no_refusal_and_keeps_the_order(findings: list[Finding]) -> None:
    joined = strictest(findings)
    assert is_fit(joined) == is_fit(findings)
    assert [one.rule for one in joined] == [
        rule for rule in RULES if rule in {f.rule for f in findings}
    ]
    assert strictest(joined, findings) == joined


def test_who_agrees_must_be_known_freshly_and_wholly() -> None:
    def verdict(standing: Standing | None, own: OwnDataFacts | None = None) -> str:
        return judge_consent(standing, own, "/", NOW, 24).verdict

    assert verdict(AGREED) == "pass"
    assert verdict(AGREED, OWN) == "pass"
    assert verdict(None) == "unchecked"
    assert verdict(replace(AGREED, people_left=1)) == "refuse"
    assert verdict(replace(AGREED, items_revoked=1)) == "refuse"
    assert verdict(replace(AGREED, is_settled=False)) == "refuse"
    day_old = Instant(NOW - 24 * HOUR_MS)
    assert verdict(replace(AGREED, checked_at=day_old)) == "pass"
    assert verdict(replace(AGREED, checked_at=Instant(day_old - 1))) == "refuse"
    assert verdict(AGREED, replace(OWN, ends=iso(NOW))) == "refuse", "the end is not in it"


def test_an_agreement_that_is_dated_ahead_lets_nobody_through() -> None:
    ahead = Standing(0, 0, True, Instant(NOW + HOUR_MS))
    assert judge_consent(ahead, None, "/", NOW, 24).verdict == "refuse"
    soon = Standing(0, 0, True, Instant(NOW + 60_000))
    assert judge_consent(soon, None, "/", NOW, 24).verdict == "pass"


def test_what_nobody_knows_or_says_is_not_passed() -> None:
    nothing = replace(STATS, questions=(QuestionFacts("why", "text", 3, None, {}),))
    assert judge_quality(FACTS, nothing, {}, Target(0.9), "/").verdict == "unchecked"

    said = [Finding(rule, "pass", "") for rule in RULES if rule not in ("paid", "talent")]
    missing = not_said(said, "https://there.example")
    assert [(one.rule, one.verdict) for one in missing] == [
        ("paid", "refuse"),
        ("talent", "refuse"),
    ]
    assert not is_fit(strictest(said, missing))

    of_tomorrow = Finding("weather", "refuse", "It rains.")  # type: ignore[arg-type]
    found = strictest(said, [of_tomorrow])
    assert found[-1] == of_tomorrow, "a rule that is not known here still refuses"
    assert (is_fit(found), of_tomorrow.title) == (False, "weather")


@pytest.mark.parametrize(
    ("full", "cells", "least"), [(7, 100, 0.07), (29, 100, 0.29), (7, 10, 0.7)]
)
def test_a_share_of_groups_is_exact(full: int, cells: int, least: float) -> None:
    assert judge_coverage(full, cells, least, "/").verdict == "pass"
    assert judge_coverage(full - 1, cells, least, "/").verdict == "refuse"


def test_pay_is_held_against_the_floor_to_the_last_unit() -> None:
    def verdict(*people: Paid, unpaid: int = 0) -> str:
        return judge_paid(people, unpaid, "/").verdict

    assert verdict(Paid(1_000, 10, 10)) == "pass"
    assert verdict(Paid(1_000, 9, 10)) == "refuse"
    assert verdict(Paid(1_000, 10, None)) == "refuse"
    assert verdict(Paid(1_000, 10, 10), unpaid=1) == "refuse"
    settled = judge_paid([Paid(1, 9, 10)], 0, "/")
    is_open = judge_paid([Paid(1, 9, 10, is_settled=False)], 0, "/")
    assert "Close the pay period" in is_open.mend
    assert "Close the pay period" not in settled.mend


def test_a_question_is_held_to_its_own_bound_before_the_usual_one() -> None:
    def verdict(usual: Target, **targets: Target) -> str:
        return judge_quality(FACTS, STATS, targets, usual, "/").verdict

    assert verdict(Target()) == "unchecked"
    assert verdict(Target(0.9)) == "pass"
    assert verdict(Target(0.91)) == "refuse"
    assert verdict(Target(0.91), pet=Target(0.5)) == "pass"
    assert verdict(Target(0.1), pet=Target(0.95)) == "refuse"
    assert verdict(Target(None, 0.7)) == "pass"
    assert verdict(Target(None, 0.71)) == "refuse"
    assert verdict(Target(0.9), why=Target(0.1)) == "refuse", "nothing measures it"
    assert verdict(Target(), pets=Target(0.1)) == "refuse", "there is no such question"


def test_groups_stages_purposes_and_versions_refuse_at_their_bounds() -> None:
    assert judge_coverage(0, 0, 1.0, "/").verdict == "pass"
    assert judge_coverage(9, 10, 0.9, "/").verdict == "pass"
    assert judge_coverage(8, 10, 0.9, "/").verdict == "refuse"
    lack = Lack("Gold tasks are made", "0 of 5.", ("owner", "reviewer"), "/gold")
    stages = [
        StageFacts("workforce", ()),
        StageFacts("pipeline", (lack,)),
        StageFacts("talent", ()),
    ]
    found = judge_stages(stages, "/ready")
    assert [one.verdict for one in found] == ["pass", "refuse", "warn"]
    assert (found[1].who, found[1].link) == (("owner", "reviewer"), "/gold")
    assert judge_purpose(FACTS, "training", "/", NOW).verdict == "pass"
    assert judge_purpose(FACTS, "biometric_id", "/", NOW).verdict == "refuse"
    given_data = replace(FACTS, own_data=OWN)
    assert judge_purpose(given_data, "training", "/", NOW).verdict == "pass"
    assert judge_purpose(given_data, "evaluation", "/", NOW).verdict == "refuse"
    early = Instant(NOW - 2 * HOUR_MS)
    assert judge_purpose(given_data, "training", "/", early).verdict == "refuse"
    assert judge_current(FACTS, Place(newest=2), "/").verdict == "pass"
    assert judge_current(FACTS, Place(newest=3), "/").verdict == "warn"
    assert judge_current(FACTS, Place(newest=2, is_hidden=True), "/").verdict == "warn"
    assert judge_current(FACTS, Place(superseded_by=3, newest=3), "/").verdict == "refuse"


def test_trials_simulations_unsigned_cards_and_unknown_origins_are_refused() -> None:
    assert judge_people(FACTS, STATS).verdict == "pass"
    assert judge_people(replace(FACTS, mode="demo"), STATS).verdict == "refuse"
    assert judge_people(FACTS, replace(STATS, simulated_annotations=1)).verdict == "refuse"
    assert judge_card(FACTS, [], "/").verdict == "pass"
    assert judge_card(replace(FACTS, licence="unstated"), [], "/").verdict == "refuse"
    assert judge_card(FACTS, ["croissant.json: no"], "/").words == "Croissant.json: no."
    assert judge_synthetic(None, None, "/").verdict == "refuse"
    assert judge_synthetic({"form": "another"}, None, "/").verdict == "refuse"


GOOD = """
[release]
folder = "pets-v2"
[house]
server = "https://data.example.org"
token_file = "~/.token"
[training]
purpose = "evaluation"
by = "Example Lab"
[quality]
confidence = 0.9
[quality.pet]
alpha = 0.667
[coverage]
groups = 0.5
[synthetic]
max_depth = 0
[consent]
max_age_hours = 1
"""


def test_a_release_toml_is_read_whole() -> None:
    found = parse_gate_file(tomllib.loads(GOOD))
    assert (found.folder, found.purpose, found.by) == ("pets-v2", "evaluation", "Example Lab")
    bounds = parse_bounds(found.raw)
    assert bounds.usual == Target(0.9)
    assert bounds.targets == {"pet": Target(None, 0.667)}
    assert (bounds.coverage, bounds.max_age_h) == (0.5, 1.0)
    assert bounds.synthetic is not None
    assert bounds.synthetic.max_depth == 0
    assert parse_bounds({}) == USUAL
    assert parse_gate_file({}).purpose == "training"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"relese": {}}, "relese"),
        ({"release": {"foldr": "x"}}, "release.foldr"),
        ({"release": {"id": "3"}}, "release.id"),
        ({"release": {"id": True}}, "release.id"),
        ({"release": 3}, "release"),
        ({"house": {"token": "fh_x"}}, "house.token"),
        ({"house": {"server": "x", "workspace": "y"}}, "house"),
        ({"training": {"purpose": 3}}, "training.purpose"),
        ({"quality": {"pet": 0.9}}, "quality.pet"),
        ({"quality": {"pet": {"confidense": 0.9}}}, "quality.pet.confidense"),
        ({"quality": {"pet": {"alpha": 2}}}, "quality.pet.alpha"),
        ({"quality": {"confidence": True}}, "quality.confidence"),
        ({"quality": {"confidence": float("nan")}}, "quality.confidence"),
        ({"quality": []}, "quality"),
        ({"coverage": {"groups": -1}}, "coverage.groups"),
        ({"consent": {"max_age_hours": 10_000}}, "consent.max_age_hours"),
        ({"synthetic": {"depth": 1}}, "synthetic.depth"),
        ({"synthetic": {"max_depth": 9}}, "synthetic.why"),
        ({"synthetic": 1}, "synthetic"),
    ],
)
def test_what_is_wrong_in_a_release_toml_is_named(content: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidError) as told:
        parse_gate_file(content)
    assert [issue.place for issue in told.value.issues] == [place]
