"""`fairhand contract …`: check the words of a contract, propose it, list versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from fairhand.people.council.contracts import Finding

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Contracts with contributors: check, propose, list.",
)
TextFile = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A Markdown file.")
]
Locale = Annotated[str, typer.Option(help="Its language, as en or sw-KE.")]


def register(app: typer.Typer) -> None:
    """Add `contract`."""
    app.add_typer(group, name="contract")


@group.command("check")
def check(file: TextFile, locale: Locale = "en", as_json: AsJson = False) -> None:
    """Read a contract as the linter does; ends with 1 where a clause is banned. Needs no workspace.

    Example:  fairhand contract check terms.md
    """
    from fairhand.people.council.contracts import is_banned, lint

    found = lint(_read(file), locale)
    tell({"findings": [_json(one) for one in found]}, *_said(found))
    if is_banned(found):
        raise typer.Exit(1)


@group.command("default")
def default(as_json: AsJson = False) -> None:
    """Print what holds where nobody has written a contract of their own.

    Example:  fairhand contract default > terms.md
    """
    from fairhand.people.council.contracts import DEFAULT

    tell({"body": DEFAULT}, DEFAULT)


@group.command("propose")
def propose(
    file: TextFile,
    summary: Annotated[str, typer.Option(help="What changes and why; everybody reads it.")],
    project: Annotated[str, typer.Option(help="Where it holds (default: everywhere).")] = "",
    locale: Locale = "en",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Propose a version to the council.

    Example:  fairhand contract propose terms.md --summary "Breaks are paid"
    """
    from fairhand.use_cases.propose_contract import ProposeContract, propose_contract

    text = _read(file)
    with opened(workspace) as house:
        place = find_project(house, project).id if project else 0
        command = ProposeContract(owner_id_of(house), place, locale, text, summary)
        made = propose_contract(house.db, command, house.clock())
    waits = "waits for the council" if made.state == "waiting" else "takes effect within a minute"
    content = {"id": made.id, "state": made.state, "sha256": made.sha256}
    tell(content, f"Proposal {made.id} {waits}.")


@group.command("list")
def list_contracts(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List versions, newest first.

    Example:  fairhand contract list
    """
    from fairhand.core.clock import iso
    from fairhand.use_cases.read_contracts import read_contracts

    with opened(workspace) as house:
        found = read_contracts(house.db, house.clock())
    rows = [
        {
            "id": one.contract.id,
            "place": one.place,
            "version": one.contract.version,
            "locale": one.contract.locale,
            "starts_at": iso(one.contract.starts_at),
            "holds": one.holds,
            "accepted": one.accepted,
            "sha256": one.contract.sha256,
        }
        for one in found.listed
    ]
    shown = table("", ">", "Where", ">Version", "Language", "From", "Holds", ">Accepted by")
    for row in rows:
        holds = "yes" if row["holds"] else "no"
        day = str(row["starts_at"])[:10]
        number, version, accepted = (str(row[name]) for name in ("id", "version", "accepted"))
        place, locale = str(row["place"]), str(row["locale"])
        shown.add_row(number, place, version, locale, day, holds, accepted)
    tell(
        {"contracts": rows}, shown if rows else "Nobody has written a contract: the default holds."
    )


def _read(file: Path) -> str:
    from fairhand.core.errors import MalformedError

    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(f"{file} is not text in UTF-8.") from error


def _json(one: Finding) -> dict[str, str]:
    return {
        "clause": one.clause,
        "severity": one.severity,
        "sentence": one.sentence,
        "why": one.why,
    }


def _said(found: list[Finding]) -> list[str]:
    if not found:
        return ["Clean: nothing is banned."]
    return [
        f"{'BANNED' if one.severity == 'error' else 'missing'}  {one.why}"
        + (f"  “{one.sentence}”" if one.sentence else "")
        for one in found
    ]
