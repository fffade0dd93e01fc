"""`fairhand leaks …`: whose copy turned up somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.voice import table, tell

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Leaks: which licensee's copy turned up somewhere, by the marks in it.",
)
_PIECE = 150_000
Place = Annotated[Path, typer.Argument(metavar="FILE_OR_DIR", exists=True, help="What turned up.")]


def register(app: typer.Typer) -> None:
    """Add `leaks`."""
    app.add_typer(group, name="leaks")


@group.command()
def trace(
    project: ProjectName, place: Place, workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Rank recipients by how a file or folder fits their copy; exit code 1 names nobody.

    Example:  fairhand leaks trace voices ./found-on-the-web
    """
    from fairhand.use_cases.trace_leak import TraceLeak, trace_leak
    from fairhand.web.api.leaks import leak_words, traced_json

    with opened(workspace) as house:
        found = find_project(house, project)
        command = TraceLeak(found.id, owner_id_of(house), _contents(place))
        traced = trace_leak(house.db, house.blobs, command, house.clock())
    shown = table("Recipients", "Name", ">Fits", ">Of", ">False alarm", "Named")
    for name, one in traced.recipients:
        named = "yes" if one.is_named else ""
        shown.add_row(name, str(one.agree), str(one.seen), f"{one.alarm:.2g}", named)
    tell(traced_json(traced), shown, *leak_words(traced))
    if not traced.named:
        raise typer.Exit(1)


def _contents(place: Path) -> Iterator[bytes]:
    """Give the files of a place, long texts in pieces; what is too large for a look is left out."""
    paths = [place] if place.is_file() else sorted(one for one in place.rglob("*") if one.is_file())
    for path in paths:
        if path.suffix.lower() in (".jsonl", ".json", ".csv", ".tsv", ".txt", ".md"):
            yield from _pieces(path)
        else:
            with path.open("rb") as file:
                yield file.read(8 * 1024 * 1024)


def _pieces(path: Path) -> Iterator[bytes]:
    piece: list[str] = []
    size = 0
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if size + len(line) > _PIECE and piece:
                yield "".join(piece).encode()
                piece, size = [], 0
            piece.append(line[:_PIECE])
            size += len(line)
    yield "".join(piece).encode()
