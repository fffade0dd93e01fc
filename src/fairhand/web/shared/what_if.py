"""What an owner asks a forecast to suppose, read from texts: a page's form, a query, a command."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from fairhand.core.errors import InvalidError, Issue
from fairhand.core.money import MICROS, parse_money
from fairhand.use_cases.read_forecast import WhatIf

FIELDS: Final = ("overlap", "target", "per_hour", "people")
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)
_SHARE = re.compile(r"0?\.[0-9]{1,6}|[0-9]{1,2}(\.[0-9]{1,4})? ?%", re.ASCII)
Value = TypeVar("Value")


def read_what_if(texts: Mapping[str, str], currency: str) -> WhatIf:
    """Read overlap, target (as 0.95 or 95 %), pay an hour and people; empty leaves it as it is.

    Raises InvalidError naming every field that cannot be read.
    """
    issues: list[Issue] = []

    def read(name: str, reader: Callable[[str], Value]) -> Value | None:
        text = texts.get(name, "").strip()
        if not text:
            return None
        try:
            return reader(text)
        except ValueError as error:
            issues.append(Issue(name, str(error)))
            return None

    what_if = WhatIf(
        overlap=read("overlap", _whole),
        target=read("target", _share),
        rate_micros_per_hour=read(
            "per_hour", lambda text: parse_money(text, currency).minor * MICROS
        ),
        people=read("people", _whole),
    )
    if issues:
        raise InvalidError("This cannot be forecast.", issues=issues)
    return what_if


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text[:20]!r} is not a whole number such as 3.")
    return int(text)


def _share(text: str) -> float:
    if not _SHARE.fullmatch(text):
        raise ValueError(f"{text[:20]!r} is not a share such as 0.95 or 95 %.")
    return float(text.removesuffix("%")) / 100 if text.endswith("%") else float(text)
