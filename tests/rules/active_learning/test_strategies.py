"""What each strategy promises of its own, held against the plain way to do the same."""

from __future__ import annotations

import numpy as np
import pytest

from fairhand.work.active_learning import core_set
from fairhand.work.active_learning.choose import Pool, Settings, choose
from fairhand.work.active_learning.clusters import k_means
from fairhand.work.active_learning.distances import squared_distances
from fairhand.work.active_learning.uncertainty import disagreement, entropy, narrowness
from tests.rules.active_learning.pools import CLASSES, gradients, make_pool


def rng(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_narrowness_is_one_less_the_gap_of_the_two_likeliest() -> None:
    likely = rng().dirichlet(np.ones(7), 500).astype(np.float32)
    ranked = np.sort(likely, axis=1)
    assert np.allclose(narrowness(likely), 1.0 - (ranked[:, -1] - ranked[:, -2]), atol=1e-6)


def test_entropy_is_one_for_even_odds_and_nought_for_a_sure_thing() -> None:
    found = entropy(np.array([[0.25] * 4, [1.0, 0.0, 0.0, 0.0]], np.float32))
    assert found == pytest.approx([1.0, 0.0], abs=1e-6)


def test_models_that_agree_leave_nothing_to_learn_from_their_choice() -> None:
    heads = np.array([[[0.9, 0.1], [0.9, 0.1]], [[0.9, 0.1], [0.1, 0.9]]], np.float32)
    same, other = disagreement(heads)
    assert same == pytest.approx(0.0, abs=1e-6)
    assert other > 0.4


def test_margin_asks_the_narrowest_first() -> None:
    pool = make_pool()
    assert pool.probabilities is not None
    chosen = choose(pool, 15, rng(), Settings("margin")).indices
    expected = np.argsort(-narrowness(pool.probabilities), kind="stable")[:15]
    assert chosen.tolist() == expected.tolist()


def test_badge_draws_as_its_full_matrix_would() -> None:
    """The second draw's odds are squared distances to the first; compared over many draws."""
    pool = make_pool(items=12)
    full = gradients(pool)
    first = int((full**2).sum(axis=1).argmax())
    far = ((full - full[first]) ** 2).sum(axis=1)
    counts = np.zeros(12)
    dice = rng()
    for _ in range(600):
        chosen = choose(pool, 2, dice, Settings("badge")).indices
        assert chosen[0] == first
        counts[chosen[1]] += 1
    assert np.abs(counts / 600 - far / far.sum()).max() < 0.08


def test_core_set_is_the_greedy_one_also_when_it_keeps_a_short_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(core_set, "CANDIDATES", 12)
    pool = make_pool()
    assert pool.labelled_features is not None
    far = squared_distances(pool.features, pool.labelled_features).min(axis=1)
    plain = []
    for _ in range(30):
        plain.append(int(far.argmax()))
        far = np.minimum(far, squared_distances(pool.features, pool.features[plain[-1:]])[:, 0])
    assert choose(pool, 30, rng(), Settings("core-set")).indices.tolist() == plain


def test_typical_asks_one_of_each_clump_before_two_of_any() -> None:
    dice = rng()
    centres = np.eye(5, dtype=np.float32) * 50.0
    clump = np.repeat(np.arange(5), [200, 100, 50, 30, 20])
    points = centres[clump] + dice.standard_normal((400, 5), np.float32)
    chosen = choose(Pool(points), 5, rng(), Settings("typical")).indices
    assert sorted(clump[chosen].tolist()) == [0, 1, 2, 3, 4]


def test_typical_leaves_clumps_that_people_have_answered_for_last() -> None:
    dice = rng()
    centres = np.eye(3, dtype=np.float32) * 50.0
    clump = np.repeat(np.arange(3), [200, 100, 50])
    points = centres[clump] + dice.standard_normal((350, 3), np.float32)
    pool = Pool(points, labelled_features=centres[:1], labels=np.array([0]))
    assert set(clump[choose(pool, 2, rng(), Settings("typical")).indices]) == {1, 2}


def test_cluster_margin_asks_in_more_places_than_margin() -> None:
    pool = make_pool(items=2_000)
    spread = {}
    for name in ("margin", "cluster-margin"):
        points = pool.features[choose(pool, 20, rng(), Settings(name)).indices]
        far = squared_distances(points, points) + np.eye(20) * 1e9
        spread[name] = np.sqrt(far.min(axis=1)).mean()
    assert spread["cluster-margin"] > spread["margin"]


def test_density_prefers_doubt_in_company_to_doubt_alone() -> None:
    dice = rng()
    crowd = dice.standard_normal((300, 4), np.float32)
    alone = np.full((1, 4), 40.0, np.float32)
    likely = np.full((301, 2), 0.5, np.float32)
    pool = Pool(np.concatenate([alone, crowd]), likely)
    assert 0 not in choose(pool, 5, rng(), Settings("density")).indices


def test_doubt_cover_prefers_doubt_in_company_to_doubt_alone() -> None:
    dice = rng()
    crowd = dice.standard_normal((300, 4), np.float32)
    alone = np.full((1, 4), 40.0, np.float32)
    likely = np.full((301, 2), 0.5, np.float32)
    known = dice.standard_normal((5, 4), np.float32) + 8.0
    pool = Pool(np.concatenate([alone, crowd]), likely, known, np.array([0, 1, 0, 1, 0]))
    assert 0 not in choose(pool, 10, rng(), Settings("doubt-cover")).indices


def test_balanced_asks_most_for_the_class_with_the_fewest_labels() -> None:
    labels = np.array([0] * 20 + [1] * 20 + [2] * 20)
    pool = make_pool(known=60, labels=labels)
    assert pool.probabilities is not None
    asked = {}
    for name in ("margin", "balanced"):
        chosen = choose(pool, 12, rng(), Settings(name)).indices
        asked[name] = pool.probabilities[chosen, CLASSES - 1].mean()
    assert asked["balanced"] > 1.15 * asked["margin"]


def test_clusters_of_few_different_points_are_as_many_as_those() -> None:
    points = np.repeat(np.array([[0.0], [5.0], [9.0]], np.float32), 4, axis=0)
    which, centres = k_means(points, 8, rng())
    assert len(centres) == 3
    assert len(np.unique(which)) == 3
