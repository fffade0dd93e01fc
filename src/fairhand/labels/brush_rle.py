"""Label Studio's brush masks: run lengths of words of the RGBA picture, in a stream of bits.

The stream begins with 32 bits for the number of words, 5 for the size of a word less one, and four
times 4 bits for the sizes, less one, in which lengths are written. Then come records: one bit (1: a
run of one word, 0: that many words as they are), two bits naming a size, the length less one in
that size, and the words. A pixel is inside where its alpha is not zero; rows come one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

_SIZES: Final = (3, 4, 8, 16)
_WORD: Final = 8
_HEADER: Final = 32 + 5 + 16
_CHANNELS: Final = 4


class BrushError(ValueError):
    """The numbers are no mask of this size; the message says why."""


def decode_brush(numbers: Sequence[Any], height: int, width: int) -> Mask:
    """Read a mask of this height and width from its bytes; raises BrushError."""
    try:
        bits = np.unpackbits(np.frombuffer(bytes(numbers), np.uint8))
    except (TypeError, ValueError):
        raise BrushError("the run lengths are not bytes from 0 to 255") from None
    if bits.size < _HEADER:
        raise BrushError("the run lengths break off in their head")
    words = _number(bits[:32])
    if words != height * width * _CHANNELS:
        raise BrushError(
            f"the run lengths are of {words} words; {width} x {height} pixels have "
            f"{height * width * _CHANNELS}"
        )
    if _number(bits[32:37]) + 1 != _WORD:
        raise BrushError("a word of the run lengths is not of 8 bits")
    sizes = [_number(bits[37 + 4 * n : 41 + 4 * n]) + 1 for n in range(4)]
    alpha = _records(bits, sizes, words).reshape(height, width, _CHANNELS)[:, :, 3]
    return alpha > 0


def encode_brush(mask: Mask) -> list[int]:
    """Write a mask as bytes: what is inside becomes white and opaque."""
    flat = mask.ravel()
    edges = np.flatnonzero(np.diff(flat)) + 1
    lengths = np.diff(np.concatenate([[0], edges, [flat.size]])) * _CHANNELS
    parts = [f"{flat.size * _CHANNELS:032b}", f"{_WORD - 1:05b}"]
    parts += [f"{size - 1:04b}" for size in _SIZES]
    inside = bool(flat[0])
    for length in lengths.tolist():
        word = "1" * _WORD if inside else "0" * _WORD
        parts += _runs(length, word)
        inside = not inside
    text = "".join(parts)
    padded = text + "0" * (-len(text) % 8)
    return list(int(padded, 2).to_bytes(len(padded) // 8, "big"))


def _runs(length: int, word: str) -> list[str]:
    """Write one run, in several records where it is longer than a length can say."""
    longest = 1 << _SIZES[-1]
    parts = []
    while length:
        now = min(length, longest)
        place = next(n for n, size in enumerate(_SIZES) if now <= 1 << size)
        parts.append(f"1{place:02b}{now - 1:0{_SIZES[place]}b}{word}")
        length -= now
    return parts


def _records(bits: NDArray[np.uint8], sizes: Sequence[int], words: int) -> NDArray[np.uint8]:
    """Unpack the records into as many words as there must be."""
    found = np.zeros(words, np.uint8)
    at, filled = _HEADER, 0
    while filled < words:
        if at + 3 > bits.size:
            raise BrushError("the run lengths break off before the picture ends")
        is_run, place = bits[at], 2 * int(bits[at + 1]) + int(bits[at + 2])
        at += 3
        length = _number(bits[at : at + sizes[place]]) + 1
        at += sizes[place]
        taken = _WORD if is_run else _WORD * length
        if at + taken > bits.size or filled + length > words:
            raise BrushError("the run lengths break off, or run over the picture's end")
        found[filled : filled + length] = np.packbits(bits[at : at + taken])
        at += taken
        filled += length
    return found


def _number(bits: NDArray[np.uint8]) -> int:
    value = 0
    for bit in bits.tolist():
        value = value << 1 | bit
    return value
