"""JSON read strictly and written canonically."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import orjson

from fairhand.core.errors import MalformedError


def parse_json(raw: bytes) -> Any:  # noqa: ANN401  # any JSON value
    """Read one JSON value; raises MalformedError with a reason.

    Stricter than most: UTF-8 only, no NaN or Infinity, no key twice in one object, no half of a
    surrogate pair, and no number that another reader would change.
    """
    try:
        orjson.loads(raw)
        return _STRICT.decode(raw.decode())
    except orjson.JSONDecodeError as error:
        raise MalformedError(_reason(raw, error)) from None
    except RecursionError:
        raise MalformedError("is nested too deeply") from None
    except ValueError as error:
        raise MalformedError(f"is not JSON: {error}") from None


def canonical_json(data: dict[str, Any]) -> bytes:
    """Write JSON with sorted keys and no spaces; raises MalformedError for what has no JSON."""
    try:
        written = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise MalformedError(_unwritable(str(error))) from None
    if rb"\u0000" in written and _holds_nul(data):
        raise MalformedError("holds a NUL character")
    return written


def fingerprint(canonical: bytes) -> str:
    """Name data by the SHA-256 of its canonical JSON, hex."""
    return hashlib.sha256(canonical).hexdigest()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise MalformedError(f"has the key {key[:60]!r} twice in one object")
            seen.add(key)
    return made


_STRICT = json.JSONDecoder(object_pairs_hook=_object)


def _reason(raw: bytes, error: orjson.JSONDecodeError) -> str:
    """Say what is wrong in words; the parser's own words only where nothing better is known."""
    if "depth" in error.msg:
        return "is nested too deeply"
    try:
        json.loads(raw.decode("utf-8"), parse_constant=_constant)
    except UnicodeDecodeError as undecodable:
        return f"is not UTF-8 (byte {undecodable.start + 1})"
    except MalformedError as constant:
        return constant.message
    except (ValueError, RecursionError):
        return f"is not JSON: {error.msg}"
    return f"is not strict JSON: {error.msg}"


def _constant(word: str) -> None:
    raise MalformedError(f"holds {word}, which is not JSON; write null")


def _unwritable(message: str) -> str:
    lowered = message.lower()
    if "64-bit" in lowered:
        return "holds a whole number beyond 64 bits; write it as text"
    if "surrogates" in lowered or "utf-8" in lowered:
        return "holds text that is not valid Unicode"
    if "recursion" in lowered:
        return "is nested too deeply"
    return f"cannot be written as JSON: {message}"


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_holds_nul(key) or _holds_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))
