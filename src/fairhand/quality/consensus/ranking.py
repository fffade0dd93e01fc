"""Consensus of rankings: Plackett-Luce over the orders; pairs with ties where somebody tied.

Best-worst answers are scaled by the sequential best-worst model. Replies whose scores are the same
to a thousandth are tied, where the question has ties. The confidence is the product over
neighbours in the order of the probability that they stand right, by their scores' standard errors;
for best-worst, over the best and its follower, and the worst and what stands before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from fairhand.labels.kind import Config
from fairhand.quality.consensus.kind import Verdict, Voted
from fairhand.quality.systems import consensus_rule

if TYPE_CHECKING:
    from fairhand.quality.ranking.result import Ranking

_TIED = 1e-3
_PRIOR_SD = 1.0


@consensus_rule("ranking", "the order that explains people's orders best, by Plackett-Luce")
def settle(config: Config, answers: Sequence[Any]) -> Verdict:
    """Fit the orders, and put the replies into the order of their scores."""
    if config.get("mode", "full") == "best_worst":
        return _settle_ends(answers)
    from fairhand.quality.ranking.plackett_luce import PlackettLuce  # heavy to import

    orders = [answer["ranks"] for answer in answers]
    if any(len(tied) > 1 for order in orders for tied in order):
        fit = _by_pairs(orders)
    else:
        plain = [[tied[0] for tied in order] for order in orders]
        fit = PlackettLuce(prior_sd=_PRIOR_SD, people=False).fit(plain, items=_items(orders))
    ranks = _ranks(fit, ties=bool(config.get("ties", False)))
    return Verdict({"ranks": ranks}, _certainty(fit))


def likeness(one: Any, other: Any) -> float:  # noqa: ANN401  # answers
    """Tell how alike two rankings are: the share of pairs of replies that stand alike.

    A pair that only one of the two ties counts half (the distance of R. Fagin and others,
    Comparing partial rankings, 2006, with penalty 1/2). Best-worst: half for the same best, half
    for the same worst.
    """
    if "ranks" not in one or "ranks" not in other:
        ends = ("best", "worst")
        return sum(bool(one.get(end) == other.get(end)) for end in ends) / 2.0
    ours, theirs = _places(one["ranks"]), _places(other["ranks"])
    shared = sorted(ours.keys() & theirs.keys())
    pairs = list(combinations(shared, 2))
    if not pairs:
        return 1.0 if ours.keys() == theirs.keys() else 0.0
    return sum(1.0 - abs(_sign(ours, *pair) - _sign(theirs, *pair)) / 2.0 for pair in pairs) / len(
        pairs
    )


def _settle_ends(answers: Sequence[Mapping[str, Any]]) -> Verdict:
    """Scale by best and worst; an answer without its order is taken to have seen what any named."""
    from fairhand.quality.ranking.best_worst import best_worst

    named = sorted(
        {one for answer in answers for one in (answer["best"], answer["worst"])}.union(
            *(answer.get("order", ()) for answer in answers)
        )
    )
    shown = [sorted(answer.get("order") or named) for answer in answers]
    best, worst = ([answer[end] for answer in answers] for end in ("best", "worst"))
    fit = best_worst(shown, best, worst, items=named, prior_sd=_PRIOR_SD, people=False)
    order = fit.ranking
    ends = {(0, 1), (len(order) - 2, len(order) - 1)}
    sure = _chances(fit)
    confidence = float(np.prod([sure[low] for low, _ in sorted(ends)]))
    return Verdict({"best": order[0], "worst": order[-1]}, confidence)


def _by_pairs(orders: Sequence[Sequence[Sequence[str]]]) -> Ranking:
    from fairhand.quality.ranking.bradley_terry import BradleyTerry

    rows = [
        (one, two, _sign(_places(order), one, two))
        for order in orders
        for one, two in combinations(sorted(_places(order)), 2)
    ]
    left, right, votes = (list(column) for column in zip(*rows, strict=True))
    model = BradleyTerry(prior_sd=_PRIOR_SD, people=False, side=False)
    return model.fit(left, right, votes, items=_items(orders))


def _items(orders: Sequence[Sequence[Sequence[str]]]) -> list[str]:
    return sorted({one for order in orders for tied in order for one in tied})


def _places(ranks: Sequence[Sequence[str]]) -> dict[str, int]:
    return {one: place for place, tied in enumerate(ranks) for one in tied}


def _sign(places: Mapping[str, int], one: str, two: str) -> int:
    """1 where `one` is the better, -1 where it is the worse, 0 for a tie."""
    return (places[one] < places[two]) - (places[one] > places[two])


def _ranks(fit: Ranking, *, ties: bool) -> list[list[str]]:
    ranks: list[list[str]] = []
    last = np.inf
    for place in fit.order.tolist():
        score = float(fit.scores[place])
        if ties and ranks and last - score < _TIED:
            ranks[-1].append(fit.items[place])
        else:
            ranks.append([fit.items[place]])
        last = score
    return [sorted(tied) for tied in ranks]


def _chances(fit: Ranking) -> list[float]:
    """Give for each two neighbours in the order the probability that they stand right."""
    from scipy.special import ndtr

    order = fit.order.tolist()
    gaps = [
        (fit.scores[one] - fit.scores[two]) / max(np.hypot(fit.errors[one], fit.errors[two]), 1e-12)
        for one, two in pairwise(order)
    ]
    return [float(chance) for chance in ndtr(np.array(gaps))]


def _certainty(fit: Ranking) -> float:
    return float(np.prod(_chances(fit)))


CONSENSUS = Voted("plackett-luce", settle, likeness, "pair-order")
