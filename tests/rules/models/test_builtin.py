"""The built-in models: which is picked, what it learns, and how it is opened again."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from fairhand.compute.assistants.contract import (
    AssistantError,
    Example,
    Item,
    NotEnoughError,
)
from fairhand.compute.assistants.opening import open_assistant
from fairhand.compute.models.builtin import pick_builtin
from fairhand.compute.models.linear import LinearTrainer
from fairhand.compute.models.text import MeaningEmbedder, SpellingEmbedder
from fairhand.model.project import Question
from tests.data import data_dir
from tests.rules.models.things import answered, choice, picture, raw_picture, text

FARM = [
    "Maize needs rain",
    "The goats ate the crop",
    "Seeds and soil",
    "A dry harvest",
    "Ploughing",
]
BALL = ["They scored a goal", "The match was lost", "A new coach", "Penalty kick", "The team won"]


def farm_and_ball(question: Question) -> list[Example]:
    """Ten texts with their topic."""
    items = [text(at, words) for at, words in enumerate(FARM + BALL)]
    many = question.config["multiple"]
    return answered(items, [["farm"] if many else "farm"] * 5 + [["ball"] if many else "ball"] * 5)


def test_each_kind_of_data_has_its_model() -> None:
    question = choice("a", "b")
    assert pick_builtin(question, text(1, "hello")).name == "text-linear"
    assert pick_builtin(question, raw_picture(1, b"")).name == "image-linear"
    assert pick_builtin(question, Item(1, {}, lambda: b"", "audio/wav")).name == "audio-linear"


def test_what_has_no_model_is_refused_in_words() -> None:
    asked = Question("say", "transcript", "What is said?", {})
    with pytest.raises(AssistantError, match="no built-in model for a question of kind 'trans"):
        pick_builtin(asked, text(1, "hello"))
    with pytest.raises(AssistantError, match="no built-in model"):
        pick_builtin(choice("a", "b"), Item(1, {}))


def test_ten_texts_teach_a_topic_in_another_language() -> None:
    question = choice("farm", "ball", "money")
    picked = pick_builtin(question, text(1, "hello"))
    learnt = picked.trainer.fit(question, farm_and_ball(question), seed=1, version="v1")
    predictor = open_assistant("builtin", {}, learnt, [question])
    assert predictor.model == "text-linear@v1"
    arabic = [text(50, "سجل اللاعب هدفا في المباراة"), text(51, "زرع الفلاح البذور في الحقل")]
    proposals = predictor.predict(arabic)
    assert [one.value for one in proposals] == [{"topic": "ball"}, {"topic": "farm"}]
    for one in proposals:
        shares = one.probabilities["topic"]
        assert one.score == max(shares.values())
        assert sum(shares.values()) == pytest.approx(1.0)
        assert 0 < shares["money"] < 0.2


def test_answers_in_any_order_give_the_same_bytes() -> None:
    question = choice("farm", "ball")
    trainer = pick_builtin(question, text(1, "hello")).trainer
    examples = farm_and_ball(question)
    one = trainer.fit(question, examples, seed=1, version="v1")
    assert one == trainer.fit(question, examples[::-1], seed=1, version="v1")
    assert one != trainer.fit(question, examples[1:], seed=1, version="v1")


def test_several_labels_at_once_are_proposed_each_by_its_own_share() -> None:
    question = choice("farm", "ball", "never", multiple=True)
    picked = pick_builtin(question, text(1, "hello"))
    both = Example(text(20, "The goats ate the grass of the football pitch"), {"topic": ["farm"]})
    learnt = picked.trainer.fit(question, [*farm_and_ball(question), both], seed=1, version="v1")
    proposal = picked.trainer.load(question, learnt, version="v1").predict([text(30, "A goal")])[0]
    assert proposal.value == {"topic": ["ball"]}
    assert proposal.probabilities["topic"]["never"] == pytest.approx(1 / 13)
    assert 0 < (proposal.score or 0) < 1


def test_too_little_is_said_and_not_guessed() -> None:
    question = choice("farm", "ball")
    trainer = pick_builtin(question, text(1, "hello")).trainer
    examples = farm_and_ball(question)
    with pytest.raises(NotEnoughError, match="2 answers so far"):
        trainer.fit(question, examples[:2], seed=1, version="v1")
    with pytest.raises(NotEnoughError, match="the same label"):
        trainer.fit(question, examples[:5], seed=1, version="v1")
    with pytest.raises(NotEnoughError, match="0 answers so far"):
        trainer.fit(question, [], seed=1, version="v1")


def test_answers_that_the_question_no_longer_has_are_left_out() -> None:
    question = choice("farm", "ball")
    trainer = pick_builtin(question, text(1, "hello")).trainer
    examples = farm_and_ball(question)
    odd = [Example(text(80, "?"), {"topic": "gone"}), Example(text(81, "?"), {}, 1.0)]
    odd.append(Example(text(82, "?"), {"topic": "ball"}, weight=0.0))
    whole = trainer.fit(question, examples, seed=1, version="v1")
    assert trainer.fit(question, [*odd, *examples], seed=1, version="v1") == whole


def test_a_model_of_other_features_is_not_opened() -> None:
    question = choice("farm", "ball")
    spelt = LinearTrainer("text-linear", SpellingEmbedder())
    learnt = spelt.fit(question, farm_and_ball(question), seed=1, version="v1")
    assert spelt.load(question, learnt, version="v1").predict([text(1, "goal!")])[0].value
    with pytest.raises(AssistantError, match="train it again"):
        LinearTrainer("text-linear", MeaningEmbedder()).load(question, learnt, version="v1")


def test_a_model_of_another_question_is_not_opened() -> None:
    question = choice("farm", "ball")
    spelt = LinearTrainer("text-linear", SpellingEmbedder())
    learnt = spelt.fit(question, farm_and_ball(question), seed=1, version="v1")
    other = Question("mood", "choice", "", question.config)
    with pytest.raises(AssistantError, match="No question is called 'topic'"):
        open_assistant("builtin", {}, learnt, [other])
    with pytest.raises(AssistantError, match="learnt nothing yet"):
        open_assistant("builtin", {}, None, [question])


def test_colours_of_pictures_are_learnt_and_a_broken_one_gets_no_proposal() -> None:
    rng = np.random.default_rng(0)
    items = []
    for at in range(12):
        field = rng.integers(0, 60, (40, 40, 3), dtype=np.uint8)
        field[..., at % 2] += 150
        items.append(picture(at, Image.fromarray(field)))
    question = choice("red", "green")
    picked = pick_builtin(question, items[0])
    broken = raw_picture(99, b"not a picture")
    examples = [*answered(items[:10], ["red", "green"] * 5), Example(broken, {"topic": "red"})]
    learnt = picked.trainer.fit(question, examples, seed=0, version="1")
    red, nothing, green = picked.trainer.load(question, learnt, version="1").predict(
        [items[10], broken, items[11]]
    )
    assert (red.value, green.value) == ({"topic": "red"}, {"topic": "green"})
    assert nothing.value is None
    assert nothing.score is None
    assert "cannot be read" in nothing.details["problem"]


def test_features_made_before_teach_the_same_as_items_do() -> None:
    question = choice("farm", "ball")
    trainer = pick_builtin(question, text(1, "hello")).trainer
    assert isinstance(trainer, LinearTrainer)
    examples = [*farm_and_ball(question), Example(text(20, ""), {"topic": "farm"})]
    features = trainer.embedder.embed([one.item for one in examples])
    learnt = trainer.fit_features(question, features, examples, seed=1, version="v1")
    predictor = trainer.load(question, learnt, version="v1")
    proposals = predictor.predict_features(features, [one.item for one in examples])
    assert [one.value for one in proposals[:10]] == [one.value for one in examples[:10]]
    assert proposals[10].value is None
    assert predictor.predict([text(21, " ")])[0].value is None


def test_offensive_tweets_are_told_apart_after_two_hundred() -> None:
    table = pq.read_table(data_dir("text_toxicity") / "davidson2017.parquet").slice(0, 560)
    names = ["hate", "offensive", "neither"]
    answers = [names[label] for label in table["class"].to_pylist()]
    items = [text(at, words) for at, words in enumerate(table["tweet"].to_pylist())]
    question = choice(*names)
    picked = pick_builtin(question, items[0])
    learnt = picked.trainer.fit(question, answered(items[:200], answers[:200]), seed=0, version="1")
    proposals = picked.trainer.load(question, learnt, version="1").predict(items[200:])
    given = [one.value["topic"] for one in proposals if one.value]
    right = np.array([a == b for a, b in zip(given, answers[200:], strict=True)])
    score = np.array([one.score for one in proposals])
    found = np.mean(
        [g == "neither" for g, a in zip(given, answers[200:], strict=True) if a == "neither"]
    )
    assert right.mean() > 0.8
    assert found > 0.45
    assert abs(score.mean() - right.mean()) < 0.07
