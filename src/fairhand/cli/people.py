"""`fairhand invite`, `link`, `role`, `people`: who may come in, and as what."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from fairhand.cli.opening import find_project, opened, sign_in_url
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import remark, table, tell, voice

if TYPE_CHECKING:
    from fairhand.people.accounts.store import PersonRow
    from fairhand.use_cases.house import House

_ROLES = "owner, manager, reviewer, trainer, contributor or auditor"
PersonName = Annotated[
    str, typer.Argument(metavar="PERSON", help="A person's number, address or exact name.")
]


def register(app: typer.Typer) -> None:
    """Add the commands about people."""
    app.command("invite")(invite)
    app.command("link")(link)
    app.command("reset-link")(reset_link)
    app.command("role")(role)
    app.command("people")(people)


def invite(
    name: Annotated[str, typer.Argument(help="The person's name, as you call them.")],
    email: Annotated[str | None, typer.Option(help="Their e-mail address.")] = None,
    roles: Annotated[
        list[str] | None, typer.Option("--role", help=f"{_ROLES}; may be given more than once.")
    ] = None,
    project: Annotated[
        str | None, typer.Option(help="Only in this project (default: in the workspace).")
    ] = None,
    country: Annotated[
        str, typer.Option(help="Where they live, as two letters (KE): it sets their pay floor.")
    ] = "",
    region: Annotated[str, typer.Option(help="A region, where floors differ by region.")] = "",
    locale: Annotated[str, typer.Option(help="Their language, as en or fr.")] = "en",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Ask somebody in; prints a one-time link, shown once and never again.

    Example:  fairhand invite Amina --email amina@example.org --country GB --role contributor
    """
    from fairhand.use_cases.invite_person import InvitePerson, invite_person
    from fairhand.use_cases.put_letters import outbox_of

    with opened(workspace) as house:
        project_id = find_project(house, project).id if project else 0
        command = InvitePerson(
            email=email,
            display_name=name,
            roles=tuple(roles or ["contributor"]),
            project_id=project_id,
            country=country,
            region=region,
            locale=locale,
        )
        hours = house.settings.link_hours
        invited = invite_person(
            house.db, command, house.clock(), link_hours=hours, outbox=outbox_of(house)
        )
        address = sign_in_url(house.settings, invited.token)
    tell(
        {"person_id": invited.person_id, "link": address, "valid_hours": hours},
        f"{name} has account {invited.person_id}. Send them this link; "
        f"it works once, within {hours} hours:",
        f"  {address}",
    )
    _draw(address)


def link(person: PersonName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Make a new one-time sign-in link for somebody who has an account.

    Example:  fairhand link amina@example.org
    """
    from fairhand.use_cases.renew_link import renew_link

    with opened(workspace) as house:
        found = find_person(house, person)
        hours = house.settings.link_hours
        secret = renew_link(house.db, found.id, house.clock(), hours=hours)
        address = sign_in_url(house.settings, secret)
    tell(
        {"person_id": found.id, "link": address, "valid_hours": hours},
        f"{found.display_name} signs in with this link; it works once, within {hours} hours:",
        f"  {address}",
    )
    _draw(address)


def reset_link(person: PersonName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Make a one-time link by which somebody sets a new password, within an hour.

    Example:  fairhand reset-link amina@example.org
    """
    from fairhand.use_cases.make_reset_link import make_reset_link

    with opened(workspace) as house:
        found = find_person(house, person)
        secret = make_reset_link(house.db, found.id, house.clock(), hours=1)
        address = f"{house.settings.base_url}/reset/{secret}"
    tell(
        {"person_id": found.id, "link": address, "valid_hours": 1},
        f"{found.display_name} sets a new password with this link; it works once, for an hour:",
        f"  {address}",
    )


def _draw(address: str) -> None:
    """Draw a link for a phone to scan, where somebody looks at a terminal."""
    from fairhand.cli.served_at import is_home

    if voice().as_json or not sys.stderr.isatty():
        return
    if is_home(address):
        remark("Only this machine opens it. For phones: fairhand serve --tls, or set public_url.")
        return
    from fairhand.cli.tls import terminal_code

    remark(f"Or scan it with a phone:\n\n{terminal_code(address)}")


def role(
    person: PersonName,
    role: Annotated[str, typer.Argument(help=f"{_ROLES}.")],
    project: Annotated[str | None, typer.Option(help="Only in this project.")] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Give somebody a role, in one project or everywhere.

    Example:  fairhand role farid@example.org auditor
    """
    from fairhand.use_cases.give_role import GiveRole, give_role

    with opened(workspace) as house:
        found = find_person(house, person)
        place = find_project(house, project) if project else None
        give_role(house.db, GiveRole(found.id, role, place.id if place else 0), house.clock())
    where = f"in {place.slug}" if place else "everywhere"
    tell(
        {"person_id": found.id, "role": role, "project_id": place.id if place else 0},
        f"{found.display_name} is {role} {where}.",
    )


def people(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List accounts and their roles.

    Example:  fairhand people --json
    """
    from dataclasses import asdict

    from fairhand.use_cases.read_people import read_people

    with opened(workspace) as house:
        found = read_people(house.db)
    shown = table("", ">Id", "Name", "Address", "Country", "Roles", "Simulated")
    for one, roles in found:
        marks = "yes" if one.is_simulated else ""
        row = (str(one.id), one.display_name, one.email or "", one.place_country)
        shown.add_row(*row, ", ".join(roles), marks)
    tell({"people": [asdict(one) | {"roles": roles} for one, roles in found]}, shown)


def find_person(house: House, name: str) -> PersonRow:
    """Find an account by number, address or exact name; raises when none or several fit."""
    from fairhand.core.errors import InvalidError, NotFoundError
    from fairhand.use_cases.read_people import read_people

    found = [
        one
        for one, _ in read_people(house.db)
        if name == str(one.id) or name.lower() == (one.email or "") or name == one.display_name
    ]
    if len(found) > 1:
        numbers = ", ".join(str(one.id) for one in found)
        raise InvalidError(f"Several people are called {name!r}; say which number: {numbers}.")
    if not found:
        raise NotFoundError(f"There is no person {name!r}; `fairhand people` lists everybody.")
    return found[0]
