"""See whether a source answers: hop by hop, so that its administrator knows what to mend."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from fairhand.core.errors import FairhandError, NotFoundError
from fairhand.core.settings import Settings
from fairhand.core.source_settings import SourceSettings
from fairhand.model.elsewhere import ElsewhereError, Found, Hop
from fairhand.storage.buckets import endpoint_of
from fairhand.use_cases.open_place import opened_place

_LISTED: Final = 5
_WAIT_S: Final = 5.0
_SMALL: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Hopped:
    """One hop on the way, and whether it went well."""

    hop: Hop
    ok: bool
    words: str


@dataclass(frozen=True, slots=True)
class SourceChecked:
    """What was found of a source; `keys` are a few of what lies there."""

    name: str
    hops: tuple[Hopped, ...]
    keys: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True when files can be listed and read."""
        return all(one.ok for one in self.hops)


def check_source(settings: Settings, name: str, prefix: str = "") -> SourceChecked:
    """Go the whole way to a source and stop where it fails; raises NotFoundError for none."""
    source = settings.sources.get(name)
    if source is None:
        known = ", ".join(sorted(settings.sources)) or "none"
        raise NotFoundError(f"There is no source {name[:60]!r}; there are: {known}.")
    hops: list[Hopped] = []
    keys: list[str] = []
    for one, found in _walked(settings, name, source, prefix):
        hops.append(one)
        keys += found
        if not one.ok:
            break
    return SourceChecked(name, tuple(hops), tuple(keys))


def _walked(
    settings: Settings, name: str, source: SourceSettings, prefix: str
) -> Iterator[tuple[Hopped, list[str]]]:
    try:
        for credential in source.credentials:
            source.secret(credential)
    except FairhandError as error:
        yield Hopped("settings", False, error.message), []
        return
    yield Hopped("settings", True, "all that is named is there"), []
    if source.scheme != "file":
        for hop in _reached(source):
            yield hop, []
    if source.scheme in ("http", "https"):
        return
    try:
        with opened_place(settings, name) as place:
            files = (one for one in place.walk(prefix) if isinstance(one, Found) and one.size)
            found = list(islice(files, _LISTED))
            yield Hopped("bucket", True, "may be listed"), []
            if not found:
                where = f"below {prefix!r}" if prefix else "in it"
                yield Hopped("prefix", False, f"There is no file {where}."), []
                return
            yield Hopped("prefix", True, f"{len(found)} files or more"), [one.key for one in found]
            smallest: Found = min(found, key=lambda one: one.size)
            with closing(place.fetch(smallest.key, max(_SMALL, smallest.size)).file):
                yield Hopped("permission", True, "files may be read"), []
    except ElsewhereError as error:
        yield Hopped(error.hop, False, error.message), []
    except FairhandError as error:
        yield Hopped("settings", False, error.message), []


def _reached(source: SourceSettings) -> Iterator[Hopped]:
    """Look the host up, connect, and agree on TLS."""
    web = source.scheme in ("http", "https")
    parts = urlsplit(source.url if web else endpoint_of(source))
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        yield Hopped("dns", False, f"There is no host named {host}.")
        return
    yield Hopped("dns", True, f"{host} is {found[0][4][0]}")
    try:
        with socket.create_connection((host, port), _WAIT_S) as line:
            yield Hopped("connection", True, f"port {port} is open")
            if parts.scheme == "https":
                with ssl.create_default_context().wrap_socket(line, server_hostname=host) as safe:
                    yield Hopped("tls", True, f"{safe.version()}, the certificate holds")
    except ssl.SSLError as error:
        yield Hopped("tls", False, f"Its certificate or TLS is not accepted: {error.reason}.")
    except OSError as error:
        yield Hopped("connection", False, f"{host}:{port}: {error.strerror or 'no answer'}.")
