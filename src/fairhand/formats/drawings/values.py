"""Values out of foreign files, checked one by one; all raise MalformedError with a reason."""

from __future__ import annotations

import math
from typing import Any, Final

from fairhand.core.errors import MalformedError
from fairhand.labels.kind import json_type, shown

_MAX_NAME: Final = 1_000
_MAX_NUMBER: Final = 1e9


def text_of(value: Any, what: str) -> str:  # noqa: ANN401  # any JSON value
    """Read a name."""
    if not isinstance(value, str) or not value.strip():
        raise MalformedError(f"must have {what}, not {json_type(value)}")
    if len(value) > _MAX_NAME:
        raise MalformedError(f"has {what} of {len(value)} characters; {_MAX_NAME} are allowed")
    return value.strip()


def finite(value: Any, what: str) -> float:  # noqa: ANN401
    """Read a number of sensible size; whole numbers stay whole, texts of numbers are read."""
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        number = float(value) if isinstance(value, str) else value
        if not math.isfinite(number) or abs(number) > _MAX_NUMBER:
            raise ValueError
    except (ValueError, OverflowError):
        raise MalformedError(f"has a {what} that is no sensible number: {_told(value)}") from None
    return number


def finites(value: Any, what: str) -> list[float]:  # noqa: ANN401
    """Read a list of numbers."""
    if not isinstance(value, list):
        raise MalformedError(f"has a {what} that is no list, but {json_type(value)}")
    return [finite(one, what) for one in value]


def side(value: Any, what: str) -> int:  # noqa: ANN401
    """Read the height or the width of a picture."""
    number = finite(value, what)
    if number != int(number) or not 1 <= number <= 65_535:
        raise MalformedError(f"has a {what} that is no whole number of pixels: {_told(value)}")
    return int(number)


def _told(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else shown(value, 40)
