"""What every registered strategy keeps to, the default included."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from fairhand.work.active_learning.choose import STRATEGIES, Pool, Settings, choose, strategy_names
from tests.rules.active_learning.pools import make_pool

EVERY = strategy_names()


def rng(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("batch", [0, 1, 7, 100])
def test_a_choice_is_as_many_rows_as_asked_each_once(name: str, batch: int) -> None:
    choice = choose(make_pool(), batch, rng(), Settings(name))
    assert len(choice.indices) == len(choice.reasons) == batch
    assert len(set(choice.indices.tolist())) == batch
    assert all(0 <= row < 600 for row in choice.indices)


@pytest.mark.parametrize("name", EVERY)
def test_more_than_there_is_gives_all_there_is(name: str) -> None:
    choice = choose(make_pool(items=30), 50, rng(), Settings(name))
    assert sorted(choice.indices.tolist()) == list(range(30))


@pytest.mark.parametrize("name", EVERY)
def test_the_same_dice_choose_the_same(name: str) -> None:
    first, again = (choose(make_pool(), 20, rng(), Settings(name)).indices for _ in range(2))
    assert first.tolist() == again.tolist()


@pytest.mark.parametrize("name", EVERY)
def test_nothing_held_out_is_chosen_but_the_share_for_measuring(name: str) -> None:
    held = np.arange(600) % 5 == 0
    pool = make_pool(held_out=held)
    assert not held[choose(pool, 60, rng(), Settings(name)).indices].any()
    choice = choose(pool, 60, rng(), Settings(name, holdout_share=0.2))
    assert held[choice.indices].sum() == len(choice.held_out) == 12
    assert held[choice.held_out].all()


@pytest.mark.parametrize("name", EVERY)
def test_items_that_are_all_alike_are_chosen_from_all_the_same(name: str) -> None:
    alike = np.ones((50, 3), np.float32)
    even = np.full((50, 2), 0.5, np.float32)
    pool = Pool(alike, even, alike[:4], np.array([0, 1, 0, 1]), heads=np.stack([even, even]))
    assert len(set(choose(pool, 20, rng(), Settings(name)).indices.tolist())) == 20


@pytest.mark.parametrize("name", EVERY)
def test_a_quota_is_met_by_every_strategy(name: str) -> None:
    language = np.where(np.arange(600) % 20 == 0, "sw", "en")
    pool = make_pool(slices={"language": language})
    choice = choose(pool, 40, rng(), Settings(name, quotas={"language": {"sw": 0.25}}))
    assert (language[choice.indices] == "sw").sum() >= 10
    assert len(set(choice.indices.tolist())) == 40


@pytest.mark.parametrize("name", EVERY)
def test_an_empty_pool_has_nothing_to_choose(name: str) -> None:
    pool = Pool(
        np.empty((0, 6), np.float32), np.empty((0, 4), np.float32),
        heads=np.empty((2, 0, 4), np.float32),
    )  # fmt: skip
    assert len(choose(pool, 5, rng(), Settings(name)).indices) == 0


@pytest.mark.parametrize("name", EVERY)
def test_memory_stays_far_below_the_matrix_of_items_by_classes_by_dimensions(name: str) -> None:
    items, classes, dimensions = 20_000, 40, 64
    dice = rng()
    features = dice.standard_normal((items, dimensions), np.float32)
    likely = dice.dirichlet(np.ones(classes), items).astype(np.float32)
    pool = Pool(
        features, likely, features[:50], np.arange(50) % classes, heads=np.stack([likely, likely])
    )
    tracemalloc.start()
    choose(pool, 10, rng(), Settings(name))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * items * classes * dimensions / 2


def test_every_strategy_says_what_it_is() -> None:
    assert all(strategy.words for strategy in STRATEGIES.values())
    assert EVERY[0] == "auto"
