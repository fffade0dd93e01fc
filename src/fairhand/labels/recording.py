"""Recording: a person speaks, words that are given (the column `prompt`) or freely.

Config `{"rate": 16000, "min_seconds": 0.5, "max_seconds": 120}`, each optional. The rate is a
wish: a device that cannot keep it records at its own, and the answer says which. Answer
`{"recording", "rate", "samples"}`: the id under which the sound was sent, its samples a second and
how many there are. The server compares them with what arrived, and adds what it measured:
`sha256` of the WAV file, `duration_ms`, `loudness` and `noise` in dB of full scale, and `clipped`,
the share of samples at full scale.
"""

from __future__ import annotations

import re
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

RATES: Final = (8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
MAX_SECONDS: Final = 3_600
_MOST_MEASURE: Final = 1_000
_CONFIG_KEYS: Final = frozenset({"rate", "min_seconds", "max_seconds"})
_SENT: Final = ("recording", "rate", "samples")
_MEASURED: Final = ("sha256", "duration_ms", "loudness", "noise", "clipped")
_ANSWER_KEYS: Final = frozenset((*_SENT, *_MEASURED))
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_DEFAULTS: Final[Mapping[str, Json]] = {"rate": 16_000, "min_seconds": 0.5, "max_seconds": 120}


def is_recording_id(given: object) -> bool:
    """Say whether something can be the id of a recording: a UUID in small letters."""
    return isinstance(given, str) and _UUID.fullmatch(given) is not None


def is_sha256(given: object) -> bool:
    """Say whether something is written as a SHA-256: 64 hex digits in small letters."""
    return isinstance(given, str) and _SHA256.fullmatch(given) is not None


def validate_config(config: Json) -> list[Issue]:
    """Report everything wrong with the config of a recording."""
    if not isinstance(config, Mapping):
        return [Issue("config", f"must be a mapping, not {json_type(config)}")]
    issues = unknown_keys(config, _CONFIG_KEYS, "config")
    rate = config.get("rate", 16_000)
    if isinstance(rate, bool) or rate not in RATES:
        allowed = ", ".join(map(str, RATES))
        issues.append(Issue("config.rate", f"must be one of {allowed}, not {shown(rate)}"))
    for name in ("min_seconds", "max_seconds"):
        if not _is_seconds(config.get(name, 1)):
            issues.append(Issue(f"config.{name}", f"must be seconds, 0 to {MAX_SECONDS}"))
    if not issues and _seconds(config, "min_seconds") >= _seconds(config, "max_seconds"):
        issues.append(Issue("config.max_seconds", "must be more than min_seconds"))
    return issues


def validate_answer(config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    """Report an answer that names no recording, or one that is too short or too long."""
    if not isinstance(answer, Mapping):
        return [Issue("answer", f"must be a mapping with a recording, not {json_type(answer)}")]
    issues = unknown_keys(answer, _ANSWER_KEYS, "answer")
    if not is_recording_id(answer.get("recording")):
        found = shown(answer.get("recording"))
        issues.append(Issue("answer.recording", f"must be the id of a recording, not {found}"))
    rate, samples = answer.get("rate"), answer.get("samples")
    if not _is_count(rate, 8_000, 192_000):
        issues.append(Issue("answer.rate", f"must be samples a second, not {shown(rate)}"))
    if not _is_count(samples, 1, MAX_SECONDS * 192_000):
        issues.append(Issue("answer.samples", f"must count samples, not {shown(samples)}"))
    issues += _measure_issues(answer)
    if issues or not isinstance(samples, int) or not isinstance(rate, int):
        return issues
    return list(_length_issues(config, samples / rate))


def normalise_answer(config: Config, answer: Json) -> Json:
    """Bring the keys into one order."""
    return {name: answer[name] for name in (*_SENT, *_MEASURED) if name in answer}


def is_empty(config: Config, answer: Json) -> bool:
    """True when nothing was recorded."""
    return answer in (None, "", {})


def with_defaults(config: Config) -> dict[str, Json]:
    """Fill in what an owner may leave out."""
    return {**_DEFAULTS, **config}


def examples() -> Examples:
    """Show good and bad configs and answers."""
    sent = {
        "recording": "6f1c2a54-9c35-4f0e-8a0d-1f2e3d4c5b6a",
        "rate": 16_000,
        "samples": 32_000,
    }
    measured = {
        **sent,
        "sha256": "0" * 64,
        "duration_ms": 2_000,
        "loudness": -20.5,
        "noise": -61.0,
        "clipped": 0.0,
    }
    one = Example(
        config={"max_seconds": 10},
        context=AnswerContext(data={}),
        good=(sent, measured, {**sent, "rate": 48_000}),
        bad=(
            None,
            "6f1c2a54-9c35-4f0e-8a0d-1f2e3d4c5b6a",
            {},
            {**sent, "recording": "x"},
            {**sent, "recording": None},
            {**sent, "recording": "6F1C2A54-9C35-4F0E-8A0D-1F2E3D4C5B6A"},
            {**sent, "rate": 0},
            {**sent, "rate": "16000"},
            {**sent, "rate": True},
            {**sent, "samples": 0},
            {**sent, "samples": 1.5},
            {**sent, "samples": 1_000},
            {**sent, "samples": 16_000 * 11},
            {**sent, "sha256": "abc"},
            {**sent, "duration_ms": -1},
            {**sent, "loudness": float("nan")},
            {**sent, "noise": float("-inf")},
            {**sent, "clipped": 10**400},
            {**sent, "url": "/media"},
        ),
        empty=(None, "", {}),
    )
    return Examples(
        valid=(one,),
        bad_configs=(
            None,
            [],
            {"rate": 1},
            {"rate": "16000"},
            {"rate": True},
            {"rate": [16_000]},
            {"min_seconds": -1},
            {"max_seconds": float("inf")},
            {"max_seconds": 3_601},
            {"max_seconds": 10**400},
            {"min_seconds": float("nan")},
            {"min_seconds": 5, "max_seconds": 5},
            {"labels": []},
        ),
    )


def _seconds(config: Config, name: str) -> float:
    return float(config.get(name, _DEFAULTS[name]))


def _is_seconds(value: Json) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return 0 <= value <= MAX_SECONDS  # NaN is not


def _is_count(value: Json, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _measure_issues(answer: Mapping[str, Json]) -> Iterator[Issue]:
    """Report measures of the wrong type; the server writes its own over them anyway."""
    sha256 = answer.get("sha256", "0" * 64)
    if not is_sha256(sha256):
        yield Issue("answer.sha256", f"must be a SHA-256 in hex, not {shown(sha256)}")
    if not _is_count(answer.get("duration_ms", 0), 0, MAX_SECONDS * 1_000):
        yield Issue("answer.duration_ms", "must be whole milliseconds")
    for name in ("loudness", "noise", "clipped"):
        value = answer.get(name, 0)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not -_MOST_MEASURE <= value <= _MOST_MEASURE:  # NaN is not
            yield Issue(f"answer.{name}", f"must be a number, not {shown(value)}")


def _length_issues(config: Config, seconds: float) -> Iterator[Issue]:
    least, most = _seconds(config, "min_seconds"), _seconds(config, "max_seconds")
    if seconds < least:
        yield Issue(
            "answer.samples", f"is {seconds:.1f} s of sound; at least {least:g} s are asked"
        )
    if seconds > most + 0.5:  # a device stops a moment after it is told to
        yield Issue("answer.samples", f"is {seconds:.1f} s of sound; at most {most:g} s are asked")


KIND = Kind(
    name="recording",
    validate_config=validate_config,
    validate_answer=validate_answer,
    normalise_answer=normalise_answer,
    is_empty=is_empty,
    with_defaults=with_defaults,
    examples=examples,
    shows=("prompt",),
)
