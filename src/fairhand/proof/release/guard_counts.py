"""What the synthetic-data guard knows of a release: counts, from which every rule is judged.

They are written into the release as JSON, so whoever holds it can judge it again under bounds of
their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from fairhand.core.errors import MalformedError


@dataclass(frozen=True, slots=True)
class SplitCount:
    """One split: its items, and how many are a person's alone on a person's data.

    `own_answers` counts the answers that are a person's alone, whatever they are about.
    """

    name: str
    rows: int
    own: int
    own_answers: int


@dataclass(frozen=True, slots=True)
class Checked:
    """Generated data of one model under one verifier; precision is the interval's lower end.

    `verifier` is empty when nobody checked, `precision_low` None when the check was not measured.
    """

    model: str
    verifier: str
    precision_low: float | None
    rows: int


@dataclass(frozen=True, slots=True)
class Proposer:
    """A model whose proposals became answers untouched, and whether it was measured by people."""

    model: str
    rows: int
    measured: bool


@dataclass(frozen=True, slots=True)
class Parent:
    """What became of the real items of the release before; `trouble` when they cannot be read.

    `kept` are here, `revoked` were taken back by those who gave them, `held` wait for a person,
    `retired` answered a question that is no longer asked, `replaced` are here and no longer real,
    and `dropped` are none of these. `dropped_tasks` names the first of them.
    """

    version: int
    real: int = 0
    kept: int = 0
    revoked: int = 0
    held: int = 0
    retired: int = 0
    replaced: int = 0
    dropped: int = 0
    dropped_tasks: tuple[int, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Tail:
    """How varied the labels of a question are in a slice, beside those that people gave alone.

    Entropies are in bits. `distinct` is how many labels to expect in as many answers as people
    gave, drawn from all; `real_distinct` how many they gave. `slice` is empty for the whole.
    """

    question: str
    slice: str
    rows: int
    real_rows: int
    entropy: float
    real_entropy: float
    distinct: float
    real_distinct: float


@dataclass(frozen=True, slots=True)
class Blind:
    """Answers given without a proposal where the project has them: the check on acceptance.

    `tasks` is how many tasks had a proposal shown to somebody, `relabelled` how many of these were
    also answered by somebody who saw none, and `same` how many of those said the same.
    """

    tasks: int = 0
    relabelled: int = 0
    same: int = 0


@dataclass(frozen=True, slots=True)
class GuardCounts:
    """Everything the rules look at, each by rows (an answer to one question about one task).

    `depths` counts items by the deeper of data and answer, `answer_depths` by the answer alone;
    `real` and `real_answers` are those that no model stands behind alone, in the same two ways.
    `unknown_depth` counts answers that a model gave of which nobody said what it learned from.
    `simulated` counts answers with a simulated contributor behind them: they are nobody's.
    """

    rows: int
    real: int
    real_answers: int
    simulated: int = 0
    unknown_depth: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    data: dict[str, int] = field(default_factory=dict)
    depths: dict[int, int] = field(default_factory=dict)
    answer_depths: dict[int, int] = field(default_factory=dict)
    splits: tuple[SplitCount, ...] = ()
    checked: tuple[Checked, ...] = ()
    proposers: tuple[Proposer, ...] = ()
    parent: Parent | None = None
    tails: tuple[Tail, ...] = ()
    slices_by: tuple[str, ...] = ()
    blind: Blind = Blind()


def dump_counts(counts: GuardCounts) -> dict[str, Any]:
    """Write counts as a JSON object."""
    depths = {str(depth): count for depth, count in sorted(counts.depths.items())}
    answer_depths = {str(depth): count for depth, count in sorted(counts.answer_depths.items())}
    lists = {
        name: [asdict(one) for one in getattr(counts, name)]
        for name in ("splits", "checked", "proposers", "tails")
    }
    parent = counts.parent
    return asdict(counts) | {
        "depths": depths,
        "answer_depths": answer_depths,
        "slices_by": list(counts.slices_by),
        "parent": None
        if parent is None
        else asdict(parent) | {"dropped_tasks": list(parent.dropped_tasks)},
        **lists,
    }


def parse_counts(content: Mapping[str, Any]) -> GuardCounts:
    """Read counts; MalformedError when the object is not one that `dump_counts` writes."""
    try:
        parent = content["parent"]
        if parent is not None:
            parent = Parent(**{**parent, "dropped_tasks": tuple(parent["dropped_tasks"])})
        changed = {
            "depths": _by_depth(content["depths"]),
            "answer_depths": _by_depth(content["answer_depths"]),
            "splits": tuple(SplitCount(**one) for one in content["splits"]),
            "checked": tuple(Checked(**one) for one in content["checked"]),
            "proposers": tuple(Proposer(**one) for one in content["proposers"]),
            "tails": tuple(Tail(**one) for one in content["tails"]),
            "slices_by": tuple(content["slices_by"]),
            "blind": Blind(**content["blind"]),
            "parent": parent,
        }
        return GuardCounts(**{**content, **changed})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedError(f"the guard's counts cannot be read: {error}") from error


def _by_depth(content: Mapping[str, int]) -> dict[int, int]:
    return {int(depth): int(count) for depth, count in content.items()}
