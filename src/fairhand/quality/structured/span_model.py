"""Spans as a hidden Markov chain that several people read with mistakes of their own.

A segment is outside, begins a span, or is inside one. People's tables say how they read each of
the three (as Dawid and Skene 1979), the chain how likely one follows another: the sequence model
of Nguyen et al. (2017) and Simpson and Gurevych (2019), with tables shrunk from label to person
to crowd instead of full priors. Learned by Baum-Welch (Baum et al. 1970), read by Viterbi (1967).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairhand.quality.compiled import kernel
from fairhand.quality.structured.span_segments import BEGIN, INSIDE, OUT, Sequences

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_CROWD = 50.0  # an unknown crowd's table weighs as much as 50 segments
_PERSON = 20.0  # the crowd's as much as 20 of a person's, a person's as 20 of one label's
_CHAIN_WEIGHT = 20.0  # the chain of all labels weighs as much as 20 segments of one
_UNKNOWN = np.array(  # what one says, having been outside just before | in a span
    [
        [[0.94, 0.06, 0.00], [0.78, 0.02, 0.20]],  # where the truth is outside,
        [[0.20, 0.80, 0.00], [0.10, 0.50, 0.40]],  # begins a span,
        [[0.75, 0.25, 0.00], [0.18, 0.02, 0.80]],  # is inside one
    ]
).reshape(3, 6)
_CHAIN = np.array([[0.5, 0.5, 0.0], [0.7, 0.05, 0.25], [0.7, 0.05, 0.25]])


@dataclass(frozen=True, slots=True)
class Readings:
    """What the sequences hold, segment by segment, all sequences one after another.

    `state` is the likeliest path; `chance` (segments x 3) the probability of each state;
    `go_on` (segments x 2) that a span which begins here, or is inside here, goes on behind.
    `tables` (people x labels x true x said) are the people; the last three of six are what they
    say when just before they were in a span themselves (Simpson and Gurevych's sequential model).
    """

    state: NDArray[np.int8]
    chance: Floats
    go_on: Floats
    tables: Floats


def read_sequences(found: Sequences, people: int, passes: int) -> Readings:
    """Learn people's tables and the chain in some passes, then read every sequence."""
    labels = max(1, len(found.labels))
    tables = np.broadcast_to(_UNKNOWN, (people, labels, 3, 6)).copy()
    chain = np.broadcast_to(_CHAIN, (labels, 3, 3)).copy()
    total = int(found.lengths.sum())
    chance, go_on = np.zeros((total, 3)), np.zeros((total, 2))
    counts, moves = np.zeros_like(tables), np.zeros_like(chain)
    shape = (found.label, found.lengths, found.people, found.people_edges, found.edges, found.said)
    for _ in range(passes):
        forward_backward(
            *shape, np.log(np.maximum(tables, 1e-12)), chain, chance, go_on, counts, moves
        )
        counts[:, :, OUT, OUT] += found.idle
        moves[:, OUT, OUT] += found.idle_texts
        tables = _tables(_one_edge_rate(counts))
        chain = _rows(moves + _CHAIN_WEIGHT * _rows(moves.sum(axis=0) + _CHAIN_WEIGHT * _CHAIN))
    forward_backward(*shape, np.log(np.maximum(tables, 1e-12)), chain, chance, go_on, counts, moves)
    state = np.zeros(total, np.int8)
    best_paths(*shape, np.log(np.maximum(tables, 1e-12)), np.log(np.maximum(chain, 1e-300)), state)
    return Readings(state, chance, go_on, tables)


def _tables(counts: Floats) -> Floats:
    crowd = _answers(counts.sum(axis=(0, 1)) + _CROWD * _UNKNOWN)
    person = _answers(counts.sum(axis=1) + _PERSON * crowd)
    return _answers(counts + _PERSON * person[:, None])


def _one_edge_rate(counts: Floats) -> Floats:
    """Let ending too early and too late be one error, told by one rate.

    With two rates, two people of three who end a span too early and one who ends it too late
    are the same story, and learning may drift from one into the other.
    """
    right = (counts[..., OUT, 3 + OUT] + counts[..., INSIDE, 3 + INSIDE]) / 2.0
    wrong = (counts[..., OUT, 3 + INSIDE] + counts[..., INSIDE, 3 + OUT]) / 2.0
    pooled = counts.copy()
    pooled[..., OUT, 3 + OUT] = pooled[..., INSIDE, 3 + INSIDE] = right
    pooled[..., OUT, 3 + INSIDE] = pooled[..., INSIDE, 3 + OUT] = wrong
    return pooled


def _answers(counts: Floats) -> Floats:
    """Turn counts into chances, apart for people who were outside and in a span just before."""
    return _rows(counts.reshape(*counts.shape[:-1], 2, 3)).reshape(counts.shape)


def _rows(counts: Floats) -> Floats:
    shares: Floats = counts / counts.sum(axis=-1, keepdims=True)
    return shares


@kernel
def evidence(said: NDArray[np.int8], people: Ints, logs: Floats, score: Floats) -> None:
    """Add up, for each state, what people say of one segment; `logs`: people x true x said."""
    score[:] = 0.0
    for voice in range(len(people)):
        for state in range(3):
            score[state] += logs[people[voice], state, said[voice]]


@kernel
def forward(
    said: NDArray[np.int8], people: Ints, logs: Floats, chain: Floats, alpha: Floats, likely: Floats
) -> None:
    """Fill `alpha` (scaled) and each segment's likelihoods; before the text is outside."""
    count = len(people)
    for s in range(len(alpha)):
        evidence(said[s * count : (s + 1) * count], people, logs, likely[s])
        likely[s] = np.exp(likely[s] - np.max(likely[s]))
        before = alpha[s - 1] if s else np.array([1.0, 0.0, 0.0])
        for state in range(3):
            alpha[s, state] = likely[s, state] * np.sum(before * chain[:, state])
        alpha[s] /= np.sum(alpha[s])


@kernel
def backward(
    likely: Floats, chain: Floats, alpha: Floats, chance: Floats, go_on: Floats, moves: Floats
) -> None:
    """Fill the chances from `alpha`; behind the text is outside. Adds to `moves`."""
    beta = chain[:, OUT].copy()
    go_on[len(alpha) - 1] = 0.0
    for s in range(len(alpha) - 1, -1, -1):
        here = alpha[s] * beta
        chance[s] = here / np.sum(here)
        ahead = likely[s] * beta
        before = alpha[s - 1] if s else np.array([1.0, 0.0, 0.0])
        pair = before.reshape(3, 1) * chain * ahead
        moves += pair / np.sum(pair)
        reach = np.sum(chain * ahead, axis=1)
        if s:
            go_on[s - 1, 0] = chain[BEGIN, INSIDE] * ahead[INSIDE] / reach[BEGIN]
            go_on[s - 1, 1] = chain[INSIDE, INSIDE] * ahead[INSIDE] / reach[INSIDE]
        beta = reach / np.sum(reach)


@kernel
def forward_backward(
    label: Ints,
    lengths: Ints,
    people: Ints,
    people_edges: Ints,
    edges: Ints,
    said: NDArray[np.int8],
    logs: Floats,
    chain: Floats,
    chance: Floats,
    go_on: Floats,
    counts: Floats,
    moves: Floats,
) -> None:
    """Read all sequences; counts what everybody said of what, and how the states follow."""
    counts[:] = 0.0
    moves[:] = 0.0
    at = 0
    for i in range(len(lengths)):
        end = at + lengths[i]
        who = people[people_edges[i] : people_edges[i + 1]]
        words = said[edges[i] : edges[i + 1]]
        alpha, likely = np.empty((lengths[i], 3)), np.empty((lengths[i], 3))
        forward(words, who, logs[:, label[i]], chain[label[i]], alpha, likely)
        backward(likely, chain[label[i]], alpha, chance[at:end], go_on[at:end], moves[label[i]])
        for s in range(lengths[i]):
            for voice in range(len(who)):
                heard = words[s * len(who) + voice]
                counts[who[voice], label[i], :, heard] += chance[at + s]
        at = end


@kernel
def best_paths(
    label: Ints,
    lengths: Ints,
    people: Ints,
    people_edges: Ints,
    edges: Ints,
    said: NDArray[np.int8],
    logs: Floats,
    chain: Floats,
    state: NDArray[np.int8],
) -> None:
    """Find the likeliest states of every sequence; `chain` holds logarithms."""
    at = 0
    score = np.empty(3)
    for i in range(len(lengths)):
        who = people[people_edges[i] : people_edges[i + 1]]
        words = said[edges[i] : edges[i + 1]]
        back = np.empty((lengths[i], 3), np.int8)
        best = np.array([0.0, -1e300, -1e300])
        for s in range(lengths[i]):
            evidence(words[s * len(who) : (s + 1) * len(who)], who, logs[:, label[i]], score)
            for to in range(3):
                ways = best + chain[label[i], :, to]
                back[s, to] = np.argmax(ways)
                score[to] += np.max(ways)
            best = score.copy()
        now = np.argmax(best + chain[label[i], :, OUT])
        for s in range(lengths[i] - 1, -1, -1):
            state[at + s] = now
            now = back[s, now]
        at += lengths[i]
