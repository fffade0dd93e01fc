"""Whether work, pay and decisions fall otherwise on some groups; by what people say of themselves.

Pure. Only people who answered a question about themselves are compared with others who answered
it. A group is told only where it and all others together have `K` people each, so that nothing can
be worked out about one person by taking away. Four fifths is the usual line of a disparity worth a
look (Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4 D); chance is a one-sided
rank-sum test (F. Wilcoxon 1945), with all comparisons of a look allowed for (S. Holm 1979).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from fairhand.core.errors import Issue
from fairhand.core.words import later as _
from fairhand.model.system import automated
from fairhand.people.conduct.monitoring import K

FOUR_FIFTHS: Final = 0.8
LEVEL: Final = 0.05

Measure = Literal["offered", "pay", "spared"]
MEASURES: Final[dict[Measure, str]] = {
    "offered": "Work offered in 30 days, against the middle of the same project",
    "pay": "Earned in a paid hour, against the middle of the same project",
    "spared": "No decision against them in 90 days",
}

QUESTIONS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "gender": (_("Gender"), (_("woman"), _("man"), _("another"))),
    "age": (_("Age"), (_("under 25"), _("25 to 34"), _("35 to 49"), _("50 and over"))),
    "disability": (_("Disability or long illness"), (_("yes"), _("no"))),
    "caring": (_("I care for children or others"), (_("yes"), _("no"))),
    "minority": (_("I belong to a minority where I live"), (_("yes"), _("no"))),
    "schooling": (_("Schooling"), (_("primary"), _("secondary"), _("vocational"), _("university"))),
}
"""What people may say of themselves, and the answers there are; everything may be left open."""


@dataclass(frozen=True, slots=True)
class Impact:
    """How one group fares beside everybody else who answered the same question.

    `ratio` is of medians, or of shares; `chance` is how often a gap like this comes about where
    groups are alike, with all comparisons allowed for.
    """

    measure: Measure
    question: str
    group: str
    people: int
    others: int
    ratio: float
    chance: float

    @property
    def is_found(self) -> bool:
        """Tell whether people must look at it: under four fifths, and not by chance."""
        return self.ratio < FOUR_FIFTHS and self.chance <= LEVEL


def declared_issues(values: Mapping[str, str]) -> list[Issue]:
    """Say what is wrong with what somebody says of themselves; an empty answer takes it back."""
    issues = []
    for name, value in values.items():
        if name not in QUESTIONS:
            issues.append(Issue(name[:60], f"Choose one of {', '.join(QUESTIONS)}."))
        elif value and value not in QUESTIONS[name][1]:
            issues.append(Issue(name, f"Choose one of {', '.join(QUESTIONS[name][1])}, or none."))
    return issues


@automated(
    "monitor.adverse_impact",
    title="Whether groups fare worse",
    effect="flags",
    purpose="Compares work offered, pay for an hour and decisions between groups that people say "
    "they belong to.",
    reads=("what people say of themselves, if they choose to", "offers, pay and decisions"),
    parameters=(
        ("line", FOUR_FIFTHS, "the ratio below which a gap is worth a look"),
        ("level", LEVEL, "how often it may be wrong, over all comparisons of a look"),
        ("least people", K, "in a group, and in all others together"),
    ),
    oversight="Owner and council look at it. Nobody's answers are shown or used for anything else.",
)
def compare_groups(
    measured: Mapping[Measure, Mapping[int, float]], declared: Mapping[int, Mapping[str, str]]
) -> list[Impact]:
    """Compare every group that is large enough, on every measure (person to value)."""
    found = []
    for measure, values in measured.items():
        for question in QUESTIONS:
            answered = {
                person: groups[question]
                for person, groups in declared.items()
                if question in groups and person in values
            }
            for group in sorted(set(answered.values())):
                inside = [values[person] for person, said in answered.items() if said == group]
                outside = [values[person] for person, said in answered.items() if said != group]
                if min(len(inside), len(outside)) >= K:
                    found.append(_compare(measure, question, group, inside, outside))
    return _holm(found)


def against_the_middle(values: Mapping[int, Mapping[int, float]]) -> dict[int, float]:
    """Turn project to person to value into each person's mean share of their projects' medians."""
    shares: dict[int, list[float]] = {}
    for people in values.values():
        middle = statistics.median(people.values()) if people else 0.0
        if middle <= 0.0:
            continue
        for person, value in people.items():
            shares.setdefault(person, []).append(value / middle)
    return {person: statistics.fmean(each) for person, each in shares.items()}


def _compare(
    measure: Measure, question: str, group: str, inside: Sequence[float], outside: Sequence[float]
) -> Impact:
    middle = statistics.fmean if measure == "spared" else statistics.median
    beside = middle(outside)
    ratio = middle(inside) / beside if beside > 0 else 1.0
    chance = _rank_sum_chance(inside, outside)
    return Impact(measure, question, group, len(inside), len(outside), ratio, chance)


def _rank_sum_chance(inside: Sequence[float], outside: Sequence[float]) -> float:
    """How often ranks as low as these come about by chance, one-sided, ties allowed for."""
    ordered = sorted([(value, True) for value in inside] + [(value, False) for value in outside])
    size, m, n = len(ordered), len(inside), len(outside)
    total = ties = 0.0
    start = 0
    while start < size:
        end = start
        while end + 1 < size and ordered[end + 1][0] == ordered[start][0]:
            end += 1
        rank = (start + end) / 2 + 1
        total += rank * sum(is_inside for _, is_inside in ordered[start : end + 1])
        ties += (end - start + 1) ** 3 - (end - start + 1)
        start = end + 1
    variance = m * n / 12 * (size + 1 - ties / (size * (size - 1)))
    if variance <= 0.0:
        return 1.0
    z = (m * (size + 1) / 2 - total - 0.5) / math.sqrt(variance)
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def _holm(found: Sequence[Impact]) -> list[Impact]:
    order = sorted(range(len(found)), key=lambda place: found[place].chance)
    told = list(found)
    least = 0.0
    for turn, place in enumerate(order):
        least = max(least, min(1.0, found[place].chance * (len(found) - turn)))
        told[place] = replace(found[place], chance=least)
    return told
