"""What banks and providers answer: camt.053/054 statements, pain.002 reports, CSV results.

The files come from outside: XML without entities or document types, within limits, read by the
names of its elements whatever the version. Every answer becomes lines with a fingerprint, so that
the same file read twice says nothing new. Nothing is matched here, and nothing is guessed.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, Literal, TypeAlias
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from fairhand.core.errors import InvalidError, MalformedError, TooLargeError
from fairhand.core.money import LARGEST_MINOR, exponent

LineKind: TypeAlias = Literal["paid", "returned", "other"]

FILE_MAX: Final = 8 * 1024 * 1024
CELL_MAX: Final = 100_000
LINES_MAX: Final = 50_000
_ROOTS: Final = ("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn", "BkToCstmrAcctRpt", "CstmrPmtStsRpt")
_DECIMAL: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,5})?", re.ASCII)
# ISO 20022 external payment transaction status codes: settled, refused; all others: on its way.
_SETTLED: Final = frozenset(("ACSC", "ACCC"))
_REFUSED: Final = frozenset(("RJCT", "CANC"))
_PAID_WORDS: Final = frozenset(
    "completed complete success successful succeeded paid confirmed sent-and-paid".split()
)
_RETURNED_WORDS: Final = frozenset(
    "failed failure rejected returned reversed cancelled canceled declined expired refunded".split()
)
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "reference": ("reference", "paymentreference", "endtoendid", "externalid", "remarks"),
    "status": ("status", "state", "result", "transactionstatus"),
    "amount": ("amount", "transactionamount", "targetamount"),
    "currency": ("currency", "targetcurrency", "amountcurrency"),
    "date": ("date", "completedon", "transactiondate", "bookingdate"),
    "reason": ("reason", "message", "error", "failurereason", "resultdescription"),
    "receipt": ("receipt", "transactionid", "receiptno", "transferid", "id"),
}


@dataclass(frozen=True, slots=True)
class BankLine:
    """One line of an answer: what became of a reference.

    `amount_minor` is in minor units of `currency`; an empty `currency` says that the answer names
    no amount. `references` lists every name by which the line may be known.
    """

    kind: LineKind
    references: tuple[str, ...]
    amount_minor: int
    currency: str
    booked_on: str
    reason: str
    receipt: str = ""
    number: int = 0

    @property
    def fingerprint(self) -> str:
        """Name the line by all that it says."""
        parts = (
            self.kind,
            *self.references,
            str(self.amount_minor),
            self.currency,
            self.booked_on,
            self.reason,
            self.receipt,
            str(self.number),
        )
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()

    @property
    def reference(self) -> str:
        """The name to show."""
        return self.references[0] if self.references else ""


def read_answer(name: str, content: bytes) -> list[BankLine]:
    """Read a bank's or provider's file; the kind is seen from its content.

    Raises TooLargeError, MalformedError (not readable) or InvalidError (of no known kind).
    """
    if len(content) > FILE_MAX:
        raise TooLargeError(f"{name} is larger than {FILE_MAX // 2**20} MB; send it in parts.")
    if not content.strip():
        raise MalformedError(f"{name} is empty.")
    is_xml = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    lines: list[BankLine] = []
    for line in _xml_lines(name, content) if is_xml else _csv_lines(name, content):
        lines.append(line)
        if len(lines) > LINES_MAX:
            raise TooLargeError(f"{name} has more than {LINES_MAX:,} lines; send it in parts.")
    return _numbered(lines)


def _numbered(lines: list[BankLine]) -> list[BankLine]:
    """Number lines that say exactly the same, so that each counts and a second reading does not."""
    seen: Counter[str] = Counter()
    numbered = []
    for line in lines:
        numbered.append(replace(line, number=seen[line.fingerprint]))
        seen[line.fingerprint] += 1
    return numbered


def _xml_lines(name: str, content: bytes) -> Iterator[BankLine]:
    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException:
        raise MalformedError(
            f"{name} holds a document type or entities; a bank's file has none.", code="unsafe_xml"
        ) from None
    except (ParseError, ValueError, LookupError):
        raise MalformedError(f"{name} is not well-formed XML.") from None
    body = next((child for child in root if _local(child) in _ROOTS), None)
    if body is None:
        raise InvalidError(
            f"{name} is neither a camt.053 statement nor a pain.002 report.", code="unknown_answer"
        )
    return _report(body) if _local(body) == "CstmrPmtStsRpt" else _statement(body)


def _statement(body: Element) -> Iterator[BankLine]:
    """Read the booked entries of an account statement (camt.052, 053, 054)."""
    for entry in _all(body, "Ntry"):
        details = _all(entry, "TxDtls")
        if not details:
            yield _booking(entry, entry, alone=True)
        for detail in details:
            yield _booking(entry, detail, alone=len(details) == 1)


def _booking(entry: Element, detail: Element, *, alone: bool) -> BankLine:
    amount, currency = _amount(detail, entry if alone else None)
    returned = _first(detail, "RtrInf")
    reason = _reason(returned)
    is_credit = (_direct(detail, "CdtDbtInd") or _direct(entry, "CdtDbtInd")) == "CRDT"
    is_reversal = _direct(entry, "RvslInd") in ("true", "1")
    kind: LineKind = "returned" if is_credit else "paid"
    if returned is not None or is_reversal:
        kind, reason = "returned", reason or "reversed by the bank"
    if _status(entry) not in ("", "BOOK"):
        kind, reason = "other", "not booked yet"
    return BankLine(
        kind,
        _references(entry if alone else detail, detail),
        amount,
        currency,
        _booked_on(entry),
        reason,
        _text(detail, "AcctSvcrRef") or _direct(entry, "AcctSvcrRef"),
    )


def _references(scope: Element, detail: Element) -> tuple[str, ...]:
    """List end-to-end ids; without one, the ids of the whole batch."""
    ends = [_said(one) for one in _all(detail, "EndToEndId")]
    known = [end for end in ends if end and end != "NOTPROVIDED"]
    if not known:
        batch = (*_all(scope, "MsgId"), *_all(scope, "PmtInfId"))
        known = [text for one in batch if (text := _said(one))]
    return tuple(dict.fromkeys(known))[:4]


def _report(body: Element) -> Iterator[BankLine]:
    """Read a status report on a batch that was sent (pain.002)."""
    details = _all(body, "TxInfAndSts")
    for detail in details:
        amount, currency = _amount(detail, None)
        yield BankLine(
            _kind_of(_text(detail, "TxSts")),
            tuple(filter(None, (_text(detail, "OrgnlEndToEndId"),))),
            amount,
            currency,
            (_text(detail, "AccptncDtTm") or _text(body, "CreDtTm"))[:10],
            _reason(detail) or _text(detail, "TxSts"),
            _text(detail, "StsId"),
        )
    status = _text(body, "GrpSts") or _text(body, "PmtInfSts")
    if status and not details:
        yield BankLine(
            _kind_of(status),
            tuple(filter(None, (_text(body, "OrgnlMsgId"),))),
            0,
            "",
            _text(body, "CreDtTm")[:10],
            _reason(body) or status,
        )


def _kind_of(status: str) -> LineKind:
    if status in _SETTLED:
        return "paid"
    return "returned" if status in _REFUSED else "other"


def _amount(detail: Element, entry: Element | None) -> tuple[int, str]:
    """Find the amount of a transaction; that of its entry only where it stands alone."""
    candidates = [
        *(_all(part, "Amt")[:1] for part in _all(detail, "TxAmt")),
        _children(detail, "Amt"),
        *(_all(part, "Amt")[:1] for part in _all(detail, "InstdAmt")),
        _all(detail, "InstdAmt"),
        _children(entry, "Amt") if entry is not None else [],
    ]
    for found in candidates:
        for one in found:
            currency = one.get("Ccy", "")
            if currency:
                return _minor(_said(one), currency), currency
    return 0, ""


def _minor(text: str, currency: str) -> int:
    """Read an amount in minor units; MalformedError when it is none of that currency."""
    try:
        value = Fraction(text) * 10 ** exponent(currency) if _DECIMAL.fullmatch(text) else None
    except ValueError:
        value = None
    if value is None or value.denominator != 1 or value > LARGEST_MINOR:
        raise MalformedError(f"{text[:30]!r} is not an amount of {currency[:3]!r}.")
    return int(value)


def _csv_lines(name: str, content: bytes) -> Iterator[BankLine]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedError(f"{name} is not UTF-8; save it as UTF-8.") from None
    if "\x00" in text:
        raise MalformedError(f"{name} holds a character that is none.")
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        columns = _find_columns(name, next(reader, []))
        for row in reader:
            # The csv module's own limit is one for all of a process, and imports raise it.
            if any(len(value) > CELL_MAX for value in row):
                raise MalformedError(f"{name} has a cell that is too long to be one.")
            if any(value.strip() for value in row):
                yield _result(row, columns)
    except csv.Error:
        raise MalformedError(f"{name} is not a table that can be read.") from None


def _find_columns(name: str, head: Iterable[str]) -> Callable[[list[str], str], str]:
    places = {re.sub(r"[^a-z]", "", title.lower()): at for at, title in enumerate(head)}
    known = {
        column: places[title]
        for column, titles in _COLUMNS.items()
        for title in reversed(titles)
        if title in places
    }
    missing = [column for column in ("reference", "status") if column not in known]
    if missing:
        raise InvalidError(
            f"{name} has no column {' or '.join(missing)}; a table of results needs reference and "
            "status.",
            code="unknown_answer",
        )

    def value(row: list[str], column: str) -> str:
        at = known.get(column, len(row))
        return row[at].strip() if at < len(row) else ""

    return value


def _result(row: list[str], value: Callable[[list[str], str], str]) -> BankLine:
    status = value(row, "status").lower()
    kind: LineKind = "other"
    if status in _PAID_WORDS:
        kind = "paid"
    elif status in _RETURNED_WORDS:
        kind = "returned"
    currency = value(row, "currency").upper()[:3]
    amount = value(row, "amount").replace(",", "") if currency else ""
    return BankLine(
        kind,
        tuple(filter(None, (value(row, "reference").lstrip("'")[:140],))),
        _minor(amount, currency) if amount else 0,
        currency if amount else "",
        value(row, "date")[:10],
        (value(row, "reason") or ("" if kind == "paid" else status))[:200],
        value(row, "receipt")[:140],
    )


def _reason(part: Element | None) -> str:
    """Read why: the ISO code (AC04: account closed …) and what the bank adds."""
    if part is None:
        return ""
    reason = _first(part, "Rsn")
    code = "" if reason is None else (_text(reason, "Cd") or _text(reason, "Prtry"))
    said = " ".join(filter(None, (_said(one) for one in _all(part, "AddtlInf"))))
    return ": ".join(filter(None, (code, said)))[:200]


def _status(entry: Element) -> str:
    """The booking status: `<Sts>BOOK</Sts>` before version 08, `<Sts><Cd>BOOK</Cd></Sts>` since."""
    found = _children(entry, "Sts")
    return (_said(found[0]) or _text(found[0], "Cd")) if found else ""


def _booked_on(entry: Element) -> str:
    found = _children(entry, "BookgDt")
    day = (_text(found[0], "Dt") or _text(found[0], "DtTm")) if found else ""
    return day[:10]


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _all(element: Element, name: str) -> list[Element]:
    return [one for one in element.iter() if _local(one) == name and one is not element]


def _children(element: Element, name: str) -> list[Element]:
    return [one for one in element if _local(one) == name]


def _first(element: Element, name: str) -> Element | None:
    return next((one for one in element.iter() if _local(one) == name), None)


def _text(element: Element, name: str) -> str:
    found = _first(element, name)
    return "" if found is None else _said(found)


def _direct(element: Element, name: str) -> str:
    found = _children(element, name)
    return _said(found[0]) if found else ""


def _said(element: Element) -> str:
    return (element.text or "").strip()[:140]
