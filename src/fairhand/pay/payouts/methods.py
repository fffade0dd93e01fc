"""Ways of getting paid: what each rail needs to know, checked before it is kept.

Details are plain text by name. They are personal: outside the payout file only their last four
characters are shown, and the log holds nothing but their hash.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import rfc8785
from schwifty import BIC, IBAN
from schwifty.exceptions import (
    InvalidBBANChecksum,
    InvalidChecksumDigits,
    InvalidCountryCode,
    InvalidLength,
    InvalidStructure,
    SchwiftyException,
)

from fairhand.core.errors import Issue
from fairhand.core.words import later as _
from fairhand.pay.payouts.names import as_the_bank_sees_it
from fairhand.pay.payouts.rules import Rail

_PHONE: Final = re.compile(r"\+[1-9][0-9]{7,14}", re.ASCII)  # ITU-T E.164: at most 15 digits
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_ACCOUNT_LINE: Final = re.compile(r"\s*([A-Za-z][A-Za-z.]{0,39})\s*[:=]\s*(\S.{0,98}?)\s*")
_ACCOUNT_LINES: Final = 12
_LONGEST: Final = 140


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a rail needs to know; `longest` in characters."""

    name: str
    title: str
    longest: int = _LONGEST
    required: bool = True
    help: str = ""


@dataclass(frozen=True, slots=True)
class RailKind:
    """A way of getting paid, in plain words; an empty `currencies` means any."""

    rail: Rail
    title: str
    fields: tuple[Field, ...]
    currencies: tuple[str, ...] = ()


KINDS: Final[Mapping[Rail, RailKind]] = {
    kind.rail: kind
    for kind in (
        RailKind(
            "sepa",
            _("Bank account in Europe (SEPA)"),
            (
                Field("name", _("Name of the account holder"), 70),
                Field("iban", "IBAN", 42),
                Field("bic", "BIC", 11, required=False, help=_("Only if your bank asks for it.")),
                Field("street", _("Street"), 70, required=False),
                Field("building", _("House number"), 16, required=False),
                Field("postcode", _("Postcode"), 16, required=False),
                Field("town", _("Town"), 35, help=_("Banks refuse payments without it.")),
                Field("country", _("Country"), 2, help=_("Two letters, as DE.")),
            ),
            ("EUR",),
        ),
        RailKind(
            "mobile",
            _("Mobile money"),
            (
                Field("provider", _("Provider"), 40, help=_("As M-PESA.")),
                Field(
                    "phone", _("Phone number"), 20, help=_("With the country, as +254712345678.")
                ),
                Field("name", _("Name that the number is registered to"), 70),
            ),
        ),
        RailKind(
            "batch",
            _("Transfer service (Wise and the like)"),
            (
                Field("name", _("Your full name"), 140),
                Field("email", _("E-mail address"), 254),
                Field(
                    "type", _("Kind of account"), 40, help=_("As the service calls it: sort_code.")
                ),
                Field(
                    "account",
                    _("Account"),
                    1_000,
                    help=_("One line each, as accountNumber: 12345678"),
                ),
            ),
        ),
        RailKind(
            "cash",
            _("Cash, signed for"),
            (
                Field("to", _("Who fetches it"), 140),
                Field("place", _("Where"), 140, help=_("The place where you can be paid by hand.")),
            ),
        ),
    )
}


def clean_details(rail: Rail, given: Mapping[str, str]) -> dict[str, str]:
    """Keep what a rail knows of, without needless spaces; an IBAN or a number without any."""
    kept = {field.name: given.get(field.name, "").strip() for field in KINDS[rail].fields}
    for name in ("iban", "bic", "phone"):
        if name in kept:
            kept[name] = re.sub(r"[\s\-()]" if name == "phone" else r"\s", "", kept[name])
    for name in ("iban", "bic", "country"):
        if name in kept:
            kept[name] = kept[name].upper()
    return {name: text for name, text in kept.items() if text}


def check_details(rail: Rail, currency: str, details: Mapping[str, str]) -> list[Issue]:
    """List what is wrong with the details of a method; empty when it can be paid."""
    kind = KINDS[rail]
    issues = []
    if kind.currencies and currency not in kind.currencies:
        issues.append(Issue("currency", f"{kind.title} carries {', '.join(kind.currencies)} only."))
    for field in kind.fields:
        text = details.get(field.name, "")
        if field.required and not text:
            issues.append(Issue(field.name, f"{field.title} is missing."))
        elif len(text) > field.longest:
            issues.append(Issue(field.name, f"{field.title}: at most {field.longest} characters."))
        elif not all(char.isprintable() or char == "\n" for char in text):
            issues.append(Issue(field.name, f"{field.title} holds a character that is none."))
    return issues or _CHECKS[rail](details)


def account_fields(text: str) -> dict[str, str]:
    """Read `name: value` lines of an account; ValueError says which line cannot be read."""
    found: dict[str, str] = {}
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > _ACCOUNT_LINES:
        raise ValueError(f"At most {_ACCOUNT_LINES} lines.")
    for number, line in enumerate(lines, 1):
        read = _ACCOUNT_LINE.fullmatch(line)
        if read is None:
            raise ValueError(f"Line {number} does not read as accountNumber: 12345678.")
        found[read[1]] = read[2]
    return found


def masked(rail: Rail, details: Mapping[str, str]) -> str:
    """Name a method so that its owner knows it and nobody learns it: the last four at most."""
    if rail == "sepa":
        return f"IBAN {details['iban'][:2]} … {details['iban'][-4:]}"
    if rail == "mobile":
        return f"{details['provider']} … {details['phone'][-4:]}"
    if rail == "cash":
        return f"cash at {details['place']}"
    longest = max(account_fields(details["account"]).values(), key=len, default="")
    return f"{details['type']} … {longest[-4:] if len(longest) > 5 else ''}".rstrip()


def payee_name(details: Mapping[str, str]) -> str:
    """The name that a payment is made out to, as the person wrote it."""
    return details.get("name") or details["to"]


def hash_of(rail: Rail, currency: str, details: Mapping[str, str]) -> str:
    """Name details by SHA-256 over their canonical JSON, for the log."""
    body: dict[str, Any] = {"rail": rail, "currency": currency, "details": dict(details)}
    return hashlib.sha256(rfc8785.dumps(body)).hexdigest()


def check_iban(text: str) -> str | None:
    """Say what is wrong with an IBAN (ISO 13616: length, structure, check digits)."""
    try:
        IBAN(text, validate_bban=True)
    except SchwiftyException as error:
        return f"This IBAN is not right: {_plain(error)}."
    return None


def check_bic(text: str) -> str | None:
    """Say what is wrong with a BIC (ISO 9362)."""
    try:
        BIC(text)
    except SchwiftyException as error:
        return f"This BIC is not right: {_plain(error)}."
    return None


def check_address(details: Mapping[str, str]) -> list[Issue]:
    """List what is wrong with a structured address: town and country are compulsory.

    SEPA takes no unstructured address since November 2026 (EPC rulebook 2025).
    """
    issues = []
    if not _COUNTRY.fullmatch(details.get("country", "")):
        issues.append(Issue("country", "Give the country as two capital letters, as DE."))
    for name in ("street", "building", "postcode", "town"):
        text = details.get(name, "")
        if text and not as_the_bank_sees_it(text):
            issues.append(Issue(name, "Write this in letters or digits that a bank can send."))
    return issues


def _check_sepa(details: Mapping[str, str]) -> list[Issue]:
    issues = []
    if not as_the_bank_sees_it(details["name"]):
        message = "A bank cannot write this name. Use the one your bank has, in Latin letters."
        issues.append(Issue("name", message))
    wrong = check_iban(details["iban"])
    if wrong:
        issues.append(Issue("iban", wrong))
    wrong = check_bic(details["bic"]) if details.get("bic") else None
    if wrong:
        issues.append(Issue("bic", wrong))
    return issues + check_address(details)


def _check_mobile(details: Mapping[str, str]) -> list[Issue]:
    if _PHONE.fullmatch(details["phone"]):
        return []
    message = "Give the number with its country: +, then 8 to 15 digits, as +254712345678."
    return [Issue("phone", message)]


def _check_batch(details: Mapping[str, str]) -> list[Issue]:
    issues = []
    local, _, domain = details["email"].partition("@")
    if not local or "." not in domain or set(details["email"]) & set(" \t\r\n,;<>"):
        issues.append(Issue("email", "This is not an e-mail address."))
    if not re.fullmatch(r"[a-z][a-z_]*", details["type"]):
        issues.append(Issue("type", "Write the kind in small letters, as sort_code."))
    try:
        if not account_fields(details["account"]):
            issues.append(Issue("account", "Give at least one line, as accountNumber: 12345678."))
    except ValueError as error:
        issues.append(Issue("account", str(error)))
    return issues


def _check_cash(_details: Mapping[str, str]) -> list[Issue]:
    return []


_REASONS: Final[Mapping[type[Exception], str]] = {
    InvalidChecksumDigits: "its check digits do not fit",
    InvalidBBANChecksum: "its account number does not fit its check digits",
    InvalidLength: "it is too long or too short",
    InvalidCountryCode: "there is no such country",
    InvalidStructure: "letters and digits stand in the wrong places",
}
_CHECKS: Final[Mapping[Rail, Callable[[Mapping[str, str]], list[Issue]]]] = {
    "sepa": _check_sepa,
    "mobile": _check_mobile,
    "batch": _check_batch,
    "cash": _check_cash,
}


def _plain(error: SchwiftyException) -> str:
    """Say it in our own words: the library's may repeat the number."""
    return _REASONS.get(type(error), "it does not fit its country")
