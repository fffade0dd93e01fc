"""Files behind web addresses, fetched through the guard: for imports of lists of them."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Final
from urllib.parse import unquote

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.backends.guard import (
    AnsweredError,
    GuardedClient,
    Limits,
    guarded_client,
    read_url,
)
from fairhand.core.errors import Issue
from fairhand.model.elsewhere import TOO_LARGE, ElsewhereError, Fetched, Found, Hop, new_spool

TRIES: Final = 4
_BUSY: Final = frozenset((408, 425, 429, 500, 502, 503, 504))
_HINT: Final = (
    "If that is meant, the administrator makes a source of it: url = 'https://{place}/' in "
    "fairhand.toml."
)


@dataclass(frozen=True, slots=True)
class Within:
    """The part of the web that may be asked: all that is public, or what lies below a `base`.

    A base may lie within the house; its `token` is sent to that very place alone.
    """

    base: str = ""
    token: str | None = None

    def whole(self, address: str) -> str:
        """Complete an address that is relative to the base; raises ElsewhereError outside of it."""
        if not self.base:
            if not address.startswith("https://"):
                raise ElsewhereError("An address begins with https://.", "object")
            return address
        whole = address if "://" in address else self.base.rstrip("/") + "/" + address.lstrip("/")
        if not whole.startswith(self.base.rstrip("/") + "/") or _climbs(whole):
            raise ElsewhereError("does not lie below this source", "object")
        return whole


def _climbs(address: str) -> bool:
    """Say whether a server may read a step upwards in the path, written out or in percents."""
    path = unquote(address.partition("?")[0].partition("#")[0])
    return any(part.partition(";")[0] == ".." for part in path.replace("\\", "/").split("/"))


class Addresses:
    """Reads files behind addresses; may be used by several threads."""

    def __init__(
        self,
        client: GuardedClient,
        within: Within,
        total_s: float,
        sleep: Callable[[float], None] = time.sleep,
        tries: int = TRIES,
    ) -> None:
        self._client = client
        self._within = within
        self._total_s = total_s
        self._sleep = sleep
        self._tries = tries

    def walk(self, prefix: str) -> Iterator[Found | Issue]:
        """Refuse: what lies behind addresses is not listed."""
        raise ElsewhereError("A web server is not listed; give the addresses.", "prefix")

    def fetch(self, key: str, max_bytes: int) -> Fetched:
        """Read a file, waiting longer each time a server is busy; raises ElsewhereError."""
        whole = self._within.whole(key)
        for attempt in range(1, self._tries + 1):
            try:
                return self._fetch(whole, max_bytes)
            except ElsewhereError as error:
                if attempt == self._tries or not error.again:
                    raise
            self._sleep(0.25 * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311
        raise AssertionError

    def _fetch(self, whole: str, max_bytes: int) -> Fetched:
        spool = new_spool()
        token = self._within.token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        limits = Limits(connect_s=5.0, total_s=self._total_s, max_bytes=max_bytes)
        try:
            told = self._client.get_file(whole, spool, headers=headers, limits=limits)
        except AssistantError as error:
            spool.close()
            raise _said(error) from None
        except BaseException:
            spool.close()
            raise
        size = spool.tell()
        spool.seek(0)
        version = told.get("etag", "").strip('"')[:200] or _digest(spool)
        return Fetched(spool, version, size)


@contextmanager
def opened_addresses(within: Within, total_s: float, tries: int = TRIES) -> Iterator[Addresses]:
    """Open the way to a part of the web; raises ElsewhereError for a base that is no address."""
    try:
        allowed = (read_url(within.base).place,) if within.base else ()
        with guarded_client(allowed, hint=_HINT) as client:
            yield Addresses(client, within, total_s, tries=tries)
    except AssistantError as error:
        raise _said(error) from None


def _said(error: AssistantError) -> ElsewhereError:
    if isinstance(error, AnsweredError):
        if error.answered in (401, 403):
            return ElsewhereError(f"It answered {error.answered}: not for us.", "permission")
        again = error.answered in _BUSY
        return ElsewhereError(f"It answered {error.answered}.", "answer", again=again)
    hops: dict[str, Hop] = {"address": "dns", "connect": "connection"}
    hop: Hop = "tls" if "certificate or TLS" in error.message else hops.get(error.hop, "answer")
    if error.code == "too_large":
        return ElsewhereError(error.message, "object", code=TOO_LARGE)
    return ElsewhereError(error.message, hop, again=error.code != "bad_address" and hop != "tls")


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0)
    return digest
