"""Counts with noise of a stated epsilon, drawn by OpenDP, and how far off they may be.

Discrete Laplace noise of scale sensitivity/epsilon on whole numbers (Ghosh, Roughgarden,
Sundararajan 2009; Dwork, McSherry, Nissim, Smith 2006). One person is in one week's counts alone,
so the weeks compose in parallel (McSherry 2009): epsilon is all that is spent on anybody.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Final

from fairhand.core.errors import UnavailableError

_Z95: Final = 1.959964


def can_noise() -> bool:
    """Say whether the library that draws the noise is installed."""
    return find_spec("opendp") is not None


def noised(counts: Sequence[int], epsilon: float, sensitivity: int) -> list[int]:
    """Give counts with noise, all of them together epsilon-differentially private.

    `sensitivity` is in how many of the counts one person may be. The noise comes from the system's
    own source of randomness. Raises UnavailableError without the extra `people`.
    """
    if not can_noise():
        raise UnavailableError(
            "Counts with noise need the extra `people`: install fairhand[people]."
        )
    import opendp.prelude as dp

    dp.enable_features("contrib")
    space = (dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int))
    measure: Any = dp.m.make_laplace(*space, scale=sensitivity / epsilon)
    spent = measure.map(sensitivity)
    if spent > epsilon * (1 + 1e-9):
        raise UnavailableError(f"The noise would spend {spent:.3f}, more than {epsilon:.3f}.")
    return [int(count) for count in measure(list(counts))]


def sensitivity_of(cells: Sequence[Mapping[str, str]]) -> int:
    """Say in how many counts one person may be: everybody's, and a cell of each kind at most.

    Cells that ask for the same attributes are about different people, so one person is in one of
    them at most.
    """
    return 1 + len({tuple(sorted(attributes)) for attributes in cells})


def error_within(epsilon: float, sensitivity: int, weeks: int) -> int:
    """Say how far off the sum of some weeks' counts is at most, in 95 cases of 100.

    One week exactly, from P(|X| > t) = 2 a^(t+1) / (1 + a) with a = exp(-epsilon/sensitivity); more
    of them by the normal law with their variance 2a/(1-a)^2 each.
    """
    decay = math.exp(-epsilon / sensitivity)
    once = max(0, math.ceil(math.log(0.05 * (1 + decay) / 2) / math.log(decay) - 1))
    if weeks <= 1:
        return once
    spread = math.sqrt(weeks * 2 * decay) / (1 - decay)
    return max(once, math.ceil(_Z95 * spread))
