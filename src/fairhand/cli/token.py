"""`fairhand token create`: secrets for scripts."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from fairhand.cli.opening import find_project, opened, owner_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.people import find_person
from fairhand.cli.voice import tell

if TYPE_CHECKING:
    from fairhand.people.accounts.rules import Actor
    from fairhand.people.accounts.store import PersonRow

group = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="API tokens for scripts and notebooks."
)


class Scope(StrEnum):
    """What a token may do."""

    READ = "read"
    WORK = "work"
    MANAGE = "manage"
    TRAIN = "train"


def register(app: typer.Typer) -> None:
    """Add `token`."""
    app.add_typer(group, name="token")


@group.command("create")
def create(
    label: Annotated[str, typer.Argument(help="What the token is for.")] = "script",
    person: Annotated[str | None, typer.Option(help="Whose token (default: the owner's).")] = None,
    scope: Annotated[Scope, typer.Option(help="What it may do.")] = Scope.WORK,
    project: Annotated[str | None, typer.Option(help="Only for this project.")] = None,
    days: Annotated[int, typer.Option(min=1, max=365, help="How long it holds.")] = 90,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Make an API token; its secret is shown once and kept only as a hash.

    Example:  export FAIRHAND_TOKEN=$(fairhand token create notebook --scope manage)
    """
    from fairhand.use_cases.manage_tokens import CreateToken, create_token

    with opened(workspace) as house:
        if person:
            whose = find_person(house, person)
        else:
            with house.db.read() as connection:
                whose = owner_of(connection)
        place = find_project(house, project).id if project else 0
        command = CreateToken(label, scope.value, place, days)
        secret = create_token(house.db, actor_for(whose), command, house.clock())
    tell(
        {"token": secret, "person_id": whose.id, "scope": scope.value, "project_id": place},
        secret,
    )


def actor_for(person: PersonRow) -> Actor:
    """Speak for a person at the machine itself, without a session or token."""
    from fairhand.people.accounts.rules import Actor

    return Actor(
        person_id=person.id,
        display_name=person.display_name,
        locale=person.locale,
        roles={},
        csrf_token=None,
        is_simulated=person.is_simulated,
    )
