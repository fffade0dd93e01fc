"""The built-in model for spans: words and their places, what it learns, and where it stops."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.compute.assistants.contract import AssistantError, Example, Item, NotEnoughError
from fairhand.compute.models.builtin import open_builtin, pick_builtin
from fairhand.compute.models.spans import SpanTrainer
from fairhand.compute.models.words import words_of
from fairhand.labels import spans
from fairhand.labels.kind import AnswerContext
from fairhand.model.project import Question
from tests.rules.models.things import text

NAMES = ("Amina", "Juma", "Neema", "Baraka", "Zawadi", "Tumaini")
PLACES = ("Dodoma", "Mwanza", "Arusha", "Tanga", "Moshi", "Iringa")
LABELS = ("person", "place", "firm")


def asked(*labels: str) -> Question:
    """A question about names that do not overlap."""
    config = {"labels": [{"value": one} for one in labels], "overlap": False}
    return Question("names", "spans", "Mark the names.", config)


def marked(at: int) -> Example:
    """A Swahili sentence with its person and its place; every fifth has neither."""
    if at % 5 == 4:
        return Example(
            text(at, "Leo 👩🏽‍🌾 mvua ni kubwa."), {"names": {"spans": [], "nothing": True}}
        )
    who, where = NAMES[at % 6], PLACES[(at * 5 + at // 6) % 6]
    said = f"Leo {who} anaishi {where}."
    found = [(4, 4 + len(who), "person"), (len(said) - 1 - len(where), len(said) - 1, "place")]
    answer = [{"start": start, "end": end, "label": label} for start, end, label in found]
    return Example(text(at, said), {"names": {"spans": answer}})


@settings(max_examples=50)
@given(st.text(st.characters(exclude_categories=())))
def test_words_lie_where_they_say_and_leave_only_space(said: str) -> None:
    words, rest = words_of(said), list(said)
    for word in words:
        assert said[word.start : word.end] == word.form
        rest[word.start : word.end] = " " * len(word.form)
    assert not "".join(rest).strip()
    assert [one.start for one in words] == sorted({one.start for one in words})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("王小明住北京", list("王小明住北京")),
        ("กินข้าว", ["กิ", "น", "ข้", "า", "ว"]),
        ("أمينة، دار", ["أمينة", "،", "دار"]),
        ("हिन्दी है", ["हिन्दी", "है"]),
    ],
)
def test_scripts_are_cut_as_they_are_written(said: str, words: list[str]) -> None:
    assert [one.form for one in words_of(said)] == words


def test_a_few_texts_teach_names_that_were_never_seen() -> None:
    question, examples = asked(*LABELS), [marked(at) for at in range(30)]
    trainer = pick_builtin(question, examples[0].item).trainer
    learnt = trainer.fit(question, examples, seed=3, version="v1")
    assert trainer.fit(question, examples, seed=3, version="v1") == learnt
    model = open_builtin({}, learnt, [question])
    proposal, empty = model.predict(
        [text(90, "👩🏽‍🌾 Leo Halima anaishi Songea."), text(91, "Leo mvua ni kubwa.")]
    )
    assert proposal.value == {
        "names": {
            "spans": [
                {"start": 9, "end": 15, "label": "person"},
                {"start": 24, "end": 30, "label": "place"},
            ]
        }
    }
    assert empty.value == {"names": {"spans": [], "nothing": True}}
    assert 0.5 < (proposal.score or 0) < 1
    assert model.model == "text-spans@v1"


@pytest.mark.parametrize("said", ["👩🏽‍🌾🎉", " \n ", "\ud800", "Leo Amina 王 " * 2_000])
def test_whatever_is_proposed_can_be_answered(said: str) -> None:
    question = asked(*LABELS)
    learnt = SpanTrainer().fit(question, [marked(at) for at in range(12)], seed=0, version="1")
    (found,) = SpanTrainer().load(question, learnt, version="1").predict([text(1, said)])
    assert found.value is not None
    context = AnswerContext(data={"text": said})
    assert spans.validate_answer(question.config, found.value["names"], context) == []


def test_too_little_is_said_and_answers_that_no_longer_fit_are_left_out() -> None:
    question = asked(*LABELS)
    with pytest.raises(NotEnoughError, match="5 are enough"):
        SpanTrainer().fit(question, [marked(at) for at in range(4)], seed=0, version="1")
    cut = [Example(Item(at, {"text": "Leo"}), marked(at).value) for at in range(4)]
    blank = [marked(at) for at in (4, 9, 14, 19, 24)]
    with pytest.raises(NotEnoughError, match="Nothing has been marked"):
        SpanTrainer().fit(question, cut + blank, seed=0, version="1")
    learnt = SpanTrainer().fit(question, [marked(at) for at in range(6)], seed=0, version="1")
    (none,) = SpanTrainer().load(question, learnt, version="1").predict([Item(1, {"text": ""})])
    assert (none.value, none.details["problem"]) == (None, "The task has no 'text' to mark.")
    with pytest.raises(AssistantError):
        SpanTrainer().load(question, b"no model", version="1")
