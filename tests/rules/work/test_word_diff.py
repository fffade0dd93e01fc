"""What changed since somebody read a text is shown word by word, and nothing is lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.core.word_diff import only_near, word_diff

TEXTS = st.text(alphabet="ab é猫 \n.", max_size=40)


def said(before: str, after: str) -> list[tuple[str, str]]:
    return [(piece.change, piece.text) for piece in word_diff(before, after)]


def test_a_changed_word_is_shown_beside_those_that_stayed() -> None:
    assert said("Mark every cat.", "Mark every dog.") == [
        ("same", "Mark every "),
        ("removed", "cat"),
        ("added", "dog"),
        ("same", "."),
    ]


@settings(max_examples=40)
@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_out_of_the_pieces(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    assert "".join(one.text for one in pieces if one.change != "added") == before
    assert "".join(one.text for one in pieces if one.change != "removed") == after


def test_of_a_long_text_only_what_lies_near_a_change_is_kept() -> None:
    words = [f"word{number}" for number in range(200)]
    before = " ".join(words)
    after = before.replace("word100 ", "another ")
    pieces = only_near(word_diff(before, after), near=4)
    assert [one.text for one in pieces if one.change != "same"] == ["word100", "another"]
    assert [one.cut for one in pieces].count(True) == 2
    assert sum(len(one.text) for one in pieces) < 60


def test_nothing_changed_says_nothing() -> None:
    assert only_near(word_diff("The same.", "The same.")) == []


def test_a_very_long_text_is_compared_by_its_lines() -> None:
    before = "\n".join(f"line {number} of the text" for number in range(9_000))
    after = before.replace("line 4500 of", "line 4500 in")
    changed = [one.text for one in word_diff(before, after) if one.change != "same"]
    assert changed == ["line 4500 of the text\n", "line 4500 in the text\n"]
