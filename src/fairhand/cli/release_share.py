"""`fairhand release share`: let anybody read what a release is made of, or end that."""

from __future__ import annotations

from typing import Annotated

import typer

from fairhand.cli.opening import opened, owner_id_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import tell


def register(group: typer.Typer) -> None:
    """Add the command to `release`."""
    group.command("share")(share)


def share(
    number: Annotated[int, typer.Argument(metavar="ID", help="The release's number.")],
    hide: Annotated[bool, typer.Option("--hide", help="Take the page away again.")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Give a release a page that anybody may read: card and figures, never its data.

    Example:  fairhand release share 3
    """
    from fairhand.use_cases.hide_release import HideRelease, hide_release
    from fairhand.use_cases.show_release import ShowRelease, show_release

    with opened(workspace) as house:
        owner, now = owner_id_of(house), house.clock()
        if hide:
            hide_release(house.db, HideRelease(number, owner), now)
            tell(
                {"release_id": number, "shown": False, "address": None},
                f"Release {number} has no public page; what others read of it they have read.",
            )
            return
        path = show_release(house.db, ShowRelease(number, owner), now)
        address = f"{house.settings.base_url}{path}"
    tell(
        {"release_id": number, "shown": True, "address": address},
        f"Anybody may read about release {number} at {address}",
        "  its card, figures and proof; none of its data",
        f"  end it:  fairhand release share {number} --hide",
    )
