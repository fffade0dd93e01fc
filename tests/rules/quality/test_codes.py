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


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.uint64, "U", object])
@pytest.mark.parametrize("gap", [1, 3, 10**6])
def test_long_columns_are_coded_as_short_ones_are(kind: Any, gap: int) -> None:  # noqa: ANN401
    rng = np.random.default_rng(4)
    drawn = rng.integers(0, 40, 3_000) * gap
    if kind in (np.int8, np.uint8):
        drawn = drawn % 120
    column = drawn.astype(str).astype(kind) if kind in ("U", object) else drawn.astype(kind)
    if kind is np.int8:
        column = (column - 100).astype(np.int8)
    if kind is np.uint64:
        column += np.uint64(2**63)
    names, codes = np.unique(column, return_inverse=True)
    found = encode(column, column, column)
    assert found.classes == tuple(names.tolist())
    np.testing.assert_array_equal(found.label, codes)
    assert encode(column.tolist(), column, column).tasks == found.tasks


def test_long_columns_of_odd_texts_keep_their_names() -> None:
    column = ["a", "a\0", "", "\ud800", "\u00e9", "e\u0301"] * 300
    codes = encode(column, column, column)
    assert [codes.classes[code] for code in codes.label] == column
    plain = [text for text in column if text != "\ud800"]
    codes = encode(plain, plain, plain)
    assert [codes.classes[code] for code in codes.label] == plain


def test_a_missing_text_in_a_long_column_is_refused_with_its_row() -> None:
    with pytest.raises(ValueError, match="label is missing in row 1500"):
        encode(["a"] * 2_000, ["b"] * 2_000, ["c"] * 1_500 + [None] + ["c"] * 499)
