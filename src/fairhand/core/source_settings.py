"""A place that data may be imported from: a bucket, a folder of the server, a web server.

Credentials are named, never written here: `env:NAME` or `file:PATH`. They are read when the place
is opened, so that a key that changes needs no new start, and no page, log or message shows them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from fairhand.core.errors import ConflictError

Identity = Literal["named", "none", "server"]

CREDENTIALS: Final = {
    "s3": ("access_key_id", "secret_access_key", "session_token"),
    "gs": ("service_account",),
    "az": ("account_key", "sas_token"),
    "https": ("token",),
    "http": ("token",),
    "file": (),
}
"""By the scheme of the address: what may be named."""
NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,58}[a-z0-9])?")
EVERYONE: Final = "*"


class SourceSettings(BaseModel):
    """One place, who may use it, and how it is opened."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str = Field(max_length=2_000)
    region: str = "us-east-1"
    # Another server that speaks the same protocol, as https://minio.example.org:9000.
    endpoint: str = ""
    # The storage account of an az:// address.
    account: str = ""
    credentials: dict[str, str] = {}
    # none: asked without a signature; server: whatever the machine itself is allowed to read.
    identity: Identity = "none"
    # Short names of projects, and e-mail addresses of owners; "*": all of them.
    projects: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()

    @property
    def scheme(self) -> str:
        """The kind of place."""
        return urlsplit(self.url).scheme

    @property
    def bucket(self) -> str:
        """The bucket, container or host."""
        return urlsplit(self.url).netloc

    @property
    def base(self) -> str:
        """The folder within the bucket, without slashes around it; empty: all of it."""
        return urlsplit(self.url).path.strip("/")

    @property
    def folder(self) -> Path:
        """The folder on this server, of a file:// address."""
        return Path(urlsplit(self.url).path)

    def lets(self, slug: str, email: str | None, *, at_terminal: bool = False) -> bool:
        """Say whether an owner may import from here into a project.

        Whoever has the server's terminal has its settings too: there only the project counts.
        """
        by_project = not self.projects or EVERYONE in self.projects or slug in self.projects
        asked = (email or "").lower()
        known = {one.lower() for one in self.owners}
        by_owner = at_terminal or not known or EVERYONE in known or bool(asked and asked in known)
        return by_project and by_owner

    def secret(self, name: str) -> str | None:
        """Read a credential; None when none is named. Raises ConflictError, never with it."""
        where = self.credentials.get(name)
        if where is None:
            return None
        kind, _, place = where.partition(":")
        if kind == "env":
            found = os.environ.get(place, "")
        else:
            try:
                found = Path(place).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError):
                found = ""
        if not found:
            told = f"the environment variable {place}" if kind == "env" else f"the file {place}"
            raise ConflictError(
                f"{name} should be in {told}, and nothing can be read there.",
                code="source_credentials",
            )
        return found

    @field_validator("url", "endpoint")
    @classmethod
    def _without_secrets(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError:
            raise ValueError("is no address") from None
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("leave names, passwords and what follows ? or # out of the address")
        return url

    @field_validator("credentials")
    @classmethod
    def _named(cls, given: dict[str, str]) -> dict[str, str]:
        for name, where in given.items():
            kind, _, place = where.partition(":")
            if kind not in ("env", "file") or not place:
                raise ValueError(f"{name}: write env:NAME or file:PATH, never the secret itself")
        return given

    @model_validator(mode="before")
    @classmethod
    def _identified(cls, given: object) -> object:
        """Whoever names credentials means them to be used."""
        if isinstance(given, dict) and given.get("credentials") and "identity" not in given:
            return {**given, "identity": "named"}
        return given

    @model_validator(mode="after")
    def _fits(self) -> Self:
        known = CREDENTIALS.get(self.scheme)
        if known is None:
            kinds = ", ".join(f"{scheme}://" for scheme in CREDENTIALS)
            raise ValueError(f"url: begins with one of {kinds}")
        if unknown := sorted(set(self.credentials) - set(known)):
            raise ValueError(f"credentials: {', '.join(unknown)} is none of {self.scheme}://")
        if self.scheme == "file":
            if not self.folder.is_absolute() or self.bucket:
                raise ValueError("url: a folder of the server is written file:///srv/data")
        elif not self.bucket:
            raise ValueError("url: names no bucket or host")
        if ".." in Path(self.base).parts:
            raise ValueError("url: leave .. out of it")
        if self.scheme == "az" and not self.account:
            raise ValueError("account: the storage account of an az:// address")
        if self.identity == "named" and not self.credentials:
            raise ValueError("credentials: name them, or say identity = 'none' or 'server'")
        if not self.projects and not self.owners:
            raise ValueError("say who may use it, in projects or owners; '*' means all")
        return self


def check_names(sources: dict[str, SourceSettings]) -> dict[str, SourceSettings]:
    """Refuse names that cannot stand in an address or a command."""
    for name in sources:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name[:60]!r}: small letters, digits, - and _ make a name")
    return sources
