"""`fairhand release diff`: two versions of a dataset side by side; and the options of splits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import opened
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from fairhand.use_cases.read_release_diff import ReleaseDiff

_MOST_CHANGES = 10
Number = Annotated[int, typer.Argument(metavar="ID", help="A release's number.")]
Later = Annotated[int, typer.Argument(metavar="LATER", help="The number of a later release.")]


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
    number: Number, later: Later, workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Say what became of a release in a later one: rows, answers, people, pay, splits, facts.

    Example:  fairhand release diff 2 3
    """
    from fairhand.use_cases.read_release_diff import diff_json, read_release_diff

    with opened(workspace) as house:
        found = read_release_diff(house, number, later)
    tell(diff_json(found), *_shown(found))


def _shown(found: ReleaseDiff) -> list[Any]:
    rows = found.rows
    lines: list[Any] = [
        f"Version {found.old.version} (release {found.old.id}) and version {found.new.version} "
        f"(release {found.new.id})",
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


def _pay(found: ReleaseDiff) -> str:
    def told(pay: dict[str, Any] | None) -> str:
        if pay is None:
            return "nobody paid"
        return f"{pay['median_per_hour']} {pay['currency']} an hour (median)"

    return f"  pay: {told(found.pay_old)}, then {told(found.pay_new)}"


def _number(rows: int | None) -> str:
    return "none" if rows is None else str(rows)
