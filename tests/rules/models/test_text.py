"""Texts as features: what they mean, and how they are spelt."""

from __future__ import annotations

import numpy as np
import pytest

from fairhand.compute.models.text import MeaningEmbedder, spell, text_of, text_pieces
from tests.rules.models.things import text


def cosine(one: str, other: str) -> float:
    """How near two texts are in meaning."""
    a, b = MeaningEmbedder().embed([text(1, one), text(2, other)])
    return float(a @ b)


def test_words_spelt_alike_lie_nearer_than_words_that_are_not() -> None:
    rows = spell(["the doctors came late", "the doctor came later", "rain over green hills"])
    assert rows[0] @ rows[1] > 0.5 > rows[0] @ rows[2]


def test_a_text_is_spelt_the_same_alone_and_among_others() -> None:
    texts = ["one", "habari za asubuhi", "", "مرحبا بالعالم", "日本語の文", "x" * 3_000, "a b c"]
    together = spell(texts * 80)
    alone = np.concatenate([spell([one]) for one in texts])
    np.testing.assert_array_equal(together[-len(texts) :], alone)


def test_an_empty_text_has_no_features_and_all_others_have() -> None:
    rows = spell(["", "  \n", "a", "?"])
    assert rows.any(axis=1).tolist() == [False, False, True, True]
    assert spell([]).shape == (0, 512)
    assert not MeaningEmbedder().embed([text(1, " ")]).any()


def test_meaning_is_met_across_languages() -> None:
    same = cosine("The harvest was poor because it did not rain.", "كان الحصاد ضعيفا لأنه لم تمطر")
    other = cosine("The harvest was poor because it did not rain.", "لقد فاز فريقنا بالمباراة أمس")
    assert same > other + 0.3


def test_a_task_without_a_text_is_read_by_its_plain_fields() -> None:
    assert text_of({"question": "Who?", "year": 1969, "inner": {"x": 1}}) == "Who?\n1969"
    assert text_of({"text": "this alone", "title": "not this"}) == "this alone"


def test_broken_characters_do_not_stop_anything() -> None:
    broken = "half a pair \ud83d of a face"
    assert MeaningEmbedder().embed([text(1, broken)]).any()
    assert spell([text_of({"text": broken})]).any()


@pytest.mark.parametrize("words", ["", "a", "abcd", "abcde", "Two  words"])
def test_pieces_are_as_many_as_a_text_has_places_for_them(words: str) -> None:
    pieces, starts = text_pieces(["before", words, "after"])
    assert len(pieces) == starts[-1]
    wanted = max(len(" ".join(words.split())) - 4, 1) if words else 0
    assert starts[2] - starts[1] == wanted
