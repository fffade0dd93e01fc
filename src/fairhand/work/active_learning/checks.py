"""What is wrong with a pool or the settings: every field at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fairhand.core.errors import Issue
from fairhand.work.active_learning.registry import STRATEGIES, strategy_names
from fairhand.work.active_learning.shapes import Floats, Pool, Settings

MOST_LOOKED_AT = 20_000_000
"""How many numbers of a matrix are looked at, to see that they are numbers."""


def check_pool(pool: Pool, settings: Settings) -> list[Issue]:
    """List what keeps this pool from being chosen from with these settings."""
    issues = [*_shapes(pool), *_settings(settings), *_quotas(pool, settings)]
    return issues or [*_values(pool), *_needs(pool, settings)]


def _shapes(pool: Pool) -> Iterator[Issue]:
    count = len(pool.features)
    if pool.features.ndim != 2:
        yield Issue("features", "must be items by dimensions")
        return
    rows = {
        "probabilities": pool.probabilities,
        "seconds": pool.seconds,
        "acceptance": pool.acceptance,
        "seconds_to_accept": pool.seconds_to_accept,
        "held_out": pool.held_out,
        **{f"slices.{name}": values for name, values in pool.slices.items()},
    }
    for name, values in rows.items():
        if values is not None and len(values) != count:
            yield Issue(name, f"has {len(values)} rows where the features have {count}")
    if pool.probabilities is not None and pool.probabilities.ndim != 2:
        yield Issue("probabilities", "must be items by classes")
    if pool.heads is not None and (pool.heads.ndim != 3 or pool.heads.shape[1] != count):
        yield Issue("heads", "must be heads by items by classes")
    yield from _answered_shapes(pool)


def _answered_shapes(pool: Pool) -> Iterator[Issue]:
    known = pool.labelled_features
    if known is not None and (known.ndim != 2 or known.shape[1] != pool.features.shape[1]):
        yield Issue("labelled_features", "must have the dimensions of the features")
    rows = {f"labelled_slices.{name}": values for name, values in pool.labelled_slices.items()}
    for name, values in {"labels": pool.labels, **rows}.items():
        if values is not None and len(values) != pool.answered:
            yield Issue(name, f"has {len(values)} rows where {pool.answered} items are answered")


def _settings(settings: Settings) -> Iterator[Issue]:
    if settings.strategy not in strategy_names():
        known = ", ".join(strategy_names())
        yield Issue("strategy", f"{settings.strategy!r} is not one of {known}")
    for name in ("holdout_share", "explore_share"):
        if not 0.0 <= getattr(settings, name) <= 1.0:
            yield Issue(name, "must be from 0 to 1")


def _quotas(pool: Pool, settings: Settings) -> Iterator[Issue]:
    for attribute, shares in settings.quotas.items():
        place = f"quotas.{attribute}"
        if attribute not in pool.slices:
            yield Issue(place, "the pool does not say this of its items")
        if any(not 0.0 <= share <= 1.0 for share in shares.values()):
            yield Issue(place, "every share must be from 0 to 1")
        elif sum(shares.values()) > 1.0 + 1e-9:
            yield Issue(place, "the shares add up to more than everything")


def _values(pool: Pool) -> Iterator[Issue]:
    for name in ("features", "probabilities", "labelled_features", "heads"):
        given = getattr(pool, name)
        if given is not None and not np.isfinite(_seen(given).sum(dtype=np.float64)):
            yield Issue(name, "has values that are not numbers")
    for name in ("seconds", "seconds_to_accept"):
        given = getattr(pool, name)
        if given is not None and np.any(np.asarray(given) < 0):
            yield Issue(name, "a person cannot take less than no time")


def _seen(given: Floats) -> Floats:
    """Give all of a small matrix, and evenly spaced rows of a large one, which takes too long."""
    return given[:: max(1, given.size // MOST_LOOKED_AT)]


def _needs(pool: Pool, settings: Settings) -> Iterator[Issue]:
    if settings.strategy == "auto":
        return
    for need in STRATEGIES[settings.strategy].needs:
        if getattr(pool, need) is None:
            yield Issue(need, f"{settings.strategy} cannot choose without them")
