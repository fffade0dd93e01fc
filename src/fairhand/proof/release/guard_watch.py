"""Counting for the synthetic-data guard while rows stream past, in bounded memory.

Everything but what became of the release before, how well models and verifiers were measured, and
what was answered blind follows from the rows alone, so a verifier counts it again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import eq
from typing import Any

from fairhand.core.errors import MalformedError
from fairhand.proof.release.guard_counts import (
    Blind,
    Checked,
    GuardCounts,
    Parent,
    Proposer,
    SplitCount,
    Tail,
)
from fairhand.proof.release.rules import AnnotationRow, ReleaseRow
from fairhand.proof.release.stats import MOST_LABELS, labels_of

MOST_SLICES = 200
"""A field of more values than this makes no slices of a question."""
_LONGEST = 60


@dataclass(slots=True)
class _Split:
    rows: int = 0
    own: int = 0
    own_answers: int = 0


@dataclass(slots=True)
class _Labels:
    rows: int = 0
    real_rows: int = 0
    all: Counter[str] = field(default_factory=Counter)
    real: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class GuardCounting:
    """Counts rows as they come; `slices_by` are the fields of tasks' data that make slices."""

    slices_by: tuple[str, ...] = ()
    rows: int = 0
    real: int = 0
    real_answers: int = 0
    simulated: int = 0
    unknown_depth: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    data: Counter[str] = field(default_factory=Counter)
    depths: Counter[int] = field(default_factory=Counter)
    answer_depths: Counter[int] = field(default_factory=Counter)
    data_models: Counter[str] = field(default_factory=Counter)
    proposers: Counter[str] = field(default_factory=Counter)
    _splits: dict[str, _Split] = field(default_factory=dict)
    _labels: dict[tuple[str, str, str], _Labels] = field(default_factory=dict)
    _values: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add_row(self, row: ReleaseRow) -> None:
        """Count a row."""
        is_answer_real, is_real = is_real_answer(row), is_real_item(row)
        self.rows += 1
        self.real += is_real
        self.real_answers += is_answer_real
        self.simulated += row.simulated > 0
        self.unknown_depth += not row.depth_known
        self.answers[row.origin] += 1
        self.data[row.data_origin] += 1
        self.depths[max(row.depth, row.data_depth)] += 1
        self.answer_depths[row.depth] += 1
        if row.data_origin != "human":
            self.data_models[row.data_model or ""] += 1
        for model in row.models:
            self.proposers[model] += 1
        is_own_answer = row.origin == "human" and row.depth == 0 and not row.simulated
        if row.split is not None:
            split = self._splits.setdefault(row.split, _Split())
            split.rows += 1
            split.own_answers += is_own_answer
            split.own += is_own_answer and row.data_depth == 0
        self._add_labels(row, is_own_answer)

    def result(self) -> GuardCounts:
        """Write the counts up in a fixed order; what rows do not tell is left out."""
        return GuardCounts(
            rows=self.rows,
            real=self.real,
            real_answers=self.real_answers,
            simulated=self.simulated,
            unknown_depth=self.unknown_depth,
            answers=dict(sorted(self.answers.items())),
            data=dict(sorted(self.data.items())),
            depths=dict(sorted(self.depths.items())),
            answer_depths=dict(sorted(self.answer_depths.items())),
            splits=tuple(
                SplitCount(name, one.rows, one.own, one.own_answers)
                for name, one in sorted(self._splits.items())
            ),
            checked=tuple(
                Checked(model, "", None, rows) for model, rows in sorted(self.data_models.items())
            ),
            proposers=tuple(
                Proposer(model, rows, measured=False)
                for model, rows in sorted(self.proposers.items())
            ),
            tails=tuple(
                _tail(question, f"{where} = {value}" if where else "", one)
                for (question, where, value), one in sorted(self._labels.items())
                if one.real_rows and len(one.all) <= MOST_LABELS
            ),
            slices_by=self.slices_by,
        )

    def _add_labels(self, row: ReleaseRow, is_own: bool) -> None:
        labels = labels_of(row)
        if not labels:
            return
        for where, value in (("", ""), *self._slices_of(row)):
            seen = self._labels.setdefault((row.question, where, value), _Labels())
            seen.rows += 1
            seen.real_rows += is_own
            for label in labels:
                if label not in seen.all and len(seen.all) > MOST_LABELS:
                    continue
                seen.all[label] += 1
                if is_own:
                    seen.real[label] += 1

    def _slices_of(self, row: ReleaseRow) -> Iterator[tuple[str, str]]:
        """Give the slices that a row is in; a field that has too many values makes none at all.

        So the order in which rows come changes nothing.
        """
        for name in self.slices_by:
            value, kind = row.data.get(name), (row.question, name)
            if not isinstance(value, bool | int | str) or not 0 < len(str(value)) <= _LONGEST:
                continue
            if self._values[kind] > MOST_SLICES:
                continue
            if (row.question, name, str(value)) not in self._labels:
                self._values[kind] += 1
                if self._values[kind] > MOST_SLICES:
                    gone = [one for one in self._labels if one[:2] == kind]
                    for one in gone:
                        del self._labels[one]
                    continue
            yield name, str(value)


@dataclass(slots=True)
class BlindCounting:
    """Counts how often a proposal's answer was given again by somebody who did not see it.

    `is_same` says whether two people's answers, by question, say the same.
    """

    is_same: Callable[[Mapping[str, Any], Mapping[str, Any]], bool] = eq
    counts: Blind = field(default_factory=Blind)
    _task: int | None = None
    _shown: list[AnnotationRow] = field(default_factory=list)
    _unseen: list[AnnotationRow] = field(default_factory=list)

    def add_annotation(self, row: AnnotationRow) -> None:
        """Count an annotation; they come in the order of their tasks."""
        if row.task_id != self._task:
            self._close()
            self._task = row.task_id
        (self._shown if row.assisted else self._unseen).append(row)

    def result(self) -> Blind:
        """Give the counts."""
        self._close()
        return self.counts

    def _close(self) -> None:
        if self._shown:
            taken = [one.value for one in self._shown if not one.changed]
            same = any(self.is_same(one.value, each) for one in self._unseen for each in taken)
            self.counts = Blind(
                self.counts.tasks + 1,
                self.counts.relabelled + bool(self._unseen),
                self.counts.same + same,
            )
        self._shown, self._unseen = [], []


@dataclass(frozen=True, slots=True)
class RealItem:
    """A real item of the release before: an answer no model stands behind alone."""

    task_id: int
    question: str
    annotators: tuple[str, ...]


@dataclass(slots=True)
class ParentCounting:
    """Holds the real items of the release before against the rows that stream past.

    Both come in the order of tasks, so one task's items are held at a time. `became` says of the
    absent ones, some hundreds at once, whether each was revoked, held or dropped.
    """

    version: int
    items: Iterator[RealItem]
    questions: frozenset[str]
    became: Callable[[Sequence[RealItem]], Sequence[str]]
    _next: RealItem | None = None
    _begun: bool = False
    _trouble: str = ""
    _rows: dict[str, bool] = field(default_factory=dict)
    _task: int | None = None
    _counts: Counter[str] = field(default_factory=Counter)
    _absent: list[RealItem] = field(default_factory=list)
    _dropped: list[int] = field(default_factory=list)

    def add_row(self, row: ReleaseRow) -> None:
        """Take in a row."""
        if row.task_id != self._task:
            if self._task is not None:
                self._settle(self._task)
            self._task, self._rows = row.task_id, {}
        self._rows[row.question] = is_real_item(row)

    def result(self) -> Parent:
        """Say what became of the items of the release before, once all rows have come."""
        self._settle(None)
        self._ask()
        counts = self._counts
        if self._trouble:
            return Parent(self.version, trouble=self._trouble)
        return Parent(
            self.version,
            real=counts.total(),
            kept=counts["kept"],
            revoked=counts["revoked"],
            held=counts["held"],
            retired=counts["retired"],
            replaced=counts["replaced"],
            dropped=counts["dropped"],
            dropped_tasks=tuple(self._dropped),
        )

    def _settle(self, through: int | None) -> None:
        """Compare all items up to a task, which is the one whose rows are held; None: the rest."""
        if not self._begun:
            self._begun = True
            self._advance()
        while self._next is not None and (through is None or self._next.task_id <= through):
            item = self._next
            here = self._rows.get(item.question) if item.task_id == self._task else None
            if here is not None:
                self._counts["kept" if here else "replaced"] += 1
            elif item.question not in self.questions:
                self._counts["retired"] += 1
            else:
                self._absent.append(item)
                if len(self._absent) >= MOST_SLICES:
                    self._ask()
            self._advance()

    def _advance(self) -> None:
        try:
            self._next = next(self.items, None)
        except MalformedError as error:
            self._next, self._trouble = None, error.message

    def _ask(self) -> None:
        for item, fate in zip(self._absent, self.became(self._absent), strict=True):
            self._counts[fate] += 1
            if fate == "dropped" and len(self._dropped) < 20 and item.task_id not in self._dropped:
                self._dropped.append(item.task_id)
        self._absent = []


def is_real_answer(row: ReleaseRow) -> bool:
    """Say whether the answer is a person's: given, changed, or confirmed by one who saw none."""
    return row.origin != "synthetic" and not row.simulated


def is_real_item(row: ReleaseRow) -> bool:
    """Say whether no model stands alone behind an item, neither its answer nor its data."""
    return is_real_answer(row) and row.data_origin == "human"


def with_measures(
    counts: GuardCounts,
    verifiers: Sequence[Checked],
    measured: Mapping[str, bool],
    parent: Parent | None,
    blind: Blind,
) -> GuardCounts:
    """Add what rows do not tell: who checked generated data, and what was measured of models.

    `verifiers` name models with their verifier; rows of a model under several verifiers are told
    by the least of them, for a row does not say which one saw it.
    """
    return replace(
        counts,
        checked=tuple(_under(one, verifiers) for one in counts.checked),
        proposers=tuple(
            replace(one, measured=measured.get(one.model, False)) for one in counts.proposers
        ),
        parent=parent,
        blind=blind,
    )


def _under(one: Checked, verifiers: Sequence[Checked]) -> Checked:
    own = [each for each in verifiers if each.model == one.model]
    if not own:
        return one
    bare = [each for each in own if not each.verifier or each.precision_low is None]
    if bare:
        return replace(one, verifier=bare[0].verifier)
    least = min(own, key=lambda each: (each.precision_low or 0.0, each.verifier))
    return replace(one, verifier=least.verifier, precision_low=least.precision_low)


def _tail(question: str, where: str, seen: _Labels) -> Tail:
    drawn = seen.real.total()
    return Tail(
        question,
        where,
        seen.rows,
        seen.real_rows,
        entropy=round(entropy(seen.all), 6),
        real_entropy=round(entropy(seen.real), 6),
        distinct=round(distinct_in(seen.all, drawn), 6),
        real_distinct=float(len(seen.real)),
    )


def entropy(counts: Mapping[str, int]) -> float:
    """Shannon's entropy of a count of labels, in bits."""
    total = sum(counts.values())
    shares = [count / total for _, count in sorted(counts.items()) if count]
    return abs(math.fsum(share * math.log2(share) for share in shares)) if total else 0.0


def distinct_in(counts: Mapping[str, int], drawn: int) -> float:
    """How many labels to expect in a draw of some answers, without putting back.

    Rarefaction: S. H. Hurlbert, The nonconcept of species diversity, Ecology 52 (1971).
    """
    total = sum(counts.values())
    if drawn >= total:
        return float(sum(count > 0 for count in counts.values()))
    missed = (
        math.exp(
            math.lgamma(total - count + 1)
            - math.lgamma(total - count - drawn + 1)
            - math.lgamma(total + 1)
            + math.lgamma(total - drawn + 1)
        )
        for _, count in sorted(counts.items())
        if total - count >= drawn
    )
    return sum(count > 0 for count in counts.values()) - math.fsum(missed)
