"""`fairhand pilot …`: start a pilot, see what it found, say go or no-go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.voice import tell

if TYPE_CHECKING:
    from fairhand.core.money import Money
    from fairhand.use_cases.house import House
    from fairhand.use_cases.read_pilot import PilotPicture

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Test guidelines with a few people, paid, before a project opens.",
)


def register(app: typer.Typer) -> None:
    """Add `pilot`."""
    app.add_typer(group, name="pilot")


@group.command("start")
def start(
    project: ProjectName,
    tasks: Annotated[int, typer.Option(min=1, help="How many tasks, drawn at random.")] = 30,
    people: Annotated[
        int | None, typer.Option(min=1, help="How many people (default: as the terms say).")
    ] = None,
    amount: Annotated[
        str | None, typer.Option(help="Money to set aside (default: twice the expected time).")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Draw the same sample again.")] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Start a pilot: a paid project of its own, each task answered by all of its people.

    Example:  fairhand pilot start digits --tasks 30 --people 3
    """
    from random import Random

    from fairhand.use_cases.start_pilot import StartPilot, start_pilot
    from fairhand.web.api.readiness import pilot_json

    with opened(workspace) as house:
        found = find_project(house, project)
        money = None if amount is None else _money(amount, found.currency)
        command = StartPilot(owner_id_of(house), found.id, tasks, people, money)
        made = start_pilot(house.db, command, house.clock(), Random(seed))  # noqa: S311
    tell(
        pilot_json(made),
        f"Pilot {made.project_id} has started: {made.tasks} tasks, each answered by "
        f"{made.people_wanted} people.",
        f"  invite:  fairhand invite NAME --project {made.project_id}",
        f"  look:    fairhand pilot show {found.slug}",
    )


@group.command("show")
def show(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Show what the newest pilot found, and what a go lacks.

    Example:  fairhand pilot show digits --json
    """
    from fairhand.use_cases.read_pilot import read_pilot
    from fairhand.web.api.readiness import pilots_json

    with opened(workspace) as house:
        picture = read_pilot(house.db, find_project(house, project).id, house.clock())
    tell(pilots_json(picture), *_shown(picture))


@group.command("decide")
def decide(
    project: ProjectName,
    outcome: Annotated[str, typer.Argument(help="go or no-go.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept under the name of who decides.")],
    by: Annotated[str, typer.Option(help="The e-mail address of the owner who decides.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Say go or no-go to the running pilot, under the name of an owner.

    Example:  fairhand pilot decide digits go --by carmen@example.org --reason "They agree."
    """
    from fairhand.use_cases.decide_pilot import DecidePilot, decide_pilot
    from fairhand.web.api.readiness import pilot_json

    chosen = _outcome(outcome)
    with opened(workspace) as house:
        found = find_project(house, project)
        who = _owner(house, by, found.id)
        ended = decide_pilot(house.db, DecidePilot(who, found.id, chosen, reason), house.clock())
    tell(pilot_json(ended), f"Pilot {ended.project_id} of {found.slug}: {outcome}.")


def _outcome(text: str) -> Literal["go", "no_go"]:
    from fairhand.core.errors import InvalidError

    if text == "go":
        return "go"
    if text in ("no-go", "no_go"):
        return "no_go"
    raise InvalidError(f"{text!r} is no outcome; say go or no-go.")


def _owner(house: House, email: str, project_id: int) -> int:
    """Find the person who decides; raises ForbiddenError for who does not own the project."""
    from fairhand.core.errors import ForbiddenError, NotFoundError
    from fairhand.people.accounts import store

    with house.db.read() as connection:
        person = store.find_person(connection, email)
        roles = {one.id: roles for one, roles in store.list_people(connection)}
    if person is None:
        raise NotFoundError(f"Nobody here has the address {email}.")
    if not {"owner", f"owner in project {project_id}"} & set(roles.get(person.id, ())):
        raise ForbiddenError(f"{person.display_name} does not own this project.")
    return person.id


def _money(text: str, currency: str) -> Money:
    from fairhand.core.errors import InvalidError
    from fairhand.core.money import parse_money

    try:
        return parse_money(text, currency)
    except ValueError as error:
        raise InvalidError(f"The amount cannot be read: {error}.") from None


def _shown(picture: PilotPicture) -> list[str]:
    newest, found = picture.newest, picture.found
    if newest is None or found is None:
        return ["No pilot yet. Start one: fairhand pilot start"]
    said = [
        f"Pilot {newest.project_id} of {picture.project.title}: {newest.outcome.replace('_', '-')}",
        f"  {found.people} of {newest.people_wanted} people, {found.answers:,} of "
        f"{newest.answers_wanted:,} answers, guidelines version {newest.version}",
    ]
    for one in found.agreed:
        value = "cannot be told: " + one.why
        if one.value is not None:
            interval = "" if one.low is None else f" ({one.low:.2f} to {one.high:.2f})"
            value = f"{one.measure} {one.value:.2f}{interval}, {newest.target_alpha:.2f} asked for"
        said.append(f"  {one.title}: {value}")
    if found.p50_ms is not None and found.p90_ms is not None:
        half, most = found.p50_ms / 1_000, found.p90_ms / 1_000
        said.append(f"  half of the answers take less than {half:.0f} s, nine in ten {most:.0f} s")
    if found.price is not None:
        micros, currency = found.price.unit_micros, picture.project.currency
        said.append(
            f"  a fair price of an answer: {currency} {_fine(micros, currency)}, by which the "
            "slowest fifth still reach the floor"
        )
    said += [f"  lacks: {one.message}" for one in picture.lacks if one.severity == "error"]
    return said


def _fine(micros: int, currency: str) -> str:
    from fairhand.web.shared.pages import fine_money

    return fine_money(micros, currency).removeprefix(f"{currency} ")
