"""Read exchange rates from a file: our CSV, or the European Central Bank's CSV and XML."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Final
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from fairhand.core.errors import Issue
from fairhand.core.money import exponent
from fairhand.pay.fx.rules import Rate

COLUMNS: Final = ("base", "quote", "rate", "as_of", "source_title", "source_url")
MOST_RATES: Final = 500_000
ECB_TITLE: Final = "European Central Bank, euro foreign exchange reference rates"
ECB_URL: Final = "https://www.ecb.europa.eu/stats/policy_and_exchange_rates/"

_DECIMAL: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,15})?", re.ASCII)
_LONGEST_TITLE: Final = 300
_LONGEST_URL: Final = 500
_ECB_DAY: Final = "%d %B %Y"


@dataclass(frozen=True, slots=True)
class ReadRate:
    """A rate with its number as it was written: that text is what is kept."""

    rate: Rate
    written: str


@dataclass(frozen=True, slots=True)
class ReadRates:
    """What a file held: the rates that can be kept, and everything that is wrong."""

    rates: tuple[ReadRate, ...]
    issues: tuple[Issue, ...]


def read_rates(data: bytes) -> ReadRates:
    """Read a whole file; a row with an error is left out and reported by its line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _refused("file", "This is not UTF-8 text.")
    if "\x00" in text:
        return _refused("file", "This holds a character that is none.")
    if text.lstrip().startswith("<"):
        return _sorted_out(_from_xml(text))
    return _sorted_out(_from_csv(text))


def read_rate(cells: dict[str, str], place: str) -> ReadRate | Issue:
    """Read one rate from its six cells."""
    for name, (problem, is_wrong) in _RULES.items():
        if is_wrong(cells[name]):
            return Issue(f"{place}, {name}", f"{cells[name][:40]!r} {problem}.")
    if cells["base"] == cells["quote"]:
        return Issue(f"{place}, quote", "A currency has no rate in itself.")
    rate = Rate(
        cells["base"],
        cells["quote"],
        Fraction(cells["rate"]),
        date.fromisoformat(cells["as_of"]),
        cells["source_title"],
        cells["source_url"],
    )
    return ReadRate(rate, cells["rate"])


def _refused(place: str, message: str) -> ReadRates:
    return ReadRates((), (Issue(place, message),))


def _sorted_out(found: Iterable[ReadRate | Issue]) -> ReadRates:
    rates: list[ReadRate] = []
    issues: list[Issue] = []
    for one in found:
        if isinstance(one, Issue):
            issues.append(one)
        else:
            rates.append(one)
        if len(rates) > MOST_RATES:
            return _refused("file", f"More than {MOST_RATES:,} rates in one file.")
    if not rates and not issues:
        return _refused("file", "There is no rate in this file.")
    return ReadRates(tuple(rates), tuple(issues))


def _from_csv(text: str) -> Iterator[ReadRate | Issue]:
    lines = csv.reader(io.StringIO(text), strict=True)
    try:
        header = [name.strip() for name in next(lines, [])]
        if header[:1] == ["Date"]:
            yield from _ecb_rows(header, lines)
            return
        missing = [name for name in COLUMNS[:5] if name not in header]
        if missing:
            yield Issue("line 1", f"Columns missing: {', '.join(missing)}.")
            return
        yield from _own_rows(header, lines)
    except csv.Error as problem:
        yield Issue(f"line {lines.line_num}", f"This is not CSV: {problem}.")


def _own_rows(header: list[str], lines: Iterator[list[str]]) -> Iterator[ReadRate | Issue]:
    for number, row in enumerate(lines, 2):
        if not row:
            continue
        if len(row) != len(header):
            yield Issue(f"line {number}", f"The row does not have {len(header)} cells.")
            continue
        given = dict(zip(header, (cell.strip() for cell in row), strict=True))
        yield read_rate({name: given.get(name, "") for name in COLUMNS}, f"line {number}")


def _ecb_rows(header: list[str], lines: Iterator[list[str]]) -> Iterator[ReadRate | Issue]:
    """One line a day, one column a currency, what is not quoted written N/A."""
    for number, row in enumerate(lines, 2):
        day = _ecb_day(row[0].strip()) if row else ""
        if not day:
            if any(cell.strip() for cell in row):
                yield Issue(f"line {number}", "This line does not begin with a day.")
            continue
        for quote, cell in zip(header[1:], row[1:], strict=False):
            if quote and cell.strip() not in ("", "N/A"):
                yield _ecb_rate(quote, cell.strip(), day, f"line {number}")


def _from_xml(text: str) -> Iterator[ReadRate | Issue]:
    """Read nested Cube elements: one with a `time`, in it one for each currency and rate."""
    try:
        root = fromstring(text.encode())
    except (ParseError, DefusedXmlException, ValueError, RecursionError) as problem:
        yield Issue("file", f"This XML cannot be read: {type(problem).__name__}.")
        return
    for day in root.iter():
        if not _is_cube(day.tag) or "time" not in day.attrib:
            continue
        for cube in day:
            quote, written = cube.get("currency"), cube.get("rate")
            if quote is not None and written is not None:
                yield _ecb_rate(quote, written, day.attrib["time"], f"day {day.attrib['time']}")


def _is_cube(tag: object) -> bool:
    return isinstance(tag, str) and tag.rpartition("}")[2] == "Cube"


def _ecb_rate(quote: str, written: str, day: str, place: str) -> ReadRate | Issue:
    cells = dict(zip(COLUMNS, ("EUR", quote, written, day, ECB_TITLE, ECB_URL), strict=True))
    return read_rate(cells, place)


def _ecb_day(text: str) -> str:
    if _is_day(text):
        return text
    try:
        return datetime.strptime(text, _ECB_DAY).date().isoformat()  # noqa: DTZ007  # a day
    except ValueError:
        return ""


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_currency(text: str) -> bool:
    try:
        return exponent(text) >= 0
    except ValueError:
        return False


def _is_rate(text: str) -> bool:
    return bool(_DECIMAL.fullmatch(text)) and Fraction(text) > 0


def _is_title(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_TITLE


def _is_address(text: str) -> bool:
    return not text or (text.startswith(("https://", "http://")) and len(text) <= _LONGEST_URL)


_RULES: Final[Mapping[str, tuple[str, Callable[[str], bool]]]] = {
    "base": ("is not an ISO 4217 code such as EUR", lambda text: not _is_currency(text)),
    "quote": ("is not an ISO 4217 code such as KES", lambda text: not _is_currency(text)),
    "rate": ("is not a positive decimal number", lambda text: not _is_rate(text)),
    "as_of": ("is not a day such as 2026-11-20", lambda text: not _is_day(text)),
    "source_title": ("is no source: name it in 1 to 300 letters", lambda text: not _is_title(text)),
    "source_url": ("is not an address that begins with https://", lambda t: not _is_address(t)),
}
