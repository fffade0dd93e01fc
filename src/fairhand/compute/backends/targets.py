"""Web addresses that people give, taken apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from fairhand.compute.backends.looking_up import bad_address

_PORTS: Final = {"http": 80, "https": 443}
_MAX_URL: Final = 2_000


@dataclass(frozen=True, slots=True)
class Target:
    """A web address in its parts; `place` is the host and port that an operator may allow."""

    url: str
    scheme: str
    host: str
    port: int

    @property
    def place(self) -> str:
        """The host and port, as in the operator's list."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_url(url: str) -> Target:
    """Take a web address apart; raises AssistantError (hop `address`) when it cannot be one."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise bad_address("An address has only plain letters, without spaces.")
    if len(url) > _MAX_URL:
        raise bad_address(f"An address has at most {_MAX_URL} characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise bad_address("This is no address; one looks like http://host:9090.") from None
    if parts.scheme not in _PORTS:
        raise bad_address("An address begins with http:// or https://.")
    if "@" in parts.netloc:
        raise bad_address("Leave the name and password out of the address.")
    if parts.fragment:
        raise bad_address("Leave out what follows # in the address.")
    host = (parts.hostname or "").rstrip(".")
    if not host or port == 0 or "%" in host:
        raise bad_address("The address names no host; one looks like http://host:9090.")
    return Target(url, parts.scheme, host, _PORTS[parts.scheme] if port is None else port)


def place_of(text: str) -> str:
    """Write `host:port` or an address in the form of the operator's list; raises AssistantError."""
    return read_url(text if "://" in text else f"http://{text}").place
