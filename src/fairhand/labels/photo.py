"""Photo: a person takes or chooses a picture of what is asked for (the column `prompt`, if any).

Config `{"source": "any", "min_side": 0, "max_side": 4096}`, each optional. With source `camera` the
page asks the device for its camera; a device may offer its pictures all the same, and nothing can
prove that it did not. A picture with a side below `min_side` pixels is refused. `max_side` is a
wish: the page makes larger pictures smaller before they are sent, where the browser can.

Answer `{"upload"}`: the id under which the picture was sent. The server adds what it found in it
once it was cleaned of place, device and time: `sha256`, `media_type`, `width`, `height`, `bytes`.
"""

from __future__ import annotations

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
from fairhand.labels.recording import is_recording_id, is_sha256

SOURCES: Final = ("any", "camera")
MEDIA_TYPES: Final = ("image/jpeg", "image/png", "image/webp")
MOST_SIDE: Final = 16_384
MOST_BYTES: Final = 2**31 - 1
_LEAST_MAX_SIDE: Final = 256
_CONFIG_KEYS: Final = frozenset({"source", "min_side", "max_side"})
_KEYS: Final = ("upload", "sha256", "media_type", "width", "height", "bytes")
_DEFAULTS: Final[Mapping[str, Json]] = {"source": "any", "min_side": 0, "max_side": 4_096}


def is_upload_id(given: object) -> bool:
    """Say whether something can be the id of an upload: a UUID in small letters."""
    return is_recording_id(given)


def validate_config(config: Json) -> list[Issue]:
    """Report everything wrong with the config of a photo."""
    if not isinstance(config, Mapping):
        return [Issue("config", f"must be a mapping, not {json_type(config)}")]
    issues = unknown_keys(config, _CONFIG_KEYS, "config")
    source = config.get("source", "any")
    if not isinstance(source, str) or source not in SOURCES:
        issues.append(Issue("config.source", f"must be any or camera, not {shown(source)}"))
    if not _is_count(config.get("min_side", 0), 0, MOST_SIDE):
        issues.append(Issue("config.min_side", f"must be whole pixels, 0 to {MOST_SIDE}"))
    if not _is_count(config.get("max_side", MOST_SIDE), _LEAST_MAX_SIDE, MOST_SIDE):
        issues.append(
            Issue("config.max_side", f"must be whole pixels, {_LEAST_MAX_SIDE} to {MOST_SIDE}")
        )
    if not issues and _side(config, "min_side") > _side(config, "max_side"):
        issues.append(Issue("config.max_side", "must not be less than min_side"))
    return issues


def validate_answer(config: Config, answer: Json, context: AnswerContext) -> list[Issue]:
    """Report an answer that names no upload, or a picture that is smaller than is asked."""
    if not isinstance(answer, Mapping):
        return [Issue("answer", f"must be a mapping with an upload, not {json_type(answer)}")]
    issues = unknown_keys(answer, frozenset(_KEYS), "answer")
    if not is_upload_id(answer.get("upload")):
        found = shown(answer.get("upload"))
        issues.append(Issue("answer.upload", f"must be the id of an upload, not {found}"))
    issues += _measure_issues(answer)
    return issues or list(_size_issues(config, answer))


def normalise_answer(config: Config, answer: Json) -> Json:
    """Bring the keys into one order."""
    return {name: answer[name] for name in _KEYS if name in answer}


def is_empty(config: Config, answer: Json) -> bool:
    """True when no picture was taken."""
    return answer in (None, "", {})


def with_defaults(config: Config) -> dict[str, Json]:
    """Fill in what an owner may leave out."""
    return {**_DEFAULTS, **config}


def examples() -> Examples:
    """Show good and bad configs and answers."""
    sent = {"upload": "6f1c2a54-9c35-4f0e-8a0d-1f2e3d4c5b6a"}
    measured = {
        **sent,
        "sha256": "0" * 64,
        "media_type": "image/jpeg",
        "width": 1_200,
        "height": 900,
        "bytes": 240_000,
    }
    one = Example(
        config={"min_side": 600},
        context=AnswerContext(data={}),
        good=(sent, measured, {**sent, "width": 600, "height": 600}),
        bad=(
            None,
            sent["upload"],
            {},
            {"upload": "x"},
            {"upload": None},
            {"upload": sent["upload"].upper()},
            {**measured, "sha256": "abc"},
            {**measured, "media_type": "image/heic"},
            {**measured, "media_type": []},
            {**measured, "width": 0},
            {**measured, "width": True},
            {**measured, "height": 599},
            {**measured, "height": 1.5},
            {**measured, "bytes": 10**400},
            {**measured, "url": "/media"},
        ),
        empty=(None, "", {}),
    )
    return Examples(
        valid=(one,),
        bad_configs=(
            None,
            [],
            {"source": "web"},
            {"source": ["any"]},
            {"min_side": -1},
            {"min_side": True},
            {"min_side": 1.5},
            {"min_side": 5_000},
            {"max_side": 0},
            {"max_side": float("inf")},
            {"max_side": 10**400},
            {"min_side": 700, "max_side": 600},
            {"labels": []},
        ),
    )


def _side(config: Config, name: str) -> int:
    return int(config.get(name, _DEFAULTS[name]))


def _is_count(value: Json, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _measure_issues(answer: Mapping[str, Json]) -> Iterator[Issue]:
    """Report measures of the wrong type; the server writes its own over them anyway."""
    if not is_sha256(answer.get("sha256", "0" * 64)):
        yield Issue("answer.sha256", f"must be a SHA-256 in hex, not {shown(answer['sha256'])}")
    media_type = answer.get("media_type", MEDIA_TYPES[0])
    if not isinstance(media_type, str) or media_type not in MEDIA_TYPES:
        allowed = ", ".join(MEDIA_TYPES)
        yield Issue("answer.media_type", f"must be one of {allowed}, not {shown(media_type)}")
    for name, most in (("width", 65_535), ("height", 65_535), ("bytes", MOST_BYTES)):
        if not _is_count(answer.get(name, 1), 1, most):
            yield Issue(
                f"answer.{name}", f"must be a whole number from 1, not {shown(answer[name])}"
            )


def _size_issues(config: Config, answer: Mapping[str, Json]) -> Iterator[Issue]:
    least = _side(config, "min_side")
    for name in ("width", "height"):
        if answer.get(name, least) < least:
            yield Issue(f"answer.{name}", f"is {answer[name]} pixels; at least {least} are asked")


KIND = Kind(
    name="photo",
    validate_config=validate_config,
    validate_answer=validate_answer,
    normalise_answer=normalise_answer,
    is_empty=is_empty,
    with_defaults=with_defaults,
    examples=examples,
    shows=("prompt",),
)
