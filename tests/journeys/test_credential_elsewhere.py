"""Another library, written by others, believes our credentials and none that was changed."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from fairhand.people.talent import credential_store as store
from fairhand.people.talent.badge import Shown
from fairhand.people.talent.keys import Issuer
from fairhand.storage.database import Database
from fairhand.use_cases.issue_credential import NewCredential, issue_credential
from fairhand.use_cases.read_issuer import read_issuer
from fairhand.use_cases.replace_issuer_key import ReplaceIssuerKey, replace_issuer_key
from fairhand.use_cases.revoke_credential import RevokeCredential, revoke_credential
from tests.cast import Cast
from tests.vc_library.library import ask

pytestmark = pytest.mark.slow
ISSUER_URL = "https://pets.example"
VECTOR = Path(__file__).parent.parent / "rules/talent/vectors/eddsa-jcs-2022-signed.json"


def given(cast: Cast, issuer: Issuer, who: str) -> dict[str, Any]:
    """Give somebody a credential, and read it back as they get it."""
    shown = Shown(right=18, asked=20, lower_permille=683, paid_ms=5_400_000)
    new = NewCredential(cast.person(who), 1, "18 of 20 gold tasks.", shown=shown)
    with cast.db.write() as connection:
        uid = issue_credential(connection, new, issuer, cast.clock.now).uid
        found = store.find_credential(connection, uid)
    assert found is not None
    body: dict[str, Any] = json.loads(found.body)
    return body


def test_the_library_of_digital_bazaar_agrees_with_us(sqlite_db: Database, tmp_path: Path) -> None:
    cast, issuer = Cast(sqlite_db), Issuer("Pets", ISSUER_URL, tmp_path / "keys")
    cast.change("INSERT INTO skill (name, kind) VALUES ('Cats, dogs and ñandúes', 'task')")
    early = given(cast, issuer, "Amina")
    replace_issuer_key(
        cast.db, ReplaceIssuerKey(cast.carmen, "A year is over."), issuer, cast.clock.now
    )
    good, revoked = given(cast, issuer, "Bao"), given(cast, issuer, "Esi")
    uid = revoked["id"].removeprefix("urn:uuid:")
    revoke_credential(cast.db, RevokeCredential(uid, cast.person("Esi")), cast.clock.now)
    changed, renamed, later = deepcopy(good), deepcopy(good), deepcopy(good)
    changed["credentialSubject"]["achievement"]["name"] = "Brain surgery"
    renamed["issuer"]["id"] = early["issuer"]["id"]
    later["proof"][0]["created"] = "2026-11-22T00:00:00.000Z"
    lists = read_issuer(cast.db, issuer, cast.clock.now)["statusLists"]

    verdicts = ask(tmp_path, lists, [good, early, revoked, changed, renamed, later])

    assert [one.verified for one in verdicts] == [True, True, True, False, False, False], verdicts
    assert [one.revoked for one in verdicts[:3]] == [False, False, True]


def test_it_reads_the_w3c_s_own_vector_as_we_do(tmp_path: Path) -> None:
    vector = json.loads(VECTOR.read_text())

    good, bad = ask(tmp_path, [], [vector, vector | {"name": "Emperor"}])

    assert not bad.verified
    assert "signature" in str(bad.why).lower()
    # The vector names an issuer that is not the owner of its key: nothing else is wrong with it.
    assert str(good.why).endswith("issuer must match the verification method controller.")
