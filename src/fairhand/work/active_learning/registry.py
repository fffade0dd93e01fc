"""Every strategy, by name: copy one, fill it in, add a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fairhand.core.systems import loaded
from fairhand.work.active_learning.badge import pick_badge
from fairhand.work.active_learning.by_class import pick_balanced
from fairhand.work.active_learning.by_clusters import pick_cluster_margin, pick_typical
from fairhand.work.active_learning.by_density import pick_density
from fairhand.work.active_learning.by_doubt import (
    pick_bald,
    pick_entropy,
    pick_margin,
    pick_random,
)
from fairhand.work.active_learning.core_set import pick_core_set
from fairhand.work.active_learning.herding import pick_doubt_cover
from fairhand.work.active_learning.shapes import Phase, Pick, Strategy


def _asks_model(pick: Pick, words: str, phase: Phase = "uncertainty") -> Strategy:
    return Strategy(pick, words, phase, ("probabilities",))


def gathered(strategies: Mapping[str, Strategy]) -> Mapping[str, Strategy]:
    """Take strategies into use; raises UnregisteredError for one that is not in the register."""
    for name, strategy in strategies.items():
        loaded(f"choose.{name}", strategy.pick)
    return strategies


STRATEGIES: Final[Mapping[str, Strategy]] = gathered(
    {
        "random": Strategy(pick_random, "by chance", "random"),
        "typical": Strategy(pick_typical, "the most typical of each new cluster", "coverage"),
        "core-set": Strategy(pick_core_set, "the farthest from all that is known", "coverage"),
        "margin": _asks_model(pick_margin, "two classes nearly as likely"),
        "entropy": _asks_model(pick_entropy, "probabilities nearly even"),
        "bald": Strategy(pick_bald, "several models differ", "uncertainty", ("heads",)),
        "badge": _asks_model(pick_badge, "a large pull on the model, in many directions"),
        "cluster-margin": _asks_model(pick_cluster_margin, "narrow margins, in many places"),
        "doubt-cover": _asks_model(pick_doubt_cover, "narrow margins that many others share"),
        "density": _asks_model(pick_density, "narrow margins with many like them"),
        "balanced": _asks_model(pick_balanced, "narrow margins of the rarest classes"),
    }
)
"""Strategies by name; `auto` is made of them."""


def strategy_names() -> tuple[str, ...]:
    """Give every name that `choose` knows, the default first."""
    return ("auto", *STRATEGIES)
