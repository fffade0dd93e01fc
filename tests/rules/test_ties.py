"""Evenly split answers are named as such, whatever their number, and a leading one is not."""

from __future__ import annotations

import pytest

from fairhand.labels.ties import chances_of, even_in, evenly_said, tied, tied_in


@pytest.mark.parametrize(
    ("value", "chances", "found"),
    [
        ("cat", {"cat": 0.5, "dog": 0.5}, ("cat", "dog")),
        ("cat", {"cat": 0.452, "dog": 0.4516, "owl": 0.0964}, ("cat", "dog")),
        ("cat", {"cat": 1 / 3, "dog": 1 / 3, "owl": 1 / 3}, ("cat", "dog", "owl")),
        ("cat", {"cat": 0.52, "dog": 0.48}, ()),
        ("cat", {"cat": 1.0}, ()),
        (["hat"], {"hat": 0.9, "tie": 0.501, "scarf": 0.02}, ("tie",)),
        ([], {"hat": 0.1, "tie": 0.2}, ()),
        ({"cat": 3, "dog": 3}, {"cat": 0.5, "dog": 0.5}, ()),
        ("a text", {}, ()),
        (None, None, ()),
    ],
)
def test_labels_as_likely_as_the_likeliest_are_a_tie(
    value: object, chances: dict[str, float] | None, found: tuple[str, ...]
) -> None:
    assert tied(value, chances) == found


def test_what_a_reviewer_let_stand_is_no_tie() -> None:
    parts = {"": {"cat": 0.5, "dog": 0.5}}
    assert tied_in("cat", "dawid-skene", parts) == ("cat", "dog")
    assert tied_in("cat", "adjudicated", parts) == ()


def test_of_several_labels_the_chance_is_that_of_yes() -> None:
    assert chances_of({"hat": {"no": 0.4, "yes": 0.6}, "tie": {"no": 1.0}}) == {
        "hat": 0.6,
        "tie": 0.0,
    }


@pytest.mark.parametrize(
    ("value", "said", "found"),
    [
        ("cat", ["dog", "cat"], ("dog", "cat")),
        ("cat", ["cat", "dog", "owl", "cat", "dog"], ("cat", "dog")),
        ("owl", ["cat", "dog", "owl", "cat", "dog"], ()),
        ("cat", ["cat", "cat", "dog"], ()),
        ("cat", ["cat"], ()),
        ("cat", [None, "cat", ["dog"]], ()),
        ("cat", [], ()),
        (["cat"], ["cat", "dog"], ()),
        (None, ["cat", "dog"], ()),
    ],
)
def test_as_many_people_for_another_label_are_even_votes(
    value: object, said: list[object], found: tuple[str, ...]
) -> None:
    assert evenly_said(value, said) == found


def test_even_votes_are_those_that_only_the_method_decides() -> None:
    leaning, split = {"": {"cat": 0.98, "dog": 0.02}}, {"": {"cat": 0.5, "dog": 0.5}}
    assert even_in("cat", "dawid-skene", leaning, ["cat", "dog"]) == ("cat", "dog")
    assert even_in("cat", "adjudicated", leaning, ["cat", "dog"]) == ()
    assert even_in("cat", "dawid-skene", split, ["cat", "dog"]) == ()
    assert even_in("a text", "text", {}, ["a text", "another"]) == ()
