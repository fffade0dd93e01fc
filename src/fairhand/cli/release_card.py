"""`fairhand release card`: one card of a release, for people or for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from fairhand.cli.opening import opened
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import table, tell


class Kind(StrEnum):
    """Which card."""

    CARD = "card"
    CROISSANT = "croissant"
    DATASHEET = "datasheet"
    SUMMARY = "summary"
    WHO = "who"


def register(group: typer.Typer) -> None:
    """Add the command to `release`."""
    group.command("card")(card)


def note_options(given: Sequence[str] | None) -> dict[str, str]:
    """Read an owner's words, as `not_for=...`; InvalidError for what is not asked."""
    from fairhand.proof.release.notes import parse_notes

    pairs = (one.partition("=") for one in given or ())
    return parse_notes({name.strip(): words for name, _, words in pairs})


def card(
    number: Annotated[int, typer.Argument(metavar="ID", help="The release's number.")],
    kind: Annotated[
        Kind, typer.Option(help="For people, for machines, or who made it at what pay.")
    ] = Kind.CARD,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Print a card of a release: what it is made of, by whom, and under which conditions.

    Example:  fairhand release card 3 --kind croissant > croissant.json
    """
    from fairhand.core.errors import NotFoundError
    from fairhand.proof.release.store import load_release
    from fairhand.use_cases.read_release_card import read_release_card
    from fairhand.use_cases.read_releases import open_folder

    with opened(workspace) as house, house.db.read() as connection:
        found = load_release(connection, number)
    if found is None or found.state != "published":
        raise NotFoundError(f"There is no release {number}; `fairhand release list` shows them.")
    read = read_release_card(open_folder(found), kind.value)
    if kind is Kind.WHO:
        _tell_who(json.loads(read.text))
        return
    told = {"release_id": number, "kind": read.kind, "file": read.file, "text": read.text}
    tell(told, read.text.rstrip("\n"))


def _tell_who(told: dict[str, dict[str, object] | None]) -> None:
    who = told["who"] or {}
    groups = who.get("groups")
    shown = table("Groups of ten people or more", "By", "Group", ">People", ">Hours", ">An hour")
    for one in groups if isinstance(groups, list) else []:
        pay = f"{one['currency']} {one['mean_per_hour']}"
        shown.add_row(
            one["by"], one["name"] or "everybody", f"{one['people']}+", str(one["hours_paid"]), pay
        )
    why = who.get("withheld") or who.get("unknown") or "it was not recorded for this release"
    tell(told, shown if groups else f"Who labelled is not told: {why}.")
