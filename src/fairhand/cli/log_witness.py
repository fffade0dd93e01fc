"""`fairhand log witness …`: who co-signs our log, and co-signing other people's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairhand.cli.opening import opened, owner_id_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import remark, table, tell

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Those who co-sign the log, so that nobody can be shown another history.",
)


@group.command("add")
def add(
    vkey: Annotated[str, typer.Argument(help="The witness's public key, or a file that holds it.")],
    url: Annotated[str, typer.Argument(help="Where it takes checkpoints.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Ask a witness from now on to co-sign every checkpoint.

    A place within your own network must be allowed first: FAIRHAND_BACKEND_HOSTS names such.

    Example:  fairhand log witness add union.vkey https://witness.union.example
    """
    from fairhand.use_cases.add_witness import AddWitness, add_witness

    text = Path(vkey).read_text("utf-8").strip() if Path(vkey).is_file() else vkey
    with opened(workspace) as house:
        number = add_witness(house.db, AddWitness(text, url, owner_id_of(house)), house.clock())
    tell({"witness_id": number}, f"Witness {number} is asked from now on.")


@group.command("list")
def list_all(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the witnesses, what they signed last, and what is in the way.

    Example:  fairhand log witness list
    """
    from fairhand.proof.log.witness_store import list_witnesses

    with opened(workspace) as house, house.db.read() as connection:
        found = list_witnesses(connection)
    shown = table("", ">Id", "Key", "Address", ">Signed", "In the way")
    for one in found:
        name = one.vkey.partition("+")[0]
        shown.add_row(str(one.id), name, one.url, f"{one.cosigned_size:,}", one.trouble)
    content = [
        {
            "witness_id": one.id,
            "vkey": one.vkey,
            "url": one.url,
            "cosigned_size": one.cosigned_size,
            "trouble": one.trouble,
        }
        for one in found
    ]
    empty = "Nobody co-signs this log yet; `fairhand log witness add` asks somebody."
    tell({"witnesses": content}, shown if found else empty)


@group.command("end")
def end(
    number: Annotated[int, typer.Argument(metavar="ID", help="The witness's number.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Ask a witness no more. What it signed stays.

    Example:  fairhand log witness end 2
    """
    from fairhand.use_cases.end_witness import end_witness

    with opened(workspace) as house:
        end_witness(house.db, number, owner_id_of(house), house.clock())
    tell({"witness_id": number}, f"Witness {number} is asked no more.")


@group.command("ask")
def ask(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Ask the witnesses now; a running server does it by itself.

    Example:  fairhand log witness ask
    """
    from fairhand.proof.log.witness_store import list_witnesses
    from fairhand.use_cases.gather_cosignatures import gather_cosignatures

    with opened(workspace) as house:
        signed = gather_cosignatures(house.db, house.clock, house.settings.backend_hosts)
        with house.db.read() as connection:
            troubled = [one for one in list_witnesses(connection) if one.trouble]
    tell({"signed": signed, "troubled": len(troubled)}, f"{signed} signed the newest checkpoint.")
    for one in troubled:
        remark(f"  witness {one.id}: {one.trouble}")
    if troubled:
        raise typer.Exit(1)


@group.command("key")
def key(
    file: Annotated[Path, typer.Argument(help="Where to keep the private key.")],
    name: Annotated[str, typer.Option(help="A name for the witness, as witness.union.example.")],
    as_json: AsJson = False,
) -> None:
    """Make a key to co-sign other people's logs with, and print its public half.

    Example:  fairhand log witness key union.key --name witness.union.example
    """
    import os

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from fairhand.core.errors import ConflictError
    from fairhand.proof.log.cosignature import WitnessSigner

    signer = WitnessSigner(name, Ed25519PrivateKey.generate())
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise ConflictError(f"{file} is there already; a key is never overwritten.") from None
    with os.fdopen(handle, "w") as out:
        out.write(signer.skey() + "\n")
    tell({"vkey": signer.key.vkey}, signer.key.vkey)


@group.command("serve")
def serve(
    key_file: Annotated[
        Path,
        typer.Option("--key", exists=True, dir_okay=False, help="The private key to sign with."),
    ],
    logs: Annotated[
        list[str], typer.Option("--log", help="A log's public key, or a file; may be repeated.")
    ],
    state: Annotated[Path, typer.Option(help="Where to keep what was signed.")],
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="On which port.")] = 8100,
    as_json: AsJson = False,
) -> None:
    """Be a witness: co-sign other people's logs as long as their history is only added to.

    Keep the state file for ever: a witness that forgets what it signed is none.

    Example:  fairhand log witness serve --key union.key --log fairhand.vkey --state union.json
    """
    import uvicorn

    from fairhand.proof.log.cosignature import parse_witness_signer
    from fairhand.proof.log.note import parse_vkey
    from fairhand.web.witness import make_app

    signer = parse_witness_signer(key_file.read_text("utf-8"))
    keys = [
        parse_vkey(Path(one).read_text("utf-8") if Path(one).is_file() else one) for one in logs
    ]
    tell({"vkey": signer.key.vkey}, f"Co-signing as {signer.key.vkey}")
    uvicorn.run(make_app(signer, keys, state), host=host, port=port, log_level="warning")
