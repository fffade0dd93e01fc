"""Where a workspace is served just now: noted by the server, read by commands that print links.

The server holds a lock on its note for as long as it lives, so that what one left that was killed,
or another machine wrote, is never taken for a server that runs.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fairhand.core.settings import Settings

NOTE: Final = "serving.json"
_EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104  # compared with, not listened on
_HOME: Final = ("127.0.0.1", "localhost", "::1")


@contextmanager
def noted(settings: Settings) -> Iterator[None]:
    """Note where this process serves until the block ends; a second server leaves it to the first.

    A note that cannot be written is no reason not to serve.
    """
    try:
        file = (settings.workspace / NOTE).open("a+", encoding="utf-8")
    except OSError:
        yield
        return
    with file:
        is_ours = _lock(file)
        if is_ours:
            file.truncate(0)
            file.write(json.dumps({"url": _open_to_others(settings)}))
            file.flush()
        try:
            yield
        finally:
            if is_ours:
                file.truncate(0)


def address_of(settings: Settings) -> str:
    """Give the address that links begin with: the one that was set, or where a server runs now."""
    if settings.public_url:
        return settings.base_url
    return _served(settings.workspace / NOTE) or settings.base_url


def is_home(address: str) -> bool:
    """Say whether only this machine can open an address."""
    from urllib.parse import urlsplit

    return urlsplit(address).hostname in (*_HOME, *_EVERYWHERE)


def _open_to_others(settings: Settings) -> str:
    """Name this machine where the server listens on all of its addresses."""
    if settings.public_url or settings.host not in _EVERYWHERE:
        return settings.base_url
    from fairhand.cli.certificates import lan_names

    others = [name for name in lan_names() if name not in _HOME]
    return f"http://{(others or ['127.0.0.1'])[0]}:{settings.port}"


def _served(note: Path) -> str:
    try:
        with note.open("r+", encoding="utf-8") as file:
            if _lock(file):
                return ""  # nobody holds it: whoever wrote it has gone
            return str(json.loads(file.read())["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _lock(file: IO[str]) -> bool:
    """Take the lock of a note until it is closed; False where another process has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
