"""`fairhand systems|monitors|conditions|self-score`: what watches the house, and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import opened
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from rich.table import Table


def register(app: typer.Typer) -> None:
    """Add the commands to `fairhand`."""
    app.command("systems")(systems)
    app.command("monitors")(monitors)
    app.command("conditions")(conditions)
    app.command("self-score")(self_score)


def systems(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Write the register as a page; needs no workspace.")
    ] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """List the automated systems: what each is for, what it may do, and whether it is on.

    Example:  fairhand systems --json
    """
    from fairhand.use_cases.read_systems import read_systems, write_register

    if markdown:
        typer.echo(write_register(), nl=False)
        return
    from fairhand.web.api.monitors import system_json

    with opened(workspace) as house:
        content = [system_json(one) for one in read_systems(house.db)]
    shown = table("", "System", "May", "Is on", "Purpose")
    for one in content:
        is_on = "yes" if one["is_on"] else "switched off"
        shown.add_row(one["name"], one["effect"], is_on, one["purpose"])
    tell({"systems": content}, shown, f"{len(content)} automated systems; no other is loaded.")


def monitors(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Show the incidents that wait, and what the monitors see now; exit 1 when any waits.

    Example:  fairhand monitors --json
    """
    from fairhand.use_cases.read_monitors import read_monitors
    from fairhand.web.api.monitors import monitors_json

    with opened(workspace) as house:
        content = monitors_json(read_monitors(house.db, house.clock()))
    waiting = [one for one in content["incidents"] if one["state"] == "open"]
    shown = table("", ">Number", "For", "What", "Since")
    for one in waiting:
        shown.add_row(str(one["id"]), one["audience"], one["sentence"], one["opened_at"][:10])
    tell(content, shown if waiting else "No incident is waiting.", _offers(content))
    if waiting:
        raise typer.Exit(1)


def conditions(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Show what goes together with pay, hours and haste, in bands of ten people and more.

    Example:  fairhand conditions
    """
    from fairhand.use_cases.read_conditions import read_conditions
    from fairhand.web.api.monitors import conditions_json

    with opened(workspace) as house:
        content = conditions_json(read_conditions(house.db, house.clock()))
    tell(content, *[_cut(cut) for cut in content["cuts"]])


def self_score(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Score the workspace against five frameworks; exit 1 when a line is red.

    These are its own answers from its own data, never an official score.

    Example:  fairhand self-score --json
    """
    from fairhand.use_cases.read_self_scores import read_self_scores
    from fairhand.web.api.monitors import scores_json

    with opened(workspace) as house:
        content = scores_json(read_self_scores(house.db, house.clock()))
    shown = table("", "Framework", "Line", "Asks", "State", "Found")
    states = []
    for framework in content["frameworks"]:
        for line in framework["lines"]:
            state = "no evidence" if line["state"] == "none" else line["state"]
            states.append(state)
            asks = line["asks"] if line["read_in_full"] else line["asks"] + " *"
            shown.add_row(framework["name"], line["number"], asks, state, line["evidence"])
    starred = "* the articles themselves were not read in full when the line was written."
    tell(content, shown, starred, content["caution"])
    if "red" in states:
        raise typer.Exit(1)


def _offers(content: dict[str, Any]) -> str:
    found = content["retaliation"]
    if found["drop"] is None:
        return f"Fewer than {content['least_people']} people contested a decision: nothing is said."
    way = "less" if found["drop"] > 0 else "more"
    return (
        f"{found['people']} people who contested a decision were offered "
        f"{abs(found['drop']):.0%} {way} work afterwards than {found['peers']} peers "
        f"(by chance in {found['chance']:.1%} of cases)."
    )


def _cut(cut: dict[str, Any]) -> Table:
    shown = table(
        cut["title"], "Band", ">People", ">Hours/week", ">Over floor", ">Left", ">Redone", ">Missed"
    )
    for band in cut["bands"]:
        if band["people"] is None:
            shown.add_row(band["label"], "fewer than 10", *["–"] * 5)
            continue
        over = "–" if band["over_floor"] is None else f"{band['over_floor']} x"
        shares = [
            "–" if band[name] is None else f"{band[name]['percent']} %"
            for name in ("left", "reworked", "missed")
        ]
        people, hours = f"{band['people']}+", str(band["hours_a_week"])
        shown.add_row(band["label"], people, hours, over, *shares)
    return shown
