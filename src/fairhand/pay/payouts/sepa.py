"""SEPA credit transfers as ISO 20022 pain.001.001.09, with structured addresses.

Built by sepaxml; what it fills in by itself (message id, time, the id of the payment block) is
replaced so that the same batch gives the same bytes. Names go in as banks write them; the readable
original stays in our records and on the statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final
from xml.etree.ElementTree import Element, register_namespace, tostring

from defusedxml.ElementTree import fromstring
from sepaxml import SepaTransfer

from fairhand.pay.payouts.names import as_the_bank_sees_it
from fairhand.pay.payouts.payment import Debtor, Order, Payment, PayoutFile

SCHEMA: Final = "pain.001.001.09"
_NAMESPACE: Final = f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"
# Lengths of PostalAddress24 in the schema.
_ADDRESS: Final = {
    "street": ("street_name", 70),
    "building": ("building_number", 16),
    "postcode": ("postcode", 16),
    "town": ("town", 35),
    "country": ("country", 2),
}


def sepa_file(order: Order, debtor: Debtor) -> PayoutFile:
    """Write the file of a batch; deterministic. The caller has checked debtor and details."""
    day = datetime.fromtimestamp(order.made_at / 1_000, UTC)
    transfer = SepaTransfer(_config(debtor, order.currency), schema=SCHEMA, clean=True)
    for payment in order.payments:
        transfer.add_payment(_transaction(payment, day))
    root = fromstring(transfer.export(validate=False))
    _name(root, order.message_id, day)
    register_namespace("", _NAMESPACE)
    body = '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")
    return PayoutFile(f"{order.message_id}.xml", "application/xml", body)


def schema_errors(body: str) -> list[str]:
    """Say where a file breaks the ISO 20022 schema that sepaxml carries; empty when valid."""
    return [str(error.reason) for error in _schema().iter_errors(body)]


@lru_cache(1)
def _schema() -> Any:  # noqa: ANN401  # xmlschema is untyped to us
    import xmlschema  # takes a second to load, and only the check of a file needs it

    return xmlschema.XMLSchema(str(files("sepaxml") / "schemas" / f"{SCHEMA}.xsd"))


def _config(debtor: Debtor, currency: str) -> dict[str, Any]:
    config: dict[str, Any] = {
        "name": as_the_bank_sees_it(debtor.name),
        "IBAN": debtor.iban,
        "batch": True,
        "currency": currency,
        "address": _address(debtor.address),
    }
    return config | ({"BIC": debtor.bic} if debtor.bic else {})


def _transaction(payment: Payment, day: datetime) -> dict[str, Any]:
    details = payment.details
    made: dict[str, Any] = {
        "name": as_the_bank_sees_it(details["name"]),
        "IBAN": details["iban"],
        "amount": payment.amount_minor,
        "execution_date": day.date(),
        "description": f"Pay {payment.end_to_end_id}",
        "endtoend_id": payment.end_to_end_id,
        "address": _address(details),
    }
    return made | ({"BIC": details["bic"]} if details.get("bic") else {})


def _address(details: Mapping[str, str]) -> dict[str, str]:
    written = {
        theirs: as_the_bank_sees_it(details.get(ours, ""), longest)
        for ours, (theirs, longest) in _ADDRESS.items()
    }
    return {name: text for name, text in written.items() if text}


def _name(root: Element, message_id: str, day: datetime) -> None:
    """Replace what the library draws from the clock and from dice."""
    texts = {
        "MsgId": message_id,
        "CreDtTm": day.strftime("%Y-%m-%dT%H:%M:%S"),
        "PmtInfId": message_id,
    }
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name in texts:
            element.text = texts[name]
