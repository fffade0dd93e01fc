"""Roles follow groups, whatever came before; and what a provider says is read narrowly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.sign_on import SignOn
from fairhand.people.sign_on.rules import (
    Grant,
    Said,
    every_grant,
    follow_groups,
    grants_of,
    how_to_know,
    read_said,
)

GRANTS = st.tuples(st.integers(0, 2), st.sampled_from(("owner", "reviewer", "contributor")))
SETTINGS = SignOn(
    issuer="https://login.example.org",
    client_id="fairhand",
    roles={"a": ("owner",), "b": ("reviewer in leaves", "contributor"), "c": ("auditor in gone",)},
)


@given(
    present=st.dictionaries(GRANTS, st.sampled_from(("given", "group")), max_size=8),
    wanted=st.frozensets(GRANTS, max_size=8),
    elsewhere=st.frozensets(GRANTS, max_size=4),
    last=st.booleans(),
)
def test_after_a_sign_in_roles_are_those_given_by_hand_and_those_of_the_groups(
    present: dict[Grant, str], wanted: frozenset[Grant], elsewhere: frozenset[Grant], last: bool
) -> None:
    change = follow_groups(present, wanted, elsewhere=elsewhere, is_last_owner=last)
    after = (set(present) | set(change.give)) - set(change.take)
    by_hand = {grant for grant, source in present.items() if source == "given"}
    assert by_hand <= after
    assert wanted <= after
    for grant in after - by_hand - wanted:
        assert grant in elsewhere or (last and grant == (0, "owner") and change.kept_owner)
    if last and (0, "owner") in present:
        assert (0, "owner") in after
    again = dict.fromkeys(after, "group") | dict.fromkeys(by_hand, "given")
    second = follow_groups(again, wanted, elsewhere=elsewhere, is_last_owner=last)
    assert (second.give, second.take) == ((), ())


def test_groups_give_what_the_settings_say_where_there_is_such_a_project() -> None:
    projects = {"leaves": 7}
    assert grants_of(SETTINGS, {"b", "x"}, projects) == {(7, "reviewer"), (0, "contributor")}
    assert grants_of(SETTINGS, {"B", "a "}, projects) == frozenset()
    assert every_grant(SETTINGS, projects) == {(0, "owner"), (7, "reviewer"), (0, "contributor")}


@pytest.mark.parametrize(
    ("path", "claims", "groups"),
    [
        ("groups", {"groups": ["a", "b"]}, {"a", "b"}),
        ("groups", {"groups": "a"}, {"a"}),
        ("groups", {"groups": "a,b"}, {"a,b"}),
        ("groups", {}, set()),
        ("realm_access.roles", {"realm_access": {"roles": ["a"]}}, {"a"}),
        ("https://example.org/groups", {"https://example.org/groups": ["a"]}, {"a"}),
        ("a.b", {"a": "b"}, set()),
        ("groups", {"groups": ["a"] * 20_001}, set()),
        ("groups", {"_claim_names": {"groups": "src1"}}, None),
        ("groups", {"hasgroups": True}, None),
        ("roles", {"_claim_names": {"groups": "src1"}, "roles": ["a"]}, {"a"}),
    ],
)
def test_groups_are_found_where_the_settings_say(
    path: str, claims: dict[str, Any], groups: set[str] | None
) -> None:
    settings = SETTINGS.model_copy(update={"groups_claim": path})
    assert read_said(settings, {"sub": "x", **claims}).groups == groups


@pytest.mark.parametrize(
    ("claims", "email", "name"),
    [
        ({"email": " Amina@Example.org "}, "amina@example.org", "amina"),
        ({"email": "a@b@c.org", "name": "A"}, "a@b@c.org", "A"),
        ({"email": "a b@c.org"}, "", ""),
        ({"email": "a@b.org,c@d.org"}, "", ""),
        ({"email": "amina"}, "", ""),
        ({"email": "a\n@b.org"}, "", ""),
        ({"email": 7, "name": ["x"]}, "", ""),
        ({"email": "x" * 320 + "@b.org"}, "", ""),
        ({"name": "  A\u202e  B\x00 "}, "", "A B"),
        ({"name": "", "preferred_username": "amina"}, "", "amina"),
        ({"name": "n" * 900}, "", "n" * 200),
    ],
)
def test_names_and_addresses_are_cleaned_or_left_out(
    claims: dict[str, Any], email: str, name: str
) -> None:
    said = read_said(SETTINGS, {"sub": "x", **claims})
    assert (said.email, said.name) == (email, name)


@given(st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_an_account_is_opened_by_an_address_only_where_all_agree(
    admit: bool, by_email: bool, verified: bool, has: bool, otherwise: bool, signed_in: bool
) -> None:
    settings = SETTINGS.model_copy(update={"admit": admit, "link_by_email": by_email})
    said = Said(settings.issuer, "x", "a@b.org", verified, "A", frozenset())
    way = how_to_know(
        settings, said, has_account=has, is_doubtful=otherwise, is_signed_in=signed_in
    )
    trusted = by_email and verified and has and not otherwise and not signed_in
    assert (way == "link") == trusted
    assert (way == "admit") == (admit and not has and not signed_in)
