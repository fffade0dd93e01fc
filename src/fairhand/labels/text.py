"""Text: a person writes, or mends what is there.

Config `{"min_length": 1, "max_length": 10000, "markdown": false, "edit": false, "language": "sw"}`,
each of them optional; answer: the text. Lengths count code points of the canonical text: Unicode
NFC, lines ending in a line feed, no space at the end of a line that closes the text. With `edit`
writing begins with the task's column `draft`; `markdown` offers a preview; `language` is a BCP 47
tag, for spelling and reading direction (the task's column `language` goes before it).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from fairhand.core.errors import Issue
from fairhand.labels.kind import (
    AnswerContext,
    Config,
    Example,
    Examples,
    Json,
    Kind,
    json_type,
    shown,
    unknown_keys,
)

MAX_LENGTH: Final = 50_000
_USUAL_LENGTH: Final = 10_000
_FLAGS: Final = ("markdown", "edit")
_KEYS: Final = frozenset({"min_length", "max_length", "language", *_FLAGS})
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
_ROOM: Final = 4  # code points before NFC for one after it, at the very most that is read


def validate_config(config: Json) -> list[Issue]:
    """Report everything wrong with the config of a text."""
    if not isinstance(config, Mapping):
        return [Issue("config", f"must be a mapping, not {json_type(config)}")]
    issues = unknown_keys(config, _KEYS, "config")
    for name in ("min_length", "max_length"):
        if name in config and not _is_length(config[name]):
            issues.append(Issue(f"config.{name}", f"must be a whole number from 1 to {MAX_LENGTH}"))
    for flag in _FLAGS:
        if not isinstance(config.get(flag, False), bool):
            issues.append(Issue(f"config.{flag}", "must be true or false"))
    language = config.get("language", "en")
    if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
        found = shown(language)
        issues.append(
            Issue("config.language", f"must be a tag such as 'sw' or 'pt-BR', not {found}")
        )
    if not issues and _least(config) > _most(config):
        issues.append(Issue("config.min_length", "is more than max_length"))
    return issues


def validate_answer(config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    """Report a text that is too short or too long, or that cannot be stored."""
    if not isinstance(answer, str):
        return [Issue("answer", f"must be text, not {json_type(answer)}")]
    if len(answer) > _ROOM * _most(config):
        return [Issue("answer", f"is {len(answer)} characters long; {_most(config)} are allowed")]
    if strange := next((one for one in answer if _cannot_be_kept(one)), None):
        return [Issue("answer", f"holds a character that is no text: U+{ord(strange):04X}")]
    length = len(canonical(answer))
    if not length:
        return [Issue("answer", "is empty; write something")]
    if length < _least(config):
        return [Issue("answer", f"is {length} characters long; {_least(config)} are needed")]
    if length > _most(config):
        return [Issue("answer", f"is {length} characters long; {_most(config)} are allowed")]
    return []


def normalise_answer(config: Config, answer: Json) -> Json:
    """Write a text in its canonical form."""
    return canonical(answer)


def is_empty(config: Config, answer: Json) -> bool:
    """True when nothing was written."""
    return answer is None or (isinstance(answer, str) and not answer.strip())


def with_defaults(config: Config) -> dict[str, Json]:
    """Fill in the lengths."""
    return {**config, "min_length": _least(config), "max_length": _most(config)}


def canonical(text: str) -> str:
    """Write one text in one way, however it was typed: NFC, line feeds, nothing at its end.

    Leading blank lines go as well; spaces that indent the first line stay.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    return unicodedata.normalize("NFC", re.sub(r"\A(?:[^\S\n]*\n)+", "", lines))


def examples() -> Examples:
    """Show good and bad configs and answers."""
    context = AnswerContext()
    free = Example(
        config={},
        context=context,
        good=(
            "yes",
            "  indented",
            "Habari ya asubuhi?\n\nNzuri.",
            "é",
            "e\u0301",
            "👩‍🌾 مرحبا",
            "a\r\nb",
        ),
        bad=(None, 1, True, ["text"], {"text": "x"}, "", " \n\t", "a\x00", "\ud800", "x" * 10_001),
        empty=(None, "", "  \n"),
    )
    short = Example(
        config={"min_length": 2, "max_length": 4, "markdown": True, "language": "pt-BR"},
        context=context,
        good=("ab", "👩🌾👩🌾", "e\u0301e\u0301", "abcd   "),
        bad=("a", "abcde", "e\u0301", "x" * 10**6),
        empty=(None, ""),
    )
    return Examples(
        valid=(free, short),
        bad_configs=(
            None,
            [],
            "text",
            {"min_length": 0},
            {"min_length": True},
            {"min_length": 1.5},
            {"max_length": 50_001},
            {"max_length": "10"},
            {"min_length": 5, "max_length": 4},
            {"markdown": "yes"},
            {"edit": 1},
            {"language": "Swahili please"},
            {"language": 7},
            {"lenght": 5},
        ),
    )


def _is_length(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_LENGTH


def _least(config: Config) -> int:
    return int(config.get("min_length", 1))


def _most(config: Config) -> int:
    return int(config.get("max_length", _USUAL_LENGTH))


def _cannot_be_kept(character: str) -> bool:
    """Control codes and halves of pairs: no keyboard writes them, and databases refuse some."""
    return character not in "\n\r\t" and unicodedata.category(character) in ("Cc", "Cs")


KIND = Kind(
    name="text",
    validate_config=validate_config,
    validate_answer=validate_answer,
    normalise_answer=normalise_answer,
    is_empty=is_empty,
    with_defaults=with_defaults,
    examples=examples,
    shows=("conversation", "draft", "language"),
)
