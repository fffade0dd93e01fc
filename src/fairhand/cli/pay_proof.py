"""Proof of pay on the command line: a statement, its bundle, and checking one offline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli import verify
from fairhand.cli.opening import opened, owner_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.pay import group
from fairhand.cli.voice import tell

if TYPE_CHECKING:
    from fairhand.people.accounts.rules import Actor
    from fairhand.storage.database import Database
    from fairhand.use_cases.read_bundle import BundleReport
    from fairhand.use_cases.read_statement_sheet import StatementSheet

_MARKS = {"ok": "ok  ", "failed": "FAIL", "open": "?   "}


@verify.group.command("statement")
def verify_statement(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A statement bundle.")],
    key: Annotated[
        list[str] | None,
        typer.Option(help="The log's public key, or a file with it (`fairhand log key`)."),
    ] = None,
    handovers: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="handovers.json of the log, where its key changed."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a statement offline: every figure computed again, and its place in the signed log.

    Exit 1 when anything is not as it must be, or when the log had not sealed the statement yet.
    Without --key the key that came in the bundle is used: that shows that its parts belong
    together, not who made them.

    Example:  fairhand verify statement fairhand-statement-12.bundle.json --key log.vkey
    Example:  fairhand verify statement old.bundle.json --key log.vkey --handovers handovers.json
    """
    from fairhand.proof.log.rotation import parse_handovers
    from fairhand.use_cases.read_bundle import LARGEST, verify_bundle

    trusted = verify.read_keys(key)
    notes = [] if handovers is None else parse_handovers(handovers.read_bytes())
    with file.open("rb") as opened:
        raw = opened.read(LARGEST + 1)
    report = verify_bundle(raw.decode("utf-8", "surrogateescape"), trusted, notes)
    tell(_report_json(report), *_report_lines(report))
    if not report.ok:
        raise typer.Exit(1)


def _report_json(report: BundleReport) -> dict[str, Any]:
    checks = [{"name": one.name, "state": one.state, "words": one.words} for one in report.checks]
    return {"ok": report.ok, "checks": checks, "statement": report.statement}


def _report_lines(report: BundleReport) -> list[str]:
    lines = [f"  {_MARKS[one.state]} {one.name}: {one.words}" for one in report.checks]
    if report.ok and report.statement is not None:
        said = report.statement
        to_pay, currency = said["totals"]["to_pay"], said["currency"]
        whom = f"person {said['person']['id']}, period {said['period']['id']}"
        return [*lines, f"The statement holds: {currency} {to_pay} to pay to {whom}."]
    wrong = any(one.state == "failed" for one in report.checks)
    return [*lines, "The statement DOES NOT HOLD." if wrong else "The statement is NOT PROVEN yet."]


@group.command("statement")
def statement(
    number: Annotated[int, typer.Argument(metavar="ID", help="The statement's number.")],
    bundle: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help="Write the bundle that proves it."),
    ] = None,
    pdf: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Write it as a PDF.")
    ] = None,
    lang: Annotated[
        str | None, typer.Option(help="en, sw, fr, es or de (default: its person's own language).")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show one statement line by line; write its bundle or its PDF.

    Example:  fairhand pay statement 12 --lang sw

    Example:  fairhand pay statement 12 --bundle 12.bundle.json --pdf 12.pdf
    """
    from fairhand.use_cases.read_statement_bundle import read_statement_bundle
    from fairhand.use_cases.read_statement_sheet import read_statement_sheet

    with opened(workspace) as house:
        actor = _owner(house.db)
        made = read_statement_sheet(
            house.db,
            actor,
            number,
            log_name=house.signer.name,
            address=house.settings.base_url,
            locale=lang,
        )
        if bundle is not None:
            key = house.signer.verifier.vkey
            bundle.write_text(read_statement_bundle(house.db, actor, number, key).text(), "utf-8")
    if pdf is not None:
        pdf.write_bytes(made.pdf())
    content = {
        "id": made.found.id,
        "sha256": made.found.sha256,
        "statement": made.said,
        "message": made.message,
    }
    tell(content, *_statement_lines(made), f"SHA-256 {made.found.sha256}")


def _statement_lines(made: StatementSheet) -> list[str]:
    sheet = made.sheet
    lines = [sheet.title, *sheet.about]
    lines += [
        f"  {row.n}. {row.project}: {row.what}, {row.how}  {row.amount}" for row in sheet.rows
    ]
    for part in sheet.parts[:3]:
        lines += [part.title, *(f"  {name}: {value}" for name, value in part.facts)]
    return [
        line.replace("\u00a0", " ") for line in [*lines, f"{sheet.to_pay_title}: {sheet.to_pay}"]
    ]


@group.command("export")
def export(
    person: Annotated[int, typer.Argument(metavar="PERSON", help="The person's number.")],
    to: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="The ZIP archive.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Write everything about one person's own pay into one archive, for that person.

    Example:  fairhand pay export 7 amina-pay.zip
    """
    from fairhand.core.errors import NotFoundError
    from fairhand.people.accounts.store import load_person
    from fairhand.use_cases.read_pay_export import read_pay_export

    with opened(workspace) as house:
        with house.db.read() as connection:
            if load_person(connection, person) is None:
                raise NotFoundError(f"There is no person {person}.")
        chunks = read_pay_export(house.db, person, house.signer.verifier.vkey, house.clock())
        with to.open("wb") as file:
            size = sum(file.write(chunk) for chunk in chunks)
    tell({"file": str(to), "bytes": size}, f"{to}: {size:,} bytes.")


def _owner(db: Database) -> Actor:
    """Read as the workspace's first owner, for whom the command line acts."""
    from fairhand.people.accounts.rules import Actor

    with db.read() as connection:
        person = owner_of(connection)
    return Actor(
        person_id=person.id,
        display_name=person.display_name,
        locale=person.locale,
        roles={0: frozenset({"owner"})},
        csrf_token=None,
    )
