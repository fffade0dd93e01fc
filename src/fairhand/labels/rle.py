"""Run-length masks in COCO's compressed form, and arithmetic on the runs themselves.

A mask is read column by column; `runs` are the lengths of alternating stretches, background first
(0 when the first pixel is inside). The text form writes each run, from the fourth on as the
difference from the run two before, in groups of five bits, low group first, sign-extended, bit 32
meaning "more follows", shifted by 48 into ASCII: the format of Lin et al. (2014), "Microsoft COCO".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MAX_SIDE = 65_535
MAX_PIXELS = 2**28
MAX_TEXT = 4 * 1024 * 1024
"""Characters of one region's text; no mask that a hand can draw comes near."""

Runs = NDArray[np.int64]
Mask = NDArray[np.bool_]

_ASCII_ZERO = 48
_MORE = 32
_SIGN = 16
_GROUPS = 7
"""Groups of five bits that the longest difference (2 * MAX_PIXELS and its sign) may take."""


class RleError(ValueError):
    """The text is not the run lengths of a mask of this size; the message says why."""


def encode(mask: NDArray[np.generic]) -> str:
    """Write a two-dimensional mask (non-zero is inside) as COCO's compressed text."""
    return runs_to_text(mask_to_runs(mask))


def decode(text: str, height: int, width: int) -> Mask:
    """Read COCO's compressed text into a mask; raises RleError."""
    return runs_to_mask(text_to_runs(text, height, width), height, width)


def mask_to_runs(mask: NDArray[np.generic]) -> Runs:
    """Measure the runs of a mask."""
    if mask.ndim != 2:
        raise RleError(f"a mask has two dimensions, not {mask.ndim}")
    flat = (mask != 0).ravel(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    first = np.zeros(1 if flat.size == 0 or not flat[0] else 2, np.int64)
    return np.diff(np.concatenate([first, changes, [flat.size]]))


def runs_to_mask(runs: Runs, height: int, width: int) -> Mask:
    """Paint runs that sum to `height * width` into a mask."""
    inside = np.arange(runs.size) % 2 == 1
    return np.repeat(inside, runs).reshape((height, width), order="F")


def text_to_runs(text: str, height: int, width: int) -> Runs:
    """Read COCO's compressed text into runs that fill a mask of this size; raises RleError."""
    _check_size(height, width)
    runs = _undo_differences(_numbers(_characters(text)))
    if runs.min() < 0:
        raise RleError("a run has a negative length")
    if runs.max() > height * width:
        raise RleError("a run is longer than the whole image")
    if int(runs.sum()) != height * width:
        raise RleError(f"the runs cover {int(runs.sum())} pixels; the image has {height * width}")
    return runs


def texts_to_runs(texts: Sequence[str], height: int, width: int) -> list[Runs]:
    """Read the texts of several masks of one size in one go; raises RleError as one by one.

    Small masks cost mostly the calls, so their characters are read together.
    """
    if not all(0 < len(text) <= MAX_TEXT for text in texts):
        return [text_to_runs(text, height, width) for text in texts]
    _check_size(height, width)
    if not texts:
        return []
    groups = _characters("".join(texts), MAX_TEXT * len(texts))
    last = np.cumsum([len(text) for text in texts]) - 1
    if (groups[last] >= _MORE).any():
        return [text_to_runs(text, height, width) for text in texts]
    edges = np.cumsum(groups < _MORE)[last]
    found = [_undo_differences(part) for part in np.split(_numbers(groups), edges[:-1])]
    together = np.concatenate(found)
    sums = np.add.reduceat(together, np.concatenate([[0], edges[:-1]]))
    if together.min() < 0 or together.max() > height * width or (sums != height * width).any():
        return [text_to_runs(text, height, width) for text in texts]
    return found


def runs_to_text(runs: Runs) -> str:
    """Write runs as COCO's compressed text; zero-length runs inside are merged away first."""
    merged = merge_empty(runs)
    differences = merged.copy()
    differences[3:] -= merged[1:-2]
    shifts = 5 * np.arange(_GROUPS)
    groups = (differences[:, None] >> shifts) & 31
    room = np.int64(_SIGN) << shifts
    fits = (differences[:, None] >= -room) & (differences[:, None] < room)
    last = fits.argmax(axis=1)[:, None]
    used = np.arange(_GROUPS) <= last
    groups[np.arange(_GROUPS) < last] |= _MORE
    return bytes((groups[used] + _ASCII_ZERO).astype(np.uint8)).decode("ascii")


def merge_empty(runs: Runs) -> Runs:
    """Join runs that an empty run splits, so that one mask has one list of runs."""
    inside = np.arange(runs.size) % 2 == 1
    lengths, inside = runs[runs > 0], inside[runs > 0]
    if lengths.size == 0:
        return np.zeros(1, np.int64)
    starts = np.flatnonzero(np.concatenate([[True], inside[1:] != inside[:-1]]))
    merged = np.add.reduceat(lengths, starts)
    return np.concatenate([[0], merged]) if inside[0] else merged


def area(runs: Runs) -> int:
    """Count the pixels inside."""
    return int(runs[1::2].sum())


def intersection_area(one: Runs, other: Runs) -> int:
    """Count the pixels that are inside both masks of one size."""
    lengths, in_one, in_other = _overlay(one, other)
    return int(lengths[in_one & in_other].sum())


def iou(one: Runs, other: Runs) -> float:
    """Intersection over union of two masks of one size; 1.0 when both are empty."""
    shared = intersection_area(one, other)
    together = area(one) + area(other) - shared
    return shared / together if together else 1.0


def union(one: Runs, other: Runs) -> Runs:
    """Runs of the pixels that are inside either mask of one size."""
    lengths, in_one, in_other = _overlay(one, other)
    return _states_to_runs(lengths, in_one | in_other)


def intersection(one: Runs, other: Runs) -> Runs:
    """Runs of the pixels that are inside both masks of one size."""
    lengths, in_one, in_other = _overlay(one, other)
    return _states_to_runs(lengths, in_one & in_other)


def any_overlap(masks: list[Runs]) -> bool:
    """True when some pixel is inside more than one of the masks."""
    edges = [np.cumsum(runs) for runs in masks]
    ends = np.concatenate([edge[1::2] for edge in edges] or [np.zeros(0, np.int64)])
    starts = np.concatenate(
        [edge[::2][: edge[1::2].size] for edge in edges] or [np.zeros(0, np.int64)]
    )
    starts, ends = starts[ends > starts], ends[ends > starts]
    order = np.argsort(starts, kind="stable")
    reached = np.maximum.accumulate(ends[order])
    return bool((starts[order][1:] < reached[:-1]).any())


def _check_size(height: int, width: int) -> None:
    if not (0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE):
        raise RleError(f"a mask's sides are 1 to {MAX_SIDE} pixels, not {height} by {width}")
    if height * width > MAX_PIXELS:
        raise RleError(f"a mask has at most {MAX_PIXELS} pixels, not {height * width}")


def _characters(text: str, most: int = MAX_TEXT) -> NDArray[np.int64]:
    if not text:
        raise RleError("the run lengths are empty")
    if len(text) > most:
        raise RleError(f"the run lengths are {len(text)} characters; {most} are allowed")
    if not text.isascii():
        raise RleError("the run lengths hold a character that is not ASCII")
    groups = np.frombuffer(text.encode("ascii"), np.uint8).astype(np.int64) - _ASCII_ZERO
    if groups.min() < 0 or groups.max() >= 2 * _MORE:
        raise RleError("the run lengths hold a character outside '0' to 'o'")
    return groups


def _numbers(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join groups of five bits into signed numbers."""
    ends = np.flatnonzero(groups < _MORE)
    if ends.size == 0 or ends[-1] != groups.size - 1:
        raise RleError("the run lengths break off in the middle of a number")
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > _GROUPS:
        raise RleError("the run lengths hold a number that is too long")
    position = np.arange(groups.size) - np.repeat(starts, lengths)
    numbers = np.add.reduceat((groups & 31) << (5 * position), starts)
    negative = (groups[ends] & _SIGN) != 0
    signed: Runs = numbers - (negative.astype(np.int64) << (5 * lengths))
    return signed


def _undo_differences(numbers: NDArray[np.int64]) -> Runs:
    runs = numbers.copy()
    runs[1::2] = np.cumsum(numbers[1::2])
    runs[2::2] = np.cumsum(numbers[2::2])
    return runs


def _overlay(one: Runs, other: Runs) -> tuple[Runs, Mask, Mask]:
    """Cut both masks at every edge of either: lengths of the pieces, and which lie inside."""
    one_edges, other_edges = np.cumsum(one), np.cumsum(other)
    if one_edges[-1] != other_edges[-1]:
        raise RleError(f"masks of {one_edges[-1]} and {other_edges[-1]} pixels do not compare")
    edges = np.union1d(one_edges, other_edges)
    starts = np.concatenate([[0], edges[:-1]])
    in_one = np.searchsorted(one_edges, starts, side="right") % 2 == 1
    in_other = np.searchsorted(other_edges, starts, side="right") % 2 == 1
    return edges - starts, in_one, in_other


def _states_to_runs(lengths: Runs, inside: Mask) -> Runs:
    starts = np.flatnonzero(np.concatenate([[True], inside[1:] != inside[:-1]]))
    runs = np.add.reduceat(lengths, starts)
    return merge_empty(np.concatenate([[0], runs]) if inside[0] else runs)
