"""Intervals of a share: exact for one look, and one that stays true however often one looks.

`exact_interval` is C. J. Clopper, E. S. Pearson: The use of confidence or fiducial limits
illustrated in the case of the binomial, Biometrika 26 (1934). `jeffreys_interval` is L. D. Brown,
T. T. Cai, A. DasGupta: Interval estimation for a binomial proportion, Statistical Science 16
(2001). `anytime_interval` is the confidence sequence of H. Robbins: Statistical methods related
to the law of the iterated logarithm, Ann. Math. Stat. 41 (1970), from the beta-binomial mixture
and J. Ville's inequality (1939); see S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon:
Time-uniform, nonparametric, nonasymptotic confidence sequences, Ann. Statist. 49 (2021).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

LEVEL = 0.95
_HALVINGS = 45


def exact_interval(right: ArrayLike, of: ArrayLike, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Clopper and Pearson's interval: holds with at least `level` at one look, for any share.

    `right` and `of` are counts of one shape. Raises ValueError for counts that cannot be.
    """
    k, n = _counts(right, of, level)
    tail = (1.0 - level) / 2.0
    low = np.where(k > 0, special.betaincinv(np.maximum(k, 1e-9), n - k + 1.0, tail), 0.0)
    high = np.where(k < n, special.betaincinv(k + 1.0, np.maximum(n - k, 1e-9), 1.0 - tail), 1.0)
    return low, high


def jeffreys_interval(
    right: ArrayLike, of: ArrayLike, level: float = LEVEL
) -> tuple[Floats, Floats, Floats]:
    """Mean, low and high of the share's posterior under Jeffreys' prior, Beta(1/2, 1/2).

    Nothing right has low 0 and everything right has high 1, as Brown, Cai and DasGupta advise.
    """
    k, n = _counts(right, of, level)
    tail = (1.0 - level) / 2.0
    low = np.where(k > 0, special.betaincinv(k + 0.5, n - k + 0.5, tail), 0.0)
    high = np.where(k < n, special.betaincinv(k + 0.5, n - k + 0.5, 1.0 - tail), 1.0)
    return (k + 0.5) / (n + 1.0), low, high


def log_e_value(right: ArrayLike, of: ArrayLike, share: ArrayLike) -> Floats:
    """Natural logarithm of the evidence against "the share is exactly this".

    The uniform mixture over all shares against the one named: a martingale while it is true, so
    it passes 1/a at any time with probability a at most (Ville).
    """
    k, n = _counts(right, of, LEVEL)
    p = np.asarray(share, dtype=np.float64)
    mixture = special.betaln(k + 1.0, n - k + 1.0)
    found: Floats = mixture - special.xlogy(k, p) - special.xlog1py(n - k, -p)
    return found


def anytime_interval(
    right: ArrayLike, of: ArrayLike, level: float = LEVEL
) -> tuple[Floats, Floats]:
    """An interval that holds at all looks at once with at least `level`: look as often as you like.

    Holds for answers that are right with one unchanging chance. About half as wide again as the
    exact one. It is the set of shares that `log_e_value` does not speak against.
    """
    k, n = np.broadcast_arrays(*_counts(right, of, level))
    limit = math.log(1.0 / (1.0 - level))
    middle = np.where(n > 0, k / np.maximum(n, 1.0), 0.5)
    low = np.where(k > 0, _edge(k, n, limit, np.zeros_like(middle), middle), 0.0)
    high = np.where(k < n, _edge(k, n, limit, np.ones_like(middle), middle), 1.0)
    return low, high


def _edge(k: Floats, n: Floats, limit: float, outside: Floats, inside: Floats) -> Floats:
    """Halve the stretch between a share outside the interval and one inside it."""
    out, within = outside.copy(), inside.copy()
    for _ in range(_HALVINGS):
        half = (out + within) / 2.0
        belongs = log_e_value(k, n, half) < limit
        within = np.where(belongs, half, within)
        out = np.where(belongs, out, half)
    return out


def wilson_interval(right: ArrayLike, of: ArrayLike, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Wilson's score interval (1927); `right` may be a sum of fractions in 0..1."""
    k, n = _counts(right, of, level)
    z = float(special.ndtri(0.5 + level / 2.0))
    size = np.maximum(n, 1e-12)
    share = k / size
    centre = (share + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    empty = n == 0
    return (
        np.where(empty, 0.0, np.clip(centre - half, 0.0, 1.0)),
        np.where(empty, 1.0, np.clip(centre + half, 0.0, 1.0)),
    )


def difference_interval(
    first: tuple[float, float], second: tuple[float, float], level: float = LEVEL
) -> tuple[float, float]:
    """Interval of share one minus share two, each given as (right, of).

    R. G. Newcombe: Interval estimation for the difference between independent proportions,
    Statistics in Medicine 17 (1998), method 10. Wider than needed for fractions in 0..1, whose
    spread is never above that of yes and no.
    """
    (k, n), (m, o) = first, second
    if n == 0 or o == 0:
        return -1.0, 1.0
    low_1, high_1 = map(float, wilson_interval(k, n, level))
    low_2, high_2 = map(float, wilson_interval(m, o, level))
    p, q = k / n, m / o
    return (
        max(-1.0, p - q - math.hypot(p - low_1, high_2 - q)),
        min(1.0, p - q + math.hypot(high_1 - p, q - low_2)),
    )


@dataclass(frozen=True, slots=True)
class ClusteredShare:
    """A share, and the answers it is worth as if they were independent."""

    share: float
    worth: float
    clusters: int

    @property
    def counts(self) -> tuple[float, float]:
        """(right, of), for the intervals above."""
        return self.share * self.worth, self.worth


def clustered_share(value: Floats, cluster: Codes) -> ClusteredShare:
    """Mean of values in 0..1 that come in clusters (of a task, of a person), and what it is worth.

    E. L. Korn, B. I. Graubard: Confidence intervals for proportions with small expected number of
    positive counts, Survey Methodology 24 (1998): the spread between clusters gives the number of
    independent answers; exact intervals at that number hold. Needs at least one value.
    """
    size, share = len(value), float(value.mean())
    _, place = np.unique(cluster, return_inverse=True)
    sums = np.bincount(place.reshape(-1), value - share)
    clusters = len(sums)
    if clusters < 2:
        return ClusteredShare(share, 1.0, clusters)
    spread = float((sums**2).sum()) / size**2 * clusters / (clusters - 1)
    plain = share * (1.0 - share)
    # Unanimity shows no spread; then every cluster is worth one answer.
    worth = plain / spread if spread > 0 and plain > 0 else float(clusters)
    return ClusteredShare(share, float(np.clip(worth, 1.0, size)), clusters)


def _counts(right: ArrayLike, of: ArrayLike, level: float) -> tuple[Floats, Floats]:
    k, n = np.asarray(right, dtype=np.float64), np.asarray(of, dtype=np.float64)
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1; it is {level}")
    if not (np.isfinite(k).all() and np.isfinite(n).all()):
        raise ValueError("counts must be finite numbers")
    if (k < 0).any() or (k > n + 1e-9).any():
        raise ValueError("there cannot be fewer than none right, nor more right than there are")
    return np.minimum(k, n), n
