"""`fairhand pay payouts …`: make payout files, say what was sent, read what the bank answered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairhand.cli.opening import opened, owner_id_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.pay import group as pay_group
from fairhand.cli.voice import remark, table, tell

if TYPE_CHECKING:
    from rich.table import Table

    from fairhand.use_cases.read_payouts import PayoutOffice

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Payout files and what the bank answers. Fairhand moves no money by itself.",
)
pay_group.add_typer(group, name="payouts")

BatchNumber = Annotated[int, typer.Argument(metavar="BATCH", min=1, help="A batch's number.")]
PayoutNumber = Annotated[int, typer.Argument(metavar="PAYOUT", min=1, help="A payout's number.")]
Evidence = Annotated[str, typer.Option(help="How you know: a statement's number, a receipt.")]
_SHOWN = 50


@group.command("list")
def list_all(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List what could be paid now, the batches, and what the bank has not answered yet.

    Example:  fairhand pay payouts list
    """
    from fairhand.use_cases.read_payouts import read_payout_office
    from fairhand.web.api.payouts import office_json

    with opened(workspace) as house:
        found = read_payout_office(house.db, house.settings, house.clock())
    tell(office_json(found), *_tables(found))


def _tables(found: PayoutOffice) -> list[str | Table]:
    from fairhand.core.clock import iso
    from fairhand.core.money import Money

    due = table("Settled and not paid out", "Who", ">Amount", "How", "State")
    for one in found.dues[:_SHOWN]:
        rail = one.method.rail if one.method else "none"
        due.add_row(
            one.display_name, str(Money(one.amount_minor, one.currency)), rail, one.standing
        )
    batches = table("Batches", ">Batch", "Made", "How", ">Payouts", ">Sum", "State")
    for batch in found.batches[:_SHOWN]:
        total = str(Money(batch.control_minor, batch.currency))
        batches.add_row(
            str(batch.id),
            iso(batch.made_at)[:10],
            batch.rail,
            str(batch.payouts),
            total,
            batch.state,
        )
    parts: list[str | Table] = [due] if found.dues else ["Nothing is settled and not paid out."]
    parts += [batches] if found.batches else ["No batch has been made yet."]
    state = found.reconciliation
    parts.append(
        f"{len(state.missing)} payouts without an answer, {len(state.unmatched)} lines of the bank "
        "that fit none." + ("" if state.agrees else " CLEARING DOES NOT AGREE WITH THE PAYOUTS.")
    )
    return parts


@group.command("make")
def make(
    rail: Annotated[str, typer.Argument(help="sepa, mobile, batch or cash.")],
    currency: Annotated[str, typer.Argument(help="As EUR.")],
    key: Annotated[
        str | None, typer.Option(help="A name for this batch: the same name makes it only once.")
    ] = None,
    final: Annotated[
        list[int] | None,
        typer.Option(help="A person whose final pay this is, by number; may be repeated."),
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Make a payout file of everybody who can be paid that way now.

    Example:  fairhand pay payouts make sepa EUR --key november-2026
    """
    from uuid import uuid4

    from fairhand.core.money import Money
    from fairhand.use_cases.make_payout_batch import MakePayoutBatch, make_payout_batch
    from fairhand.use_cases.read_payouts import debtor_of
    from fairhand.web.api.payouts import batch_json

    with opened(workspace) as house:
        command = MakePayoutBatch(
            rail, currency, owner_id_of(house), key or str(uuid4()), tuple(final or ())
        )
        made = make_payout_batch(house.db, command, house.clock(), debtor=debtor_of(house.settings))
    batch = made.batch
    words = "had been made before" if made.again else "is made"
    tell(
        batch_json(batch),
        f"Batch {batch.id} {words}: {batch.payouts} payouts, "
        f"{Money(batch.control_minor, batch.currency)}.",
        f"Next:  fairhand pay payouts file {batch.id} {batch.file_name}",
        f"       fairhand pay payouts sent {batch.id}",
    )


@group.command("file")
def file(
    batch: BatchNumber,
    to: Annotated[Path, typer.Argument(dir_okay=False, help="Where to write it.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Write a batch's file; it holds account numbers, so only you can read it.

    Example:  fairhand pay payouts file 3 november.xml
    """
    import os

    from fairhand.core.errors import ConflictError
    from fairhand.use_cases.read_payouts import read_payout_file

    with opened(workspace) as house:
        _, body = read_payout_file(house.db, batch)
    try:
        handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConflictError(f"{to} is there already; choose another name.") from None
    with os.fdopen(handle, "wb") as out:
        out.write(body.encode())
    tell({"batch_id": batch, "file": str(to)}, f"Written to {to}. Delete it when it is sent.")


@group.command("sent")
def sent(
    batch: BatchNumber,
    evidence: Evidence = "",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Say that a batch's file went to the bank.

    Example:  fairhand pay payouts sent 3 --evidence "order 4711"
    """
    from fairhand.use_cases.mark_batch_sent import MarkBatchSent, mark_batch_sent

    with opened(workspace) as house:
        command = MarkBatchSent(batch, owner_id_of(house), evidence)
        changed = mark_batch_sent(house.db, command, house.clock())
    words = f"Batch {batch} is sent." if changed else f"Batch {batch} was sent already."
    tell({"batch_id": batch, "changed": changed}, words)


@group.command("cancel")
def cancel(
    batch: BatchNumber,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Take back a batch whose file was not sent; its money can be paid in another.

    Example:  fairhand pay payouts cancel 3 --reason "wrong account"
    """
    from fairhand.use_cases.cancel_payout_batch import CancelPayoutBatch, cancel_payout_batch

    with opened(workspace) as house:
        command = CancelPayoutBatch(batch, owner_id_of(house), reason)
        changed = cancel_payout_batch(house.db, command, house.clock())
    words = "is cancelled" if changed else "was cancelled already"
    tell({"batch_id": batch, "changed": changed}, f"Batch {batch} {words}.")


@group.command("confirm")
def confirm(
    payout: PayoutNumber, evidence: Evidence, workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Say by hand that a payout arrived.

    Example:  fairhand pay payouts confirm 17 --evidence "statement 11, line 4"
    """
    _decide(payout, evidence, workspace, is_there=True)


@group.command("return")
def give_back(
    payout: PayoutNumber, evidence: Evidence, workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Say by hand that a payout came back; it is payable again at once.

    Example:  fairhand pay payouts return 17 --evidence "AC04, account closed"
    """
    _decide(payout, evidence, workspace, is_there=False)


def _decide(payout: int, evidence: str, workspace: Path | None, *, is_there: bool) -> None:
    from fairhand.use_cases.decide_payout import DecidePayout, decide_payout

    with opened(workspace) as house:
        command = DecidePayout(
            payout, "confirmed" if is_there else "returned", evidence, owner_id_of(house)
        )
        changed = decide_payout(house.db, command, house.clock())
    words = "arrived" if is_there else "came back and is payable again"
    tell({"payout_id": payout, "changed": changed}, f"Payout {payout} {words}.")


@group.command("read-bank")
def read_bank(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="XML or CSV.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Read a bank's answer: camt.053, pain.002, or a CSV with reference and status.

    The same file twice changes nothing; what fits no payout is listed and never guessed.

    Example:  fairhand pay payouts read-bank statement.xml
    """
    from dataclasses import asdict

    from fairhand.pay.payouts.answers import FILE_MAX
    from fairhand.use_cases.import_bank_file import ImportBankFile, import_bank_file

    with file.open("rb") as content, opened(workspace) as house:
        command = ImportBankFile(file.name, content.read(FILE_MAX + 1), owner_id_of(house))
        read = import_bank_file(house.db, command, house.clock())
    tell(
        asdict(read),
        f"{read.lines} lines, {read.known} known already: {read.confirmed} payouts arrived, "
        f"{read.returned} came back, {read.unmatched} lines fit none.",
    )
    for reason in read.reasons[:_SHOWN]:
        remark(f"  {reason}")
