"""What to ask next: one call, one safe default.

    choice = choose(Pool(features, probabilities, labelled_features, labels), 100, rng)
    choice.indices        # row numbers of the pool, the most wanted first

`auto` covers the pool before a model is worth asking, and asks the model afterwards; see
`fairhand.work.active_learning.auto`. Nothing is chosen that is held out, but for the share that
the settings ask to draw for measuring.
"""

from __future__ import annotations

import numpy as np

from fairhand.core.errors import InvalidError
from fairhand.work.active_learning.auto import resolve
from fairhand.work.active_learning.checks import check_pool
from fairhand.work.active_learning.cost import worth_per_minute
from fairhand.work.active_learning.quotas import choose_with_quotas
from fairhand.work.active_learning.registry import STRATEGIES, strategy_names
from fairhand.work.active_learning.shapes import (
    Choice,
    Field,
    Indices,
    Phase,
    Pool,
    Settings,
    Strategy,
)

__all__ = ["STRATEGIES", "Choice", "Phase", "Pool", "Settings", "choose", "strategy_names"]


def choose(
    pool: Pool, batch: int, rng: np.random.Generator, settings: Settings | None = None
) -> Choice:
    """Choose up to `batch` rows of the pool, each once, the most wanted first.

    Fewer come back only when fewer are free. The same pool, settings and state of `rng` give the
    same choice. Raises InvalidError, naming every field of the pool or the settings that is wrong.
    """
    settings = settings or Settings()
    issues = check_pool(pool, settings)
    if batch < 0:
        raise InvalidError("A batch cannot be less than nothing.")
    if issues:
        raise InvalidError("This pool cannot be chosen from.", issues=issues)
    name, strategy = _named(pool, settings)
    held = _draw_held_out(pool, round(batch * settings.holdout_share), rng)
    explored = _draw(pool, held, round((batch - len(held)) * settings.explore_share), rng)
    field = Field(pool, _free(pool, held, explored), worth_per_minute(pool, settings))
    wanted = batch - len(held) - len(explored)
    chosen, reasons = choose_with_quotas(field, wanted, strategy, settings.quotas, rng)
    indices = np.concatenate([chosen, explored, held]).astype(np.int64)
    why = (*reasons, *["explore"] * len(explored), *["holdout"] * len(held))
    return Choice(indices, name, strategy.phase, why)


def _named(pool: Pool, settings: Settings) -> tuple[str, Strategy]:
    if settings.strategy == "auto":
        return resolve(pool)
    return settings.strategy, STRATEGIES[settings.strategy]


def _draw_held_out(pool: Pool, count: int, rng: np.random.Generator) -> Indices:
    """Draw those that are for measuring by chance alone, else they would measure nothing."""
    rows = None if pool.held_out is None else np.flatnonzero(pool.held_out)
    return STRATEGIES["random"].pick(Field(pool, rows), count, rng)


def _draw(pool: Pool, held: Indices, count: int, rng: np.random.Generator) -> Indices:
    if not count:
        return np.empty(0, np.int64)
    return STRATEGIES["random"].pick(Field(pool, _free(pool, held)), count, rng)


def _free(pool: Pool, *taken: Indices) -> Indices | None:
    """Give the rows that are neither held out nor taken; None where that is all of them."""
    if pool.held_out is None and not any(len(some) for some in taken):
        return None
    free = np.ones(pool.size, bool) if pool.held_out is None else ~pool.held_out
    for some in taken:
        free[some] = False
    return np.flatnonzero(free)
