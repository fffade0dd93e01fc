"""Settings of mail: the `[mail]` table. Without a host nothing is ever sent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from fairhand.core.errors import UnavailableError


class MailSettings(BaseModel):
    """The SMTP server that takes our letters, and under which name they go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(default="", max_length=253)
    port: int = Field(default=587, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = Field(default="", max_length=320)
    # The password itself is never in this file: it is in another, or in the environment.
    password_file: str = ""
    password_env: str = ""
    sender: str = Field(default="", max_length=254)
    reply_to: str = Field(default="", max_length=254)
    per_minute: int = Field(default=60, ge=1, le=10_000)
    timeout_s: float = Field(default=15.0, ge=0.1, le=60)
    # Certificates of authorities of one's own, as PEM.
    ca_file: str = ""
    # Days that the outbox remembers what was sent or given up.
    keep_days: int = Field(default=14, ge=1, le=365)

    @model_validator(mode="after")
    def _is_whole(self) -> MailSettings:
        for name, one in (("sender", self.sender), ("reply_to", self.reply_to)):
            if one and (one.count("@") != 1 or not one.isascii() or not one.isprintable()):
                raise ValueError(f"{name} is one address, as fairhand@example.org")
            if set(one) & set(' <>,;:"()[]\\'):
                raise ValueError(f"{name} is an address alone, without a name")
        if self.host and not self.sender:
            raise ValueError("mail needs a sender, as fairhand@example.org")
        if self.user and not (self.password_file or self.password_env):
            raise ValueError("a user needs password_file or password_env")
        if self.user and self.security == "none":
            raise ValueError("a password is not sent in clear: use starttls or tls")
        return self

    @property
    def password(self) -> str:
        """Read the password from where the settings say; raises UnavailableError."""
        if not self.user:
            return ""
        if self.password_env:
            found = os.environ.get(self.password_env, "")
        else:
            try:
                found = Path(self.password_file).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise UnavailableError("The password of the mail server cannot be read.") from error
        if not found:
            raise UnavailableError("The password of the mail server is empty.")
        return found
