"""Transcript: what is said in a sound, as one text or line by line with times.

Config `{"timed": false, "language": "sw", "unit": "words", "max_length": 20000}`, each optional.
Answer `{"text": "..."}`; with `timed`, `{"segments": [{"start", "end", "text"}, ...]}` in whole
milliseconds, to which the canonical form adds the `text` of all lines. Where nobody speaks:
`{"text": "", "nothing": true}`. `unit` says what is compared: words, or characters for scripts
written without spaces. Texts are kept in Unicode NFC, lengths count code points.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
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
from fairhand.labels.stretches import list_issues, stretch_issues

MAX_LENGTH: Final = 100_000
_USUAL_LENGTH: Final = 20_000
_CONFIG_KEYS: Final = frozenset({"timed", "language", "unit", "max_length"})
_ANSWER_KEYS: Final = frozenset({"text", "segments", "nothing"})
_LINE_KEYS: Final = frozenset({"start", "end", "text"})
_UNITS: Final = ("words", "characters")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")


def validate_config(config: Json) -> list[Issue]:
    """Report everything wrong with the config of a transcript."""
    if not isinstance(config, Mapping):
        return [Issue("config", f"must be a mapping, not {json_type(config)}")]
    issues = unknown_keys(config, _CONFIG_KEYS, "config")
    if not isinstance(config.get("timed", False), bool):
        issues.append(Issue("config.timed", "must be true or false"))
    if config.get("unit", "words") not in _UNITS:
        issues.append(Issue("config.unit", "must be words or characters"))
    language = config.get("language", "en")
    if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
        issues.append(Issue("config.language", f"must be a tag as 'sw', not {shown(language)}"))
    most = config.get("max_length", _USUAL_LENGTH)
    if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= MAX_LENGTH:
        issues.append(Issue("config.max_length", f"must be a whole number from 1 to {MAX_LENGTH}"))
    return issues


def validate_answer(config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    """Report a transcript that says nothing, is too long, or whose times leave the sound."""
    if not isinstance(answer, Mapping):
        return [Issue("answer", f"must be a mapping with a text, not {json_type(answer)}")]
    issues = unknown_keys(answer, _ANSWER_KEYS, "answer")
    nothing = answer.get("nothing", False)
    if not isinstance(nothing, bool):
        return [*issues, Issue("answer.nothing", f"must be true or false, not {shown(nothing)}")]
    if nothing:
        return issues + list(_silent_issues(answer))
    if config.get("timed", False):
        return issues + _line_issues(config, answer, context)
    if "segments" in answer:
        issues.append(Issue("answer.segments", "this question asks for a text without times"))
    return issues + list(_text_issues(answer.get("text"), _most(config), "answer.text"))


def normalise_answer(config: Config, answer: Json) -> Json:
    """Write texts in NFC without spaces around them, lines by time, and the text of all lines."""
    if answer.get("nothing"):
        return {"text": "", "nothing": True}
    if not config.get("timed", False):
        return {"text": _canonical(answer["text"])}
    lines = sorted(
        (
            {"start": one["start"], "end": one["end"], "text": _canonical(one["text"])}
            for one in answer["segments"]
        ),
        key=lambda one: (one["start"], one["end"], one["text"]),
    )
    return {"text": "\n".join(line["text"] for line in lines), "segments": lines}


def is_empty(config: Config, answer: Json) -> bool:
    """True when nothing is written and nothing is said."""
    return answer in (None, "", {}, {"text": ""}, {"segments": []})


def with_defaults(config: Config) -> dict[str, Json]:
    """Fill in what an owner may leave out."""
    return {"timed": False, "unit": "words", "max_length": _USUAL_LENGTH, **config}


def examples() -> Examples:
    """Show good and bad configs and answers."""
    plain = Example(
        config={},
        context=AnswerContext(data={}, duration_ms=2_000),
        good=(
            {"text": "Habari ya asubuhi"},
            {"text": "صباح الخير"},
            {"text": "Cafe\u0301 "},
            {"text": "", "nothing": True},
        ),
        bad=(
            None,
            "hello",
            {},
            {"text": ""},
            {"text": "  \n"},
            {"text": 7},
            {"text": "a\ud800"},
            {"text": "a\x00"},
            {"text": "x" * 20_001},
            {"text": "hello", "nothing": True},
            {"text": "", "nothing": 1},
            {"text": "hello", "segments": []},
            {"text": "hello", "words": 1},
        ),
        empty=(None, {}, {"text": ""}),
    )
    line = {"start": 0, "end": 900, "text": "Good morning"}
    timed = Example(
        config={"timed": True, "language": "sw"},
        context=AnswerContext(data={}, duration_ms=2_000),
        good=(
            {"segments": [line]},
            {"text": "is made again", "segments": [line, {**line, "start": 800, "end": 2_000}]},
            {"text": "", "nothing": True},
        ),
        bad=(
            {"text": "Good morning"},
            {"segments": []},
            {"segments": [{**line, "text": ""}]},
            {"segments": [{**line, "end": 2_001}]},
            {"segments": [{**line, "label": "a"}]},
            {"segments": [{"start": 0, "end": 900}]},
            {"segments": [line], "nothing": True},
            {"segments": [{**line, "text": "x" * 15_000}] * 2},
        ),
    )
    return Examples(
        valid=(plain, timed),
        bad_configs=(
            None,
            [],
            {"timed": "yes"},
            {"unit": "letters"},
            {"unit": ["words"]},
            {"language": "Kiswahili sanifu"},
            {"max_length": 0},
            {"max_length": True},
            {"labels": []},
        ),
    )


def _most(config: Config) -> int:
    return int(config.get("max_length", _USUAL_LENGTH))


def _canonical(text: str) -> str:
    lines = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return lines.strip()


def _silent_issues(answer: Mapping[str, Json]) -> Iterator[Issue]:
    if answer.get("text", "") != "" or answer.get("segments", []) != []:
        yield Issue("answer.nothing", "says that nobody speaks, and there are words")


def _text_issues(text: Json, most: int, place: str) -> Iterator[Issue]:
    if not isinstance(text, str):
        yield Issue(place, f"must be text, not {json_type(text)}")
    elif not text.strip():
        yield Issue(place, "is empty; where nobody speaks, say nothing: true")
    elif len(text) > most:
        yield Issue(place, f"is {len(text)} characters long; {most} are allowed")
    elif any(char == "\x00" or "\ud800" <= char <= "\udfff" for char in text):
        yield Issue(place, "holds a character that is none")


def _line_issues(config: Config, answer: Mapping[str, Json], context: AnswerContext) -> list[Issue]:
    lines = answer.get("segments")
    if wrong := list_issues(lines, "answer.segments"):
        return wrong
    assert isinstance(lines, list)  # noqa: S101  # list_issues has looked
    if not lines:
        return [Issue("answer.segments", "is empty; where nobody speaks, say nothing: true")]
    issues: list[Issue] = []
    for index, line in enumerate(lines):
        place = f"answer.segments[{index}]"
        issues += stretch_issues(line, _LINE_KEYS, place, context)
        if isinstance(line, Mapping):
            issues += _text_issues(line.get("text"), _most(config), f"{place}.text")
    length = 0 if issues else sum(len(line["text"]) for line in lines)
    if length > _most(config):
        issues.append(Issue("answer.segments", f"are {length} characters; {_most(config)} are"
                                               " allowed"))  # fmt: skip
    return issues


KIND = Kind(
    name="transcript",
    validate_config=validate_config,
    validate_answer=validate_answer,
    normalise_answer=normalise_answer,
    is_empty=is_empty,
    with_defaults=with_defaults,
    examples=examples,
    reads_data=True,
    shows=("language",),
)
