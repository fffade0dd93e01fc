"""`fairhand sign-on …`: identity providers, whether the way to them works, and links to end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fairhand.cli.opening import opened
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.people import PersonName, find_person
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from fairhand.use_cases.check_sign_on import Looked

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Single sign-on: identity providers of fairhand.toml, and who is known there.",
)
_SIGNS = {"ok": "ok  ", "warn": "WARN", "fail": "FAIL"}


def register(app: typer.Typer) -> None:
    """Add `sign-on`."""
    app.add_typer(group, name="sign-on")


@group.command("list")
def list_all(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the identity providers, the address to register at each, and how many people it knows.

    Example:  fairhand sign-on list
    """
    from dataclasses import asdict

    from fairhand.use_cases.read_sign_on import read_providers

    with opened(workspace) as house:
        found = read_providers(house)
    shown = table("", "Name", "Issuer", "Address to register", ">People", "Strangers")
    for one in found:
        strangers = "let in" if one.admits else "not let in"
        shown.add_row(one.name, one.issuer, one.redirect_uri, str(one.people), strangers)
    tell(
        {"providers": [asdict(one) for one in found]},
        shown if found else "There is none: add a [sign_on.NAME] to fairhand.toml.",
    )


@group.command("check")
def check(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As in [sign_on.NAME].")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Walk the way to a provider hop by hop: settings, document, issuer, keys, clock, roles.

    Exit 1 when a hop fails.

    Example:  fairhand sign-on check company
    """
    from dataclasses import asdict

    from fairhand.use_cases.check_sign_on import check_sign_on

    with opened(workspace) as house:
        looked = check_sign_on(house, name)
    failed = next((one.hop for one in looked if one.state == "fail"), None)
    tell(
        {"provider": name, "failed": failed, "hops": [asdict(one) for one in looked]},
        *(line for one in looked for line in _lines(one)),
    )
    if failed:
        raise typer.Exit(1)


@group.command("links")
def links(person: PersonName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List where somebody is known, with the key of each link.

    Example:  fairhand sign-on links amina@example.org
    """
    from dataclasses import asdict

    from fairhand.use_cases.read_sign_on import read_identities

    with opened(workspace) as house:
        found = read_identities(house, find_person(house, person).id)
    shown = table("", "Key", "Provider", "Issuer")
    for one in found:
        shown.add_row(one.key, one.label, one.issuer)
    tell(
        {"links": [asdict(one) for one in found]},
        shown if found else "Known nowhere: there is no link.",
    )


@group.command("unlink")
def unlink(
    person: PersonName,
    key: Annotated[str, typer.Argument(help="The link's key, as `sign-on links` shows it.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """End somebody's link to a provider, and the roles that only its groups gave.

    They are signed out everywhere; their other ways in stay. `fairhand link` gives a new one.

    Example:  fairhand sign-on unlink amina@example.org 1f0c…
    """
    from fairhand.use_cases.end_identity import EndIdentity, end_identity

    with opened(workspace) as house:
        found = find_person(house, person)
        command = EndIdentity(found.id, key, by_administrator=True)
        end_identity(house, command, house.clock())
    tell(
        {"person_id": found.id, "ended": key}, f"{found.display_name} is not known there any more."
    )


def _lines(one: Looked) -> list[str]:
    told = [f"{_SIGNS[one.state]}  {one.hop}: {one.words}"]
    return [*told, f"      -> {one.remedy}"] if one.remedy else told
