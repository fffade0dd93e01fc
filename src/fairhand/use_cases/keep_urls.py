"""Addresses that somebody gives one by one are stored as a file, so that an import can read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fairhand.core.errors import InvalidError, Issue
from fairhand.storage.blobs import BlobStore
from fairhand.use_cases.ask_import import Upload
from fairhand.use_cases.ask_import_from import UrlList

MOST: Final = 10_000
LONGEST: Final = 2_000


def keep_urls(blobs: BlobStore, urls: Sequence[str]) -> UrlList | None:
    """Store a list of addresses; None when there is none. Raises InvalidError."""
    given = [one.strip() for one in urls if one.strip()]
    if not given:
        return None
    if len(given) > MOST:
        message = f"At most {MOST:,} addresses at once; send more as a file."
        raise InvalidError(message, issues=[Issue("urls", message)])
    if any(len(one) > LONGEST or not one.isprintable() for one in given):
        message = f"An address has at most {LONGEST:,} plain characters."
        raise InvalidError(message, issues=[Issue("urls", message)])
    sha256 = blobs.put("\n".join(given).encode("utf-8", "replace"))
    return UrlList(Upload(f"{len(given):,} addresses", sha256))
