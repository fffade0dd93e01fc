"""What changed between two texts, word by word, as a reader sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

Change = Literal["same", "added", "removed"]
_WORD: Final = re.compile(r"\s+|\w+|[^\w\s]")
_NEAR: Final = 24
"""How many words of what stayed are kept on each side of a change."""
_LONGEST: Final = 20_000
"""Words; beyond this a text is compared by its lines, which is coarser and quick."""
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that stayed, came or went; `cut` says that more that stayed was here."""

    change: Change
    text: str
    cut: bool = False


def word_diff(before: str, after: str) -> list[Piece]:
    """List the pieces of both texts in order; joined without what was removed, they are `after`."""
    is_long = len(before) + len(after) > _LONGEST * 6
    token = _LINE if is_long else _WORD
    old, new = token.findall(before), token.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    pieces: list[Piece] = []
    for what, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if what == "equal":
            pieces.append(Piece("same", "".join(new[new_from:new_to])))
            continue
        if old_to > old_from:
            pieces.append(Piece("removed", "".join(old[old_from:old_to])))
        if new_to > new_from:
            pieces.append(Piece("added", "".join(new[new_from:new_to])))
    return pieces


def only_near(pieces: list[Piece], near: int = _NEAR) -> list[Piece]:
    """Shorten what stayed to a few words beside each change; nothing when nothing changed."""
    if all(piece.change == "same" for piece in pieces):
        return []
    return [short for at, piece in enumerate(pieces) for short in _short(pieces, at, piece, near)]


def _short(pieces: list[Piece], at: int, piece: Piece, near: int) -> Iterator[Piece]:
    words = _WORD.findall(piece.text)
    if piece.change != "same" or len(words) <= 2 * near:
        yield piece
        return
    if at > 0:
        yield Piece("same", "".join(words[:near]))
    yield Piece("same", "", cut=True)
    if at + 1 < len(pieces):
        yield Piece("same", "".join(words[-near:]))
