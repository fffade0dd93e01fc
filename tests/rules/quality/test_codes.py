"""Names become codes and come back unchanged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.quality.aggregation.codes import encode

names = st.one_of(
    st.lists(st.text(max_size=4)),
    st.lists(st.integers()),
    st.lists(st.booleans()),
    st.lists(st.floats(allow_nan=False)),
    st.lists(st.one_of(st.text(max_size=2), st.integers(-3, 3), st.tuples(st.integers(0, 2)))),
)


@given(column=names)
def test_codes_lead_back_to_the_names(column: list[Any]) -> None:
    codes = encode(column, column, column)
    assert [codes.classes[code] for code in codes.label] == column
    assert len(set(codes.tasks)) == len(codes.tasks)


def test_a_number_and_its_text_are_different_names() -> None:
    assert set(encode([1, "1"], ["a", "a"], ["x", "x"]).tasks) == {1, "1"}


def test_order_of_the_names_does_not_depend_on_the_rows() -> None:
    assert encode(["b", "a"], [2, 1], ["y", "x"]).tasks == encode(["a", "b"], [1, 2], "xy").tasks


def test_given_classes_keep_their_order_and_the_unused() -> None:
    codes = encode([1], ["Amina"], ["dog"], classes=["dog", "cow", "cat"])
    assert codes.classes == ("dog", "cow", "cat")
    assert codes.label.tolist() == [0]


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="2, 1 and 2"):
        encode([1, 2], ["Amina"], ["cat", "dog"])


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_missing_value_is_refused_with_its_row(missing: float | None) -> None:
    with pytest.raises(ValueError, match="label is missing in row 1"):
        encode([1, 2], ["Amina", "Bao"], ["cat", missing])


def test_a_nan_in_an_array_is_refused_with_its_row() -> None:
    with pytest.raises(ValueError, match="label is missing in row 1"):
        encode([1, 2], [1, 2], np.array([0.0, np.nan]))


def test_a_label_outside_the_classes_is_refused() -> None:
    with pytest.raises(ValueError, match="'cow' is not one of the classes"):
        encode([1], ["Amina"], ["cow"], classes=["cat", "dog"])
