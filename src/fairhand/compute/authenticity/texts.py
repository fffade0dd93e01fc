"""What a text is known by, and which language it is in.

The print is a MinHash (Broder 1997) of 128 numbers of 32 bits over runs of three words: two texts
share as large a share of them as they share of their runs (Jaccard). Copies with a few words
changed are found; a paraphrase is not.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SIZE: Final = 128
_RUN: Final = 3
_ROWS: Final = 4
"""Of two texts that share half, 32 bands of four miss 1 in 8; of 0.7, 2 in 10,000."""
_LEAST_WORDS: Final = 8
LEAST_LETTERS: Final = 20
"""Of shorter texts no language is said."""

Numbers = NDArray[np.uint32]


def text_print(text: str) -> bytes:
    """Give a text's print: 512 bytes; empty where it has fewer than eight words."""
    words = _words(text)
    if len(words) < _LEAST_WORDS:
        return b""
    runs = {" ".join(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)}
    numbers = np.array(sorted(map(_number, runs)), dtype=np.uint64)
    factors, shifts = _orders()
    mixed = numbers[:, None] * factors[None, :] + shifts[None, :]
    least = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9) >> np.uint64(32)
    return np.asarray(least.min(axis=0), dtype="<u4").tobytes()


def overlap(one: bytes, other: bytes) -> float:
    """Estimate how much two texts share of all their runs of words: 0 to 1."""
    if not one or not other:
        return 0.0
    return float((np.frombuffer(one, "<u4") == np.frombuffer(other, "<u4")).mean())


def bands(content: bytes) -> NDArray[np.uint64]:
    """Give the 32 keys of a print: texts that share one are compared."""
    rows = np.frombuffer(content, "<u4").reshape(-1, _ROWS).astype(np.uint64)
    keys = np.arange(len(rows), dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for column in rows.T:
        keys = (keys ^ (keys >> np.uint64(31))) * np.uint64(0x94D049BB133111EB) + column
    return keys


def has_languages() -> bool:
    """Say whether languages can be told apart here (fairhand[people])."""
    return find_spec("py3langid") is not None


def language_of(text: str) -> tuple[str, float] | None:
    """Say which of 97 languages a text is in, as ISO 639-1, and how sure; None where it cannot be.

    A text of fewer than 20 letters, or one without the extra, has none. The figure is the
    classifier's own, and too sure of short texts.
    """
    if sum(char.isalpha() for char in text) < LEAST_LETTERS or not has_languages():
        return None
    language, share = _classifier().classify(text[:5_000])
    return str(language), float(share)


@lru_cache(maxsize=1)
def _classifier() -> Any:  # noqa: ANN401
    module = import_module("py3langid.langid")
    return module.LanguageIdentifier.from_model_file(module.MODEL_FILE, norm_probs=True)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.findall(r"\w+", plain)


def _number(run: str) -> int:
    return int.from_bytes(hashlib.blake2b(run.encode(), digest_size=8).digest(), "little")


@lru_cache(maxsize=1)
def _orders() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """128 ways to put all runs in order, the same for ever."""
    drawn = b"".join(hashlib.sha256(f"order {at}".encode()).digest() for at in range(SIZE))
    numbers = np.frombuffer(drawn, "<u8").reshape(SIZE, 4)
    return numbers[:, 0] | np.uint64(1), numbers[:, 1].copy()
