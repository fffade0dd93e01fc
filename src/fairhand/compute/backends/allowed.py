"""The places within the house that this server's operator allows, for those who open backends.

They come from the setting `backend_hosts` alone, never from what a project keeps of a backend.
"""

from __future__ import annotations

from collections.abc import Iterable

_places: set[str] = set()


def allow_places(places: Iterable[str]) -> None:
    """Let this process ask these places (`host:port`): the operator has given them."""
    _places.update(places)


def allowed_places() -> tuple[str, ...]:
    """List what the operator has given."""
    return tuple(sorted(_places))
