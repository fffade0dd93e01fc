"""`fairhand credential …` and `fairhand verify credential`: proofs of skills that travel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import opened, owner_id_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.people import PersonName, find_person
from fairhand.cli.verify import group as verifying
from fairhand.cli.voice import remark, table, tell

if TYPE_CHECKING:
    from fairhand.people.talent.verify import CredentialReport, Trust

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Signed credentials of skills: list, give out as files, revoke; and the keys that sign.",
)
_LARGEST = 8_000_000
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="Write to this file (default: to the terminal).")
]
By = Annotated[
    str | None, typer.Option(help="Who does it: number or address (default: the owner).")
]


def register(app: typer.Typer) -> None:
    """Add `credential`; importing this room added `verify credential`."""
    app.add_typer(group, name="credential")


@verifying.command("credential")
def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The credential.")],
    issuer: Annotated[
        str | None,
        typer.Option(
            help="Whom you trust: their issuer file (best), or their key (did:key:z6Mk…)."
        ),
    ] = None,
    holder: Annotated[
        str | None, typer.Option(help="The e-mail address of the person who shows it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a credential offline: its signature, its issuer, its dates, whether it was revoked.

    The issuer's file is at /credentials/issuer on their server, or `fairhand credential issuer`
    writes it. Exit 1 when the credential is not to be believed.

    Example:  fairhand verify credential amina.json --issuer issuer.json --holder amina@example.org
    """
    from fairhand.core.clock import system_now
    from fairhand.people.talent.verify import verify_credential

    trust = None if issuer is None else read_trust(issuer)
    found = verify_credential(_read(file), trust, system_now(), holder)
    tell(_report_json(found), *_report_lines(found))
    for line in found.remarks:
        remark(line)
    if not found.ok:
        raise typer.Exit(1)


@group.command("list")
def list_(person: PersonName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List somebody's credentials.

    Example:  fairhand credential list amina@example.org
    """
    from fairhand.core.clock import iso
    from fairhand.use_cases.read_credentials import read_credentials

    with opened(workspace) as house:
        found = read_credentials(house.db, find_person(house, person).id, house.clock())
    rows = [
        {
            "id": one.credential.uid,
            "skill": one.credential.skill,
            "state": one.state,
            "issued_at": iso(one.credential.issued_at),
        }
        for one in found
    ]
    shown = table("", "Id", "Skill", "State", "Issued")
    for row in rows:
        shown.add_row(*row.values())
    tell({"credentials": rows}, shown if rows else "They have no credential yet.")


@group.command("export")
def export(
    uid: Annotated[str, typer.Argument(metavar="ID", help="The credential's id.")],
    out: Out = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Give a credential's file, byte for byte as it was signed.

    Example:  fairhand credential export 5817… --out amina.json
    """
    from fairhand.core.errors import NotFoundError
    from fairhand.people.talent.credential_store import find_credential

    with opened(workspace) as house, house.db.read() as connection:
        found = find_credential(connection, uid)
    if found is None:
        raise NotFoundError(f"There is no credential {uid}.")
    _write(found.body, out)


@group.command("issuer")
def issuer_(out: Out = None, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Write the issuer's file: your keys, and which credentials are revoked.

    Give it to whoever checks your credentials offline; write it anew after something was revoked.

    Example:  fairhand credential issuer --out issuer.json
    """
    import json

    from fairhand.use_cases.read_issuer import read_issuer

    with opened(workspace) as house:
        document = read_issuer(house.db, house.issuer, house.clock())
    _write(json.dumps(document, ensure_ascii=False, indent=2), out)


@group.command("keys")
def keys(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the keys that sign or signed credentials.

    Example:  fairhand credential keys
    """
    from fairhand.core.clock import iso
    from fairhand.use_cases.read_issuer import read_keys

    with opened(workspace) as house:
        found = read_keys(house.db)
    rows = []
    shown = table("", "Key", "State", "Since", "Why")
    for one in found:
        ended = one.revoked_at or one.retired_at
        state = "revoked" if one.revoked_at else "retired" if one.retired_at else "signs"
        row = {"key": one.multikey, "state": state, "since": iso(ended or one.created_at)}
        rows.append(row | {"reason": one.reason})
        shown.add_row(*row.values(), one.reason)
    tell({"keys": rows}, shown if rows else "The first credential makes the first key.")


@group.command("new-key")
def new_key(
    reason: Annotated[str, typer.Option(help="Why, in a few words.")],
    revoke: Annotated[
        bool,
        typer.Option(
            "--revoke",
            help="Somebody else may have the old key: nothing it signed is good any more, and "
            "everybody's credentials are given out again.",
        ),
    ] = False,
    key: Annotated[
        str | None, typer.Option(help="Which key ends (default: the one that signs now).")
    ] = None,
    by: By = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Sign with a new key from now on; the old one is retired, or revoked.

    Example:  fairhand credential new-key --reason "A laptop was stolen." --revoke
    """
    from fairhand.use_cases.replace_issuer_key import ReplaceIssuerKey, replace_issuer_key

    with opened(workspace) as house:
        who = owner_id_of(house) if by is None else find_person(house, by).id
        command = ReplaceIssuerKey(who, reason, revoke, key)
        made = replace_issuer_key(house.db, command, house.issuer, house.clock())
    again = f" {made.renewed} credentials were given out again." if revoke else ""
    tell(
        {"key": made.multikey, "renewed": made.renewed},
        f"{made.multikey} signs now.{again} Publish the issuer's file anew.",
    )


@group.command("revoke")
def revoke_(
    uid: Annotated[str, typer.Argument(metavar="ID", help="The credential's id.")],
    reason: Annotated[str, typer.Option(help="Your reason; the person reads it and may appeal.")],
    by: By = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a credential under somebody's name; the person is told and may appeal.

    Example:  fairhand credential revoke 5817… --reason "It was given to the wrong account."
    """
    from fairhand.use_cases.revoke_credential import RevokeCredential, revoke_credential

    with opened(workspace) as house:
        who = owner_id_of(house) if by is None else find_person(house, by).id
        revoke_credential(house.db, RevokeCredential(uid, who, reason), house.clock())
    tell({"id": uid, "state": "revoked"}, f"{uid} is revoked. Publish the issuer's file anew.")


def read_trust(given: str) -> Trust:
    """Read whom somebody trusts: an issuer's file, or a key; raises InvalidError."""
    from fairhand.core.errors import InvalidError
    from fairhand.people.talent.issuer_file import IssuerFileError, read_issuer_file
    from fairhand.people.talent.multikey import KeyTextError, key_of

    path = Path(given)
    try:
        return read_issuer_file(_read(path)) if path.is_file() else key_of(given)
    except (IssuerFileError, KeyTextError) as error:
        raise InvalidError(f"--issuer is neither an issuer's file nor a key: {error}.") from None


def _read(path: Path) -> Any:  # noqa: ANN401  # any JSON value
    from fairhand.core.errors import MalformedError
    from fairhand.people.talent.verify import read_document

    with path.open("rb") as file:
        data = file.read(_LARGEST)
    try:
        return read_document(data)
    except ValueError as error:
        raise MalformedError(f"{path.name} is not JSON that can be read: {error}.") from None


def _write(text: str, out: Path | None) -> None:
    """Print a JSON document, or keep it in a file and say so."""
    if out is None:
        typer.echo(text)
        return
    out.write_text(text + "\n", "utf-8")
    tell({"file": str(out)}, f"Written to {out}.")


def _report_lines(found: CredentialReport) -> list[str]:
    lines = [
        f"  {'ok  ' if one.passed else 'FAIL'} {one.name}: {one.detail}" for one in found.checks
    ]
    if not found.ok or found.facts is None:
        return [*lines, "Do NOT believe this credential."]
    facts = found.facts
    shown = [f"  {name}: {value}" for name, value in facts.results]
    return [*lines, f"{facts.issuer} says that this person can: {facts.skill}", *shown]


def _report_json(found: CredentialReport) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "ok": found.ok,
        "checks": [asdict(one) for one in found.checks],
        "says": asdict(found.facts) if found.ok and found.facts else None,
        "remarks": list(found.remarks),
    }
