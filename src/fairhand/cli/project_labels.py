"""`fairhand project change-labels`: change what is asked, after seeing what that touches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.project import group
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from fairhand.work.projects.change_store import Carrying


@group.command("change-labels")
def change(
    project: ProjectName,
    rename: Annotated[
        list[str] | None, typer.Option(help='A new title: "pet.cat=House cat".')
    ] = None,
    add: Annotated[list[str] | None, typer.Option(help='A new label: "pet.owl".')] = None,
    remove: Annotated[list[str] | None, typer.Option(help='No more label: "pet.cow".')] = None,
    merge: Annotated[
        list[str] | None, typer.Option(help='Labels that become one: "pet.cat,kitten=cat".')
    ] = None,
    split: Annotated[
        list[str] | None, typer.Option(help='A label that becomes several: "pet.dog=pug,hound".')
    ] = None,
    remove_question: Annotated[
        list[str] | None, typer.Option(help="A question that is not asked any more.")
    ] = None,
    guidelines: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="New guidelines, Markdown.")
    ] = None,
    ask: Annotated[
        str, typer.Option(help="Who is asked again: touched, sample, all or none.")
    ] = "touched",
    people: Annotated[
        int | None, typer.Option(min=1, help="People asked again about each task.")
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what it touches and costs; change nothing.")
    ] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Change labels, questions and guidelines as one version; answers of before are mapped.

    Example:  fairhand project change-labels pets --merge "pet.cat,kitten=cat" --preview
    """
    from dataclasses import asdict

    from fairhand.use_cases.change_labels import ChangeLabels, carry_on, change_labels
    from fairhand.use_cases.read_label_change import read_label_change
    from fairhand.web.api.labels import preview_json

    changes = [
        *_listed("rename", rename),
        *_listed("remove", remove),
        *_listed("merge", merge),
        *_listed("split", split),
        *_listed("add", add),
        *({"do": "remove_question", "question": one} for one in remove_question or ()),
    ]
    with opened(workspace) as house:
        found = find_project(house, project)
        seen = read_label_change(house.db, found.id, changes, people)
        if not preview:
            text = guidelines.read_text("utf-8") if guidelines else None
            command = ChangeLabels(
                owner_id_of(house), found.id, changes, found.version, ask, people, text
            )
            told = change_labels(house.db, command, house.clock())
            while told.left:
                typer.echo(f"{told.left:,} tasks left to go through", err=True)
                told = carry_on(house.db, found.id, told, house.clock())
    if not preview:
        words = f"{found.title} is at version {told.version}: {told.mapped:,} answers mapped, "
        words += f"{told.lost:,} say nothing now, {told.asked:,} tasks asked again."
        tell(asdict(told), words)
        return
    touched = seen.touched
    costs = table("Asking again", "Who", ">Tasks", ">Answers", ">Hours (p50)", ">Hours (p90)")
    for name, one in seen.costs.items():
        hours = (f"{one.hours_p50:.1f}", f"{one.hours_p90:.1f}")
        costs.add_row(name, f"{one.tasks:,}", f"{one.answers:,}", *hours)
    tell(
        preview_json(seen),
        f"Of {touched.answers:,} answers {touched.answers_mapped:,} are mapped and "
        f"{touched.answers_lost:,} say nothing any more. Nothing was changed.",
        *_under_way(seen.carrying),
        costs,
        *seen.warnings,
    )


def _under_way(carrying: Carrying | None) -> list[str]:
    if carrying is None:
        return []
    return [
        f"Version {carrying.version} is still under way: {carrying.done:,} of "
        f"{carrying.tasks:,} tasks are gone through."
    ]


def _listed(do: str, given: list[str] | None) -> list[dict[str, Any]]:
    return [_change(do, one) for one in given or ()]


def _change(do: str, text: str) -> dict[str, Any]:
    from fairhand.core.errors import InvalidError

    where, sign, into = text.partition("=")
    question, dot, label = where.partition(".")
    if not dot or bool(sign) != (do in ("rename", "merge", "split")):
        raise InvalidError(f"{text!r} does not read as --{do} asks: see --help.")
    if do == "rename":
        return {"do": do, "question": question, "label": label, "title": into}
    if do == "merge":
        return {"do": do, "question": question, "labels": label.split(","), "into": into}
    if do == "split":
        return {"do": do, "question": question, "label": label, "into": into.split(",")}
    return {"do": do, "question": question, "label": label}
