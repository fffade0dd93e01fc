"""`fairhand conversations …`: trees that people grow, review and rank."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.voice import table, tell

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Conversation trees: where they stand, how they grow, and the ready ones as files.",
)
TreeNumber = Annotated[int, typer.Argument(metavar="CONVERSATION", min=1, help="Its number.")]


def register(app: typer.Typer) -> None:
    """Add `conversations`."""
    app.add_typer(group, name="conversations")


@group.command("list")
def list_all(
    project: ProjectName,
    state: Annotated[str, typer.Option("--state", help="Only those: ready, growing, …")] = "",
    after: Annotated[int, typer.Option("--after", min=0, help="Go on after this number.")] = 0,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """List conversations and count how many stand where.

    Example:  fairhand conversations list helper --state ready
    """
    from fairhand.use_cases.read_conversations import read_conversations
    from fairhand.web.api.conversations import grove_json

    with opened(workspace) as house:
        found = find_project(house, project)
        grove = read_conversations(house.db, found.id, state, after)
    shown = table("", ">Number", "State", ">Messages", "Begins with")
    for one in grove.listed:
        size = f"{one.accepted} of {one.conversation.wanted_messages}"
        begins = " ".join(one.prompt.split())[:60]
        shown.add_row(str(one.conversation.id), one.conversation.state, size, begins)
    counts = ", ".join(f"{number} {name}" for name, number in grove.counts.items() if number)
    rest = f"More:  --after {grove.after}" if grove.after else ""
    tell(grove_json(grove), shown, *filter(None, (counts or "There are none yet.", rest)))


@group.command("show")
def show(
    project: ProjectName,
    conversation: TreeNumber,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Print one conversation, each message under what it replies to.

    Example:  fairhand conversations show helper 3
    """
    from fairhand.use_cases.read_conversations import read_conversation_tree
    from fairhand.work.conversations.written import write_tree

    with opened(workspace) as house:
        found = find_project(house, project)
        tree, messages = read_conversation_tree(house.db, found.id, conversation)
    lines = [
        f"{'  ' * one.message.depth}{one.message.role} ({one.message.state}): {one.text}"
        for one in messages
    ]
    tell(write_tree(tree, messages), f"Conversation {tree.id}: {tree.state}", *lines)


@group.command("terms")
def terms(
    project: ProjectName,
    reviews: Annotated[int | None, typer.Option(help="People who review a message.")] = None,
    accept_share: Annotated[
        float | None, typer.Option(help="The share of them that must keep it, as 0.6.")
    ] = None,
    rankings: Annotated[int | None, typer.Option(help="People who rank; 0 for none.")] = None,
    wanted_messages: Annotated[int | None, typer.Option(help="Messages a conversation.")] = None,
    most_depth: Annotated[int | None, typer.Option(help="Turns after the prompt.")] = None,
    most_replies: Annotated[
        int | None, typer.Option(help="Replies to one message of a person.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show how large conversations grow and how many people review, or set it.

    Example:  fairhand conversations terms helper --reviews 2 --rankings 1
    """
    from dataclasses import asdict, replace

    from fairhand.use_cases.read_conversations import read_conversations
    from fairhand.use_cases.set_conversation_terms import (
        SetConversationTerms,
        set_conversation_terms,
    )

    given = {
        "reviews": reviews,
        "accept_share": accept_share,
        "rankings": rankings,
        "wanted_messages": wanted_messages,
        "most_depth": most_depth,
        "most_replies": most_replies,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    with opened(workspace) as house:
        found = find_project(house, project)
        now = read_conversations(house.db, found.id).terms
        if changes:
            wanted = replace(now, **changes)  # type: ignore[arg-type]  # each by its own option
            command = SetConversationTerms(owner_id_of(house), found.id, wanted)
            now = set_conversation_terms(house.db, command, house.clock())
    tell(asdict(now), *(f"{name}: {value}" for name, value in asdict(now).items()))


@group.command("halt")
def halt(
    project: ProjectName,
    conversation: TreeNumber,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept in the log.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """End a conversation; nobody is asked about it any more, what was begun is paid.

    Example:  fairhand conversations halt helper 3 --reason "It names a person."
    """
    from fairhand.use_cases.halt_conversation import HaltConversation, halt_conversation
    from fairhand.web.api.conversations import conversation_json

    with opened(workspace) as house:
        found = find_project(house, project)
        command = HaltConversation(owner_id_of(house), found.id, conversation, reason)
        halted = halt_conversation(house.db, command, house.clock())
    tell(conversation_json(halted), f"Conversation {halted.id} is halted.")


@group.command("export")
def export(
    project: ProjectName,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    form: Annotated[str, typer.Option("--form", help="trees, chats or preferences.")] = "trees",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Write the ready conversations as JSON Lines, to lie beside a release; nobody is named.

    Example:  fairhand conversations export helper -o trees.jsonl
    """
    from fairhand.core.errors import InvalidError, Issue
    from fairhand.core.ids import sha256_hex
    from fairhand.web.api.conversations import lines_of
    from fairhand.work.conversations.written import FORMS

    chosen = next((one for one in FORMS if one == form), None)
    if chosen is None:
        issue = Issue("form", f"must be one of {', '.join(FORMS)}")
        raise InvalidError(f"There is no form {form[:40]!r}.", issues=[issue])
    rows = 0
    with opened(workspace) as house:
        found = find_project(house, project)
        with output.open("w", encoding="utf-8", newline="\n") as file:
            for line in lines_of(house, found.id, chosen):
                file.write(line)
                rows += 1
    digest = sha256_hex(output.read_bytes())
    told = {"file": str(output), "rows": rows, "sha256": digest}
    tell(told, f"{rows} rows in {output}", f"sha256  {digest}")
