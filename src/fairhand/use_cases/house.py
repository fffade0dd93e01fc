"""The open house: what every door needs to tell a story."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fairhand.compute.authenticity.signing import ContentSigner
from fairhand.compute.backends.allowed import allow_places
from fairhand.core.clock import Clock, system_now
from fairhand.core.errors import UnavailableError
from fairhand.core.settings import Settings
from fairhand.people.accounts import store as accounts
from fairhand.people.talent.keys import Issuer
from fairhand.proof.log import key_store
from fairhand.proof.log.keys import load_or_create_signer
from fairhand.proof.log.note import Signer, Verifier
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.storage.migrate import upgrade
from fairhand.storage.vault import Vault
from fairhand.work.assignment.rules import LeaseTerms


@dataclass(frozen=True)
class House:
    """A workspace that is open: database, blobs, signing key, settings and clock."""

    settings: Settings
    db: Database
    blobs: BlobStore
    signer: Signer
    name: str
    secret: bytes
    clock: Clock = system_now

    @property
    def terms(self) -> LeaseTerms:
        """How long tasks may be held, as the settings say."""
        return LeaseTerms(
            online_ttl_ms=self.settings.lease_ttl_s * 1_000,
            offline_ttl_ms=self.settings.offline_lease_ttl_s * 1_000,
            offline_max=self.settings.offline_batch_max,
        )

    @property
    def idle_cap_ms(self) -> int:
        """How much of a quiet stretch counts as work; never dropped, only capped."""
        return self.settings.idle_cap_s * 1_000

    @property
    def log_keys(self) -> list[Verifier]:
        """The keys that this log has signed with, oldest first; the newest signs now."""
        with self.db.read() as connection:
            older = key_store.older_keys(connection, self.signer.verifier)
        return [*older, self.signer.verifier]

    @property
    def issuer(self) -> Issuer:
        """Who signs credentials, under which name and address, and where the keys lie."""
        return Issuer(
            self.name, self.settings.base_url, self.settings.workspace / "keys" / "credentials"
        )

    @property
    def vault(self) -> Vault:
        """The keys under which people's own files are sealed."""
        return Vault(self.settings.workspace / "keys" / "people.key")

    @property
    def content_signer(self) -> ContentSigner:
        """Who makes content credentials for what people give."""
        return ContentSigner(self.settings.workspace / "keys" / "content.pem", self.name)

    def close(self) -> None:
        """Close the database's connections."""
        self.db.close()


def key_path(settings: Settings) -> Path:
    """Say where the log's signing key lies."""
    return settings.workspace / "keys" / "log.key"


def open_database(settings: Settings) -> Database:
    """Open the database and bring its tables up to date."""
    settings.workspace.mkdir(parents=True, exist_ok=True)
    db = Database(settings.database_dsn)
    upgrade(db)
    return db


def open_house(settings: Settings, clock: Clock = system_now) -> House:
    """Open a workspace; raises UnavailableError before `fairhand init` has been run."""
    db = open_database(settings)
    with db.read() as connection:
        workspace = accounts.load_workspace(connection)
    if workspace is None:
        db.close()
        raise UnavailableError(
            f"There is no workspace in {settings.workspace} yet. Run `fairhand init` first.",
            code="not_initialised",
        )
    name, secret = workspace
    allow_places(settings.backend_hosts)
    return House(
        settings=settings,
        db=db,
        blobs=BlobStore(settings.blobs_dsn),
        signer=load_or_create_signer(key_path(settings), f"fairhand/{name}"),
        name=name,
        secret=secret,
        clock=clock,
    )
