"""Keeps the task page's catalogues with its words: what is new is added, what is gone goes.

A translator works on `locale/<language>/LC_MESSAGES/desk.po`. A message with an empty translation
is said in English; one with the flag `machine-drafted` is shown and counted until somebody who
speaks the language takes the flag away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from fairhand.core.words import DRAFTED, FOLDER

DOMAIN: Final = "desk"
_HEADER: Final = "# Fairhand: what the task page says."


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one catalogue."""

    language: str
    messages: int
    missing: int
    drafted: int
    added: int
    gone: int


def keep_catalogue(
    language: str,
    words: Iterable[str],
    drafts: Mapping[str, str] | None = None,
    folder: Path = FOLDER,
) -> Kept:
    """Bring a catalogue up to date and write it; `drafts` fill what has no translation, flagged.

    Translations that are there stay as they are.
    """
    path = folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    old = _read(path, language)
    known = {str(message.id): message for message in old if message.id}
    wanted = sorted(set(words))
    new = Catalog(locale=language, header_comment=_HEADER, fuzzy=False)
    for source in wanted:
        before = known.get(source)
        said = str(before.string or "") if before else ""
        flags = set(before.flags) if before and said else set()
        if not said and drafts and drafts.get(source):
            said, flags = drafts[source], {DRAFTED}
        new.add(source, said, flags=sorted(flags - {"python-brace-format", "python-format"}))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_written(new, language))
    messages = [message for message in new if message.id]
    return Kept(
        language,
        len(messages),
        sum(not message.string for message in messages),
        sum(DRAFTED in message.flags for message in messages),
        len(set(wanted) - known.keys()),
        len(known.keys() - set(wanted)),
    )


def _read(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _written(catalogue: Catalog, language: str) -> bytes:
    """Write messages only: no dates, no names, so that the same words are the same file."""
    out = BytesIO()
    write_po(out, catalogue, width=0, omit_header=True, sort_output=True)
    header = (
        f'{_HEADER}\nmsgid ""\nmsgstr ""\n"Language: {language}\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n\n'
    )
    return header.encode() + out.getvalue()
