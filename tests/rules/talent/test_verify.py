"""A stranger checks a credential with two files and no network."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant
from fairhand.people.talent.badge import Badge, Shown, badge_body, status_list_body
from fairhand.people.talent.integrity import with_proof
from fairhand.people.talent.issuer_file import (
    IssuerFile,
    IssuerFileError,
    KeyState,
    issuer_document,
    read_issuer_file,
)
from fairhand.people.talent.multikey import KeyPair
from fairhand.people.talent.status_list import (
    LENGTH,
    StatusListError,
    encode,
    is_set,
    parse_list_name,
    place_of,
)
from fairhand.people.talent.verify import read_document, verify_credential

KEY, OTHER = (KeyPair(Ed25519PrivateKey.from_private_bytes(one * 32)) for one in (b"k", b"o"))
URL = "https://pets.example"
NOW = Instant(1_800_000_000_000)
LATER = Instant(NOW + DAY_MS)


def credential(index: int = 5, key: KeyPair = KEY) -> dict[str, Any]:
    badge = Badge(
        uid="58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        skill_id=3,
        skill="Telling cats from dogs",
        kind="task",
        description="",
        criteria="18 of 20 gold tasks.",
        identity="Amina@Example.org",
        identity_type="emailAddress",
        salt="5a17",
        issued_at=NOW,
        valid_until=Instant(NOW + 10 * DAY_MS),
        status_list="1-1",
        status_index=index,
        shown=Shown(right=18, asked=20, lower_permille=683, paid_ms=2 * HOUR_MS),
    )
    return with_proof(badge_body(badge, "Pets", URL, key.public), key, NOW, in_list=True)


def published(
    *, revoked: tuple[int, ...] = (), state: KeyState | None = None, by: KeyPair = OTHER
) -> dict[str, Any]:
    listed = status_list_body("1-1", encode(revoked), URL, by.public, LATER)
    keys = [(KEY.public, state or KeyState()), (OTHER.public, KeyState())]
    return issuer_document("Pets", URL, keys, [with_proof(listed, by, LATER)], LATER)


def trusted(**how: Any) -> IssuerFile:  # noqa: ANN401
    return read_issuer_file(json.loads(json.dumps(published(**how))))


def failures(document: Any, trust: Any, now: Instant = LATER, holder: str | None = None) -> Any:  # noqa: ANN401
    report = verify_credential(document, trust, now, holder)
    assert report.ok == all(one.passed for one in report.checks)
    return [one.name for one in report.checks if not one.passed]


def test_a_good_credential_holds_and_tells_what_was_shown() -> None:
    report = verify_credential(credential(), trusted(), LATER, "amina@example.org ")

    assert report.ok
    assert [one.name for one in report.checks] == [
        "signature",
        "issuer",
        "period",
        "status",
        "holder",
    ]
    assert report.facts is not None
    assert report.facts.skill == "Telling cats from dogs"
    told = dict(report.facts.results)
    assert told["Hours of learning and exam, all of them paid"] == "2.0"
    assert told["Right answers in the exam"] == "18 / 20"
    assert told["Share of right answers that is sure at 95 %"] == "68.3 %"


def test_who_trusts_nobody_believes_nothing_since_anybody_can_sign() -> None:
    assert failures(credential(), None) == ["issuer"]


def test_who_trusts_one_key_is_told_that_revocation_is_not_known() -> None:
    report = verify_credential(credential(), KEY.public, LATER)

    assert report.ok
    assert "revoked cannot be said" in report.remarks[0]
    assert failures(credential(), OTHER.public) == ["issuer"]


def test_a_revoked_credential_fails_and_its_neighbours_do_not() -> None:
    lists = trusted(revoked=(5, LENGTH - 1))

    assert failures(credential(5), lists) == ["status"]
    assert failures(credential(4), lists) == []
    assert failures(credential(6), lists) == []
    assert failures(credential(LENGTH - 1), lists) == ["status"]


def test_nothing_that_a_revoked_key_signed_is_believed() -> None:
    revoked = trusted(state=KeyState(revoked_at=LATER))

    assert failures(credential(), revoked) == ["issuer"]


def test_a_retired_key_is_good_for_what_it_signed_before() -> None:
    assert failures(credential(), trusted(state=KeyState(retired_at=LATER))) == []
    earlier = trusted(state=KeyState(retired_at=Instant(NOW - 1)))
    assert failures(credential(), earlier) == ["issuer"]


def test_a_list_that_a_revoked_key_signed_is_refused() -> None:
    with pytest.raises(IssuerFileError, match="not good"):
        trusted(by=KEY, state=KeyState(revoked_at=LATER))


def test_dates_are_kept() -> None:
    assert failures(credential(), trusted(), Instant(NOW - DAY_MS)) == ["period"]
    assert failures(credential(), trusted(), Instant(NOW + 10 * DAY_MS)) == ["period"]


def test_somebody_else_s_credential_is_not_one_s_own() -> None:
    assert failures(credential(), trusted(), holder="bao@example.org") == ["holder"]


def test_another_s_name_as_issuer_does_not_help_a_forger() -> None:
    forged = {name: value for name, value in credential().items() if name != "proof"}

    assert failures(with_proof(forged, OTHER, NOW), trusted()) == ["issuer"]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("credentialSubject", "achievement", "name"), "Brain surgery"),
        (("credentialSubject", "result", 0, "value"), "20"),
        (("credentialSubject", "identifier", 0, "salt"), "5a18"),
        (("validUntil",), "2099-01-01T00:00:00.000Z"),
        (("credentialStatus", "statusListIndex"), "6"),
        (("issuer", "name"), "Oxford"),
        (("issuer", "id"), OTHER.public.did),
    ],
    ids=str,
)
def test_what_was_tampered_with_fails(place: tuple[Any, ...], value: str) -> None:
    changed = deepcopy(credential())
    inner: Any = changed
    for name in place[:-1]:
        inner = inner[name]
    assert inner[place[-1]] != value
    inner[place[-1]] = value

    report = verify_credential(changed, trusted(), LATER)

    assert [one.name for one in report.checks] == ["signature"]
    assert not report.ok
    assert report.facts is None


@pytest.mark.parametrize("document", [None, 3, "x", [], {}, {"proof": {}}, {"@context": []}])
def test_what_is_no_credential_is_no_crash(document: object) -> None:
    assert failures(document, trusted()) == ["signature"]


def test_a_signed_document_that_is_no_badge_is_not_taken_for_one() -> None:
    assert failures(with_proof({"name": "Pets"}, KEY, NOW), trusted()) == ["signature"]


@pytest.mark.parametrize(
    "document", [None, [], {}, published() | {"made": "today"}, published() | {"statusLists": [{}]}]
)
def test_what_no_issuer_wrote_is_not_an_issuer_s_file(document: object) -> None:
    with pytest.raises(IssuerFileError, match=r"\w+"):
        read_issuer_file(document)


def test_a_list_that_was_changed_on_the_way_is_refused() -> None:
    changed = published(revoked=(5,))
    changed["statusLists"][0]["credentialSubject"]["encodedList"] = encode(())

    with pytest.raises(IssuerFileError, match="does not fit"):
        read_issuer_file(changed)


def test_lists_hold_every_number_once() -> None:
    assert place_of(0, 7) == ("7-1", 0)
    assert place_of(LENGTH, 7) == ("7-2", 0)
    assert parse_list_name("7-2") == (7, 2)
    assert [parse_list_name(name) for name in ("", "7", "7-", "-2", "7-2-1", "a-b")] == [None] * 6
    assert [n for n in range(40) if is_set(encode((0, 7, 8, 39)), n)] == [0, 7, 8, 39]


@pytest.mark.parametrize("encoded", ["", "u", "uAAAA", "z123", encode(())[:-9], "u*", "ué"])
def test_a_list_that_cannot_be_read_is_said_so(encoded: str) -> None:
    with pytest.raises(StatusListError):
        is_set(encoded, 0)


@pytest.mark.parametrize("data", [b'{"a": 1, "a": 2}', b'{"a": NaN}', b"\xff", b"", b"[" * 10**5])
def test_json_with_more_than_one_meaning_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_document(data)
