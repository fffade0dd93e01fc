"""`fairhand grant …`: what people permit, in words, and their receipts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairhand.cli.opening import opened
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from fairhand.use_cases.read_grants import OwnGrant

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Grants: what somebody permits, by modality and purpose, and the receipts of it.",
)
Number = Annotated[int, typer.Argument(metavar="GRANT", help="A grant's number.")]


def register(app: typer.Typer) -> None:
    """Add `grant`."""
    app.add_typer(group, name="grant")


@group.command("list")
def listed(
    person: Annotated[int, typer.Argument(metavar="PERSON", help="Whose: a person's number.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """List what somebody permits and permitted, the newest first.

    Example:  fairhand grant list 4
    """
    from fairhand.use_cases.read_grants import read_grants
    from fairhand.web.api.grants import grant_json

    with opened(workspace) as house:
        found = read_grants(house.db, person, house.clock())
    rows = [
        (
            str(one.grant.id),
            one.title,
            one.grant.modality,
            ", ".join(line.purpose for line in one.words.lines if line.ended_at is None) or "-",
            one.words.until if one.is_living else "ended",
        )
        for one in found.grants
    ]
    shown = table("", "Grant", "Campaign", "Of", "Permits", "Until")
    for row in rows:
        shown.add_row(*row)
    said = {"grants": [grant_json(one) for one in found.grants]}
    tell(said, shown if rows else "This person permits nothing.")


@group.command("show")
def show(grant: Number, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Show a grant in words: what is permitted, for how long, where, and what happened.

    Example:  fairhand grant show 7
    """
    from fairhand.use_cases.read_grants import read_grant
    from fairhand.web.api.grants import grant_json

    with opened(workspace) as house:
        found = read_grant(house.db, None, grant, house.clock())
    tell(grant_json(found), *_in_words(found))


@group.command("receipt")
def receipt(
    grant: Number,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write it there; a name ending in .pdf: as a PDF.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Write a grant's receipt: the consent record as JSON-LD, or as a PDF.

    Example:  fairhand grant receipt 7 --out receipt.pdf
    """
    import orjson

    from fairhand.use_cases.read_grants import read_grant

    with opened(workspace) as house:
        now = house.clock()
        found = read_grant(house.db, None, grant, now)
    written = found.receipt(now)
    text = orjson.dumps(written, option=orjson.OPT_INDENT_2)
    if out is None:
        tell(written, text.decode())
        return
    out.write_bytes(found.pdf(now) if out.suffix == ".pdf" else text + b"\n")
    tell({"file": str(out)}, f"Written: {out}")


def _in_words(found: OwnGrant) -> list[str]:
    lines = [f"{found.title}: {found.words.what}, {'holds' if found.is_living else 'has ended'}"]
    for one in found.words.lines:
        lines.append(f"  {'permitted' if one.ended_at is None else 'ended':10}{one.words}")
    for part in found.words.parts:
        lines += ["", part.title, *(f"  {name}: {value}" for name, value in part.facts)]
    return lines
