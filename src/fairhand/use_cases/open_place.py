"""Open a place that files are imported from: a source of the settings, or the open web."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from fairhand.compute.backends.linked_files import TRIES, Within, opened_addresses
from fairhand.core.errors import ConflictError, ForbiddenError
from fairhand.core.settings import Settings
from fairhand.core.source_settings import SourceSettings
from fairhand.formats.server_folder import ServerFolder
from fairhand.model.elsewhere import Place
from fairhand.storage.buckets import bucket_of

_LOOK_S: Final = 10
WEB = ""
"""The name of no source: public addresses."""


@contextmanager
def opened_place(settings: Settings, name: str, *, is_look: bool = False) -> Iterator[Place]:
    """Open a source by its name, `WEB` for public addresses.

    With `is_look` somebody waits for the answer: it is asked once, and not for long.

    Raises ForbiddenError when it is no more, ConflictError without its credentials.
    """
    source = None if name == WEB else known_source(settings.sources, name)
    if source is None or source.scheme in ("http", "https"):
        within = Within() if source is None else Within(source.url, source.secret("token"))
        total_s, tries = settings.address_timeout_s, TRIES
        if is_look:
            total_s, tries = min(total_s, _LOOK_S), 1
        with opened_addresses(within, total_s, tries) as addresses:
            yield addresses
    elif source.scheme == "file":
        _check_apart(source.folder.resolve(), settings.workspace.resolve())
        yield ServerFolder(source.folder)
    else:
        yield bucket_of(source, wait_s=_LOOK_S if is_look else None)


def _check_apart(folder: Path, workspace: Path) -> None:
    """Refuse a folder with the workspace: there lie the keys, and the data of all projects."""
    if folder.is_relative_to(workspace) or workspace.is_relative_to(folder):
        raise ConflictError(
            "A source is no part of the workspace of this server, and does not hold it: its "
            "administrator chooses another folder.",
            code="source_workspace",
        )


def known_source(sources: Mapping[str, SourceSettings], name: str) -> SourceSettings:
    """Find a source; one that may not be used is not told from one that is none."""
    found = sources.get(name)
    if found is None:
        raise unknown(name)
    return found


def unknown(name: str) -> ForbiddenError:
    """Make the refusal of a source that there is not, or not for whoever asks."""
    return ForbiddenError(
        f"There is no source {name[:60]!r} that you may import from into this project. The "
        "administrator of this server names sources in fairhand.toml.",
        code="no_source",
    )
