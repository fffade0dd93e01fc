"""Texts as words with their places, and what a tagger sees of each word.

Offsets are code points, as in `text[start:end]`. Where a script has no spaces (Chinese, Japanese,
Thai, Lao, Khmer, Burmese) each character is a word, with the marks that belong to it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BUCKETS: Final = 1 << 15
MOST_CHARACTERS: Final = 100_000
"""What is read of a text; the rest of a longer one is not looked at."""
_LONGEST_WORD: Final = 40
"""Characters of a word, or digits in a row, that are told apart."""
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_PLANES: Final = "\U00020000-\U0003fffd"

Features = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Numbers of features, word after word, and where those of each word begin."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word or sign of a text, where it begins, and where it ends."""

    form: str
    start: int
    end: int


def words_of(text: str) -> list[Word]:
    """Cut a text into words and signs; nothing but space lies between them."""
    found = _pattern().finditer(text[:MOST_CHARACTERS])
    return [Word(one[0], one.start(), one.end()) for one in found]


def describe(words: Sequence[Word], text: str) -> Features:
    """Give the hashed features of each word: its form, pieces and shape, and its neighbours'."""
    plain = [one.form[:_LONGEST_WORD].casefold() for one in words]
    shapes = [_shape(one.form[:_LONGEST_WORD]) for one in words]
    spaced = [one.end < other.start for one, other in pairwise(words)]
    lined = ["\n" in text[one.end : other.start] for one, other in pairwise(words)]
    codes: list[int] = []
    starts: list[int] = []
    for at in range(len(words)):
        starts.append(len(codes))
        mine, shape = plain[at], shapes[at]
        before = plain[at - 1] if at else "^"
        after = plain[at + 1] if at + 1 < len(words) else "$"
        shape_before = shapes[at - 1] if at else "^"
        shape_after = shapes[at + 1] if at + 1 < len(words) else "$"
        gaps = f"{at and spaced[at - 1]:d}{at + 1 < len(words) and spaced[at]:d}"
        seen = (
            "bias",
            f"w={mine}",
            f"s={shape}",
            f"r={_run(shape)}",
            f"l={min(len(mine), 12)}{_run(shape)}",
            *(f"p{size}={mine[:size]}" for size in (1, 2, 3, 4)),
            *(f"e{size}={mine[-size:]}" for size in (1, 2, 3, 4)),
            f"b={before}",
            f"a={after}",
            f"bs={_run(shape_before)}/{_run(shape)}",
            f"as={_run(shape)}/{_run(shape_after)}",
            f"bsa={_run(shape_before)}/{_run(shape)}/{_run(shape_after)}",
            f"bb={plain[at - 2] if at > 1 else '^'}",
            f"aa={plain[at + 2] if at + 2 < len(words) else '$'}",
            f"g={gaps}{_run(shape)}",
            f"n={at == 0 or lined[at - 1]:d}{_run(shape)}",
        )
        codes += [crc32(one.encode("utf-8", "surrogatepass")) % BUCKETS for one in seen]
    return np.array(codes, np.int64), np.array(starts, np.int64)


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    """A character of a script without spaces, a word of another, or a sign; marks go with each."""
    marks = "".join(
        re.escape(chr(code))
        for code in range(0x300, 0x10000)
        if unicodedata.category(chr(code)) in ("Mn", "Mc")
    )
    bound = f"[{marks}\u200c\u200d]*"
    unspaced = f"[{_UNSPACED}{_PLANES}]"
    return re.compile(f"{unspaced}{bound}|(?:[^\\W{_UNSPACED}{_PLANES}]{bound})+|[^\\w\\s]{bound}")


def _shape(form: str) -> str:
    """Write what a word is made of: X for capitals, x for other letters, 9 for digits."""
    return "".join(
        "X" if one.isupper() else "9" if one.isdigit() else "x" if one.isalpha() else one
        for one in form
    )


def _run(shape: str) -> str:
    """Write each row of the same sign once."""
    return "".join(one for at, one in enumerate(shape) if not at or shape[at - 1] != one)
