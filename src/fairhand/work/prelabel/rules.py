"""What assistance may be asked for, when a model trains, and when a new one takes over; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from fairhand.core.errors import Issue
from fairhand.core.systems import automated

FIRST_ANSWERS: Final = 10
"""Answers from which the first model is trained."""
FIRST_DRAWINGS: Final = 3
"""The same where things are drawn or spoken: fewer cannot be cross-validated."""
_DRAWN: Final = frozenset({"mask", "boxes", "polygons", "segments", "transcript"})
GROWTH: Final = 0.2
"""By how much answers must have grown since, beside as many more, for training to come again."""
BLIND_PERMILLE: Final = 100
HOLDOUT_PERMILLE: Final = 200
FEWEST_HELD_OUT: Final = 20
"""Held-out answers below which a comparison is made by cross-validation, and says so."""
SURE: Final = 0.8
"""How probably a model must be better than the one it follows."""
LEAST_DRAFT: Final = 0.5
"""Share of words that a draft must have right: below it people mend more than they keep."""

ASKS: Final = ("auto", "verify", "fix", "draw")
_MOST_BLIND: Final = 500
_MOST_HOLDOUT: Final = 500
_MOST_FIELDS: Final = 10
_MOST_VALUES: Final = 100
_NORMAL_95: Final = 1.959964
_FEWEST_RANKED: Final = 20
_FIRST_WAIT_MS: Final = 30_000
_LONGEST_WAIT_MS: Final = 3_600_000
_MOST_RANKED: Final = 500

Basis = Literal["held_out", "cross_validated"]


def first_answers(kinds: Sequence[str]) -> int:
    """Say from how many answers a model is trained: drawings teach more than a choice does."""
    return FIRST_ANSWERS if _DRAWN.isdisjoint(kinds) else FIRST_DRAWINGS


@automated(
    "assist.learn",
    title="When a model learns, and proposes",
    effect="suggests",
    purpose="Trains the project's model anew when there is a fifth more to learn from, and asks "
    "it for proposals on tasks that come next.",
    reads=("how many answers are new",),
    parameters=(("growth", GROWTH, "the share of new answers from which it learns anew"),),
    oversight="A proposal can always be changed, and never counts as an answer by itself.",
    switch="No model learns or proposes by itself; what is proposed already stays.",
)
def is_time_to_train(new_answers: int, learnt_from: int, first: int = FIRST_ANSWERS) -> bool:
    """Say whether answers have grown by `first` and by a fifth since the last training."""
    return new_answers >= first and new_answers >= GROWTH * learnt_from


@dataclass(frozen=True, slots=True)
class Wish:
    """What an owner asks for, before it is looked at."""

    strategy: str
    ask: str
    coverage: Mapping[str, Mapping[str, float]]
    slice_fields: Sequence[str]
    target_quality: float | None
    blind_permille: int
    holdout_permille: int


def check_wish(wish: Wish, strategies: Sequence[str]) -> list[Issue]:
    """List everything that is wrong with what an owner asks of assistance."""
    issues = []
    if wish.strategy not in strategies:
        known = ", ".join(strategies)
        issues.append(Issue("strategy", f"There is no strategy of that name; there are {known}."))
    if wish.ask not in ASKS:
        issues.append(Issue("ask", f"Choose one of {', '.join(ASKS)}."))
    if not 0 <= wish.blind_permille <= _MOST_BLIND:
        issues.append(
            Issue("blind_permille", "From 0 to 50 % of hand-outs: 500 of a thousand at most.")
        )
    if not 0 <= wish.holdout_permille <= _MOST_HOLDOUT:
        issues.append(
            Issue("holdout_permille", "From 0 to 50 % of the tasks: 500 of a thousand at most.")
        )
    if wish.target_quality is not None and not 0 < wish.target_quality <= 1:
        issues.append(Issue("target_quality", "A share above 0, at most 1, as 0.95."))
    if len(wish.slice_fields) > _MOST_FIELDS:
        issues.append(Issue("slice_fields", f"Report by at most {_MOST_FIELDS} fields."))
    return issues + _check_coverage(wish.coverage)


def _check_coverage(coverage: Mapping[str, Mapping[str, float]]) -> list[Issue]:
    if len(coverage) > _MOST_FIELDS:
        return [Issue("coverage", f"Ask for shares of at most {_MOST_FIELDS} fields.")]
    issues = []
    for field, shares in coverage.items():
        place = f"coverage.{field}"
        if not shares or len(shares) > _MOST_VALUES:
            issues.append(Issue(place, f"Name 1 to {_MOST_VALUES} values with a share each."))
        elif any(not 0 < share <= 1 for share in shares.values()):
            issues.append(Issue(place, "Each share is above 0 and at most 1, as 0.3."))
        elif math.fsum(shares.values()) > 1 + 1e-9:
            issues.append(Issue(place, "The shares of one field add up to more than all."))
    return issues


@dataclass(frozen=True, slots=True)
class Comparison:
    """A candidate's scores on some answers beside those of what it would follow, pair by pair.

    Scores are between 0 and 1: right or wrong, or the overlap with what people drew. `rival` names
    what it is held against: `shown` (the model that people see) or `trivial` (always the commonest
    answer, or nothing drawn). `drafts` are the candidate's scores of the tasks that it drafted, for
    each question that asks for a transcript.
    """

    candidate: Sequence[float]
    other: Sequence[float]
    rival: Literal["shown", "trivial"]
    basis: Basis
    held_out: int
    drafts: Sequence[Sequence[float]] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the candidate takes over, how sure that is, and why in words.

    `difference` is the mean of the paired differences with its 95 % interval `low` to `high`;
    `chance` is how probably it is above zero.
    """

    takes_over: bool
    chance: float
    difference: float
    low: float
    high: float
    words: str


@automated(
    "assist.promote",
    title="Which model proposes",
    effect="judges",
    purpose="Lets a newly trained model take over when it is better than the last on tasks that "
    "neither has learnt from.",
    reads=("answers to held-out tasks", "what each model proposed"),
    parameters=(
        ("tasks held out", FEWEST_HELD_OUT, "fewer are no evidence"),
        ("words right", LEAST_DRAFT, "drafts of transcripts with fewer are not shown"),
    ),
    oversight="The owner may go back to an earlier model at any time.",
)
def judge(comparison: Comparison) -> Verdict:
    """Decide whether a candidate follows the model that is shown.

    It does when it is better on the same answers of people, and better with a chance of at least
    `SURE`. One win and one loss are added before reckoning (as A. Agresti and Y. Min, Simple
    improved confidence intervals for comparing matched proportions, Statistics in Medicine 2005),
    so that three answers never settle it; the chance is the normal one of the paired mean. Drafts
    of transcripts with too few right words do not follow, whatever they are held against: past
    some 30 % of wrong words people are quicker from nothing (Y. Gaur, W. Lasecki, F. Metze and
    J. Bigham, The effects of automatic speech recognition quality on human transcription latency,
    W4A 2016); half is asked for, as a short draft of a rough recording says little by itself.
    """
    pairs = list(zip(comparison.candidate, comparison.other, strict=True))
    if not pairs:
        return Verdict(False, 0.5, 0.0, -1.0, 1.0, "Nobody has answered anything to measure it by.")
    plain = math.fsum(a - b for a, b in pairs) / len(pairs)
    differences = [*(a - b for a, b in pairs), 1.0, -1.0]
    mean = math.fsum(differences) / len(differences)
    spread = math.fsum((one - mean) ** 2 for one in differences) / (len(differences) - 1)
    error = math.sqrt(spread / len(differences))
    chance = 0.5 * (1.0 + math.erf(mean / error / math.sqrt(2.0)))
    low, high = max(-1.0, mean - _NORMAL_95 * error), min(1.0, mean + _NORMAL_95 * error)
    takes_over = plain > 0 and chance >= SURE and not _is_rough(comparison)
    return Verdict(
        takes_over, chance, plain, low, high, _words(comparison, takes_over, chance, plain)
    )


def _is_rough(comparison: Comparison) -> bool:
    """Say whether the drafts of a transcript would cost people more than they save."""
    return any(math.fsum(one) < LEAST_DRAFT * len(one) for one in comparison.drafts)


def _words(comparison: Comparison, takes_over: bool, chance: float, difference: float) -> str:
    own, rival = _percent(comparison.candidate), _percent(comparison.other)
    against = (
        f"the model that is shown scores {rival}"
        if comparison.rival == "shown"
        else f"always guessing the commonest answer scores {rival}"
    )
    if difference > 0:
        result = f"better with a chance of {min(99, math.floor(chance * 100))} in 100"
    else:
        result = "not better" if difference < 0 else "no better"
    fate = "It is shown from now on." if takes_over else _kept(comparison, difference)
    return f"{_basis_words(comparison)} it scores {own}; {against}: {result}. {fate}"


def _kept(comparison: Comparison, difference: float) -> str:
    kept = (
        "The model that is shown stays."
        if comparison.rival == "shown"
        else "No proposals are shown yet."
    )
    if _is_rough(comparison):
        return (
            f"Drafts with less than {LEAST_DRAFT * 100:.0f} % of words right cost more than they"
            f" save. {kept}"
        )
    if difference > 0:
        return f"That is not sure enough ({SURE * 100:.0f} in 100). {kept}"
    return kept


def _basis_words(comparison: Comparison) -> str:
    if comparison.basis == "held_out":
        return f"On {comparison.held_out} held-out tasks that people answered without a proposal"
    return (
        f"Only {comparison.held_out} of the {FEWEST_HELD_OUT} held-out tasks that a comparison "
        f"needs are answered, so {len(comparison.candidate)} answers were cross-validated: on them"
    )


def _percent(scores: Sequence[float]) -> str:
    return f"{100 * math.fsum(scores) / len(scores):.0f} %"


def batch_to_rank(answers: int, overlap: int) -> int:
    """Say how many tasks to put first: twice what is answered until training comes again."""
    growth = max(FIRST_ANSWERS, math.ceil(GROWTH * answers))
    return max(_FEWEST_RANKED, min(_MOST_RANKED, 2 * math.ceil(growth / max(overlap, 1))))


def wait_after_failures(count: int) -> int:
    """Say how long to leave an assistant alone after it failed so often in a row, in ms."""
    return min(_LONGEST_WAIT_MS, _FIRST_WAIT_MS << min(max(count - 1, 0), 20))
