"""`fairhand release diff`: two versions of a dataset side by side; and the options of splits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import find_project, opened
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from fairhand.use_cases.house import House
    from fairhand.use_cases.read_release_diff import ReleaseDiff, Side

_MOST_CHANGES = 10
_DIGITS = 15
Earlier = Annotated[
    str, typer.Argument(metavar="EARLIER", help="A release: its number, its folder, or v2.")
]
Later = Annotated[str, typer.Argument(metavar="LATER", help="A later one of the same project.")]
Of = Annotated[str | None, typer.Option("--project", help="Of which project v2 and v3 are.")]


def register(group: typer.Typer) -> None:
    """Add the command to `release`."""
    group.command("diff")(diff)


def split_options(
    shares: str | None, by: str, stratify: list[str] | None, seed: int
) -> dict[str, Any]:
    """Say how a release shall be parted; nothing: it is not.

    Shares are "80/10/10", or "train=70/dev=15/test=15" with names of one's own.
    """
    if not shares:
        return {}
    asked: str | dict[str, str] = shares
    if "=" in shares:
        pairs = [part.partition("=") for part in shares.split("/")]
        asked = {name.strip(): share for name, _, share in pairs}
    return {"shares": asked, "by": by, "seed": seed, "stratify": list(stratify or ())}


def diff(
    earlier: Earlier,
    later: Later,
    project: Of = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Say what became of a release in a later one: rows, answers, people, pay, splits, facts.

    Two folders are compared as they are, without a workspace.

    Example:  fairhand release diff 2 3

    Example:  fairhand release diff v2 v3 --project street-signs

    Example:  fairhand release diff signs-v2 signs-v3
    """
    from fairhand.use_cases.read_release_diff import (
        compare_folders,
        diff_json,
        read_release_diff,
    )

    both = earlier, later
    for one in both:
        _check_name(one)
    if project is None and all(Path(one).is_dir() for one in both):
        found = compare_folders(Path(earlier), Path(later))
    else:
        with opened(workspace) as house:
            before, after = (_number_of(house, one, project) for one in both)
            found = read_release_diff(house, before, after)
    tell(diff_json(found), *_shown(found))


def _check_name(said: str) -> None:
    """Refuse what is neither, before a workspace is looked for."""
    from fairhand.core.errors import InvalidError

    if not _is_number(said.removeprefix("v")) and not Path(said).is_dir():
        raise InvalidError(f"{said} is neither a release's number nor a folder that is here.")


def _is_number(said: str) -> bool:
    return said.isascii() and said.isdigit() and len(said) <= _DIGITS


def _number_of(house: House, said: str, project: str | None) -> int:
    """Find a release by its number, or by its version in a project; InvalidError."""
    from fairhand.core.errors import InvalidError
    from fairhand.use_cases.read_releases import read_version

    number = said.removeprefix("v")
    if not _is_number(number):
        raise InvalidError(f"{said} is a folder: name two folders, or two releases by number.")
    if said == number and project is None:
        return int(number)
    if project is None:
        raise InvalidError(f"Say of which project {said} is: --project NAME. Or name its folder.")
    return read_version(house.db, find_project(house, project).id, int(number)).release.id


def _shown(found: ReleaseDiff) -> list[Any]:
    rows = found.rows
    lines: list[Any] = [
        f"{_named(found.old)} and {_named(found.new)[0].lower()}{_named(found.new)[1:]}",
        f"  rows: {rows.added} came, {rows.removed} went, {rows.changed} changed, "
        f"{rows.same} are the same",
        f"  answers: {rows.relabelled} are others now",
    ]
    if rows.resplit:
        lines.append(
            f"  {rows.resplit} rows went to another split: do not evaluate on this version what "
            "was trained on the other"
        )
    people = found.people
    lines.append(
        f"  people: {people.stayed} in both, {len(people.came)} came, {len(people.left)} left"
    )
    lines += [_pay(found)] if found.pay_old or found.pay_new else []
    changes = [(one.question, change) for one in found.questions for change in one.changes]
    if changes:
        shown = table("", "Question", "Was", "Is", ">Rows")
        for question, change in changes[:_MOST_CHANGES]:
            shown.add_row(question, change.old, change.new, str(change.rows))
        lines.append(shown)
    if found.splits:
        shown = table("", "Split", ">Rows before", ">Rows now")
        for one in found.splits:
            shown.add_row(one.name, _number(one.old_rows), _number(one.new_rows))
        lines.append(shown)
    if found.facts:
        shown = table("", "Fact", "Was", "Is")
        for fact in found.facts:
            shown.add_row(fact.name, fact.old, fact.new)
        lines.append(shown)
    return lines


def _named(side: Side) -> str:
    where = "" if side.id is None else f" (release {side.id})"
    return f"Version {side.version}{where}"


def _pay(found: ReleaseDiff) -> str:
    def told(pay: dict[str, Any] | None) -> str:
        if pay is None:
            return "nobody paid"
        return f"{pay['median_per_hour']} {pay['currency']} an hour (median)"

    return f"  pay: {told(found.pay_old)}, then {told(found.pay_new)}"


def _number(rows: int | None) -> str:
    return "none" if rows is None else str(rows)
