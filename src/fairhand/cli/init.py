"""`fairhand init`: make a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairhand.cli.opening import settings_of, sign_in_url
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import tell

if TYPE_CHECKING:
    from fairhand.use_cases.house import House
    from fairhand.use_cases.init_workspace import InitWorkspace


def register(app: typer.Typer) -> None:
    """Add `init`."""
    app.command("init")(init)


def init(
    workspace: Workspace = None,
    name: Annotated[str, typer.Option(help="What the workspace is called.")] = "workspace",
    owner: Annotated[str, typer.Option(help="The first owner's name.")] = "Owner",
    email: Annotated[
        str | None, typer.Option(help="The owner's e-mail address (to sign in with a password).")
    ] = None,
    country: Annotated[
        str, typer.Option(help="Where the owner lives, as two letters (GB, KE); for pay floors.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Make a workspace: database, signing key, wage floors, the first owner.

    Prints a one-time link that signs the owner in. Run again after an update of Fairhand, it
    brings the database up to date and changes nothing else.

    Example:  fairhand init -w team --name "My team" --owner Carmen --country GB
    """
    from fairhand.core.errors import InvalidError
    from fairhand.people.accounts.rules import check_person
    from fairhand.use_cases.init_workspace import InitWorkspace

    if issues := check_person(email, owner, country):
        raise InvalidError("The owner's account cannot be made like this.", issues=issues)
    if not name.strip() or any(char.isspace() or char == "+" for char in name.strip()):
        name = "-".join(name.replace("+", " ").split()) or "workspace"
    command = InitWorkspace(name, owner, email, country)
    house, link = begin(workspace, command)
    try:
        folder = str(Path(house.settings.workspace).absolute())
        key = house.signer.verifier.vkey
        if link is None:
            tell(
                {"created": False, "workspace": folder, "log_key": key},
                f"The workspace in {folder} is set up already; its database is up to date.",
                "For a new sign-in link: fairhand link OWNER'S-ADDRESS",
            )
            return
        tell(
            {"created": True, "workspace": folder, "link": link, "log_key": key},
            f"Workspace made in {folder}",
            "",
            f"1. Start the server:          fairhand serve --workspace {folder}",
            f"2. Sign in, once, as {owner}:   {link}",
            "",
            "The log of this workspace is signed by this key; give it to whoever checks releases:",
            f"  {key}",
        )
    finally:
        house.close()


def begin(workspace: Path | None, command: InitWorkspace) -> tuple[House, str | None]:
    """Make the workspace unless it is there; give it open, and the owner's link when it is new."""
    from fairhand.core.clock import system_now
    from fairhand.core.errors import ConflictError
    from fairhand.use_cases.house import open_database, open_house
    from fairhand.use_cases.init_workspace import init_workspace
    from fairhand.use_cases.load_wage_floors import LoadWageFloors, load_wage_floors
    from fairhand.use_cases.renew_link import renew_link

    settings = settings_of(workspace)
    db = open_database(settings)
    try:
        owner_id: int | None = init_workspace(db, command, system_now())
    except ConflictError:
        owner_id = None
    finally:
        db.close()
    house = open_house(settings)
    load_wage_floors(house.db, LoadWageFloors(), house.clock())
    if owner_id is None:
        return house, None
    token = renew_link(house.db, owner_id, house.clock(), hours=settings.link_hours)
    return house, sign_in_url(settings, token)
