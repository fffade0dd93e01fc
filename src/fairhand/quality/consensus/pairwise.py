"""Consensus of pairs: Bradley-Terry with ties over the votes on the one pair of the task.

"Both are bad" prefers neither, so it counts as a tie in the model; among those who prefer neither
the majority says which of the two it is. How much better is the median of those who chose the
winner. The confidence is the probability that the crowd prefers the winner (its score's place
above the other, in standard errors), or that somebody of the crowd sees no difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median_low
from typing import TYPE_CHECKING, Any

from fairhand.labels.kind import Config
from fairhand.quality.consensus.kind import Verdict, Voted
from fairhand.quality.systems import consensus_rule

if TYPE_CHECKING:
    from fairhand.quality.ranking.result import PairRanking

_PRIOR_SD = 1.0
_UNNAMED = ("\0one", "\0other")
"""Stand for replies that no answer has named: everybody chose the other, or neither."""


@consensus_rule("pairwise", "the reply that the crowd prefers, by Bradley-Terry with ties")
def settle(config: Config, answers: Sequence[Any]) -> Verdict:
    """Fit the votes on the pair, and say what most of the crowd would."""
    from fairhand.quality.ranking.bradley_terry import BradleyTerry  # heavy to import

    first, second = (*sorted(_named(answers)), *_UNNAMED)[:2]
    votes = [_vote(answer, first) for answer in answers]
    model = BradleyTerry(prior_sd=_PRIOR_SD, people=False, side=False)
    fit = model.fit([first] * len(votes), [second] * len(votes), votes)
    left, same, right = fit.probabilities(first, second)
    chose = {one: votes.count(vote) for one, vote in ((first, 1), (second, -1))}
    if same >= max(left, right) or chose[first] == chose[second]:
        return _neither(answers, same)
    winner = first if left > right else second
    behind = [answer for answer in answers if answer.get("better") == winner]
    value: dict[str, Any] = {"verdict": "better", "better": winner}
    degrees = [answer["strength"] for answer in behind if "strength" in answer]
    if degrees:
        value["strength"] = median_low(degrees)
    return Verdict(value, _certainty(fit))


def likeness(one: Any, other: Any) -> float:  # noqa: ANN401  # answers
    """Tell how alike two verdicts are.

    The same reply: 1 for the same strength, at least 1/2 else. A tie and "both are bad": 3/4, for
    neither prefers. A preference and none: 1/4. Opposite preferences: 0.
    """
    if one["verdict"] != "better" or other["verdict"] != "better":
        if one["verdict"] == other["verdict"]:
            return 1.0
        return 0.25 if "better" in (one["verdict"], other["verdict"]) else 0.75
    if one["better"] != other["better"]:
        return 0.0
    ours, theirs = one.get("strength", 1), other.get("strength", 1)
    return 0.5 + 0.5 * float(min(ours, theirs) / max(ours, theirs))


def _named(answers: Sequence[Mapping[str, Any]]) -> set[str]:
    named = {answer["better"] for answer in answers if answer["verdict"] == "better"}
    return named.union(*(answer.get("order", ()) for answer in answers))


def _vote(answer: Mapping[str, Any], first: str) -> int:
    if answer["verdict"] != "better":
        return 0
    return 1 if answer["better"] == first else -1


def _neither(answers: Sequence[Mapping[str, Any]], share: float) -> Verdict:
    bad = sum(answer["verdict"] == "both_bad" for answer in answers)
    tied = sum(answer["verdict"] == "tie" for answer in answers)
    return Verdict({"verdict": "both_bad" if bad > tied else "tie"}, float(share))


def _certainty(fit: PairRanking) -> float:
    """Give the probability that the winner's score is the higher one.

    The two scores are one number and its opposite, so the gap over its error is score over error.
    """
    from scipy.special import ndtr

    return float(ndtr(abs(float(fit.scores[0])) / max(float(fit.errors[0]), 1e-12)))


CONSENSUS = Voted("bradley-terry", settle, likeness, "verdict-likeness")
