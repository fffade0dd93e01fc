"""`fairhand release revocations|standing|check`: what may still be used of a release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairhand.cli.opening import opened
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import tell

if TYPE_CHECKING:
    from fairhand.proof.release.check import HeldFolder

_NOTE = ".note"


def register(group: typer.Typer) -> None:
    """Add them to `release`."""
    group.command("revocations")(revocations)
    group.command("standing")(standing)
    group.command("check")(check)


def revocations(
    number: Annotated[int, typer.Argument(metavar="ID", help="The release's number.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the list here, its note beside it.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show the signed list of what people took back from a release, or write it to a file.

    Example:  fairhand release revocations 3 -o revocations.json
    """
    from fairhand.use_cases.read_revocations import read_revocations

    with opened(workspace) as house:
        feed = read_revocations(house.db, house.blobs, house.signer, number)
        file = b"".join(feed.pieces)
    said = {"release_id": number, "number": feed.number, "items": feed.items, "note": feed.note}
    if output is None:
        tell(
            said | {"list": file.decode()},
            f"Release {number}: {feed.items} items must not be used any more (list {feed.number}).",
            f"  write it:  fairhand release revocations {number} -o revocations.json",
        )
        return
    output.write_bytes(file)
    beside = output.with_name(output.name + _NOTE)
    beside.write_text(feed.note, "utf-8")
    tell(
        said | {"file": str(output), "signature": str(beside)},
        f"The list is in {output}, its signature in {beside}. Check a folder with it:",
        f"  fairhand release check DIR --list {output}",
    )


def standing(
    number: Annotated[int, typer.Argument(metavar="ID", help="The release's number.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    server: Annotated[
        str | None, typer.Option(help="Ask this server, with the token in FAIRHAND_TOKEN.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Write a signed file that says who still agrees, for `fairhand gate --offline-list`.

    It names nobody, and holds for as long as the gate that reads it allows: a day, by default.

    Example:  fairhand release standing 3 -o standing.json
    """
    from fairhand.use_cases.read_fitness import read_standing

    if server is not None:
        data = _standing_of(server, number)
    else:
        with opened(workspace) as house:
            data = read_standing(
                house.db, house.blobs, house.signer, number, house.clock(), house.secret
            )
    output.write_bytes(data)
    words = f"Who agrees to release {number} is in {output}, signed. Let a training in by it with:"
    tell(
        {"release_id": number, "file": str(output)},
        words,
        f"  fairhand gate --release DIR --offline-list {output} -- COMMAND",
    )


def _standing_of(server: str, number: int) -> bytes:
    from fairhand.client import Client, FairhandError
    from fairhand.core.errors import UnavailableError

    try:
        with Client(server) as client:
            return client.gate.standing(number)
    except FairhandError as error:
        raise UnavailableError(f"{server} gave nothing: {error.detail}") from None


def check(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="The release.")
    ],
    server: Annotated[
        str | None, typer.Option(help="Where the release came from, as https://data.example.org.")
    ] = None,
    listed: Annotated[
        Path | None,
        typer.Option("--list", exists=True, dir_okay=False, help="A list kept in a file."),
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(help="The log's public key, or a file with it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which items of a release must go: people took them back, or their time is over.

    Needs no workspace. Give the server, or a list in a file with its `.note` beside it. Exit 1
    when something must go. Without --key the key that came with the release is used.

    Example:  fairhand release check voices-v1 --server https://data.example.org
    """
    from fairhand.cli.verify import read_keys
    from fairhand.core.errors import InvalidError
    from fairhand.proof.release.check import check_folder, open_folder

    if (server is None) == (listed is None):
        raise InvalidError("Give either --server or --list.")
    held = open_folder(folder)
    file, note = _from_file(listed) if listed else _from_server(held, server or "")
    found = check_folder(held, file, note, read_keys(key) or None)
    content = {
        "ok": not found.must_go,
        "release_id": found.release_id,
        "number": found.number,
        "items": found.items,
        "must_go": [
            {"item": one.item, "reason": one.reason, "sha256": one.sha256} for one in found.must_go
        ],
    }
    lines = [f"  {one.item}  {one.reason}  {one.sha256 or ''}" for one in found.must_go]
    verdict = (
        f"{len(found.must_go)} of {found.items} items in {folder} must go:"
        if found.must_go
        else f"All {found.items} items in {folder} may still be used (list {found.number})."
    )
    tell(content, verdict, *lines)
    if found.must_go:
        raise typer.Exit(1)


def _from_file(listed: Path) -> tuple[bytes, str]:
    from fairhand.core.errors import InvalidError

    beside = listed.with_name(listed.name + _NOTE)
    try:
        return listed.read_bytes(), beside.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(f"The list or its signature cannot be read: {error}.") from None


def _from_server(held: HeldFolder, server: str) -> tuple[bytes, str]:
    import httpx

    from fairhand.core.errors import UnavailableError

    base = server.rstrip("/")
    try:
        with httpx.Client(timeout=60, follow_redirects=False) as http:
            got = http.get(base + held.feed)
            number = got.headers.get("fairhand-list-number", "0")
            note = http.get(f"{base}{held.feed}.note", params={"number": number})
        why = f"it answered {got.status_code} and {note.status_code}"
        if (got.status_code, note.status_code) == (200, 200):
            return got.content, note.text
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why = str(error)
    raise UnavailableError(
        f"{base} gave no list of release {held.release_id}: {why}. Nothing is known of what "
        "must go; try again before you use the release."
    )
