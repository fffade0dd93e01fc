"""`fairhand mail …`: what letters say, whether the server takes them, and what is on its way."""

from __future__ import annotations

from typing import Annotated

import typer

from fairhand.cli.opening import opened
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import table, tell

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Letters by mail: preview them, check the server, look into the outbox.",
)
Number = Annotated[int, typer.Argument(metavar="LETTER", min=1, help="The letter's number.")]
Locale = Annotated[str, typer.Option(help="In which language, as en, de, es, fr or sw.")]


def register(app: typer.Typer) -> None:
    """Add `mail`."""
    app.add_typer(group, name="mail")


@group.command("preview")
def preview(
    kind: Annotated[str, typer.Argument(help="A kind of letter; none: all of them.")] = "",
    locale: Locale = "en",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show what letters say, with example data.

    Example:  fairhand mail preview invitation --locale sw
    """
    from fairhand.use_cases.letter_words import SAID
    from fairhand.use_cases.read_letters import preview_letter

    with opened(workspace) as house:
        kinds = [kind] if kind else list(SAID)
        found = [(one, *preview_letter(house, one, locale, house.clock())) for one in kinds]
    shown = [{"kind": one, "subject": subject, "text": text} for one, subject, text in found]
    tell({"letters": shown}, *(f"{subject}\n\n{text}" for _, subject, text in found))


@group.command("check")
def check(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Connect to the mail server as the settings say, and send nothing; exit 1 if that fails.

    Example:  fairhand mail check
    """
    from fairhand.use_cases.check_mail import check_mail

    with opened(workspace) as house:
        state, words = check_mail(house)
    tell({"state": state, "words": words}, words)
    if state != "ok":
        raise typer.Exit(1)


@group.command("test")
def try_out(
    address: Annotated[str, typer.Argument(help="Where to.")],
    locale: Locale = "en",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Send a test letter at once; exit 1 if the server did not take it.

    Example:  fairhand mail test carmen@example.org
    """
    from fairhand.use_cases.check_mail import send_test

    with opened(workspace) as house:
        went = send_test(house, address, locale)
    words = "The mail server took it." if went.outcome == "sent" else went.words
    tell({"outcome": went.outcome, "words": went.words}, words)
    if went.outcome != "sent":
        raise typer.Exit(1)


@group.command("outbox")
def outbox(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List letters, newest first: their state, and what the server said; never their words.

    Example:  fairhand mail outbox --json
    """
    from dataclasses import asdict

    from fairhand.use_cases.read_letters import read_outbox

    with opened(workspace) as house:
        found = read_outbox(house)
    shown = table("", ">Id", "To", "Kind", "State", ">Tries", "Trouble")
    for one in found:
        row = (str(one.id), one.address, one.kind, one.state, str(one.attempts), one.trouble)
        shown.add_row(*row)
    tell({"letters": [asdict(one) for one in found]}, shown if found else "The outbox is empty.")


@group.command("retry")
def retry(letter: Number, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Have a letter that waits tried at once.

    Example:  fairhand mail retry 12
    """
    from fairhand.use_cases.try_letter_again import try_letter_again

    with opened(workspace) as house:
        try_letter_again(house.db, letter, house.clock())
    tell({"letter": letter}, f"Letter {letter} is tried at once.")


@group.command("cancel")
def cancel(letter: Number, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Call off a letter that waits.

    Example:  fairhand mail cancel 12
    """
    from fairhand.use_cases.try_letter_again import cancel_letter

    with opened(workspace) as house:
        cancel_letter(house.db, letter, house.clock())
    tell({"letter": letter}, f"Letter {letter} is called off.")
