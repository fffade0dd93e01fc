"""What a question kind must be able to do, and the small words every kind speaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from fairhand.core.errors import Issue

Json: TypeAlias = Any
"""Any JSON value: what foreign hands gave, before it is checked."""

Config: TypeAlias = Mapping[str, Json]

_JOINERS = {0x200C: None, 0x200D: None}
"""Invisible, yet part of the spelling in Persian, Hindi and many emoji."""


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """What an answer is about: the size of the task's image, None where there is no image.

    `data` is the task's own data, and `duration_ms` how long its sound is; both are loaded only
    for kinds that say `reads_data`, and are None everywhere else. `seed` is what the order of the
    task's things was dealt from (`labels.replies`), where one person is known to have answered.
    """

    image_width: int | None = None
    image_height: int | None = None
    data: Mapping[str, Json] | None = None
    duration_ms: int | None = None
    seed: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """One valid config with answers that must pass and answers that must be refused under it."""

    config: Config
    context: AnswerContext
    good: tuple[Json, ...]
    bad: tuple[Json, ...]
    empty: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Examples:
    """What a kind shows of itself; the conformance test runs over it."""

    valid: tuple[Example, ...]
    bad_configs: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A question kind as functions: a new one is one file with one of these, and one registry line.

    `validate_*` never raise, whatever they are given. `normalise_answer` and `is_empty` may count
    on a valid config; `normalise_answer` on a valid answer too, and doing it twice changes nothing.
    """

    name: str
    validate_config: Callable[[Json], list[Issue]]
    validate_answer: Callable[[Config, Json, AnswerContext], list[Issue]]
    normalise_answer: Callable[[Config, Json], Json]
    is_empty: Callable[[Config, Json], bool]
    with_defaults: Callable[[Config], dict[str, Json]]
    examples: Callable[[], Examples]
    reads_data: bool = False
    """Its answers can be checked only beside the task's data, as spans of a text are."""
    shows: tuple[str, ...] = ()
    """Columns of the task's data that people need to answer it; all others stay with the owner."""
    asides: tuple[str, ...] = ()
    """Keys of an answer that say how it was asked, not what was said: they change no proposal."""


def shown(value: object, limit: int = 60) -> str:
    """Quote a foreign value for a message: short, on one line, whatever its size or depth."""
    if isinstance(value, str):
        return ascii(value[:limit] + "…") if len(value) > limit else repr(value)
    return json_type(value)


def json_type(value: object) -> str:
    """Name a value's JSON type in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple):
        return "a list"
    return "a mapping" if isinstance(value, Mapping) else type(value).__name__


def text_problem(text: object, max_length: int) -> str | None:
    """Say why `text` cannot be a name or title on one line, or None when it can."""
    if not isinstance(text, str):
        return f"must be text, not {json_type(text)}"
    if not text.strip():
        return "is empty"
    if len(text) > max_length:
        return f"is {len(text)} characters long; {max_length} are allowed"
    if text != text.strip():
        return "begins or ends with a space"
    if not text.translate(_JOINERS).isprintable():
        return (
            "holds a character that cannot be shown (a line break, a control code or half a pair)"
        )
    return None


def unknown_keys(given: Mapping[str, Any], known: frozenset[str], place: str) -> list[Issue]:
    """Report keys that nobody reads, which are most often spelling mistakes."""
    if given.keys() <= known:
        return []
    extra = [key for key in given if key not in known]
    names = ", ".join(sorted(known))
    return [Issue(place, f"unknown key {shown(key)}; known are {names}") for key in extra[:10]]
