"""Many transcripts of one recording laid word beside word.

Progressive alignment into a row of slots as in ROVER (Fiscus 1997), with two differences: it
begins at the medoid and takes the others in order of their distance from it, so that a bad
transcript never shapes the frame; and a word is laid against *all* words of a slot at their
share (the sum-of-pairs cost), not against the first that matches.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.compiled import kernel

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_MATCH, _SKIP, _NEW = 0, 1, 2


def lay_side_by_side(key: NDArray[np.int32], starts: Ints, tasks: Ints) -> tuple[Ints, Ints, Ints]:
    """Align the texts of each task; texts of task i are `tasks[i]` to `tasks[i + 1]`.

    Gives (cells, widths, edges): task i has `widths[i]` slots, and slot s of it holds the word
    index of each of its texts at `edges[i] + s * texts`, -1 where a text has no word there.
    """
    voices = np.diff(tasks)
    order = np.empty(len(starts) - 1, np.int64)
    place_order(key, starts, tasks, order)
    slot = np.empty(len(key), np.int64)
    widths = np.empty(len(voices), np.int64)
    weave(key, starts, tasks, order, slot, widths)
    edges = np.concatenate([np.zeros(1, np.int64), np.cumsum(widths * voices)])
    cells = np.full(edges[-1], -1, np.int64)
    fill_cells(starts, tasks, slot, edges, cells)
    return cells, widths, edges


@kernel
def word_edits(key: NDArray[np.int32], a: int, b: int, c: int, d: int, row: Ints) -> int:
    """Count the edits (Levenshtein 1966) between the words a to b and the words c to d."""
    while a < b and c < d and key[a] == key[c]:
        a += 1
        c += 1
    while a < b and c < d and key[b - 1] == key[d - 1]:
        b -= 1
        d -= 1
    for j in range(d - c + 1):
        row[j] = j
    for i in range(a, b):
        corner = row[0]
        row[0] += 1
        for j in range(d - c):
            above = row[j + 1]
            best = corner if key[i] == key[c + j] else corner + 1
            row[j + 1] = min(best, above + 1, row[j] + 1)
            corner = above
    return int(row[d - c])


@kernel
def place_order(key: NDArray[np.int32], starts: Ints, tasks: Ints, order: Ints) -> None:
    """Order each task's texts: the medoid first, then the nearer to it the earlier."""
    row = np.empty(np.max(starts[1:] - starts[:-1]) + 1, np.int64)
    for task in range(len(tasks) - 1):
        first, count = tasks[task], tasks[task + 1] - tasks[task]
        apart = np.zeros((count, count), np.int64)
        for x in range(count):
            for y in range(x):
                i, j = first + x, first + y
                apart[x, y] = word_edits(
                    key, starts[i], starts[i + 1], starts[j], starts[j + 1], row
                )
                apart[y, x] = apart[x, y]
        medoid = np.argmin(apart.sum(axis=0))
        apart[medoid, medoid] = -1
        order[first : first + count] = first + np.argsort(apart[medoid], kind="mergesort")


@kernel
def slot_words(
    net: NDArray[np.int32], slot: int, joined: int, words: Ints, shares: Floats
) -> tuple[int, float]:
    """List the distinct words of a slot with their share of the joined texts, and all words'."""
    distinct = 0
    spoken = 0.0
    for text in range(joined):
        word = net[slot, text]
        if word < 0:
            continue
        spoken += 1.0 / joined
        at = 0
        while at < distinct and words[at] != word:
            at += 1
        if at == distinct:
            words[at] = word
            shares[at] = 0.0
            distinct += 1
        shares[at] += 1.0 / joined
    return distinct, spoken


@kernel
def fill_table(
    key: NDArray[np.int32],
    net: NDArray[np.int32],
    line: Ints,
    joined: int,
    back: NDArray[np.int8],
) -> None:
    """Find the cheapest way to lay a text's words (`key`) into the slots of `line`.

    A word costs the share of texts that say something else there, a slot passed over the share
    that says something, a new slot the whole.
    """
    count = len(key)
    cost = np.arange(count + 1).astype(np.float64)
    words = np.empty(joined, np.int64)
    shares = np.empty(joined)
    back[0, 1:] = _NEW
    back[1:, 0] = _SKIP
    for s in range(len(line)):
        distinct, spoken = slot_words(net, line[s], joined, words, shares)
        corner = cost[0]
        cost[0] += spoken
        for j in range(count):
            best = corner + 1.0
            for at in range(distinct):
                if words[at] == key[j]:
                    best -= shares[at]
            step = _MATCH
            corner = cost[j + 1]
            if corner + spoken < best - 1e-9:
                best, step = corner + spoken, _SKIP
            if cost[j] + 1.0 < best - 1e-9:
                best, step = cost[j] + 1.0, _NEW
            cost[j + 1] = best
            back[s + 1, j + 1] = step


@kernel
def join_text(
    key: NDArray[np.int32],
    back: NDArray[np.int8],
    net: NDArray[np.int32],
    line: Ints,
    joined: int,
    slot: Ints,
) -> Ints:
    """Walk the cheapest way back, put the words in their slots, and give the longer line."""
    s, j = len(line), len(key)
    fresh = s
    longer = np.empty(s + j, np.int64)
    at = s + j
    while s > 0 or j > 0:
        step = back[s, j]
        at -= 1
        if step == _NEW:
            longer[at] = fresh
            fresh += 1
        else:
            s -= 1
            longer[at] = line[s]
        if step != _SKIP:
            j -= 1
            slot[j] = longer[at]
            net[longer[at], joined] = key[j]
    return longer[at:]


@kernel
def repeats(key: NDArray[np.int32], starts: Ints, one: int, other: int) -> bool:
    """Say whether two texts have the same words."""
    a, b = starts[one], starts[other]
    length = starts[one + 1] - a
    if starts[other + 1] - b != length:
        return False
    for word in range(length):  # noqa: SIM110  # compiled
        if key[a + word] != key[b + word]:
            return False
    return True


@kernel
def weave(
    key: NDArray[np.int32], starts: Ints, tasks: Ints, order: Ints, slot: Ints, widths: Ints
) -> None:
    """Join the texts of every task one by one; writes each word's slot and each task's width."""
    for task in range(len(tasks) - 1):
        first, last = tasks[task], tasks[task + 1]
        begin, end = starts[first], starts[last]
        net = np.full((end - begin, last - first), -1, np.int32)
        line = np.empty(0, np.int64)
        for joined in range(last - first):
            text = order[first + joined]
            a, b = starts[text], starts[text + 1]
            if joined and repeats(key, starts, order[first + joined - 1], text):
                c = starts[order[first + joined - 1]]
                slot[a:b] = slot[c : c + b - a]
                for word in range(a, b):
                    net[slot[word], joined] = key[word]
                continue
            back = np.empty((len(line) + 1, b - a + 1), np.int8)
            fill_table(key[a:b], net, line, joined, back)
            line = join_text(key[a:b], back, net, line, joined, slot[a:b])
        place = np.empty(end - begin, np.int64)
        for at in range(len(line)):
            place[line[at]] = at
        for word in range(begin, end):
            slot[word] = place[slot[word]]
        widths[task] = len(line)


@kernel
def fill_cells(starts: Ints, tasks: Ints, slot: Ints, edges: Ints, cells: Ints) -> None:
    """Write each word's index where its slot and its text meet."""
    for task in range(len(tasks) - 1):
        first, count = tasks[task], tasks[task + 1] - tasks[task]
        for text in range(count):
            for word in range(starts[first + text], starts[first + text + 1]):
                cells[edges[task] + slot[word] * count + text] = word
