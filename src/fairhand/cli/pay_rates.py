"""`fairhand pay rates`: list and import exchange rates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import opened, owner_id_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.pay import group
from fairhand.cli.voice import issue_lines, issues_json, remark, table, tell

if TYPE_CHECKING:
    from fairhand.use_cases.read_rates import NeededRate


@group.command("rates")
def rates(
    load: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="A file of rates: CSV, or the ECB's CSV or XML."
        ),
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """List the newest exchange rates and those that are needed, or load some from a file.

    Example:  fairhand pay rates --load rates.csv
    """
    if load is not None:
        _load(load, workspace)
        return
    from fairhand.use_cases.read_rates import read_rates

    with opened(workspace) as house:
        office = read_rates(house.db, house.clock())
    shown = table("", "One", ">Is", "Of", "Source")
    content: list[dict[str, Any]] = []
    for one in office.latest:
        rate, day = one.rate, one.rate.as_of.isoformat()
        shown.add_row(rate.base, f"{one.written} {rate.quote}", day, rate.source_title[:60])
        content.append(
            {
                "base": rate.base,
                "quote": rate.quote,
                "rate": one.written,
                "as_of": day,
                "source_title": rate.source_title,
                "source_url": rate.source_url,
            }
        )
    missing = [one for one in office.needed if one.found is None]
    words = [_missing(one) for one in missing]
    pairs = [{"base": one.base, "quote": one.quote} for one in missing]
    nothing = "No exchange rate has been imported."
    tell({"rates": content, "missing": pairs}, shown if content else nothing, *words)


def _missing(one: NeededRate) -> str:
    return f"Missing: {one.base} in {one.quote} (floors in {one.base}, projects in {one.quote})."


def _load(path: Path, workspace: Path | None) -> None:
    from dataclasses import asdict

    from fairhand.use_cases.import_fx import ImportFx, import_fx

    with opened(workspace) as house:
        command = ImportFx(path.read_bytes(), owner_id_of(house))
        done = import_fx(house.db, command, house.clock())
    saved = done.saved
    tell(
        asdict(saved) | {"issues": issues_json(done.issues)},
        f"{saved.added} rates added, {saved.unchanged} known already; "
        f"{len(done.issues)} not taken.",
    )
    for line in issue_lines(done.issues):
        remark(line)
    if done.issues:
        raise typer.Exit(1)
