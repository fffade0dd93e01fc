"""A pay policy as people write it and read it: decimal amounts, minutes, percent, dates; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from fairhand.core.clock import MINUTE_MS, Instant, iso, parse_iso
from fairhand.core.errors import InvalidError, Issue
from fairhand.core.money import MICROS, Money, micros_to_minor_up, parse_money
from fairhand.pay.policies.rules import Policy
from fairhand.pay.policies.words import policy_words

FIELDS: Final = (
    "basis",
    "per_hour",
    "unit",
    "hazard",
    "data",
    "min_block",
    "wait_block",
    "cancel",
    "reprices_itself",
    "valid_from",
    "reason",
)
"""What may be asked for; what is left out or empty stays as it is."""
_MONEY: Final = {
    "per_hour": "rate_micros_per_hour",
    "unit": "unit_micros",
    "hazard": "hazard_micros_per_hour",
    "data": "data_micros_per_hour",
}
_MINUTES: Final = {"min_block": "min_block_ms", "wait_block": "wait_block_ms"}
_SWITCH: Final = {"yes": True, "true": True, "on": True, "no": False, "false": False}


def read_asked(asked: Mapping[str, str], currency: str) -> dict[str, Any]:
    """Read what is asked for into the words of SetPayPolicy.

    Raises InvalidError naming every field that cannot be read.
    """
    found: dict[str, Any] = {"reason": asked.get("reason", "")}
    issues: list[Issue] = []
    for name in FIELDS:
        text = asked.get(name, "").strip()
        if not text or name == "reason":
            continue
        try:
            key, value = _read(name, text, currency)
            found[key] = value
        except (ValueError, OverflowError) as error:
            issues.append(Issue(name, f"{error}."))
    if issues:
        raise InvalidError("Some of this cannot be read.", issues=issues)
    return found


def policy_json(policy: Policy) -> dict[str, Any]:
    """Write a version with amounts as decimal strings in its currency."""

    def amount(micros: int | None) -> str | None:
        if micros is None:
            return None
        return Money(micros_to_minor_up(micros), policy.currency).decimal()

    return {
        "version": policy.version,
        "words": policy_words(policy),
        "currency": policy.currency,
        "basis": policy.basis,
        "per_hour": amount(policy.rate_micros_per_hour),
        "unit": amount(policy.unit_micros),
        "hazard": amount(policy.hazard_micros_per_hour),
        "data": amount(policy.data_micros_per_hour),
        "min_block": policy.min_block_ms // MINUTE_MS,
        "wait_block": policy.wait_block_ms // MINUTE_MS,
        "cancel": f"{policy.cancel_permille / 10:g}",
        "reprices_itself": policy.reprices_itself,
        "valid_from": iso(policy.valid_from),
        "reason": policy.reason,
        "by_itself": policy.created_by is None and policy.version > 1,
    }


def read_moment(text: str) -> Instant:
    """Read a date as its midnight in UTC, or a date and time; UTC where no offset is given."""
    text = text.strip()
    if len(text) > 40:
        raise ValueError("Give a date, as 2026-12-01")
    try:
        return parse_iso(f"{date.fromisoformat(text).isoformat()}T00:00:00+00:00")
    except ValueError:
        pass
    has_offset = text.endswith("Z") or "+" in text or text[10:].count("-")
    try:
        return parse_iso(text if has_offset else f"{text}+00:00")
    except (ValueError, OverflowError):
        raise ValueError("Give a date, as 2026-12-01, or a moment, as 2026-12-01T08:00Z") from None


def _read(name: str, text: str, currency: str) -> tuple[str, Any]:
    if name in _MONEY:
        return _MONEY[name], parse_money(text, currency).minor * MICROS
    if name in _MINUTES:
        return _MINUTES[name], _whole(text, "minutes") * MINUTE_MS
    others: dict[str, tuple[str, Callable[[str], Any]]] = {
        "basis": ("basis", str),
        "cancel": ("cancel_permille", lambda percent: _whole(percent, "percent") * 10),
        "reprices_itself": ("reprices_itself", _switch),
        "valid_from": ("valid_from", read_moment),
    }
    key, read = others[name]
    return key, read(text)


def _whole(text: str, of_what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise ValueError(f"Give whole {of_what}, as 15")
    return int(text)


def _switch(text: str) -> bool:
    if text.lower() not in _SWITCH:
        raise ValueError("Say yes or no")
    return _SWITCH[text.lower()]
