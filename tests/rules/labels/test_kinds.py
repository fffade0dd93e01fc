"""Every registered kind keeps the promises of `labels.kind.Kind`."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.errors import InvalidError
from fairhand.labels import registry
from fairhand.labels.kind import Example, Json, Kind

KINDS = pytest.mark.parametrize("kind", registry.registered(), ids=lambda kind: kind.name)
EXAMPLES = pytest.mark.parametrize(
    ("kind", "example"),
    [
        pytest.param(kind, example, id=f"{kind.name}-{index}")
        for kind in registry.registered()
        for index, example in enumerate(kind.examples().valid)
    ],
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["labels", "value", "size", "regions", "label", "counts", "x"]), inner
        )
    ),
    max_leaves=12,
)


def nested(depth: int) -> list[Json]:
    """A list in a list in a list."""
    value: list[Json] = []
    for _ in range(depth):
        value = [value]
    return value


@EXAMPLES
def test_a_kind_accepts_its_own_config_before_and_after_defaults(
    kind: Kind, example: Example
) -> None:
    assert kind.validate_config(example.config) == []
    filled = kind.with_defaults(example.config)
    assert kind.validate_config(filled) == []
    assert kind.with_defaults(filled) == filled


@EXAMPLES
def test_good_answers_pass_and_normalise_once_and_for_all(kind: Kind, example: Example) -> None:
    for answer in example.good:
        assert kind.validate_answer(example.config, answer, example.context) == []
        assert not kind.is_empty(example.config, answer)
        canonical = kind.normalise_answer(example.config, answer)
        assert kind.validate_answer(example.config, canonical, example.context) == []
        assert kind.normalise_answer(example.config, canonical) == canonical
        assert json.loads(json.dumps(canonical, allow_nan=False)) == canonical


@EXAMPLES
def test_bad_answers_are_refused_with_short_messages(kind: Kind, example: Example) -> None:
    hostile = (nested(100_000), {"x": nested(100_000)}, "é" * 1_000_000, float("inf"), 10**400)
    for answer in (*example.bad, *example.empty, *hostile):
        issues = kind.validate_answer(example.config, answer, example.context)
        assert issues, type(answer)
        assert all(issue.place.startswith("answer") for issue in issues)
        assert all(0 < len(issue.message) < 300 for issue in issues)


@EXAMPLES
def test_empty_answers_are_known_as_empty(kind: Kind, example: Example) -> None:
    assert all(kind.is_empty(example.config, answer) for answer in example.empty)


@KINDS
def test_bad_configs_are_refused(kind: Kind) -> None:
    for config in kind.examples().bad_configs:
        assert registry.validate_config(kind.name, config), config


@EXAMPLES
@given(answer=JSON_VALUES)
def test_no_json_value_crashes_an_answer_check(kind: Kind, example: Example, answer: Json) -> None:
    issues = kind.validate_answer(example.config, answer, example.context)
    kind.is_empty(example.config, answer)
    if not issues:
        kind.normalise_answer(example.config, answer)


@KINDS
@given(config=JSON_VALUES)
def test_no_json_value_crashes_a_config_check(kind: Kind, config: Json) -> None:
    kind.validate_config(config)
    if isinstance(config, dict):
        kind.with_defaults(config)


def test_every_registered_kind_is_in_the_glossary() -> None:
    assert set(registry.kinds()) <= set(registry.ALL_KINDS)


def test_every_kind_of_the_glossary_is_here() -> None:
    assert set(registry.kinds()) == set(registry.ALL_KINDS)


def test_a_kind_that_nobody_knows_is_refused() -> None:
    (issue,) = registry.validate_config("quiz", {})
    assert "not a question kind" in issue.message
    with pytest.raises(InvalidError):
        registry.normalise_answer("quiz", {}, "x")


def test_defaults_give_keys_and_colours_and_leave_what_the_owner_chose() -> None:
    config = {"labels": ["cat", {"value": "dog", "key": "1", "color": "#123456"}]}
    filled = registry.with_defaults("choice", config)
    cat, dog = filled["labels"]
    assert cat == {"value": "cat", "title": "cat", "key": "2", "color": "#0072B2"}
    assert dog == {"value": "dog", "title": "dog", "key": "1", "color": "#123456"}


def test_the_tenth_label_gets_a_letter_and_the_last_ones_no_key() -> None:
    filled = registry.with_defaults("choice", {"labels": [f"v{n}" for n in range(40)]})
    keys = [label.get("key") for label in filled["labels"]]
    assert keys[:10] == [*"123456789", "a"]
    assert keys[35:] == [None] * 5


def test_labels_may_be_written_in_any_script() -> None:
    values = ["ndiyo", "हाँ", "می‌خواهم", "👩‍⚕️"]
    config = registry.with_defaults("choice", {"labels": values})
    assert registry.validate_config("choice", config) == []
