"""Of several free texts the one that the others are nearest to is chosen; the rest is kept."""

from __future__ import annotations

import csv
import gzip
import warnings
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairhand.quality import ChosenTexts, choose_text
from fairhand.quality.structured.free_text import character_vectors
from tests.data import data_dir

Row = tuple[int, int, str]
POINTS = {"north": (0, 1), "north-east": (1, 1), "east": (1, 0), "south": (0, -1)}


def chosen(rows: Sequence[Row], **options: Any) -> ChosenTexts:  # noqa: ANN401
    return choose_text(*map(list, zip(*rows, strict=True)), **options)


def points(texts: Sequence[str]) -> NDArray[np.float64]:
    return np.array([POINTS[text] for text in texts], dtype=np.float64)


def rows() -> st.SearchStrategy[list[Row]]:
    row = st.tuples(st.integers(0, 2), st.integers(0, 4), st.text("ab ", max_size=5))
    return st.lists(row, min_size=1, max_size=10, unique_by=lambda found: found[:2])


def test_the_text_in_the_middle_is_chosen_and_the_others_are_kept_nearest_first() -> None:
    texts = [
        "The cat sleeps on the mat.",
        "A cat sleeps on the mat",
        "The cat is sleeping on a mat.",
        "Stock prices fell sharply",
    ]
    found = choose_text([7] * 4, ["Amina", "Bao", "Carmen", "Dmitri"], texts)
    (one,) = found.chosen
    assert one.text in texts[:3]
    assert one.text == texts[one.row]
    assert one.alternatives[-1].text == texts[3]
    assert one.alternatives[-1].person == "Dmitri"
    distances = [other.distance for other in one.alternatives]
    assert distances == sorted(distances)
    assert found.reliability["Dmitri"] == min(found.reliability.values())


def test_an_embedding_of_ones_own_decides() -> None:
    rows_ = [(1, 1, "north"), (1, 2, "north-east"), (1, 3, "east"), (1, 4, "south")]
    found = chosen(rows_, embed=points)
    assert found.texts == ("north-east",)
    assert found.chosen[0].alternatives[0].distance == pytest.approx(1 - np.sqrt(0.5))
    assert found.chosen[0].alternatives[-1].distance == 1.0


def test_reliability_breaks_a_tie_and_is_learned_from_other_tasks() -> None:
    apart = [(1, 1, "north"), (1, 2, "south")]
    assert chosen(apart, embed=points, reliability={1: 1.0, 2: 5.0}).texts == ("south",)
    assert chosen(apart, embed=points, reliability={1: 5.0, 2: 1.0}).texts == ("north",)
    taught = [(task, person, "east") for task in range(2, 9) for person in (2, 3, 4)]
    taught += [(task, 1, "south") for task in range(2, 9)]
    assert chosen([*apart, *taught], embed=points).texts[0] == "south"


@settings(max_examples=30, deadline=None)
@given(rows(), st.randoms(use_true_random=False))
def test_names_and_the_order_of_rows_do_not_matter(
    found: list[Row],
    dice: Any,  # noqa: ANN401
) -> None:
    people = list(range(5))
    dice.shuffle(people)
    other = [(task, people[person], text) for task, person, text in found]
    dice.shuffle(other)
    one, two = chosen(found), chosen(other)
    assert one.texts == two.texts
    for mine, theirs in zip(one.chosen, two.chosen, strict=True):
        assert mine.support == pytest.approx(theirs.support)
        assert 0.0 <= mine.support <= 1.0
        assert mine.text == found[mine.row][2]


@given(st.lists(st.text(max_size=8), min_size=1, max_size=6))
def test_character_vectors_have_length_one_and_ignore_case(texts: list[str]) -> None:
    vectors = character_vectors(texts)
    np.testing.assert_allclose(np.sqrt((vectors.toarray() ** 2).sum(axis=1)), 1.0)
    folded = character_vectors([text.casefold() for text in texts])
    np.testing.assert_allclose(folded.toarray(), vectors.toarray())


def test_bad_input_is_refused_and_doubtful_input_warned_of() -> None:
    with pytest.raises(ValueError, match="row 1 has no text but None"):
        choose_text([1, 1], [1, 2], ["a", None])
    with pytest.raises(ValueError, match="no text to choose"):
        choose_text([], [], [])
    with pytest.raises(ValueError, match="1 rows of numbers are needed"):
        choose_text([1], [1], ["a"], embed=lambda texts: np.zeros((2, 2)))
    with pytest.raises(ValueError, match="row 0 is not finite"):
        choose_text([1], [1], ["a"], embed=lambda texts: np.array([[np.nan]]))
    with pytest.raises(ValueError, match="positive"):
        choose_text([1], [1], ["a"], reliability={1: 0.0})
    assert "stands unchecked" in choose_text([1], [1], ["a"]).warnings[0]
    unlike = choose_text([1, 1], [1, 2], ["mmmm", "qqqq"])
    assert "unlike texts" in unlike.warnings[0]
    frame = pd.DataFrame({"task": [1], "worker": [2], "text": ["only"]})
    assert choose_text(frame).chosen[0].support == 0.0


def test_on_real_transcripts_it_chooses_better_than_a_random_person() -> None:
    folder = data_dir("crowd") / "crowdspeech_dev_clean"
    with gzip.open(folder / "labels.csv.gz", "rt", encoding="utf-8") as file:
        table = [(int(r["task"]), int(r["worker"]), r["text"]) for r in csv.DictReader(file)][:700]
    with gzip.open(folder / "truth.csv.gz", "rt", encoding="utf-8") as file:
        truth = {int(row["task"]): row["text"].split() for row in csv.DictReader(file)}

    def right(task: int, text: str) -> float:
        words = truth[task]
        return len(set(text.lower().split()) & set(words)) / len(set(words))

    found = chosen(table)
    ours = np.mean([right(t, text) for t, text in zip(found.tasks, found.texts, strict=True)])
    everybody = np.mean([right(task, text) for task, _, text in table])
    assert ours > everybody + 0.05


@pytest.mark.slow
def test_with_equal_people_it_chooses_what_crowd_kit_text_rasa_chooses() -> None:
    rng = np.random.default_rng(3)
    vectors: dict[str, NDArray[np.float64]] = {}
    table = []
    for task in range(8):
        centre = rng.normal(size=6)
        for person in range(5):
            text = f"t{task} p{person}"
            vectors[text] = centre + (0.2 if person else 0.02) * rng.normal(size=6)
            table.append((task, person, text))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from crowdkit.aggregation import TextRASA

        frame = pd.DataFrame(table, columns=["task", "worker", "text"])
        theirs = TextRASA(encoder=vectors.__getitem__).fit_predict(frame, cast(Any, None))
    ours = chosen(table, embed=lambda texts: np.array([vectors[text] for text in texts]))
    agree = [theirs[t] == text for t, text in zip(ours.tasks, ours.texts, strict=True)]
    assert np.mean(agree) >= 0.75
