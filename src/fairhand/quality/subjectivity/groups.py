"""Do groups of people disagree with each other more than among themselves?

Within a group: Krippendorff's alpha. Between a group and everybody else: cross-replication
reliability (K. Wong, P. Paritosh, L. Aroyo: Cross-replication reliability, ACL 2021), the same
comparison of observed with chance disagreement, over pairs of answers with one from each side.
Their ratio is the group association index (V. Prabhakaran et al.: GRASP: a disagreement analysis
framework to assess group associations in perspectives, NAACL 2024): above 1 a group agrees with
itself more than with others. Whether that is more than coincidence is asked by dealing the groups
out to the people anew (a permutation test over people, not answers).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from fairhand.quality.aggregation.codes import AnswerCodes, Codes, Floats, encode
from fairhand.quality.frames import Column, answer_columns
from fairhand.quality.subjectivity.soft_labels import NOT_SAID, voices
from fairhand.quality.watch.anonymity import LEAST_PEOPLE, merge_small_groups
from fairhand.quality.watch.corrections import benjamini_hochberg

Metric = Literal["nominal", "interval"]
PERMUTATIONS = 1_000


@dataclass(frozen=True, slots=True)
class GroupAgreement:
    """One group: agreement beyond chance within it and with everybody else, 1 is perfect.

    `association` is within over across; None where either is not defined or not above zero.
    `chance` is the probability of so much more agreement within by coincidence, `adjusted` the same
    with all groups allowed for. None where not defined (nothing answered twice within).
    """

    name: Any
    people: int
    within: float | None
    across: float | None
    association: float | None
    chance: float | None
    adjusted: float | None
    sentence: str


@dataclass(frozen=True, slots=True)
class GroupComparison:
    """All groups by name; whether they differ at all (`chance`, one test); warnings."""

    groups: tuple[GroupAgreement, ...]
    chance: float | None
    warnings: tuple[str, ...]


def compare_rater_groups(
    group_of: Mapping[Any, Hashable],
    task: object,
    worker: Column | None = None,
    label: Column | None = None,
    *,
    rng: np.random.Generator,
    metric: Metric = "nominal",
    k: int = LEAST_PEOPLE,
    permutations: int = PERMUTATIONS,
) -> GroupComparison:
    """Compare groups of people, as they described themselves, on the tasks they share.

    Three columns or one table (task, worker, label). With `metric="interval"` labels are numbers
    and a larger step is a larger disagreement. Groups under `k` people are joined as "other".
    Raises ValueError for missing values, labels that are no numbers where they must be, or fewer
    than one permutation.
    """
    if permutations < 1:
        raise ValueError("at least one permutation is needed")
    codes = encode(*answer_columns(task, worker, label, ("task", "worker", "label")))
    merged = merge_small_groups({who: group_of.get(who, NOT_SAID) for who in codes.workers}, k)
    if not merged or None in merged.values():
        return GroupComparison((), None, (f"Fewer than {k} people: nothing is shown of groups.",))
    names = sorted({str(name) for name in merged.values()})
    if len(names) < 2:
        return GroupComparison((), None, (f"Only one group has {k} people or more.",))
    member = np.array([names.index(str(merged[who])) for who in codes.workers], dtype=np.intp)
    measure = _Measure(codes, _distances(codes.classes, metric), len(names))
    return _compared(measure, member, names, rng, permutations)


def _compared(
    measure: _Measure,
    member: Codes,
    names: list[str],
    rng: np.random.Generator,
    permutations: int,
) -> GroupComparison:
    within, across = measure(member)
    seen = within - across
    dealt = np.array([np.subtract(*measure(rng.permutation(member))) for _ in range(permutations)])
    # The groups as they are count as one of the dealings, so that no chance is ever zero.
    more = (np.nan_to_num(dealt, nan=-np.inf) >= seen - 1e-12).sum(axis=0)
    chance = np.where(np.isnan(seen), np.nan, (1.0 + more) / (1.0 + permutations))
    known = ~np.isnan(chance)
    adjusted = np.full(len(names), np.nan)
    adjusted[known] = benjamini_hochberg(chance[known])
    sizes = np.bincount(member, minlength=len(names))
    groups = tuple(
        _agreement(
            name, int(sizes[place]), *(row[place] for row in (within, across, chance, adjusted))
        )
        for place, name in enumerate(names)
    )
    overall = None
    if known.any():
        total = np.nansum(dealt, axis=1)
        overall = float((1 + (total >= np.nansum(seen) - 1e-12).sum()) / (1 + permutations))
    return GroupComparison(groups, overall, ())


class _Measure:
    """Agreement within each group and across its border, for any dealing of groups to people."""

    def __init__(self, codes: AnswerCodes, distance: Floats, groups: int) -> None:
        self._codes, self._distance, self._groups = codes, distance, groups
        self._weight = voices(codes)
        self._cell = codes.task * len(codes.classes) + codes.label
        self._shape = (len(codes.tasks), len(codes.classes))
        self._all = self._votes(np.ones(len(codes), dtype=np.bool_))

    def __call__(self, member: Codes) -> tuple[Floats, Floats]:
        """Give (within, across) by group; NaN where not defined."""
        group = member[self._codes.worker]
        within, across = np.full(self._groups, np.nan), np.full(self._groups, np.nan)
        for place in range(self._groups):
            own = self._votes(group == place)
            within[place] = self._within(own)
            across[place] = self._across(own, self._all - own)
        return within, across

    def _votes(self, rows: np.ndarray[Any, np.dtype[np.bool_]]) -> Floats:
        size = self._shape[0] * self._shape[1]
        cells = np.bincount(self._cell[rows], self._weight[rows], minlength=size)
        return cells.reshape(self._shape).astype(np.float64)

    def _within(self, votes: Floats) -> float:
        """Krippendorff's alpha of one group's votes."""
        size = votes.sum(axis=1)
        votes, size = votes[size > 1.5], size[size > 1.5]
        unlike = ((votes @ self._distance) * votes).sum(axis=1) / (size - 1.0)
        total, by_class = size.sum(), votes.sum(axis=0)
        expected = float(by_class @ self._distance @ by_class) / max(total - 1.0, 1.0)
        return 1.0 - float(unlike.sum()) / expected if expected > 0 else float("nan")

    def _across(self, own: Floats, others: Floats) -> float:
        """Cross-replication reliability, each task weighing as its number of answers."""
        mine, theirs = own.sum(axis=1), others.sum(axis=1)
        both = (mine > 0.5) & (theirs > 0.5)
        own, others, mine, theirs = own[both], others[both], mine[both], theirs[both]
        if not both.any():
            return float("nan")
        unlike = ((own @ self._distance) * others).sum(axis=1) / (mine * theirs)
        seen = float(((mine + theirs) * unlike).sum() / (mine + theirs).sum())
        expected = own.sum(axis=0) @ self._distance @ others.sum(axis=0)
        expected = float(expected) / float(mine.sum() * theirs.sum())
        return 1.0 - seen / expected if expected > 0 else float("nan")


def _distances(classes: tuple[Any, ...], metric: Metric) -> Floats:
    if metric == "nominal":
        return 1.0 - np.eye(len(classes))
    if metric != "interval":
        raise ValueError(f"metric is nominal or interval; not {metric!r}")
    try:
        value = np.array([float(name) for name in classes])
    except (TypeError, ValueError):
        raise ValueError("metric='interval' needs labels that are numbers") from None
    found: Floats = (value[:, np.newaxis] - value) ** 2
    return found


def _agreement(
    name: str, people: int, within: float, across: float, chance: float, adjusted: float
) -> GroupAgreement:
    defined = within > 0 and across > 0
    sentence = f"{name} ({people} people): too few shared answers to compare."
    if not np.isnan(within) and not np.isnan(across):
        word = "beyond" if adjusted <= 0.05 else "within"
        sentence = (
            f"{name} ({people} people): agreement {within:.2f} among themselves, {across:.2f} with "
            f"everybody else; the difference is {word} what dealing out groups by lot would give."
        )
    return GroupAgreement(
        name, people, _known(within), _known(across),
        float(within / across) if defined else None, _known(chance), _known(adjusted), sentence,
    )  # fmt: skip


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
