"""Settings: `fairhand.toml` in the workspace and `FAIRHAND_*` environment variables."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from fairhand.core.mail_settings import MailSettings
from fairhand.core.sign_on import PROVIDER_NAME, SignOn
from fairhand.core.source_settings import SourceSettings, check_names


class Settings(BaseSettings):
    """What an administrator may set; every size, time and retry limit has a name and a bound."""

    model_config = SettingsConfigDict(
        env_prefix="FAIRHAND_", env_nested_delimiter="__", extra="forbid", hide_input_in_errors=True
    )

    workspace: Path = Path("fairhand-workspace")
    database_url: str = ""
    blob_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65_535)
    public_url: str = ""
    workers: int = Field(default=1, ge=1, le=64)
    # Whether server processes also do the background work; without it `fairhand worker` must.
    background: bool = True
    # Logs as one JSON object a line, and a line for every request (its route, never its content).
    log_json: bool = False
    log_requests: bool = False
    # Tell browsers to come back by HTTPS only; right with a certificate that others trust.
    hsts: bool = False
    # Who may read /metrics without a token: addresses or networks.
    metrics_from: tuple[str, ...] = ("127.0.0.1", "::1")
    max_body_bytes: int = Field(default=8 * 1024 * 1024, ge=1024)
    max_upload_bytes: int = Field(default=2 * 1024**3, ge=1024)
    max_image_pixels: int = Field(default=100_000_000, ge=1)
    max_raster_pixels: int = Field(default=2_500_000_000, ge=1)
    max_payload_bytes: int = Field(default=1024 * 1024, ge=1)
    # Who makes the rows of releases: one process, or Daft on this machine or on Ray.
    release_engine: Literal["embedded", "native", "ray"] = "embedded"
    # Days that an export lies ready to be fetched; then it is deleted.
    export_days: int = Field(default=7, ge=1, le=365)
    # What one person may send within 24 hours: recordings, photos, and the bytes of both.
    daily_recordings: int = Field(default=2_000, ge=1)
    daily_photos: int = Field(default=1_000, ge=1)
    daily_sent_bytes: int = Field(default=4 * 1024**3, ge=1024)
    lease_ttl_s: int = Field(default=600, ge=30, le=86_400)
    offline_lease_ttl_s: int = Field(default=8 * 3600, ge=60, le=7 * 86_400)
    offline_batch_max: int = Field(default=20, ge=1, le=200)
    session_days: int = Field(default=30, ge=1, le=365)
    link_hours: int = Field(default=72, ge=1, le=720)
    idle_cap_s: int = Field(default=120, ge=120, le=3600)
    # Days between telling people of a cut in pay and its taking effect.
    pay_notice_days: int = Field(default=7, ge=1, le=90)
    # Who pays people out, for payout files; a bank file needs name, IBAN, town and country.
    payout_name: str = Field(default="", max_length=140)
    payout_iban: str = Field(default="", max_length=42)
    payout_bic: str = Field(default="", max_length=11)
    payout_street: str = Field(default="", max_length=70)
    payout_building: str = Field(default="", max_length=16)
    payout_postcode: str = Field(default="", max_length=16)
    payout_town: str = Field(default="", max_length=35)
    payout_country: str = Field(default="", max_length=2)
    payout_source_currency: str = Field(default="", pattern="^([A-Z]{3})?$")
    payout_missing_days: int = Field(default=5, ge=1, le=60)

    # Model servers within the house that projects may ask, as "host:port"; others are refused.
    backend_hosts: tuple[str, ...] = ()
    # Functions that this server may run as assistants, as "module:function"; others are refused.
    assistants: tuple[str, ...] = ()
    # Buckets, folders of this server and web servers that data may be imported from, by name.
    sources: dict[str, SourceSettings] = {}
    # The largest number of files that one import from a source or a list of addresses looks at.
    max_source_objects: int = Field(default=1_000_000, ge=1)
    # How long one file behind a web address may take.
    address_timeout_s: int = Field(default=60, ge=1, le=3_600)

    _names = field_validator("sources")(check_names)

    # Identity providers that people may sign in with, by the name that their addresses bear.
    sign_on: dict[str, SignOn] = {}
    # The server that takes letters; without a host nothing is sent.
    mail: MailSettings = MailSettings()
    # Whether people may sign in with a password; one-time links from the terminal always work.
    password_sign_in: bool = True

    @model_validator(mode="after")
    def _leaves_a_way_in(self) -> Settings:
        for name, one in self.sign_on.items():
            if not PROVIDER_NAME.match(name):
                raise ValueError(f"sign_on.{name}: a name has small letters, digits and hyphens")
            places = [(each.issuer, each.client_id) for each in self.sign_on.values()]
            if places.count((one.issuer, one.client_id)) > 1:
                raise ValueError(f"sign_on.{name}: the same provider is here twice")
        if not self.password_sign_in and not self.sign_on:
            raise ValueError("password_sign_in = false needs a [sign_on.NAME] to sign in with")
        return self

    @model_validator(mode="after")
    def _has_an_address_for_letters(self) -> Settings:
        if self.mail.host and not self.public_url:
            raise ValueError("mail needs public_url: links in letters begin with it")
        return self

    @property
    def database_dsn(self) -> str:
        """The SQLAlchemy URL: SQLite in the workspace unless one is set."""
        if self.database_url:
            url = self.database_url
            for short in ("postgresql://", "postgres://"):
                if url.startswith(short):
                    return "postgresql+psycopg://" + url.removeprefix(short)
            return url
        return f"sqlite:///{(self.workspace / 'fairhand.db').absolute()}"

    @property
    def blobs_dsn(self) -> str:
        """The obstore URL of the blob store: files in the workspace unless one is set."""
        return self.blob_url or f"file://{(self.workspace / 'blobs').absolute()}"

    @property
    def base_url(self) -> str:
        """The address that people open, for links."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, which wins over the file."""
        return (
            init_settings,
            env_settings,
            _WorkspaceToml(settings_cls, init_settings, env_settings),
        )


class _WorkspaceToml(TomlConfigSettingsSource):
    """Reads `fairhand.toml` in whichever workspace the arguments or the environment name."""

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
    ) -> None:
        named = {**env_settings(), **init_settings()}.get("workspace", "fairhand-workspace")
        super().__init__(settings_cls, Path(named) / "fairhand.toml")


def load_settings(workspace: Path | None = None, **overrides: object) -> Settings:
    """Load the settings of a workspace; raises pydantic.ValidationError naming the wrong field."""
    if workspace is not None:
        overrides["workspace"] = workspace
    return Settings(**overrides)  # type: ignore[arg-type]  # checked by pydantic at run time
