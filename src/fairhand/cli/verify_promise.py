"""`fairhand verify promise`: was what was promised put into the log; if not, keep the evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli import verify
from fairhand.cli.log_watch import place_of
from fairhand.cli.options import AsJson
from fairhand.cli.voice import tell

if TYPE_CHECKING:
    from fairhand.proof.log.cosignature import WitnessKey


@verify.group.command("promise")
def promise(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A promise, or a kept receipt.")
    ],
    log: Annotated[
        str, typer.Option(metavar="URL|DIR", help="Where the log's files are (/log/c2sp).")
    ],
    key: Annotated[list[str], typer.Option(help="The log's public key, or a file with it.")],
    witness: Annotated[
        list[str] | None,
        typer.Option(help="The key of a witness whom you trust, or a file with it."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Where evidence goes."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look in the log for what it promised to hold. Exit 1 while it waits, 3 when it is missing.

    It is missing when a witness signed the log after the time was over and it is not there: then
    promise and head are written into a file, as evidence that the log broke its word. Without a
    witness's signature nobody knows how old a head is, and nothing is proven.

    Example:  fairhand verify promise promise.json --log public/log --key log.vkey
    """
    from fairhand.core.clock import system_now
    from fairhand.proof.log.missing import evidence, look_for
    from fairhand.proof.log.monitor import with_handovers
    from fairhand.proof.log.policy import Policy

    content, now = _read(file), system_now()
    known = [_witness(one) for one in witness or ()]
    place, given = place_of(log), tuple(verify.read_keys(key))
    keys = with_handovers(place, Policy(given)).logs
    found = look_for(content, place, keys, now, known)
    kept, words = None, [found.words]
    if found.state == "missing":
        kept = output or file.with_name(f"{file.stem}.missing.json")
        kept.write_text(json.dumps(evidence(content, found, now, known), indent=1) + "\n", "utf-8")
        words.append(f"The evidence is in {kept}: show it to others.")
    tell(
        {
            "state": found.state,
            "size": found.size,
            "index": found.index,
            "evidence": None if kept is None else str(kept),
        },
        *words,
    )
    if found.state != "kept":
        raise typer.Exit(3 if found.state == "missing" else 1)


def _witness(given: str) -> WitnessKey:
    from fairhand.proof.log.cosignature import parse_witness_key

    is_file = "+" not in given and Path(given).is_file()
    return parse_witness_key(Path(given).read_text("utf-8") if is_file else given)


def _read(file: Path) -> dict[str, Any]:
    """Read a promise, alone or in a receipt or in what was answered when it was sent."""
    from fairhand.core.errors import MalformedError

    try:
        content = json.loads(file.read_text("utf-8"))
        found = content.get("promise", content)
    except (ValueError, AttributeError, RecursionError) as error:
        raise MalformedError(f"{file.name} is not a promise: {error}") from None
    if not isinstance(found, dict):
        raise MalformedError(f"{file.name} holds no promise: it is the receipt of another event.")
    return found
