"""Texts to integer word codes, and back to the words as people wrote them.

Two people say the same word when its *key* is the same; the key is what votes, the spelling is
what comes out. Each spelling is looked at once, however often it occurs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from string import punctuation
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Normalise = Literal["speech", "case", "none"] | Callable[[str], str]
Unit = Literal["words", "characters"]
Codes = NDArray[np.int32]

_APOSTROPHES = "'’ʼ"
_STRAIGHT = str.maketrans(_APOSTROPHES, "'" * len(_APOSTROPHES))
_JOINERS = "‌‍"  # zero-width: they shape letters of one word
_DASHES = "-‐‑–—/"


@dataclass(frozen=True, slots=True)
class Pieces:
    """What each distinct token stands for: `counts` (spelling, key) pairs; two for `well-known`."""

    spellings: list[str]
    keys: list[str]
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Words:
    """All words of all texts, one after another; text i is `starts[i]` to `starts[i + 1]`.

    `key` and `spelling` are codes into `keys` and `spellings`. `parts` are
    the spellings that are a piece of a written token (as of `well-known`); `first` and `last` say
    whether a spelling begins and ends one.
    """

    key: Codes
    spelling: Codes
    starts: NDArray[np.int64]
    keys: list[str]
    spellings: list[str]
    parts: frozenset[int]
    first: NDArray[np.bool_]
    last: NDArray[np.bool_]
    space: str


def split_words(
    texts: Sequence[str], normalise: Normalise = "speech", unit: Unit = "words"
) -> Words:
    """Cut texts into words (or characters) and give each its codes.

    `normalise` makes the key of a word: "speech" folds case and drops punctuation, keeping
    apostrophes inside a word, and cuts at hyphens; "case" folds case alone; "none" compares the
    spelling itself; a function gives a key of one's own ("" for no word at all).
    """
    tokens = [_characters(text) if unit == "characters" else text.split() for text in texts]
    code = {token: place for place, token in enumerate(dict.fromkeys(chain.from_iterable(tokens)))}
    raw = np.fromiter(map(code.__getitem__, chain.from_iterable(tokens)), dtype=np.int64)
    pieces = _cut_tokens(code, normalise)
    lengths = np.fromiter(map(len, tokens), dtype=np.int64, count=len(tokens))
    return _assemble(pieces, raw, _edges(lengths), "" if unit == "characters" else " ")


def _cut_tokens(tokens: Iterable[str], normalise: Normalise) -> Pieces:
    spellings: list[str] = []
    keys: list[str] = []
    counts: list[int] = []
    cut = _cutter(normalise)
    for token in tokens:
        core = token.strip(punctuation) if cut is _speech_pieces else ""
        if core.isalnum():  # nearly every token
            spellings.append(token)
            keys.append(_fold(core))
            counts.append(1)
            continue
        found = cut(token)
        spellings.extend(spelling for spelling, _ in found)
        keys.extend(key for _, key in found)
        counts.append(len(found))
    return Pieces(spellings, keys, np.array(counts, dtype=np.int64))


def _assemble(
    pieces: Pieces, raw: NDArray[np.int64], token_edges: NDArray[np.int64], space: str
) -> Words:
    """Lay the pieces of the tokens side by side; a token may have none, one or several."""
    offsets = _edges(pieces.counts)
    each = pieces.counts[raw]
    edges = _edges(each)
    inside = np.arange(edges[-1]) - np.repeat(edges[:-1], each)
    spelling = np.repeat(offsets[raw], each) + inside
    keys = {key: place for place, key in enumerate(dict.fromkeys(pieces.keys))}
    key_of = np.fromiter(map(keys.__getitem__, pieces.keys), dtype=np.int32)
    of = np.repeat(pieces.counts, pieces.counts)
    place = np.arange(len(key_of)) - np.repeat(offsets[:-1], pieces.counts)
    return Words(
        key=key_of[spelling],
        spelling=spelling.astype(np.int32),
        starts=edges[token_edges],
        keys=list(keys),
        spellings=pieces.spellings,
        parts=frozenset(np.flatnonzero(of > 1).tolist()),
        first=place == 0,
        last=place == of - 1,
        space=space,
    )


def write_words(words: Words, spelling: Sequence[int]) -> str:
    """Join spellings to a text; pieces of one written token are joined as they were."""
    if words.parts.isdisjoint(spelling):
        return words.space.join(map(words.spellings.__getitem__, spelling))
    text: list[str] = []
    open_piece = False
    for code in spelling:
        piece = words.spellings[code]
        if text and not (open_piece and not words.first[code]):
            if open_piece:
                text[-1] = text[-1].rstrip(_DASHES) or text[-1]
            text.append(words.space)
        text.append(piece)
        open_piece = not words.last[code]
    if open_piece:
        text[-1] = text[-1].rstrip(_DASHES) or text[-1]
    return "".join(text)


def _edges(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def _cutter(normalise: Normalise) -> Callable[[str], list[tuple[str, str]]]:
    """Give the function from a written token to its (spelling, key) pieces."""
    if normalise == "speech":
        return _speech_pieces
    if normalise == "case":
        return lambda token: [(token, _fold(token))]
    if normalise == "none":
        return lambda token: [(token, token)]
    if callable(normalise):
        return lambda token: [(token, key)] if (key := normalise(token)) else []
    raise ValueError(f"normalise must be 'speech', 'case', 'none' or a function, not {normalise!r}")


def _speech_pieces(token: str) -> list[tuple[str, str]]:
    if token.isspace():  # between characters, white space votes too
        return [(token, token)]
    runs = _word_runs(token)
    cuts = [0, *(start for start, _ in runs[1:]), len(token)]
    keys = [_fold(token[start:end]).translate(_STRAIGHT) for start, end in runs]
    return [
        (token[start:end], key) for (start, end), key in zip(pairwise(cuts), keys, strict=False)
    ]


def _word_runs(token: str) -> list[tuple[int, int]]:
    """Find the stretches of letters and digits; an apostrophe inside one belongs to it."""
    inside = [_in_word(character) for character in token]
    for place in range(1, len(token) - 1):
        if token[place] in _APOSTROPHES and inside[place - 1] and inside[place + 1]:
            inside[place] = True
    turns = [at for at, (a, b) in enumerate(pairwise([False, *inside, False])) if a != b]
    return list(zip(turns[::2], turns[1::2], strict=True))


def _in_word(character: str) -> bool:
    # Vowel signs and accents (category M) are part of the word in most scripts of the world.
    return character.isalnum() or character in _JOINERS or unicodedata.category(character)[0] == "M"


def _fold(word: str) -> str:
    return word.lower() if word.isascii() else unicodedata.normalize("NFKC", word).casefold()


def _characters(text: str) -> list[str]:
    """Cut a text into characters as people see them: marks and joiners stay with their base."""
    clusters: list[str] = []
    for character in text:
        joined = clusters and (
            unicodedata.category(character)[0] == "M"
            or character in _JOINERS
            or clusters[-1][-1] in _JOINERS[1]
        )
        if joined:
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters
