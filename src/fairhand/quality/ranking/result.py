"""What rankings give back: scores with standard errors, and what was learned of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fairhand.quality.aggregation.codes import Codes, Floats


@dataclass(frozen=True, slots=True)
class Ranking:
    """One score per item, the mean of all 0; a point is a factor e in the odds of being preferred.

    `errors[i]` is the standard error of `scores[i]`, given what was learned of people. `prior_sd`
    is the spread of scores believed beforehand: set by the user, or learned from the votes.
    `warnings` say in sentences why the result may be doubtful.
    """

    items: tuple[Any, ...]
    scores: Floats
    errors: Floats
    prior_sd: float
    log_likelihood: float
    iterations: int
    converged: bool
    method: str
    warnings: tuple[str, ...]

    @property
    def ranking(self) -> tuple[Any, ...]:
        """The items, best first; of equal scores the first item comes first."""
        return tuple(self.items[at] for at in self.order.tolist())

    @property
    def order(self) -> Codes:
        """The places of the items in `items`, best first."""
        order: Codes = np.argsort(-self.scores, kind="stable")
        return order

    def interval(self, confidence: float = 0.95) -> Floats:
        """Give where each score lies with this confidence, items x (low, high)."""
        if not 0.0 < confidence < 1.0:
            raise ValueError("confidence must lie between 0 and 1")
        from scipy.special import ndtri

        reach = float(ndtri(0.5 + confidence / 2.0)) * self.errors
        return np.stack([self.scores - reach, self.scores + reach], axis=1)


@dataclass(frozen=True, slots=True)
class PeopleRanking(Ranking):
    """A ranking, and how far each person follows it.

    `reliability[w]` is 1 for somebody who sees differences as the crowd does, 0 for somebody whose
    votes have nothing to do with the ranking, below 0 for somebody who votes against it.
    `reliability_error[w]` is its standard error, given the scores. Empty when nobody is named.
    """

    workers: tuple[Any, ...]
    reliability: Floats
    reliability_error: Floats


@dataclass(frozen=True, slots=True)
class PairRanking(PeopleRanking):
    """A ranking from pairs, with how the side and the wish to say "same" pull.

    `side` is how far the crowd is drawn to the left, in points of score; `tie` the log odds of
    "same" against either side between equals (minus infinity where nobody said so, 0: a third
    each). `person_side` and `person_tie` are each person's own, with their standard errors.
    """

    side: float
    side_error: float
    tie: float
    tie_error: float
    person_side: Floats
    person_side_error: Floats
    person_tie: Floats
    person_tie_error: Floats

    def probabilities(self, left: Any, right: Any) -> tuple[float, float, float]:  # noqa: ANN401
        """Give how likely somebody of the crowd says left, same, right; sides count."""
        place = {name: at for at, name in enumerate(self.items)}
        try:
            gap = self.scores[place[left]] - self.scores[place[right]] + self.side
        except KeyError as lost:
            raise ValueError(f"{lost.args[0]!r} is not one of the items") from None
        log_odds = np.array([gap / 2.0, self.tie, -gap / 2.0])
        odds = np.exp(log_odds - log_odds.max())
        shares = (odds / odds.sum()).tolist()
        return shares[0], shares[1], shares[2]


def connection_warnings(groups: Codes, compared: Codes, items: tuple[Any, ...]) -> list[str]:
    """Say which items were never compared, and into how many groups the others fall.

    `groups[i]` is item i's group, `compared[i]` how often it was compared.
    """
    said = []
    never = np.flatnonzero(compared == 0)
    if len(never) and len(never) < len(items):
        said.append(
            f"{len(never)} of {len(items)} items were never compared (such as "
            f"{items[int(never[0])]!r}); their scores come from the prior alone"
        )
    elif len(never):
        said.append("nothing was compared; all scores come from the prior alone")
    labels, sizes = np.unique(groups[compared > 0], return_counts=True)
    if len(labels) > 1:
        largest = int(labels[sizes.argmax()])
        outside = int(np.flatnonzero((compared > 0) & (groups != largest))[0])
        said.append(
            f"the items fall into {len(labels)} groups never compared with one another (the largest"
            f" has {int(sizes.max())}; {items[outside]!r} is outside); how the groups compare comes"
            " from the prior alone"
        )
    return said
