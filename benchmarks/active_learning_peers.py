"""Strategies of scikit-activeml, modAL and small-text, each in an environment of its own.

    VENV/bin/python active_learning_peers.py PEER STRATEGY SEEDS SET

SEEDS are numbers with commas between. Prints a line of JSON a seed. Imports nothing of ours but
the loop beside it; `active_learning` and `selection_speed` start it. What needs a model starts
with a batch drawn by chance, as do ours.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from typing import Any

import active_learning_replay as loop
import numpy as np

warnings.filterwarnings("ignore")


def _skactiveml(name: str) -> loop.Ask:
    from skactiveml import pool
    from skactiveml.classifier import SklearnClassifier

    makers: dict[str, Callable[[int], Any]] = {
        "margin": lambda seed: pool.UncertaintySampling("margin_sampling", random_state=seed),
        "badge": lambda seed: pool.Badge(random_state=seed),
        "core-set": lambda seed: pool.CoreSet(random_state=seed),
        "typical": lambda seed: pool.TypiClust(random_state=seed),
        "falcun": lambda seed: pool.Falcun(random_state=seed),
    }

    def ask(state: loop.State, batch: int) -> loop.Array:
        needs_model = name in ("margin", "badge", "falcun")
        if needs_model and state.model is None:
            return loop.first_by_chance(state, batch)
        said = np.full(len(state.features), np.nan)
        said[state.asked] = state.said
        query = makers[name](int(state.rng.integers(2**31)))
        if not needs_model:
            return query.query(state.features, said, batch_size=batch)
        model = SklearnClassifier(loop.new_model(), classes=list(range(state.classes)))
        model.fit(state.features, said)
        return query.query(state.features, said, model, fit_clf=False, batch_size=batch)

    return ask


class _Known:
    """Stands where modAL keeps its learner: the model, and what it was trained on."""

    def __init__(self, state: loop.State) -> None:
        self.X_training = state.features[state.asked]
        self.estimator = state.model
        self.on_transformed = False
        self.predict_proba = state.model.predict_proba


def _modal(name: str) -> loop.Ask:
    from modAL.batch import uncertainty_batch_sampling
    from modAL.uncertainty import margin_sampling

    def ask(state: loop.State, batch: int) -> loop.Array:
        if state.model is None:
            return loop.first_by_chance(state, batch)
        free = state.free
        if name == "margin":
            found = margin_sampling(state.model, state.features[free], n_instances=batch)
        else:
            known: Any = _Known(state)
            found = uncertainty_batch_sampling(known, state.features[free], n_instances=batch)
        return free[np.asarray(found[0] if isinstance(found, tuple) else found)]

    return ask


def _smalltext(name: str) -> loop.Ask:
    from small_text import query_strategies as strategies

    made = {
        "margin": strategies.BreakingTies,
        "core-set": strategies.GreedyCoreset,
        "light-core-set": strategies.LightweightCoreset,
        "k-means": strategies.EmbeddingKMeans,
        "contrastive": lambda: strategies.ContrastiveActiveLearning(pbar=None),
    }[name]()

    def ask(state: loop.State, batch: int) -> loop.Array:
        if state.model is None:
            return loop.first_by_chance(state, batch)
        np.random.seed(int(state.rng.integers(2**31)))  # the peer draws from it
        asked, free = np.array(state.asked), state.free
        if name == "margin":
            return made.query(state.model, state.features, free, asked, np.array(state.said), batch)
        every = np.concatenate([free, asked])
        points = state.features[every]
        places = np.arange(len(every))
        likely = state.probabilities(every) if name == "contrastive" else None
        found = made.sample(
            state.model, points, places[: len(free)], places[len(free) :], np.array(state.said),
            batch, points, embeddings_proba=likely,
        )  # fmt: skip
        return every[np.asarray(found)]

    return ask


PEERS: dict[str, Callable[[str], loop.Ask]] = {
    "skactiveml": _skactiveml,
    "modal": _modal,
    "smalltext": _smalltext,
}


def selection(peer: str, name: str, given: dict[str, Any], batch: int) -> Callable[[int], Any]:
    """Make a choice of `batch` of a pool, for `selection_speed`; a model is trained before it."""
    known = len(given["labels"])
    ask = PEERS[peer](name)
    classes = given["probabilities"].shape[1]
    state = loop.State(given["features"], classes, np.random.default_rng(0))
    state.asked, state.said = list(range(known)), [int(one) for one in given["labels"]]
    state.model = loop.new_model().fit(given["known"], given["labels"])
    return lambda seed: ask(state, batch)


def main() -> None:
    peer, name, seeds = sys.argv[1], sys.argv[2], [int(one) for one in sys.argv[3].split(",")]
    for data in loop.load_sets([sys.argv[4]]):
        for seed in seeds:
            found = loop.replay(data, PEERS[peer](name), seed)
            print(json.dumps({"set": data.name, "seed": seed, **found}), flush=True)


if __name__ == "__main__":
    main()
