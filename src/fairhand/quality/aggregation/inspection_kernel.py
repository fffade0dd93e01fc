"""Compiled looks at many answers: who is connected to whom, who repeats, how often people agree."""

from __future__ import annotations

from fairhand.quality.aggregation.sweep_kernel import Ints
from fairhand.quality.compiled import kernel


@kernel
def union_people(starts: Ints, worker: Ints, parent: Ints) -> int:
    """Join people who share a task (union-find, halving paths); give how often two groups met."""
    joined = 0
    for task in range(len(starts) - 1):
        for place in range(starts[task] + 1, starts[task + 1]):
            one, other = worker[place - 1], worker[place]
            while parent[one] != one:
                parent[one] = parent[parent[one]]
                one = parent[one]
            while parent[other] != other:
                parent[other] = parent[parent[other]]
                other = parent[other]
            if one != other:
                parent[max(one, other)] = min(one, other)
                joined += 1
    return joined


@kernel
def look_at_tasks(
    starts: Ints, worker: Ints, label: Ints, seen: Ints, votes: Ints
) -> tuple[int, int, int, int]:
    """Count repeated answers, pairs, agreeing pairs, and pairs of pairs that share an answer."""
    repeats, pairs, agreeing, triples = 0, 0, 0, 0
    for task in range(len(starts) - 1):
        size = starts[task + 1] - starts[task]
        pairs += size * (size - 1) // 2
        triples += size * (size - 1) * (size - 2) // 2
        for place in range(starts[task], starts[task + 1]):
            repeats += seen[worker[place]] == task
            seen[worker[place]] = task
            agreeing += votes[label[place]]
            votes[label[place]] += 1
        for place in range(starts[task], starts[task + 1]):
            votes[label[place]] = 0
    return repeats, pairs, agreeing, triples
