"""`fairhand sources …`: the places that data may be imported from."""

from __future__ import annotations

from typing import Annotated

import typer

from fairhand.cli.opening import settings_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import table, tell

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Sources: buckets, folders of this server and web servers that data is imported from.",
)


def register(app: typer.Typer) -> None:
    """Add `sources`."""
    app.add_typer(group, name="sources")


@group.command("list")
def list_all(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the sources that fairhand.toml names; credentials are never shown.

    Example:  fairhand sources list
    """
    from dataclasses import asdict

    from fairhand.use_cases.read_import_sources import all_sources

    found = all_sources(settings_of(workspace).sources)
    shown = table("Name", "Kind", "Address", "Projects", ">Owners")
    for one in found:
        owners = str(one.owners) if one.owners else "all"
        shown.add_row(one.name, one.kind, one.url, ", ".join(one.projects), owners)
    none = "There is no source yet. Name one in fairhand.toml: [sources.NAME]"
    tell({"sources": [asdict(one) for one in found]}, shown if found else none)


@group.command("check")
def check(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The source's name.")],
    prefix: Annotated[str, typer.Option(help="A folder in it.")] = "",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Go the way to a source hop by hop, list a few files and read one; exit code 1 if it fails.

    Example:  fairhand sources check scans --prefix 2026
    """
    from fairhand.use_cases.check_source import check_source

    found = check_source(settings_of(workspace), name, prefix)
    lines = [f"{'ok  ' if one.ok else 'FAIL'}  {one.hop}: {one.words}" for one in found.hops]
    hops = [{"hop": one.hop, "ok": one.ok, "words": one.words} for one in found.hops]
    told = {"source": name, "ok": found.ok, "hops": hops, "keys": list(found.keys)}
    tell(told, *lines, *(f"      {key}" for key in found.keys))
    if not found.ok:
        raise typer.Exit(1)
