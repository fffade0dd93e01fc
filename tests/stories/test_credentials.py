"""Credentials: given out, carried away, checked elsewhere, revoked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant
from fairhand.core.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)
from fairhand.core.settings import load_settings
from fairhand.people.talent import credential_store as store
from fairhand.people.talent.badge import Shown, identity_hash
from fairhand.people.talent.integrity import check_proof
from fairhand.people.talent.issuer_file import read_issuer_file
from fairhand.people.talent.keys import Issuer
from fairhand.people.talent.verify import verify_credential
from fairhand.storage.database import Database
from fairhand.use_cases.house import open_house
from fairhand.use_cases.issue_credential import Issued, NewCredential, issue_credential
from fairhand.use_cases.read_credentials import read_credentials, read_shared
from fairhand.use_cases.read_issuer import read_issuer
from fairhand.use_cases.replace_issuer_key import ReplaceIssuerKey, replace_issuer_key
from fairhand.use_cases.revoke_credential import RevokeCredential, revoke_credential
from fairhand.use_cases.share_credential import ShareCredential, share_credential
from tests.cast import Cast
from tests.stories.terminal import Terminal, run

HALF_A_YEAR = 182 * DAY_MS


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer("pets", "https://pets.example", tmp_path / "keys")


def add_skill(cast: Cast, name: str = "Telling cats from dogs", kind: str = "task") -> int:
    cast.change("INSERT INTO skill (name, kind) VALUES (:name, :kind)", name=name, kind=kind)
    return int(cast.rows("SELECT max(id) FROM skill")[0][0])


def issue(cast: Cast, issuer: Issuer, who: str, skill: int, attempt: int | None = None) -> Issued:
    valid_until = Instant(cast.clock.now + HALF_A_YEAR)
    shown = Shown(right=18, asked=20, lower_permille=683, paid_ms=HOUR_MS * 3 // 2)
    new = NewCredential(
        cast.person(who), skill, "18 of 20 gold tasks.", attempt, shown, valid_until
    )
    with cast.db.write() as connection:
        return issue_credential(connection, new, issuer, cast.clock.now)


def body_of(cast: Cast, uid: str) -> dict[str, object]:
    with cast.db.read() as connection:
        found = store.find_credential(connection, uid)
    assert found is not None
    body: dict[str, object] = json.loads(found.body)
    return body


def test_a_credential_says_what_was_shown_and_not_who_showed_it(
    db: Database, issuer: Issuer
) -> None:
    cast = Cast(db)
    body = body_of(cast, issue(cast, issuer, "Amina", add_skill(cast)).uid)

    subject = json.loads(json.dumps(body["credentialSubject"]))
    person = subject["identifier"][0]
    names = {one["id"]: one["name"] for one in subject["achievement"]["resultDescription"]}
    assert {names[one["resultDescription"]]: one["value"] for one in subject["result"]} == {
        "Right answers in the exam": "18",
        "Share of right answers that is sure at 95 %": "68.3",
        "Hours of learning and exam, all of them paid": "1.5",
    }
    assert "Amina" not in json.dumps(body)
    assert person["identityHash"] == identity_hash("amina", person["salt"])
    assert check_proof(body).by.did == json.loads(json.dumps(body["issuer"]))["id"]
    assert cast.rows("SELECT count(*) FROM event WHERE kind = 'credential.issued'") == [(1,)]


def test_two_credentials_are_signed_by_one_key(sqlite_db: Database, issuer: Issuer) -> None:
    cast = Cast(sqlite_db)
    skill = add_skill(cast)

    first, second = (
        check_proof(body_of(cast, issue(cast, issuer, who, skill).uid)) for who in ("Amina", "Bao")
    )

    assert first.by == second.by
    assert cast.rows("SELECT multikey FROM issuer_key") == [(first.by.multikey,)]
    (file,) = issuer.folder.iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_without_the_signing_key_nothing_is_written_and_the_way_out_is_said(
    sqlite_db: Database, issuer: Issuer
) -> None:
    cast = Cast(sqlite_db)
    skill = add_skill(cast)
    issue(cast, issuer, "Amina", skill)
    next(issuer.folder.iterdir()).unlink()

    with pytest.raises(UnavailableError, match="fairhand credential new-key"):
        issue(cast, issuer, "Bao", skill)

    assert cast.rows("SELECT count(*) FROM credential") == [(1,)]


def test_nobody_gets_a_credential_for_a_skill_that_is_not_there(
    sqlite_db: Database, issuer: Issuer
) -> None:
    cast = Cast(sqlite_db)

    with pytest.raises(NotFoundError):
        issue(cast, issuer, "Amina", 7)


def verified(cast: Cast, issuer: Issuer, uid: str) -> list[str]:
    """Check a credential as a stranger would, with what is published now; list what fails."""
    trust = read_issuer_file(read_issuer(cast.db, issuer, cast.clock.now))
    report = verify_credential(body_of(cast, uid), trust, cast.clock.now)
    return [one.name for one in report.checks if not one.passed]


def test_a_stranger_verifies_it_with_the_issuer_s_file_until_it_is_revoked(
    db: Database, issuer: Issuer
) -> None:
    cast = Cast(db)
    skill = add_skill(cast)
    mine, other = issue(cast, issuer, "Amina", skill).uid, issue(cast, issuer, "Bao", skill).uid
    assert verified(cast, issuer, mine) == []

    command = RevokeCredential(mine, cast.carmen, "It was given to the wrong account.")
    revoke_credential(cast.db, command, cast.clock.now)

    assert verified(cast, issuer, mine) == ["status"]
    assert verified(cast, issuer, other) == []
    (decision,) = cast.rows("SELECT person_id, kind, decider_id, reason FROM decision")
    assert decision == (cast.people["Amina"], "not_qualified", cast.carmen, command.reason)
    with pytest.raises(ConflictError):
        revoke_credential(cast.db, command, cast.clock.now)


def test_people_revoke_their_own_without_giving_a_reason_and_managers_do_not(
    sqlite_db: Database, issuer: Issuer
) -> None:
    cast = Cast(sqlite_db)
    uid = issue(cast, issuer, "Amina", add_skill(cast)).uid

    with pytest.raises(InvalidError, match="Say why"):
        revoke_credential(cast.db, RevokeCredential(uid, cast.carmen), cast.clock.now)
    revoke_credential(cast.db, RevokeCredential(uid, cast.people["Amina"]), cast.clock.now)

    assert verified(cast, issuer, uid) == ["status"]
    assert cast.rows("SELECT count(*) FROM decision") == [(0,)]


def test_a_revoked_key_s_credentials_fail_and_their_people_have_new_ones(
    db: Database, issuer: Issuer
) -> None:
    cast = Cast(db)
    skill = add_skill(cast)
    old = issue(cast, issuer, "Amina", skill).uid
    before = body_of(cast, old)
    cast.clock.advance(DAY_MS)

    command = ReplaceIssuerKey(cast.carmen, "A laptop was stolen.", is_revoked=True)
    made = replace_issuer_key(cast.db, command, issuer, cast.clock.now)

    assert made.renewed == 1
    assert verified(cast, issuer, old) == ["issuer", "status"]
    new, _ = read_credentials(cast.db, cast.people["Amina"], cast.clock.now)
    after = body_of(cast, new.credential.uid)
    assert verified(cast, issuer, new.credential.uid) == []
    for same in ("credentialSubject", "validFrom", "validUntil"):
        assert after[same] == before[same]
    assert [file.stem for file in issuer.folder.iterdir()] == [made.multikey]


def test_a_retired_key_s_credentials_stay_good_until_it_turns_out_to_be_stolen(
    sqlite_db: Database, issuer: Issuer
) -> None:
    cast = Cast(sqlite_db)
    uid = issue(cast, issuer, "Amina", add_skill(cast)).uid
    (old,) = cast.rows("SELECT multikey FROM issuer_key")[0]
    replaced = ReplaceIssuerKey(cast.carmen, "A year is over.")
    replace_issuer_key(cast.db, replaced, issuer, cast.clock.now)
    assert verified(cast, issuer, uid) == []

    stolen = ReplaceIssuerKey(cast.carmen, "It was on a lost disk.", True, old)
    made = replace_issuer_key(cast.db, stolen, issuer, cast.clock.now)

    assert made.renewed == 1
    assert verified(cast, issuer, uid) == ["issuer", "status"]
    assert cast.rows("SELECT count(*) FROM issuer_key") == [(2,)]
    with pytest.raises(NotFoundError):
        replace_issuer_key(cast.db, stolen, issuer, cast.clock.now)


def test_only_what_is_shared_is_read_by_its_address(sqlite_db: Database, issuer: Issuer) -> None:
    cast = Cast(sqlite_db)
    uid, amina = issue(cast, issuer, "Amina", add_skill(cast)).uid, cast.people["Amina"]
    with pytest.raises(NotFoundError):
        read_shared(cast.db, uid)

    share_credential(cast.db, ShareCredential(amina, uid, True), cast.clock.now)
    assert read_shared(cast.db, uid).uid == uid

    share_credential(cast.db, ShareCredential(amina, uid, False), cast.clock.now)
    with pytest.raises(NotFoundError):
        read_shared(cast.db, uid)
    with pytest.raises(NotFoundError):
        share_credential(cast.db, ShareCredential(cast.carmen, uid, True), cast.clock.now)
    revoke_credential(cast.db, RevokeCredential(uid, amina), cast.clock.now)
    with pytest.raises(ConflictError):
        share_credential(cast.db, ShareCredential(amina, uid, True), cast.clock.now)


def test_the_terminal_verifies_what_it_gave_out_and_nothing_that_was_changed(
    tmp_path: Path,
) -> None:
    terminal = Terminal(tmp_path / "workspace")
    terminal.init()
    house = open_house(load_settings(terminal.workspace))
    with house.db.write() as connection:
        connection.execute(text("INSERT INTO skill (name, kind) VALUES ('Swahili', 'language')"))
        new = NewCredential(1, 1, "She teaches it.")
        uid = issue_credential(connection, new, house.issuer, house.clock()).uid
    house.close()
    file, issuer, changed = (tmp_path / name for name in ("c.json", "issuer.json", "changed.json"))
    terminal.ok("credential", "export", uid, "--out", str(file))
    terminal.ok("credential", "issuer", "--out", str(issuer))
    changed.write_text(file.read_text().replace("Swahili", "Finnish"))
    check = ("verify", "credential")

    good = run(*check, str(file), "--issuer", str(issuer), "--holder", "carmen@example.org")
    assert good.code == 0, good.err or good.out
    assert "can: Swahili" in good.out
    assert run(*check, str(changed), "--issuer", str(issuer)).code == 1
    assert "you did not say whom you trust" in run(*check, str(file)).out
    assert run(*check, str(file), "--issuer", str(file)).code == 2
    assert run(*check, str(issuer), "--issuer", str(issuer)).code == 1

    terminal.ok("credential", "revoke", uid, "--reason", "She asked for it.")
    terminal.ok("credential", "issuer", "--out", str(issuer))
    said = run(*check, str(file), "--issuer", str(issuer), "--json")
    assert (said.code, said.json["says"]) == (1, None)
    terminal.ok("credential", "new-key", "--reason", "A year is over.")
    assert [one["state"] for one in terminal.ok("credential", "keys", "--json").json["keys"]] == [
        "retired",
        "signs",
    ]
    listed = terminal.ok("credential", "list", "1", "--json").json["credentials"]
    assert [one["state"] for one in listed] == ["revoked"]
