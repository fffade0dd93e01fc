"""`fairhand log …`: seal it, show its checkpoint and key, write receipts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairhand.cli import log_watch, log_witness
from fairhand.cli.opening import opened, owner_id_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import tell

group = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The log that nobody can rewrite."
)


def register(app: typer.Typer) -> None:
    """Add `log`."""
    log_watch.register(group)
    group.add_typer(log_witness.group, name="witness")
    app.add_typer(group, name="log")


@group.command("seal")
def seal(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Seal waiting events now; a running server does it by itself within a minute.

    Example:  fairhand log seal
    """
    from fairhand.use_cases.seal_log import seal_log

    with opened(workspace) as house:
        done = seal_log(house.db, house.signer, house.clock())
    tell(
        {"sealed": done.sealed, "size": done.size, "checkpoint": done.note},
        f"{done.sealed} events sealed; the log has {done.size}.",
    )


@group.command("checkpoint")
def checkpoint(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Print the newest signed checkpoint (a C2SP signed note), to publish or to compare.

    Example:  fairhand log checkpoint > checkpoint.txt
    """
    from fairhand.use_cases.read_log import read_checkpoint

    with opened(workspace) as house:
        note = read_checkpoint(house.db)
    tell({"checkpoint": note}, note.removesuffix("\n"))


@group.command("key")
def key(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Print the log's public keys, today's first: whoever verifies receipts needs them.

    Example:  fairhand log key > log.vkey
    """
    with opened(workspace) as house:
        vkey = house.signer.verifier.vkey
        older = [one.vkey for one in house.log_keys if one != house.signer.verifier]
    tell({"key": vkey, "older": older}, vkey, *older)


@group.command("rotate")
def rotate(
    finish: Annotated[
        bool, typer.Option("--finish", help="Delete the old key: from now on the new signs alone.")
    ] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Give the log a new key; its name and its history stay.

    The old key signs a note that hands over to the new one, and both sign for a while, so that
    nobody has to change keys at once. Restart a running server after each of the two steps.

    Example:  fairhand log rotate
    """
    from fairhand.use_cases.house import key_path
    from fairhand.use_cases.retire_log_key import retire_log_key
    from fairhand.use_cases.rotate_log_key import rotate_log_key

    with opened(workspace) as house:
        path, by = key_path(house.settings), owner_id_of(house)
        if finish:
            old = retire_log_key(house.db, path, by, house.clock())
            tell({"retired": old}, f"Retired: {old}", "Restart the server, if one runs.")
            return
        made = rotate_log_key(house.db, path, by, house.clock())
    tell(
        {"old": made.old, "new": made.new, "handover": made.handover},
        f"The log signs with {made.new}, and still with {made.old}.",
        "Restart the server, if one runs. Later: `fairhand log rotate --finish`.",
    )


@group.command("receipt")
def receipt(
    event: Annotated[int, typer.Argument(help="The event's number, as a submit tells it.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file instead of stdout.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Write the receipt of an event: a text file that proves it offline to anybody.

    Example:  fairhand log receipt 512 -o mine.tlog-proof
    """
    from fairhand.core.errors import ConflictError
    from fairhand.proof.log import store

    with opened(workspace) as house, house.db.read() as connection:
        found = store.load_proof(connection, event)
    if found is None:
        raise ConflictError(
            f"Event {event} is not sealed yet. Run `fairhand log seal`, or wait a minute.",
            code="not_sealed",
        )
    text = found.text()
    if output is None:
        tell({"event_id": event, "receipt": text}, text.removesuffix("\n"))
        return
    output.write_text(text, "utf-8")
    tell(
        {"event_id": event, "file": str(output)},
        f"Receipt of event {event} written to {output}. Check it:",
        f"  fairhand verify receipt {output} --key log.vkey",
    )
