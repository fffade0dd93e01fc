"""The default's switch, what is worth its minutes, quotas, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fairhand.core.errors import InvalidError
from fairhand.work.active_learning.choose import Pool, Settings, choose
from fairhand.work.active_learning.cost import expected_seconds, worth_per_minute
from tests.rules.active_learning.pools import make_pool


def rng(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_without_a_model_the_default_covers_the_pool() -> None:
    pool = make_pool(known=0, probabilities=None, labelled_features=None, labels=None)
    choice = choose(pool, 10, rng())
    assert (choice.strategy, choice.phase) == ("typical", "coverage")
    assert set(choice.reasons) == {"coverage"}


def test_with_an_answer_a_class_the_default_asks_what_the_model_doubts() -> None:
    choice = choose(make_pool(known=24), 10, rng())
    assert (choice.strategy, choice.phase) == ("doubt-cover", "uncertainty")


@pytest.mark.parametrize("labels", [[0, 1, 2], [0, 0, 0, 0, 0, 0], [-1] * 9])
def test_the_default_does_not_trust_a_model_that_has_seen_too_little(labels: list[int]) -> None:
    pool = make_pool(known=len(labels), labels=np.array(labels))
    assert choose(pool, 10, rng()).phase == "coverage"


@pytest.mark.parametrize(
    ("classes", "known", "strategy"),
    [(2, 9, "typical"), (2, 10, "core-set"), (12, 23, "typical"), (12, 24, "core-set")],
)
def test_answers_that_stay_of_one_class_send_the_default_to_what_is_unlike_them(
    classes: int, known: int, strategy: str
) -> None:
    likely = np.full((600, classes), 1 / classes, np.float32)
    pool = make_pool(
        known=known, labels=np.zeros(known, int), probabilities=likely, classes=classes
    )
    assert choose(pool, 5, rng()).strategy == strategy


def test_a_rare_class_is_asked_about_although_much_small_doubt_lies_elsewhere() -> None:
    """A model that is nearly sure of nearly everything: three in a thousand may be of the class."""
    features = rng().normal(size=(2_000, 4)).astype(np.float32)
    rare = np.full(2_000, 0.02, np.float32)
    rare[:6] = 0.3
    likely = np.stack([1 - rare, rare], axis=1)
    known, labels = features[-40:], np.r_[1, np.zeros(39, int)]
    pool = Pool(features[:-40], likely[:-40], known, labels, 2)
    assert set(range(6)) <= set(choose(pool, 10, rng()).indices[:10].tolist())


def test_settings_name_another_strategy() -> None:
    assert choose(make_pool(), 5, rng(), Settings("margin")).strategy == "margin"


def test_of_two_items_as_doubtful_the_quicker_one_goes_first() -> None:
    likely = np.full((40, 2), 0.5, np.float32)
    seconds = np.where(np.arange(40) < 20, 5.0, 60.0)
    pool = Pool(np.ones((40, 3), np.float32), likely, seconds=seconds)
    chosen = choose(pool, 20, rng(), Settings("margin")).indices
    assert sorted(chosen.tolist()) == list(range(20))
    blind = choose(pool, 20, rng(), Settings("margin", cost_aware=False)).indices
    assert sorted(blind.tolist()) != list(range(20))


@pytest.mark.parametrize("name", ["auto", "margin", "badge", "core-set", "cluster-margin"])
def test_the_unit_of_time_does_not_matter(name: str) -> None:
    seconds = rng(9).uniform(5.0, 50.0, 600)
    chosen = [
        choose(make_pool(seconds=seconds * unit), 20, rng(), Settings(name)).indices.tolist()
        for unit in (1.0, 1_024.0)
    ]
    assert chosen[0] == chosen[1]


@pytest.mark.parametrize("name", ["auto", "margin", "badge", "core-set", "density", "balanced"])
def test_counting_minutes_asks_quicker_items(name: str) -> None:
    seconds = rng(9).uniform(5.0, 50.0, 600)
    pool = make_pool(seconds=seconds)
    took = [
        seconds[choose(pool, 40, rng(), Settings(name, cost_aware=aware)).indices].mean()
        for aware in (True, False)
    ]
    assert took[0] < took[1]


def test_chance_is_never_swayed_by_minutes() -> None:
    seconds = np.where(np.arange(600) < 300, 1.0, 100.0)
    plain = choose(make_pool(), 30, rng(), Settings("random")).indices
    timed = choose(make_pool(seconds=seconds), 30, rng(), Settings("random")).indices
    assert plain.tolist() == timed.tolist()


def test_a_proposal_that_will_be_accepted_saves_the_time_of_answering() -> None:
    pool = Pool(
        np.ones((2, 1), np.float32), seconds=np.array([60.0, 60.0]),
        acceptance=np.array([1.0, 0.0]), seconds_to_accept=np.array([5.0, 5.0]),
    )  # fmt: skip
    assert expected_seconds(pool) == pytest.approx([5.0, 65.0])


def test_an_item_of_unknown_time_counts_as_a_usual_one() -> None:
    pool = Pool(np.ones((3, 1), np.float32), seconds=np.array([10.0, np.nan, 40.0]))
    assert worth_per_minute(pool, Settings()) == pytest.approx([2.5, 1.0, 0.625])


def test_items_that_all_take_as_long_are_not_weighed() -> None:
    assert worth_per_minute(make_pool(seconds=np.full(600, 12.0)), Settings()) is None


def test_a_quota_counts_what_was_answered_before() -> None:
    language = np.where(np.arange(600) < 300, "sw", "en")
    known = np.array(["sw"] * 24)
    pool = make_pool(slices={"language": language}, labelled_slices={"language": known})
    choice = choose(pool, 10, rng(), Settings("margin", quotas={"language": {"sw": 0.5}}))
    assert set(choice.reasons) == {"uncertainty"}


def test_a_slice_that_lags_catches_up_and_says_so() -> None:
    language = np.where(np.arange(600) < 30, "sw", "en")
    known = np.array(["en"] * 24)
    pool = make_pool(slices={"language": language}, labelled_slices={"language": known})
    choice = choose(pool, 16, rng(), Settings("margin", quotas={"language": {"sw": 0.25}}))
    assert (language[choice.indices] == "sw").sum() == 10
    assert choice.reasons.count("quota:language=sw") + choice.reasons.count("uncertainty") == 16
    assert all(
        language[row] == "sw"
        for row, why in zip(choice.indices, choice.reasons, strict=True)
        if why.startswith("quota")
    )


def test_quotas_of_two_attributes_are_met_together() -> None:
    language = np.where(np.arange(600) % 10 == 0, "sw", "en")
    device = np.where(np.arange(600) % 7 == 0, "phone", "desk")
    pool = make_pool(slices={"language": language, "device": device})
    quotas = {"language": {"sw": 0.4}, "device": {"phone": 0.5}}
    chosen = choose(pool, 20, rng(), Settings("auto", quotas=quotas)).indices
    assert (language[chosen] == "sw").sum() >= 8
    assert (device[chosen] == "phone").sum() >= 10


def test_a_slice_with_too_few_items_gives_all_it_has() -> None:
    language = np.where(np.arange(600) < 3, "sw", "en")
    pool = make_pool(slices={"language": language})
    choice = choose(pool, 20, rng(), Settings("margin", quotas={"language": {"sw": 0.5}}))
    assert len(choice.indices) == 20
    assert (language[choice.indices] == "sw").sum() == 3


def test_a_share_drawn_by_chance_is_marked() -> None:
    choice = choose(make_pool(), 20, rng(), Settings("margin", explore_share=0.25))
    assert choice.reasons.count("explore") == 5


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"probabilities": np.ones((5, 2), np.float32)}, "probabilities"),
        ({"labels": np.zeros(3, int)}, "labels"),
        ({"labelled_features": np.zeros((24, 5), np.float32)}, "labelled_features"),
        ({"seconds": np.full(600, -1.0)}, "seconds"),
        ({"held_out": np.zeros(2, bool)}, "held_out"),
        ({"slices": {"language": np.array(["sw"])}}, "slices.language"),
        ({"probabilities": np.full((600, 4), np.nan, np.float32)}, "probabilities"),
    ],
)
def test_a_pool_that_does_not_fit_together_is_refused(changed: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidError) as refused:
        choose(make_pool(**changed), 5, rng())
    assert place in [issue.place for issue in refused.value.issues]


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        (Settings("clever"), "strategy"),
        (Settings(holdout_share=1.5), "holdout_share"),
        (Settings(quotas={"region": {"x": 0.1}}), "quotas.region"),
        (Settings(quotas={"language": {"a": 0.7, "b": 0.7}}), "quotas.language"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: Settings, place: str) -> None:
    pool = make_pool(slices={"language": np.full(600, "a")})
    with pytest.raises(InvalidError) as refused:
        choose(pool, 5, rng(), settings)
    assert place in [issue.place for issue in refused.value.issues]


def test_a_strategy_without_what_it_needs_is_refused() -> None:
    with pytest.raises(InvalidError, match="cannot be chosen from"):
        choose(make_pool(probabilities=None), 5, rng(), Settings("margin"))
