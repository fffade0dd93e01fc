"""What an import from elsewhere would bring: counted, with its first tasks; nothing is kept."""

from __future__ import annotations

import base64
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from fairhand.core.errors import FairhandError, Issue, MalformedError
from fairhand.formats.images import make_preview
from fairhand.formats.lone_file import is_media, is_text, read_media, read_table, read_text
from fairhand.formats.options import ReadOptions
from fairhand.model.elsewhere import Found, Place
from fairhand.model.task import NewTask
from fairhand.use_cases.ask_import_from import AskImportFrom, check_ask
from fairhand.use_cases.house import House
from fairhand.use_cases.list_elsewhere import list_elsewhere
from fairhand.use_cases.open_place import opened_place
from fairhand.use_cases.run_import_from import options_of
from fairhand.work.elsewhere import store
from fairhand.work.elsewhere.rules import Fate, fate_of, matcher

_COUNTED: Final = 10_000
_LISTED: Final = 8
_SHOWN: Final = 3
_ROWS: Final = 3
_FILE_BYTES: Final = 32 * 1024 * 1024
_THUMB_SIDE: Final = 160
_AT_ONCE: Final = 1_000
_LISTED_S: Final = 10.0
_SAID: Final[Mapping[Fate, str]] = {
    "known": "in already",
    "refused": "refused before, and the same still",
    "not_matched": "does not fit the pattern",
    "empty": "empty",
    "too_large": "too large",
    "changed": "changed since it was taken in",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A task as it would be: its data, and of a picture a small one as a `data:` address."""

    place: str
    data: Mapping[str, Any]
    thumb: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """How much there is; `is_whole` is False where more than these `looked_at` may be there.

    `skipped` counts what would be left out, by the reason.
    """

    new: int
    new_bytes: int
    skipped: Mapping[str, int]
    is_whole: bool
    looked_at: int
    keys: tuple[str, ...]
    shown: tuple[Shown, ...]
    issues: tuple[Issue, ...]


def preview_import_from(
    house: House, command: AskImportFrom, *, at_terminal: bool = False
) -> Preview:
    """Look at the first files, ten thousand at most and for ten seconds, and read some of them.

    Raises what `ask_import_from` does, and ElsewhereError naming the hop that failed.
    """
    with house.db.read() as connection:
        check_ask(connection, house.settings.sources, command, at_terminal=at_terminal)
    options, limits = options_of(house, command), house.settings
    with opened_place(limits, command.source, is_look=True) as place:
        listed = list_elsewhere(house.blobs, place, command, options, limits.max_source_objects)
        found, is_whole = _first(listed)
        some = [one for one in found if isinstance(one, Found)]
        wanted, skipped = _sorted_out(house, command, some)
        issues = [one for one in found if isinstance(one, Issue)][:_LISTED]
        shown: list[Shown] = []
        for one in wanted[:_SHOWN] if command.urls is None or not command.urls.column else ():
            try:
                shown += _read(place, one, options)
            except FairhandError as error:
                issues.append(Issue(one.shown, error.message))
    return Preview(
        new=len(wanted),
        new_bytes=sum(one.size for one in wanted),
        skipped=skipped,
        is_whole=is_whole,
        looked_at=len(found),
        keys=tuple(one.shown for one in wanted[:_LISTED]),
        shown=tuple(shown),
        issues=tuple(issues),
    )


def _first(listed: Iterable[Found | Issue]) -> tuple[list[Found | Issue], bool]:
    """Take what is listed until it is enough or late; says whether that is all."""
    until = time.monotonic() + _LISTED_S
    found: list[Found | Issue] = []
    for one in listed:
        if len(found) >= _COUNTED or time.monotonic() > until:
            return found, False
        found.append(one)
    return found, True


def _sorted_out(
    house: House, command: AskImportFrom, some: list[Found]
) -> tuple[list[Found], dict[str, int]]:
    """Tell what would be taken from what would be left out, and why."""
    limits, wanted, skipped = house.settings, [], Counter[str]()
    fits = matcher(command.pattern if command.urls is None else "")
    for start in range(0, len(some), _AT_ONCE):
        part = some[start : start + _AT_ONCE]
        with house.db.read() as connection:
            known = store.find_met(
                connection, command.project_id, command.source, [one.key_hash for one in part]
            )
        for one in part:
            fate = fate_of(
                one,
                known.get(one.key_hash),
                fits,
                limits.max_upload_bytes,
                takes_changed=command.takes_changed,
            )
            taken = fate in ("new", "again") or (fate == "changed" and command.takes_changed)
            if taken:
                wanted.append(one)
            else:
                skipped[_SAID[fate]] += 1
    return wanted, dict(skipped)


def _read(place: Place, one: Found, options: ReadOptions) -> list[Shown]:
    with closing(place.fetch(one.key, _FILE_BYTES).file) as file:
        if is_media(file):
            read = read_media(file, one.shown, options)
        elif is_text(one.key):
            read = read_text(file, one.shown, options)
        else:
            read = read_table(file, one.shown, options)
        shown = []
        for row in islice(read, _ROWS):
            if isinstance(row, NewTask):
                shown.append(Shown(row.place, row.data, _thumb(row)))
                if row.media_file is not None:
                    row.media_file.close()
            elif row.severity == "error":
                raise MalformedError(row.message)
        return shown


def _thumb(row: NewTask) -> str:
    if row.media is None or row.media_bytes is None or "image/" not in row.media.content_type:
        return ""
    small = make_preview(row.media_bytes, max_bytes=20_000, max_side=_THUMB_SIDE)
    return "data:image/webp;base64," + base64.b64encode(small).decode()
