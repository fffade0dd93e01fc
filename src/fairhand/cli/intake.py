"""`fairhand intake …`: what came in of a campaign, and looking through what waits."""

from __future__ import annotations

from typing import Annotated

import typer

from fairhand.cli.opening import find_project, opened
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.voice import table, tell

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What people gave in a campaign: how far it is, what was noticed, and going on with it.",
)


def register(app: typer.Typer) -> None:
    """Add `intake`."""
    app.add_typer(group, name="intake")


@group.command("status")
def status(
    project: ProjectName,
    after: Annotated[
        int, typer.Option("--after", min=0, help="Go on after this contribution.")
    ] = 0,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Count contributions by state, and list those that a person should look at.

    Example:  fairhand intake status read-aloud
    """
    from fairhand.use_cases.read_intake import read_intake
    from fairhand.web.api.intake import intake_json

    with opened(workspace) as house:
        found_project = find_project(house, project)
        found = read_intake(house.db, house.blobs, found_project.id, after)
        place = f"{house.settings.base_url}/projects/{found_project.id}/intake"
    shown = table("", ">Contribution", "State", "Noticed")
    for seen in found.listed:
        kinds = ", ".join(one.kind for one in seen.noticed if one.settled_as is None)
        shown.add_row(str(seen.given.id), seen.given.state, kinds)
    counts = ", ".join(f"{number} {name}" for name, number in found.counts.items() if number)
    said = [counts or "Nothing came in yet."]
    if found.waiting:
        said.append(f"{found.waiting} to look at:  {place}")
    if found.after:
        said.append(f"More:  --after {found.after}")
    tell(intake_json(found), shown, *said)


@group.command("run")
def run(
    most: Annotated[
        int, typer.Option("--most", min=1, help="Look through at most so many now.")
    ] = 1_000,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Take in what came and look through what waits, now; a running server does it by itself.

    Example:  fairhand intake run
    """
    from fairhand.use_cases.examine_contribution import Shop
    from fairhand.use_cases.keep_up_intake import keep_up_intake

    with opened(workspace) as house:
        shop = Shop(house.db, house.blobs, house.vault, house.content_signer)
        done = keep_up_intake(shop, house.clock, most)
    told = {"taken": done.taken, "examined": done.examined, "failed": done.failed}
    words = f"{done.taken} taken in, {done.examined} looked through."
    tell(told, words, *([f"{done.failed} wait for the next time."] if done.failed else []))
