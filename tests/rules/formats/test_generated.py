"""What a model generated is told by whoever imports it, or by the rows themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhand.core.errors import InvalidError, MalformedError
from fairhand.formats.generated import check_generated, checked, generated_of
from fairhand.formats.options import ReadOptions
from fairhand.model.origin import Generated, parse_precision
from tests.rules.formats.reading import read

WHOLE = ReadOptions(
    synthetic_model="writer@2", synthetic_verifier="panel", synthetic_precision="0.97/0.95..0.99"
)


def test_a_file_is_declared_as_a_whole(tmp_path: Path) -> None:
    tasks, issues = read(tmp_path, "a.jsonl", b'{"text": "habari"}\n{"text": "nzuri"}', WHOLE)
    assert issues == []
    assert {task.generated for task in tasks} == {Generated("writer@2", 1, "panel", 950)}


def test_rows_say_it_of_themselves_and_keep_saying_it(tmp_path: Path) -> None:
    lines = b"text,generated_by,generation_depth\none,writer@2,\ntwo,,\nthree,writer@3,4\n"
    tasks, issues = read(tmp_path, "a.csv", lines)
    assert issues == []
    assert [task.generated for task in tasks] == [
        Generated("writer@2"), None, Generated("writer@3", 4),
    ]  # fmt: skip
    assert tasks[0].data["generated_by"] == "writer@2"


@pytest.mark.parametrize(
    ("said", "is_it"),
    [(True, True), ("yes", True), ("1", True), (1, True), (False, False), ("No", False),
     ("", False),
     (None, False), (0, False)],
)  # fmt: skip
def test_a_row_says_yes_or_no(said: object, is_it: bool) -> None:
    found = generated_of({"synthetic": said}, ReadOptions())
    assert (found is not None) == is_it
    assert found is None or found.model == "unnamed"


@pytest.mark.parametrize(
    "row",
    [{"synthetic": "maybe"}, {"generated_by": "m", "generation_depth": 0},
     {"generated_by": "m", "generation_depth": "deep"}, {"generated_by": "m",
                                                         "generation_depth": True}],
)  # fmt: skip
def test_a_row_that_says_neither_is_refused(row: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        generated_of(row, ReadOptions())


def test_peoples_data_are_nothing_else(tmp_path: Path) -> None:
    tasks, _ = read(tmp_path, "a.jsonl", b'{"text": "habari", "synthetics": "polyester"}')
    assert tasks[0].generated is None


@pytest.mark.parametrize(
    ("text", "low"),
    [("0.97/0.95..0.99", 950), ("0.95..0.99", 950), ("1/1..1", 1000), (" 0.5 / 0.1 .. 0.9 ", 100)],
)
def test_a_precision_is_read_with_its_interval(text: str, low: int) -> None:
    assert parse_precision(text) == low


@pytest.mark.parametrize("text", ["0.97", "97%", "0.9/0.95..0.99", "0.99..0.95", "0.9..1.1", "x"])
def test_a_precision_without_a_sound_interval_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_precision(text)


def test_a_wrong_declaration_is_named_by_its_field() -> None:
    wrong = ReadOptions(synthetic_model=" ", synthetic_depth=0, synthetic_precision="0.9")
    assert [issue.place for issue in check_generated(wrong)] == [
        "synthetic_model", "synthetic_depth", "synthetic_precision", "synthetic_verifier",
    ]  # fmt: skip
    with pytest.raises(InvalidError):
        checked(wrong)
    assert checked(WHOLE) is WHOLE
