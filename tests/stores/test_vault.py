"""What is sealed for a person can be opened until their key is destroyed, and never after."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, UnavailableError
from fairhand.people.accounts.store import create_person
from fairhand.storage.database import Connection, Database
from fairhand.storage.vault import PersonKey, Vault

NOW = Instant(1_795_000_000_000)


def _load_key(vault: Vault, connection: Connection, person_id: int) -> PersonKey:
    return vault.load_key(connection, person_id)


def _key_of(vault: Vault, connection: Connection, person_id: int) -> PersonKey:
    return vault.key_of(connection, person_id, NOW)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "keys" / "people.key")


def somebody(db: Database, name: str) -> int:
    with db.write() as connection:
        made = create_person(
            connection,
            email=None,
            display_name=name,
            locale="en",
            country="KE",
            region="",
            is_simulated=False,
            now=NOW,
        )
    assert made is not None
    return made


def test_what_is_sealed_is_opened_by_the_same_key(db: Database, vault: Vault) -> None:
    amina = somebody(db, "Amina")
    with db.write() as connection:
        sealed = vault.key_of(connection, amina, NOW).seal("sauti ya Amina 🎙".encode(), "voice 1")
    assert b"Amina" not in sealed
    with db.read() as connection:
        opened = Vault(vault.path).load_key(connection, amina).open(sealed, "voice 1")
    assert opened.decode() == "sauti ya Amina 🎙"
    assert stat.S_IMODE(vault.path.stat().st_mode) == 0o600


def test_a_seal_holds_against_another_person_another_thing_and_a_flipped_bit(
    sqlite_db: Database, vault: Vault
) -> None:
    amina, esi = somebody(sqlite_db, "Amina"), somebody(sqlite_db, "Esi")
    with sqlite_db.write() as connection:
        own, others = (vault.key_of(connection, one, NOW) for one in (amina, esi))
    sealed = own.seal(b"mine", "voice 1")
    flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for key, content, about in (
        (others, sealed, "voice 1"),
        (own, sealed, "voice 2"),
        (own, flipped, "voice 1"),
        (own, b"", "voice 1"),
    ):
        with pytest.raises(UnavailableError, match="damaged"):
            key.open(content, about)


def test_a_destroyed_key_comes_back_for_nobody(db: Database, vault: Vault) -> None:
    esi = somebody(db, "Esi")
    with db.write() as connection:
        vault.key_of(connection, esi, NOW)
        assert vault.destroy_key(connection, esi, NOW)
        assert not vault.destroy_key(connection, esi, NOW)
    for load in (_load_key, _key_of):
        with db.write() as connection, pytest.raises(ConflictError) as refused:
            load(vault, connection, esi)
        assert refused.value.code == "key_destroyed"


@pytest.mark.parametrize("content", ["", "no key", "AAAA", "ключ"])
def test_a_broken_key_file_is_named_and_not_replaced(
    sqlite_db: Database, vault: Vault, content: str
) -> None:
    amina = somebody(sqlite_db, "Amina")
    vault.path.parent.mkdir()
    vault.path.write_text(content, "utf-8")
    with sqlite_db.write() as connection, pytest.raises(UnavailableError, match="backup"):
        vault.key_of(connection, amina, NOW)
    assert vault.path.read_text("utf-8") == content


def test_a_secret_of_the_workspace_opens_only_as_what_it_is(db: Database, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "keys" / "people.key")
    with db.write() as connection:
        sealed = vault.seal_secret(connection, b"whsec", "webhook 1")
    assert b"whsec" not in sealed
    assert vault.open_secret(sealed, "webhook 1") == b"whsec"
    with pytest.raises(UnavailableError):
        vault.open_secret(sealed, "webhook 2")
