"""Things that are nearly the same: texts, pictures, and whatever has features.

Near things are looked for among candidates that share a hash, and each candidate pair is measured
before it counts: no pair is reported on its hash alone. Everything is seconds for 100,000 items.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fairhand.compute.assistants.contract import AssistantError, Features, Item
from fairhand.compute.models.images import read_picture
from fairhand.compute.models.text import text_pieces

Places = NDArray[np.int64]
Hashes = NDArray[np.uint64]

_SIGNATURE: Final = 48
_BAND: Final = 4
_SLACK: Final = 0.25
"""How far under the threshold a likeness estimated from 48 hashes may lie, to be measured."""
_BLOCK: Final = 50_000
_CHUNK: Final = 2_000_000
_MOST_APART: Final = 12
"""Bits of 128 by which the hashes of near pictures differ at most."""


@dataclass(frozen=True, slots=True)
class Group:
    """Places of things nearly the same, in order, and the least likeness of a measured pair."""

    places: tuple[int, ...]
    likeness: float


def near_texts(texts: Sequence[str], *, threshold: float = 0.8, seed: int = 0) -> list[Group]:
    """Group texts whose pieces of five letters overlap by `threshold` or more (Jaccard).

    Candidates share a band of their MinHash (Broder 1997): 12 bands of four, so that a pair with
    an overlap of 0.8 is missed twice in 1,000 times, one of 0.9 once in 10^5.
    """
    pieces, starts = text_pieces(texts)
    full = np.flatnonzero(np.diff(starts))
    if len(full) < 2:
        return []
    signatures = _signatures(pieces, starts, full, np.random.default_rng(seed))
    pairs = _candidates(signatures[:, at : at + _BAND] for at in range(0, _SIGNATURE, _BAND))
    shares = [
        (signatures[part[:, 0]] == signatures[part[:, 1]]).mean(axis=1)
        for part in np.array_split(pairs, max(1, len(pairs) // 50_000))
    ]
    pairs = full[pairs[np.concatenate(shares) >= threshold - _SLACK]]
    likeness = np.array([_overlap(pieces, starts, a, b) for a, b in pairs.tolist()])
    return _groups(pairs, likeness, threshold, len(texts))


def text_signatures(texts: Sequence[str], *, seed: int = 0) -> tuple[list[int], NDArray[np.uint32]]:
    """Sign texts for `near_signatures`, 192 bytes each: places of those that can be, a row each.

    Signatures made a part at a time are those made at once.
    """
    pieces, starts = text_pieces(texts)
    full = np.flatnonzero(np.diff(starts))
    if not len(full):
        return [], np.empty((0, _SIGNATURE), np.uint32)
    signed = _signatures(pieces, starts, full, np.random.default_rng(seed))
    return full.tolist(), (signed >> np.uint64(32)).astype(np.uint32)


def near_signatures(signatures: NDArray[np.uint32], *, threshold: float = 0.8) -> list[Group]:
    """Group signed texts whose overlap, as 48 hashes estimate it, is `threshold` or more.

    For texts too many to hold: the estimate of an overlap of 0.8 errs by 0.06 (one standard
    deviation), so some pairs a little less alike are grouped as well.
    """
    if len(signatures) < 2:
        return []
    pairs = _candidates(
        signatures[:, at : at + _BAND].astype(np.uint64) for at in range(0, _SIGNATURE, _BAND)
    )
    shares = [
        (signatures[part[:, 0]] == signatures[part[:, 1]]).mean(axis=1)
        for part in np.array_split(pairs, max(1, len(pairs) // 50_000))
    ]
    return _groups(pairs, np.concatenate(shares), threshold, len(signatures))


def _signatures(pieces: Hashes, starts: Places, full: Places, rng: np.random.Generator) -> Hashes:
    """Give each text that has pieces the least of them under 48 orders of all pieces."""
    factors = rng.integers(1, 1 << 62, _SIGNATURE, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    whole = np.empty((len(full), _SIGNATURE), dtype=np.uint64)
    ends = starts[full + 1]
    cuts = np.flatnonzero(np.diff(ends // _BLOCK)) + 1
    for part in np.split(np.arange(len(full)), cuts):
        first, last = starts[full[part[0]]], ends[part[-1]]
        some, at = pieces[first:last], starts[full[part]] - first
        for column, factor in enumerate(factors):
            mixed = some * factor
            mixed ^= mixed >> np.uint64(32)
            whole[part, column] = np.minimum.reduceat(mixed * factor, at)
    return whole


def _candidates(bands: Iterator[Hashes]) -> Places:
    """Pair what shares a whole band: each with the first and with the one before of its bucket."""
    found = [np.empty((0, 2), dtype=np.int64)]
    for band in bands:
        keys = band[:, 0].copy()
        for column in band.T[1:]:
            keys = (keys ^ (keys >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9) + column
        order = np.argsort(keys, kind="stable")
        same = keys[order][1:] == keys[order][:-1]
        at = np.flatnonzero(same) + 1
        firsts = np.maximum.accumulate(np.where(np.r_[False, same], 0, np.arange(len(order))))
        found.append(np.column_stack([order[at - 1], order[at]]))
        found.append(np.column_stack([order[firsts[at]], order[at]]))
    pairs = np.sort(np.concatenate(found), axis=1)
    return np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)


def _overlap(pieces: Hashes, starts: Places, one: int, other: int) -> float:
    """Jaccard's likeness of two sets: how much they share of all they have."""
    first = pieces[starts[one] : starts[one + 1]]
    second = pieces[starts[other] : starts[other + 1]]
    if np.array_equal(first, second):
        return 1.0
    a, b = set(first.tolist()), set(second.tolist())
    return len(a & b) / len(a | b)


def near_pictures(items: Sequence[Item], *, threshold: float = 0.92) -> list[Group]:
    """Group pictures that look the same at 16 x 16: scaled, recompressed, lightly retouched.

    Pictures that cannot be read are in no group. See `near_looks`.
    """
    places, looks = [], []
    for at, item in enumerate(items):
        try:
            looks.append(picture_look(read_picture(item, 64)))
            places.append(at)
        except AssistantError:
            continue
    if len(looks) < 2:
        return []
    groups = near_looks(np.stack(looks), threshold=threshold)
    return [Group(tuple(places[at] for at in one.places), one.likeness) for one in groups]


def picture_look(picture: Image.Image) -> NDArray[np.uint8]:
    """Give what a picture looks like from afar: 16 x 16 x 3 means."""
    return np.asarray(picture.resize((16, 16), Image.Resampling.BOX), dtype=np.uint8)


def near_looks(looks: NDArray[np.uint8], *, threshold: float = 0.92) -> list[Group]:
    """Group N x 16 x 16 x 3 looks: difference hashes at most 12 of 128 bits apart, then measured.

    Likeness is one less the mean difference of their shades, as a share of what two pictures of
    unlike content differ by (a fifth of the range).
    """
    hashes = difference_hashes(looks)
    parts = hashes.view(np.uint16).reshape(len(looks), -1).astype(np.uint64)
    plain = hashes.any(axis=1)
    colours = looks.reshape(len(looks), -1) // 16
    parts[~plain] = _mix_rows(colours[~plain])[:, None] + np.arange(parts.shape[1]).astype("u8")
    pairs = _candidates(parts[:, at : at + 1] for at in range(parts.shape[1]))
    kept, likeness = [], []
    for part in np.array_split(pairs, max(1, len(pairs) * 768 // (64 * _CHUNK))):
        apart = np.bitwise_count(hashes[part[:, 0]] ^ hashes[part[:, 1]]).sum(axis=1)
        close = part[apart <= _MOST_APART]
        gap = np.abs(looks[close[:, 0]].astype(np.int16) - looks[close[:, 1]])
        kept.append(close)
        likeness.append(1.0 - gap.reshape(len(close), 768).mean(axis=1) / 51.0)
    return _groups(np.concatenate(kept), np.concatenate(likeness), threshold, len(looks))


def difference_hashes(looks: NDArray[np.uint8]) -> Hashes:
    """Give N x 2 numbers of 64 bits: does the grey rise to the right, and downwards, in 8 x 8."""
    grey = looks.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    small = grey.reshape(len(looks), 8, 2, 8, 2).mean(axis=(2, 4))
    across = np.roll(small, -1, axis=2) > small + 1.0
    down = np.roll(small, -1, axis=1) > small + 1.0
    bits = np.packbits(np.stack([across, down], axis=1).reshape(len(looks), 128), axis=1)
    return np.ascontiguousarray(bits).view("<u8")


def _mix_rows(rows: NDArray[np.uint8]) -> Hashes:
    """One number for each row of small numbers."""
    keys = np.zeros(len(rows), dtype=np.uint64)
    for column in rows.T:
        keys = (keys ^ (keys >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9) + column
    return keys


def near_features(features: Features, *, threshold: float = 0.95, seed: int = 0) -> list[Group]:
    """Group items whose features' cosine is `threshold` or more.

    Each item is laid with its two nearest of about the root of N centres, and measured against
    those that lie there too. Rows of zeros (items that could not be read) are in no group.
    """
    lengths = np.linalg.norm(features, axis=1)
    full = np.flatnonzero(lengths > 0)
    if len(full) < 2:
        return []
    rows = (features[full] / lengths[full, None]).astype(np.float32)
    pairs, likeness = _measure(rows, _lay(rows, np.random.default_rng(seed)), threshold)
    return _groups(full[pairs], likeness, threshold, len(features))


def _lay(rows: Features, rng: np.random.Generator) -> list[Places]:
    """Lay rows with their two nearest centres: lists of places, a list for each centre."""
    wanted = max(1, round(len(rows) ** 0.5 / 1.5))
    sample = rows[rng.choice(len(rows), min(len(rows), 64 * wanted), replace=False)]
    centres = sample[:wanted].copy()
    for _ in range(4):
        nearest = np.concatenate([(part @ centres.T).argmax(1) for part in _chunks(sample)])
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, sample)
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(norms > 0, sums / np.maximum(norms, 1e-9), centres)
    if wanted < 2:
        return [np.arange(len(rows))]
    two = np.concatenate(
        [np.argpartition(-(part @ centres.T), 1, axis=1)[:, :2] for part in _chunks(rows)]
    )
    owner, place = two.ravel(), np.repeat(np.arange(len(rows)), 2)
    order = np.argsort(owner, kind="stable")
    return np.split(place[order], np.searchsorted(owner[order], np.arange(1, wanted)))


def _chunks(rows: Features) -> list[Features]:
    """Cut rows so that their likeness to the centres stays small in memory."""
    return np.array_split(rows, max(1, len(rows) // 4_096))


def _measure(
    rows: Features, lists: Sequence[Places], threshold: float
) -> tuple[Places, NDArray[np.float64]]:
    """Measure what lies together; give pairs at or over the threshold, and their cosines."""
    pairs, likeness = [np.empty((0, 2), dtype=np.int64)], [np.empty(0)]
    for members in lists:
        for start in range(0, len(members), 1_024):
            part = members[start : start + 1_024]
            cosines = rows[part] @ rows[members[start:]].T
            one, other = np.nonzero(cosines >= threshold)
            later = one < other
            one, other = one[later], other[later]
            pairs.append(np.column_stack([part[one], members[start:][other]]))
            likeness.append(cosines[one, other].astype(np.float64))
    return np.concatenate(pairs), np.concatenate(likeness)


def _groups(
    pairs: Places, likeness: NDArray[np.float64], threshold: float, count: int
) -> list[Group]:
    """Join measured pairs into groups, in the order of their first places."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    kept = likeness >= threshold
    pairs, likeness = pairs[kept], likeness[kept]
    if not len(pairs):
        return []
    ones = np.ones(len(pairs), dtype=np.int8)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, owner = connected_components(graph, directed=False)
    least: dict[int, float] = {}
    for name, like in zip(owner[pairs[:, 0]].tolist(), likeness.tolist(), strict=True):
        least[name] = min(like, least.get(name, 1.0))
    members: dict[int, list[int]] = {}
    for place in np.unique(pairs).tolist():
        members.setdefault(int(owner[place]), []).append(place)
    return [Group(tuple(places), least[name]) for name, places in members.items()]
