"""Hours by country as data: thresholds of overtime, where work stops, how long rest is.

Rows come from `pay/data/hours.json`, each with its source and source class. A draft row is known
but unchecked: it is shown, and the product's own defaults hold in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import orjson

from fairhand.core.clock import HOUR_MS
from fairhand.pay.policies.extras import HoursPack, Tier

_WEEK_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@lru_cache(maxsize=512)
def pack_for(country: str, region: str = "") -> HoursPack:
    """Give the hours that hold for a place: its region's, else its country's, else the defaults."""
    found = _active(country, region) or _active(country, "") or _group(country)
    pack = found if found is not None else _pack(country, _rows()["default"], is_draft=True)
    return replace(pack, country=country)


def known_packs() -> list[tuple[HoursPack, str, str]]:
    """List every row with its region and note, drafts too, by place."""
    rows = [(row, row["country"], row["region"]) for row in _rows()["packs"]]
    rows += [
        (row, country, "") for row in _rows()["groups"].values() for country in row["countries"]
    ]
    return [
        (_pack(country, row, is_draft=row["status"] != "active"), region, row.get("note", ""))
        for row, country, region in sorted(rows, key=lambda found: found[1:])
    ]


def _active(country: str, region: str) -> HoursPack | None:
    for row in _rows()["packs"]:
        if (row["country"], row["region"], row["status"]) == (country, region, "active"):
            return _pack(country, row, is_draft=False)
    return None


def _group(country: str) -> HoursPack | None:
    for row in _rows()["groups"].values():
        if country in row["countries"] and row["status"] == "active":
            return _pack(country, row, is_draft=False)
    return None


def _pack(country: str, row: Mapping[str, Any], *, is_draft: bool) -> HoursPack:
    return HoursPack(
        country=country,
        day_tiers=_tiers(row["overtime_by_day"]),
        week_tiers=_tiers(row["overtime_by_week"]),
        week_starts_on=_WEEK_DAYS.index(row.get("week_starts_on", "monday")),
        stop_day_ms=_milliseconds(row["stop_day"]),
        stop_week_ms=_milliseconds(row["stop_week"]),
        rest_ms=_milliseconds(row["rest"]),
        source_title=row["source_title"],
        source_url=row["source_url"],
        source_class=row["source_class"],
        is_draft=is_draft,
    )


def _tiers(rows: Sequence[Mapping[str, str]]) -> tuple[Tier, ...]:
    return tuple(
        Tier(_milliseconds(row["beyond"]), int(Fraction(row["extra_percent"]) * 10)) for row in rows
    )


def _milliseconds(hours: str) -> int:
    return int(Fraction(hours) * HOUR_MS)


@lru_cache(maxsize=1)
def _rows() -> Mapping[str, Any]:
    text = (resources.files("fairhand.pay") / "data" / "hours.json").read_bytes()
    rows: Mapping[str, Any] = orjson.loads(text)
    return rows
