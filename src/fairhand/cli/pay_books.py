"""`fairhand pay books|seal|export-books|replay|prove|self-score`: the books and what they prove."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairhand.cli.opening import opened
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.pay import group
from fairhand.cli.progress import progress
from fairhand.cli.voice import table, tell

_REPORT_EVERY = 20_000


@group.command("books")
def books(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Show the trial balance at this instant, and how far the books are sealed.

    Example:  fairhand pay books --json
    """
    from fairhand.pay.statement.rules import exact_amount
    from fairhand.use_cases.read_books import read_books
    from fairhand.web.api.books import books_json

    with opened(workspace) as house:
        found = read_books(house.db, house.clock())
    shown = table("", "Accounts", "Currency", ">How many", ">Hold")
    for one in found.balances:
        held = exact_amount(one.micros, one.currency)
        shown.add_row(one.title, one.currency, f"{one.accounts:,}", held)
    chain = found.chain
    seals = f"{chain.sealed:,} of {found.entries:,} entries are sealed in {chain.blocks:,} blocks."
    tell(books_json(found), shown if found.balances else "No money has moved yet.", seals)


@group.command("seal")
def seal(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Seal the books now; the server does it once a minute.

    Example:  fairhand pay seal
    """
    from dataclasses import asdict

    from fairhand.use_cases.seal_books import seal_books

    with opened(workspace) as house:
        done = seal_books(house.db, house.clock())
    words = f"{done.entries:,} entries sealed in {done.blocks:,} blocks."
    if not done.is_settled:
        words = "Somebody has been writing for some seconds; nothing was sealed. Try again."
    tell(asdict(done), words)


@group.command("export-books")
def export_books_(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Where to write the file.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Write the whole books as a Beancount file, for an auditor's own tools.

    People and projects stand under their numbers. `bean-check FILE` must have nothing to say.

    Example:  fairhand pay export-books books.beancount
    """
    from fairhand.use_cases.read_books import export_books

    lines = 0
    with (
        opened(workspace) as house,
        progress("Writing the books") as report,
        file.open("w", encoding="utf-8", newline="\n") as writing,
    ):
        for line in export_books(house.db, house.name, house.clock()):
            writing.write(line)
            lines += 1
            if lines % _REPORT_EVERY == 0:
                report(lines, None)
    tell({"file": str(file), "lines": lines}, f"{lines:,} lines written to {file}.")


@group.command("replay")
def replay(
    number: Annotated[int, typer.Argument(metavar="STATEMENT_ID", help="The statement's number.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Recompute a statement from its events, check by check. Exit 1 with the first difference.

    Example:  fairhand pay replay 12
    """
    from fairhand.use_cases.read_replay import read_replay
    from fairhand.web.api.books import replay_json

    with opened(workspace) as house:
        found = read_replay(house.db, number)
    lines = [
        f"  {'ok  ' if one.ok else 'FAIL'} {one.name}: {one.found}"
        + ("" if one.said == one.found or one.ok else f" (said: {one.said})")
        for one in found.checks
    ]
    wrong = found.difference
    verdict = f"Statement {number} comes out the same."
    if wrong is not None:
        verdict = f"DIFFERENT: {wrong.name}: it says {wrong.said}, and {wrong.found} came out."
    tell(replay_json(found), *lines, verdict)
    if wrong is not None:
        raise typer.Exit(1)


@group.command("prove")
def prove(
    period: Annotated[int, typer.Argument(help="The pay period's number.")],
    people: Annotated[bool, typer.Option(help="List every person's ratio: for auditors.")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Prove that nobody in a period was below the floor. Exit 1 when somebody was.

    Figures of fewer than ten people are not shown.

    Example:  fairhand pay prove 3 --json
    """
    from fairhand.pay.books.floor_proof import SMALLEST_GROUP, shown
    from fairhand.use_cases.read_books import prove_floors
    from fairhand.web.api.books import proof_json

    with opened(workspace) as house:
        proof = prove_floors(house.db, period)
    rows = table("", "Who", ">People", ">Below", ">Smallest", ">p10", ">Median")
    named = [("Everybody", proof.everybody)]
    named += [(f"Project {project}", one) for project, one in proof.projects]
    for name, one in named:
        figures = (shown(one.smallest), shown(one.tenth), shown(one.median))
        rows.add_row(name, str(one.people), str(one.below), *figures)
    words = [f"Figures of fewer than {SMALLEST_GROUP} people are not shown."]
    if proof.unfloored_people:
        words.append(f"{proof.unfloored_people} people had time without a known floor.")
    words.append("It holds: nobody was below." if proof.holds else "IT DOES NOT HOLD.")
    listed = [f"  person {who}, {currency}: {shown(one)}" for who, currency, one in proof.people]
    tell(proof_json(proof, with_people=people), rows, *(listed if people else []), *words)
    if not proof.holds:
        raise typer.Exit(1)


@group.command("self-score")
def self_score(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Score this workspace on pay: Fairwork, Partnership on AI, ILO C193, point by point.

    This is our own count and no official score. --json gives each point's numbers and query.

    Example:  fairhand pay self-score
    """
    from fairhand.pay.books.score import NOT_OFFICIAL
    from fairhand.use_cases.read_books import score_ourselves
    from fairhand.web.api.books import score_json

    with opened(workspace) as house:
        points = score_ourselves(house.db, house.clock())
    lines = [f"{one.state:>11}  {one.standard}: {one.asks}\n{'':13}{one.found}" for one in points]
    tell(score_json(points), *lines, NOT_OFFICIAL)
