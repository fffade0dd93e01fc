"""Read wagefloor/v1 from CSV or JSON: every good row, and an issue for every bad cell."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from fractions import Fraction
from typing import Any, Final

from fairhand.core.errors import Issue
from fairhand.core.money import exponent
from fairhand.pay.floors.rules import FloorRow, has_time_zone, hourly, is_active

FORMAT: Final = "wagefloor/v1"
FIELDS: Final = tuple(field.name for field in fields(FloorRow))

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "area": ("any", "urban", "rural"),
    "kind": ("statutory", "collective", "living", "employer"),
    "household": ("none", "single", "typical", "standard"),
    "basis": ("gross", "net", "unknown"),
    "period": ("hour", "day", "week", "month", "year"),
    "source_class": ("A", "B", "C", "D", "E"),
    "may_redistribute": ("true", "false"),
}
_DEFAULTS: Final = {
    **dict.fromkeys(FIELDS, ""),
    "area": "any",
    "household": "none",
    "basis": "unknown",
    "may_redistribute": "false",
}
"""What a JSON row may leave out."""
_NO_TEXT: Final = "This holds a character that is none."
_NEEDED: Final = ("id", "country", "amount", "currency", "valid_from", "source_title")
_DECIMAL: Final = re.compile(r"\d{1,15}(\.\d{1,9})?")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_LIMITS: Final = {"id": 80, "licence": 80, "entered_by": 120, "approved_by": 120}


@dataclass(frozen=True, slots=True)
class ReadFloors:
    """What a file held: the rows that can be kept, and everything that is wrong."""

    rows: tuple[FloorRow, ...]
    issues: tuple[Issue, ...]


def read_floor_rows(text: str) -> ReadFloors:
    """Read a whole file; a row with an error is left out and reported by line and column.

    JSON is a list of rows, or `{"format": "wagefloor/v1", "rows": [...]}`; numbers in it are taken
    as they are written.
    """
    if text.removeprefix("\ufeff").lstrip()[:1] in ("[", "{"):
        return _read_json(text.removeprefix("\ufeff"))
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    rows: dict[str, FloorRow] = {}
    issues: list[Issue] = []
    try:
        missing = [name for name in FIELDS if name not in (reader.fieldnames or ())]
        if missing:
            return ReadFloors((), (Issue("line 1", f"Columns missing: {', '.join(missing)}."),))
        for cells in reader:
            _keep(cells, f"line {reader.line_num}", rows, issues)
    except csv.Error as problem:
        issues.append(Issue(f"line {reader.line_num}", f"This is not CSV: {problem}."))
    return ReadFloors(tuple(rows.values()), tuple(issues))


def _read_json(text: str) -> ReadFloors:
    try:
        content: Any = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as problem:
        return ReadFloors((), (Issue("file", f"This is not JSON: {str(problem)[:200]}."),))
    if isinstance(content, dict):
        if content.get("format") != FORMAT:
            return ReadFloors((), (Issue("format", f"The format is not {FORMAT}."),))
        content = content.get("rows")
    if not isinstance(content, list):
        return ReadFloors((), (Issue("rows", "There is no list of rows."),))
    rows: dict[str, FloorRow] = {}
    issues: list[Issue] = []
    for number, one in enumerate(content, 1):
        cells = _json_cells(one)
        if isinstance(cells, str):
            issues.append(Issue(f"row {number}", cells))
        else:
            _keep(cells, f"row {number}", rows, issues)
    return ReadFloors(tuple(rows.values()), tuple(issues))


def _json_cells(one: object) -> dict[str | None, str | list[str] | None] | str:
    """Read the cells of one object; a message when it is none or names what is not known."""
    if not isinstance(one, dict):
        return "A row is an object."
    strange = [name for name in one if name not in FIELDS]
    if strange:
        return f"Names that wagefloor/v1 does not have: {', '.join(map(str, strange))[:200]}."
    cells: dict[str | None, str | list[str] | None] = {}
    cells.update(_DEFAULTS.items())
    for name, cell in one.items():
        if isinstance(cell, bool):
            cells[name] = str(cell).lower()
        elif isinstance(cell, str):
            cells[name] = cell
        elif cell is not None:
            return f"{name} is neither text nor a number."
    return cells


def floor_json(row: FloorRow) -> dict[str, object]:
    """Write a row as an object of wagefloor/v1."""
    return asdict(row)


def _keep(
    cells: Mapping[str | None, str | list[str] | None],
    line: str,
    rows: dict[str, FloorRow],
    issues: list[Issue],
) -> None:
    if None in cells or None in cells.values():
        issues.append(Issue(line, f"The row does not have {len(FIELDS)} cells."))
        return
    texts = {name: str(cells[name]).strip() for name in FIELDS}
    wrong = [Issue(f"{line}, {name}", message) for name, message in _cell_problems(texts)]
    row = None if wrong else _row(texts)
    if row is not None:
        wrong = [Issue(f"{line}, {name}", message) for name, message in _row_problems(row)]
        if row.id in rows:
            wrong.append(Issue(f"{line}, id", f"{row.id!r} is in this file twice."))
    issues.extend(wrong)
    if row is not None and not wrong:
        rows[row.id] = row


def _row(texts: Mapping[str, str]) -> FloorRow:
    words = {name: text for name, text in texts.items() if name != "may_redistribute"}
    return FloorRow(**words, may_redistribute=texts["may_redistribute"] == "true")


def _cell_problems(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from ((name, _NO_TEXT) for name, text in texts.items() if not _is_text(text))
    for name in _NEEDED:
        if not texts[name]:
            yield name, "This cell must not be empty."
    for name, choices in _CHOICES.items():
        if texts[name] not in choices:
            yield name, f"{texts[name]!r} is none of {', '.join(choices)}."
    for name, limit in _LIMITS.items():
        if len(texts[name]) > limit:
            yield name, f"This is longer than {limit} characters."
    for name, (is_good, wanted) in _SHAPES.items():
        if texts[name] and not is_good(texts[name]):
            yield name, f"{texts[name]!r} is not {wanted}."


def _row_problems(row: FloorRow) -> Iterator[tuple[str, str]]:
    if not has_time_zone(row.country):
        yield "country", f"{row.country!r} is not an ISO 3166-1 code such as GB."
    if row.region and not row.region.startswith(f"{row.country}-"):
        yield "region", f"{row.region!r} is not a region of {row.country}."
    if row.valid_to and row.valid_to < row.valid_from:
        yield "valid_to", "The row ends before it begins."
    if row.approved_on and hourly(row) is None:
        yield "hours_per_week", "An approved row must say hours_per_week and payments_per_year."
    elif row.approved_on and not is_active(row):
        yield "approved_by", f"A class {row.source_class} row needs the name of its approver."
    elif row.approved_by and not row.approved_on:
        yield "approved_on", "The row names an approver and no date."


def _is_text(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _is_positive(text: str) -> bool:
    return bool(_DECIMAL.fullmatch(text)) and Fraction(text) > 0


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_currency(text: str) -> bool:
    try:
        return exponent(text) >= 0
    except ValueError:
        return False


_DATE = (_is_date, "a date such as 2026-11-21")
_NUMBER = (_is_positive, "a positive decimal number such as 12.31")
_SHAPES: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "country": (lambda text: bool(re.fullmatch("[A-Z]{2}", text)), "two capital letters"),
    "region": (
        lambda text: bool(re.fullmatch("[A-Z]{2}-[A-Z0-9]{1,3}", text)),
        "an ISO 3166-2 code such as US-CA",
    ),
    "amount": _NUMBER,
    "hours_per_week": _NUMBER,
    "payments_per_year": _NUMBER,
    "currency": (_is_currency, "an ISO 4217 code such as EUR"),
    "valid_from": _DATE,
    "valid_to": _DATE,
    "published_on": _DATE,
    "approved_on": _DATE,
    "evidence_sha256": (lambda text: bool(_SHA256.fullmatch(text)), "a SHA-256 in hex"),
    "source_url": (
        lambda text: text.startswith(("https://", "http://")),
        "an address that begins with https://",
    ),
}
