"""Settings of single sign-on: one `[sign_on.NAME]` table for every identity provider."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_ROLES: Final = ("owner", "manager", "reviewer", "trainer", "contributor", "auditor")
_ROLE: Final = re.compile(rf"^({'|'.join(_ROLES)})( in [a-z0-9][a-z0-9-]{{0,59}})?$")
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
PROVIDER_NAME: Final = re.compile(r"^[a-z0-9][a-z0-9-]{0,29}$")


class SignOn(BaseModel):
    """One OpenID Connect provider, and what is believed of what it says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(max_length=500)
    client_id: str = Field(min_length=1, max_length=500)
    # The secret itself is never in this file: it is in another, or in the environment.
    client_secret_file: str = ""
    client_secret_env: str = ""
    label: str = Field(default="", max_length=60)
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    groups_claim: str = Field(default="groups", max_length=200)
    # Which group gives which roles: {"leaf-team" = ["contributor in leaves"]}.
    roles: dict[str, tuple[str, ...]] = {}
    # Let in only whose e-mail address, verified by the provider, is of one of these domains.
    allowed_domains: tuple[str, ...] = ()
    # Make an account for somebody who has none.
    admit: bool = False
    # Link to the account that has the e-mail address which the provider says is verified.
    link_by_email: bool = False
    leeway_s: int = Field(default=120, ge=0, le=600)
    timeout_s: float = Field(default=10.0, ge=1, le=30)
    # Hosts within the house, besides the issuer's own, that its document may name ("host:port").
    hosts: tuple[str, ...] = ()
    # Certificates of authorities of one's own, as PEM.
    ca_file: str = ""
    allow_http: bool = False

    @field_validator("issuer")
    @classmethod
    def _is_address(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("an issuer is an address, as https://login.example.org/realms/team")
        if parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError("an issuer has no query, no fragment and no password")
        return issuer

    @field_validator("roles")
    @classmethod
    def _are_roles(cls, roles: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for group, given in roles.items():
            for one in given:
                if not _ROLE.match(one):
                    raise ValueError(
                        f"{group}: {one!r} is no role; write one of {', '.join(_ROLES)}, "
                        "or `reviewer in PROJECT` with the project's short name"
                    )
        return roles

    @field_validator("allowed_domains")
    @classmethod
    def _small_letters(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one.lower().lstrip("@") for one in domains)

    @model_validator(mode="after")
    def _is_whole(self) -> SignOn:
        parts = urlsplit(self.issuer)
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK and not self.allow_http:
            raise ValueError("an issuer begins with https://, unless allow_http = true")
        if "openid" not in self.scopes:
            raise ValueError("scopes must hold openid")
        if self.client_secret_file and self.client_secret_env:
            raise ValueError("give client_secret_file or client_secret_env, not both")
        return self

    @property
    def may_http(self) -> bool:
        """Whether its addresses may be without TLS: on this machine, or where that is allowed."""
        return self.allow_http or urlsplit(self.issuer).hostname in _LOOPBACK
