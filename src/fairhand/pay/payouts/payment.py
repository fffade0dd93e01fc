"""What a payout file is made of: who pays, who is paid, and the file that came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fairhand.core.clock import Instant
from fairhand.core.errors import Issue
from fairhand.pay.payouts.methods import check_address, check_bic, check_iban
from fairhand.pay.payouts.names import as_the_bank_sees_it


@dataclass(frozen=True, slots=True)
class Debtor:
    """Who pays: the operator, as the settings name it; addresses are structured."""

    name: str = ""
    iban: str = ""
    bic: str = ""
    address: Mapping[str, str] = field(default_factory=dict)
    source_currency: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of a batch; `amount_minor` in minor units of `currency`."""

    end_to_end_id: str
    person_id: int
    currency: str
    amount_minor: int
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Order:
    """A batch to be written: its name at the bank, its payments and its day."""

    message_id: str
    currency: str
    payments: Sequence[Payment]
    made_at: Instant

    @property
    def control_minor(self) -> int:
        """The sum of all payments in minor units, as the file must state it."""
        return sum(one.amount_minor for one in self.payments)


@dataclass(frozen=True, slots=True)
class PayoutFile:
    """A file for a bank or a provider, and its name."""

    name: str
    media_type: str
    body: str

    @property
    def sha256(self) -> str:
        """Name the file's bytes."""
        return hashlib.sha256(self.body.encode()).hexdigest()


def check_debtor(debtor: Debtor) -> list[Issue]:
    """List what the settings lack or have wrong for a bank file, by the setting's name."""
    issues = []
    if not as_the_bank_sees_it(debtor.name):
        issues.append(Issue("payout_name", "Say who pays: the name that your account has."))
    wrong = check_iban(debtor.iban) if debtor.iban else "Say which account pays: its IBAN."
    if wrong:
        issues.append(Issue("payout_iban", wrong))
    wrong = check_bic(debtor.bic) if debtor.bic else None
    if wrong:
        issues.append(Issue("payout_bic", wrong))
    if not debtor.address.get("town"):
        issues.append(Issue("payout_town", "Say in which town you are: banks refuse files without"))
    issues += [
        Issue(f"payout_{issue.place}", issue.message) for issue in check_address(debtor.address)
    ]
    return issues
