"""`fairhand exports`: files that a server makes and lays ready, asked for from anywhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.options import AsJson
from fairhand.cli.progress import progress
from fairhand.cli.voice import remark, table, tell

if TYPE_CHECKING:
    from fairhand.client import Client
    from fairhand.client.exports import Export
    from fairhand.client.shapes import Job

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Files in other tools' formats that a server makes: ask, list, fetch.",
)
_PATIENCE_S = 15.0
ProjectName = Annotated[str, typer.Argument(metavar="PROJECT", help="Its number or short name.")]
Server = Annotated[
    str | None,
    typer.Option(
        help="The server's address (else FAIRHAND_URL, or this machine's); the token comes from "
        "FAIRHAND_TOKEN."
    ),
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Where to write the file.")]


def register(app: typer.Typer) -> None:
    """Add `exports`."""
    app.add_typer(group, name="exports")


@group.command("make")
def make(
    project: ProjectName,
    form: Annotated[str, typer.Option("--format", "-f", help="Which format.")] = "jsonl",
    release: Annotated[
        int | None, typer.Option(help="A release, by its version (else the project as it stands).")
    ] = None,
    question: Annotated[str | None, typer.Option(help="One question of several.")] = None,
    answers: Annotated[
        bool, typer.Option("--answers", help="Add what each person answered, by pseudonym.")
    ] = False,
    elsewhere: Annotated[
        bool,
        typer.Option(
            "--elsewhere", help="Add tasks that people answered in another tool before they came."
        ),
    ] = False,
    output: Output = None,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Ask the server for a file, wait for it and fetch it; what it cannot hold is told.

    Example:  fairhand exports make cells -f coco -o cells.zip --server https://label.example.org
    """
    with _asked(server) as client:
        asked = client.exports.make(
            _number(client, project),
            form,
            release=release,
            question=question,
            answers=answers,
            elsewhere=elsewhere,
        )
        remark(f"Export {asked.id} is being made; stopped here, it goes on. Fetch it later with:")
        remark(f"  fairhand exports get {project} {asked.id}")
        _fetch(_waited(asked), output)


@group.command("list")
def list_all(project: ProjectName, server: Server = None, as_json: AsJson = False) -> None:
    """List a project's exports, the newest first.

    Example:  fairhand exports list cells --server https://label.example.org
    """
    with _asked(server) as client:
        found = [one.facts for one in client.exports.list(_number(client, project))]
    shown = table("", "Export", "Of", "Format", "State", "Bytes", "Until")
    for one in found:
        what = f"version {one['release']}" if one["is_release"] else "as it stood"
        size = "" if one["bytes"] is None else f"{one['bytes']:,}"
        shown.add_row(one["id"], what, one["format"], one["state"], size, one["expires_at"][:10])
    tell({"exports": found}, shown if found else "There is no export of this project.")


@group.command("get")
def get(
    project: ProjectName,
    export: Annotated[str, typer.Argument(help="The export, by its id.")],
    output: Output = None,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Fetch an export, once it is ready.

    Example:  fairhand exports get cells 4Jf0... -o cells.zip --server https://label.example.org
    """
    with _asked(server) as client:
        found = client.exports.look(_number(client, project), export)
        if found.facts["state"] == "making":
            found = _waited(found)
        _fetch(found, output)


def _waited(export: Export) -> Export:
    """Wait for the file, and say so when nobody makes it."""
    asked, is_told = time.monotonic(), False

    def look(job: Job) -> None:
        nonlocal is_told
        report(job["done"], job["total"])
        if job["state"] == "queued" and not is_told and time.monotonic() - asked > _PATIENCE_S:
            is_told = True
            remark("It still waits for its turn. Does a server or `fairhand worker` do the work?")

    with progress(f"Making {export.facts['format']}") as report:
        return export.wait(look)


def _fetch(export: Export, output: Path | None) -> None:
    facts: dict[str, Any] = export.facts
    path = export.save(output or Path(str(facts["name"])).name)
    tell({**facts, "file": str(path)}, f"{facts['written']:,} written, in {path}")
    for note in export.notes:
        remark(f"  note: {note}")
    for reason, many in export.left_out.items():
        remark(f"{many:,} left out: {reason}")


def _number(client: Client, project: str) -> int:
    """Find a project by its number or short name, among those that the token may see."""
    from fairhand.core.errors import NotFoundError

    if project.isascii() and project.isdigit() and len(project) < 18:
        return int(project)
    found = {str(one["slug"]): int(one["id"]) for one in client.projects()}
    if project not in found:
        others = f"There are: {', '.join(sorted(found)[:20])}." if found else "There is none."
        raise NotFoundError(f"There is no project {project!r}. {others}")
    return found[project]


@contextmanager
def _asked(server: str | None) -> Iterator[Client]:
    """Talk to the server; what it refuses is said as any refusal of ours."""
    from fairhand.client import Client, FairhandError
    from fairhand.core.errors import UnavailableError

    try:
        with Client(server) as client:
            yield client
    except FairhandError as error:
        raise UnavailableError(str(error), code=error.code) from None
