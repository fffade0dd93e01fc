"""`fairhand withdraw`: take back what somebody permitted or gave, where they ask the owner to."""

from __future__ import annotations

from typing import Annotated

import typer

from fairhand.cli.opening import opened
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import tell

_Ids = Annotated[
    list[int] | None, typer.Option("--contribution", help="One thing they gave; repeatable.")
]
_Purposes = Annotated[
    list[str] | None, typer.Option("--purpose", help="One purpose of the grant; repeatable.")
]


def register(app: typer.Typer) -> None:
    """Add `withdraw`."""
    app.command("withdraw")(withdraw)


def withdraw(
    person: Annotated[int, typer.Argument(metavar="PERSON", help="Whose: a person's number.")],
    grant: Annotated[int | None, typer.Option(help="The grant that ends.")] = None,
    purpose: _Purposes = None,
    contribution: _Ids = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Take back a grant, purposes of it, or single contributions, for somebody who asked.

    It holds when this returns; whoever holds copies is told within a minute while a server runs.

    Example:  fairhand withdraw 7 --grant 12 --purpose evaluation
    """
    from fairhand.core.errors import InvalidError
    from fairhand.use_cases.withdraw_grant import (
        WithdrawGrant,
        withdraw_contributions,
        withdraw_grant,
    )

    if (grant is None) == (not contribution):
        raise InvalidError("Give either --grant or --contribution.")
    with opened(workspace) as house:
        now = house.clock()
        if grant is not None:
            command = WithdrawGrant(person, grant, tuple(purpose or ()))
            done = withdraw_grant(house.db, command, now)
        else:
            done = withdraw_contributions(house.db, person, contribution or [], now)
    tell(
        {
            "withdrawal": done.withdrawal_id,
            "items": done.items,
            "releases": done.releases,
            "left_campaign": done.left_campaign,
            "event_id": done.event_id,
        },
        f"Taken back: {done.items} things, held by {done.releases} releases.",
        f"  receipt:  fairhand log receipt {done.event_id}",
    )
