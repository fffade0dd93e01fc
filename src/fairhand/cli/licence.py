"""`fairhand licence …`: decide who gets what people gave, and see what they owe."""

from __future__ import annotations

from typing import Annotated

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.voice import table, tell

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Licences: who asks for what people gave, who holds it, what they must delete.",
)
Number = Annotated[int, typer.Argument(metavar="REQUEST", help="The request's number.")]


def register(app: typer.Typer) -> None:
    """Add `licence`."""
    app.add_typer(group, name="licence")


@group.command()
def requests(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List who asks for a licence of a campaign, for what, at which price.

    Example:  fairhand licence requests voices-of-kisumu
    """
    from fairhand.core.money import Money
    from fairhand.use_cases.read_licences import read_licences
    from fairhand.web.api.licences import request_json

    with opened(workspace) as house:
        page = read_licences(house.db, find_project(house, project).id, house.clock())
    shown = table("", ">Number", "Who", "State", "For", ">Days", ">Items", ">Price")
    for one in page.requests:
        asked, quote = one.request, one.request.quote
        price, items = quote["price_minor"], quote["items"]
        shown.add_row(
            str(asked.id),
            one.asker.name,
            asked.state,
            ", ".join(asked.purposes),
            str(asked.term_days),
            "too few" if items is None else f"{items:,}",
            "" if price is None else str(Money(price, quote["currency"])),
        )
    listed = [request_json(one) for one in page.requests]
    tell({"requests": listed}, shown if listed else "Nobody has asked yet.")


@group.command()
def grant(
    project: ProjectName,
    request: Number,
    price: Annotated[
        str | None, typer.Option(help="As 250.00, where the offer names no price.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Grant a request; its release is written by the server, and royalties are owed with it.

    Example:  fairhand licence grant voices-of-kisumu 3
    """
    from fairhand.use_cases.grant_licence import GrantLicence, grant_licence
    from fairhand.web.shared.forms import money_of

    with opened(workspace) as house:
        found = find_project(house, project)
        minor = None if price is None else money_of(price, found.currency, "price").minor
        folder = house.settings.workspace / "releases" / "licensed"
        command = GrantLicence(found.id, request, owner_id_of(house), folder, minor)
        licence_id = grant_licence(house.db, command, house.clock())
    tell({"licence_id": licence_id}, f"Licence {licence_id} granted; its release is being written.")


@group.command()
def decline(
    project: ProjectName,
    request: Number,
    why: Annotated[str, typer.Option(help="Why not: whoever asked reads it.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Decline a request, with a reason.

    Example:  fairhand licence decline voices-of-kisumu 3 --why "We license to hospitals only."
    """
    from fairhand.use_cases.decline_licence import DeclineLicence, decline_licence

    with opened(workspace) as house:
        found = find_project(house, project)
        command = DeclineLicence(found.id, request, owner_id_of(house), why)
        decline_licence(house.db, command, house.clock())
    tell({"request": request, "state": "declined"}, f"Request {request} declined.")


@group.command("list")
def show(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List who holds a licence of a campaign, until when, with which release.

    Example:  fairhand licence list voices-of-kisumu
    """
    from fairhand.core.clock import iso
    from fairhand.core.money import Money
    from fairhand.use_cases.read_licences import read_licences
    from fairhand.web.api.licences import held_json

    with opened(workspace) as house:
        page = read_licences(house.db, find_project(house, project).id, house.clock())
    shown = table("", ">Number", "Who", "For", "Until", ">Price", "Release")
    for one in page.held:
        held = one.licence
        release = one.writing or (str(held.release_id) if held.release_id else "")
        price = str(Money(held.price_minor, held.currency))
        until = iso(held.ends_at)[:10]
        shown.add_row(
            str(held.id), one.holder.name, ", ".join(held.purposes), until, price, release
        )
    listed = [held_json(one) for one in page.held]
    tell({"licences": listed}, shown if listed else "Nobody holds a licence yet.")


@group.command()
def notices(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List what licensees were told to delete and how they answered; exit code 1: one is overdue.

    Example:  fairhand licence notices voices-of-kisumu
    """
    from fairhand.core.clock import iso
    from fairhand.use_cases.read_licences import read_licences
    from fairhand.web.api.licences import notice_json

    with opened(workspace) as house:
        page = read_licences(house.db, find_project(house, project).id, house.clock())
    told = [(one, each) for one in page.held for each in one.notices]
    shown = table("", "Who", ">Release", ">List", "State", "Due")
    for one, each in told:
        due = iso(each.due_at)[:10]
        shown.add_row(one.holder.name, str(each.release_id), str(each.list_number), each.state, due)
    listed = [{**notice_json(each), "licensee": one.holder.name} for one, each in told]
    tell({"notices": listed}, shown if told else "Nobody had to be told anything.")
    if any(each.state == "overdue" for _, each in told):
        raise typer.Exit(1)
