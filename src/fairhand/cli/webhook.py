"""`fairhand webhook …`: other programs are told what happens, signed and in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from fairhand.use_cases.house import House

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Webhooks: other programs are told what happens, signed, in order, until they have it.",
)
Project = Annotated[
    str, typer.Option("--project", "-p", help="A project's number or name; none: the workspace.")
]
Number = Annotated[int, typer.Argument(metavar="WEBHOOK", min=1, help="The webhook's number.")]


def register(app: typer.Typer) -> None:
    """Add `webhook`."""
    app.add_typer(group, name="webhook")


@group.command("add")
def add(
    url: Annotated[str, typer.Argument(help="Where to.")],
    project: Project = "",
    events: Annotated[
        list[str], typer.Option("--event", help="A kind, or release.*; may be repeated.")
    ] = [],  # noqa: B006  # typer copies it
    with_content: Annotated[
        bool, typer.Option("--with-content", help="Send answers along; never names.")
    ] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Have events told to an address; prints the secret, this once.

    Example:  fairhand webhook add https://example.org/hook --project reviews --event 'release.*'
    """
    from fairhand.use_cases.add_webhook import AddWebhook, add_webhook

    with opened(workspace) as house:
        command = AddWebhook(
            owner_id_of(house), _place(house, project), url, tuple(events), with_content
        )
        allowed = house.settings.backend_hosts
        made = add_webhook(house.db, house.vault, command, house.clock(), allowed=allowed)
    words = f"Webhook {made.id}. Its secret, shown this once:\n{made.secret}"
    tell({"webhook_id": made.id, "secret": made.secret}, words)


@group.command("list")
def list_all(project: Project = "", workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List webhooks, their state, and what is on its way.

    Example:  fairhand webhook list --project reviews
    """
    from fairhand.use_cases.read_webhooks import read_webhooks
    from fairhand.web.api.webhooks import webhook_json

    with opened(workspace) as house:
        found = [webhook_json(one) for one in read_webhooks(house.db, _place(house, project))]
    shown = table("", ">Id", "Address", "State", ">Arrived", ">Waiting", ">Given up", "Trouble")
    for one in found:
        figures = (str(one[name]) for name in ("sent", "waiting", "given_up"))
        shown.add_row(str(one["id"]), one["url"], one["state"], *figures, one["trouble"])
    tell({"webhooks": found}, shown if found else "Nobody is told anything yet.")


@group.command("test")
def try_out(
    webhook: Number, project: Project = "", workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Send a signed test event, and show the request and the answer; exit 1 if it did not arrive.

    Example:  fairhand webhook test 1 --project reviews
    """
    from fairhand.use_cases.try_webhook import try_webhook
    from fairhand.web.api.webhooks import tried_json

    with opened(workspace) as house:
        tried = try_webhook(
            house.db,
            house.vault,
            _place(house, project),
            webhook,
            house.clock(),
            allowed=house.settings.backend_hosts,
        )
    lines = [f"POST {tried.url}", *(f"{name}: {word}" for name, word in tried.headers.items())]
    answer = tried.trouble or f"{tried.status} after {tried.took_ms} ms\n{tried.answer}"
    tell(tried_json(tried), "\n".join([*lines, "", tried.body, "", answer]))
    if not tried.ok:
        raise typer.Exit(1)


@group.command("deliveries")
def deliveries(
    webhook: Number, project: Project = "", workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """List the last hundred deliveries, newest first.

    Example:  fairhand webhook deliveries 1 --project reviews
    """
    from fairhand.use_cases.read_webhooks import read_deliveries
    from fairhand.web.api.webhooks import delivery_json

    with opened(workspace) as house:
        _, found = read_deliveries(house.db, _place(house, project), webhook, 100)
    shown = table("", ">Number", "Event", "State", ">Attempts", "Last word")
    for one in found:
        last = one.trouble or str(one.status or "")
        shown.add_row(str(one.number), one.kind, one.state, str(one.attempts), last)
    content = {"deliveries": [delivery_json(one) for one in found]}
    tell(content, shown if found else "Nothing is on its way yet.")


@group.command("pause")
def pause(
    webhook: Number, project: Project = "", workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Send nothing for now; what happens meanwhile is sent later.

    Example:  fairhand webhook pause 1 --project reviews
    """
    _change(workspace, project, webhook, "pause", "is paused; nothing is lost.")


@group.command("resume")
def resume(
    webhook: Number,
    project: Project = "",
    skip: Annotated[bool, typer.Option("--skip", help="Leave out what was given up.")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Go on, with what was given up or without it.

    Example:  fairhand webhook resume 1 --project reviews
    """
    _change(workspace, project, webhook, "skip" if skip else "resume", "goes on.")


@group.command("rotate-secret")
def rotate_secret(
    webhook: Number, project: Project = "", workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Make a new secret and print it; the one before signs too for a day.

    Example:  fairhand webhook rotate-secret 1 --project reviews
    """
    _change(workspace, project, webhook, "rotate", "has a new secret, shown this once:")


@group.command("resend")
def resend(
    webhook: Number,
    number: Annotated[int, typer.Argument(metavar="DELIVERY", min=1, help="Its number.")],
    project: Project = "",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Send one delivery again, under the same id.

    Example:  fairhand webhook resend 1 17 --project reviews
    """
    _change(workspace, project, webhook, "resend", f"sends delivery {number} again.", number)


@group.command("remove")
def remove(
    webhook: Number, project: Project = "", workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Tell this address nothing more.

    Example:  fairhand webhook remove 1 --project reviews
    """
    _change(workspace, project, webhook, "remove", "is removed.")


def _change(
    workspace: Workspace, project: str, webhook: int, do: str, words: str, number: int = 0
) -> None:
    from fairhand.use_cases.change_webhook import ChangeWebhook, change_webhook

    with opened(workspace) as house:
        command = ChangeWebhook(owner_id_of(house), _place(house, project), webhook, do, number)
        secret = change_webhook(house.db, house.vault, command, house.clock())
    content = {"webhook_id": webhook, "done": do, **({"secret": secret} if secret else {})}
    tell(content, f"Webhook {webhook} {words}", *([secret] if secret else []))


def _place(house: House, project: str) -> int:
    return find_project(house, project).id if project else 0
