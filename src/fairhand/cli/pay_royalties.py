"""`fairhand pay royalties|promise|usage`: what later uses bring to those who made the data."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.pay import group
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from fairhand.pay.royalties.rules import SplitKey, UsageKind
    from fairhand.use_cases.house import House

_ONES: dict[str, UsageKind] = {
    "licence": "licence",
    "training-run": "training_run",
    "voice-minutes": "voice_minutes",
}


@group.command("royalties")
def royalties(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List what projects promise, and every use with what it brought to contributors.

    Example:  fairhand pay royalties --json
    """
    from fairhand.core.clock import iso
    from fairhand.core.money import MICROS, Money
    from fairhand.use_cases.read_royalties import read_royalty_office
    from fairhand.web.api.royalties import terms_json

    with opened(workspace) as house:
        office = read_royalty_office(house.db, house.clock())
    shown = table("", "When", "What", "By", "Project", ">For contributors", ">People")
    for one in office.usages:
        amount = str(Money(one.pool_micros // MICROS, one.currency))
        when, people = iso(one.happened_at)[:10], str(one.people)
        shown.add_row(when, one.kind, one.licensee, one.project_title, amount, people)
    promises = [
        {"project": one.title, "terms": terms_json(one.in_force, one.currency)}
        for one in office.projects
        if one.in_force
    ]
    words = [
        f"{one.title} promises {one.in_force.share_permille / 10:g} % of each licence."
        for one in office.projects
        if one.in_force
    ]
    uses = [
        {"id": one.id, "kind": one.kind, "licensee": one.licensee, "people": one.people}
        | {"pool_micros": one.pool_micros, "currency": one.currency, "at": iso(one.happened_at)}
        for one in office.usages
    ]
    nothing = "Nothing has been licensed or trained on yet."
    tell({"promises": promises, "usages": uses}, *words, shown if uses else nothing)


@group.command("promise")
def promise(
    project: ProjectName,
    share: Annotated[float, typer.Option(help="Share of each licence, in percent.")] = 15.0,
    training_run: Annotated[str, typer.Option(help="Fee for a training run here.")] = "0",
    voice_minute: Annotated[str, typer.Option(help="Fee for a generated minute.")] = "0",
    yearly_floor: Annotated[str, typer.Option(help="Least for each in a year with a use.")] = "0",
    split: Annotated[
        str, typer.Option(help="Percent by accepted time, equally, by measured value.")
    ] = "60,40,0",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Promise contributors a share of what their work earns later; it may rise and never fall.

    Example:  fairhand pay promise digits --share 15 --training-run 50.00 --split 60,40,0
    """
    from fairhand.core.money import parse_money
    from fairhand.pay.royalties.rules import Terms
    from fairhand.use_cases.set_royalty_terms import SetRoyaltyTerms, set_royalty_terms
    from fairhand.web.api.royalties import terms_json

    with opened(workspace) as house:
        found = find_project(house, project)

        def minor(text: str, name: str) -> int:
            try:
                return parse_money(text, found.currency).minor
            except ValueError as error:
                raise _wrong(f"--{name}: {error}.") from None

        terms = Terms(
            version=0,
            share_permille=round(share * 10),
            training_run_minor=minor(training_run, "training-run"),
            voice_minute_minor=minor(voice_minute, "voice-minute"),
            yearly_floor_minor=minor(yearly_floor, "yearly-floor"),
            split=_split(split),
            valid_from=house.clock(),
        )
        command = SetRoyaltyTerms(found.id, owner_id_of(house), terms)
        made = set_royalty_terms(house.db, command, house.clock())
    tell(
        terms_json(made, found.currency),
        f"{found.title} promises {made.share_permille / 10:g} % of each licence from now on.",
    )


@group.command("usage")
def usage(
    project: ProjectName,
    kind: Annotated[str, typer.Argument(help="licence, training-run or voice-minutes.")],
    by: Annotated[str, typer.Option(help="Who used it.")],
    key: Annotated[str, typer.Option(help="A key of yours, as an invoice: it counts once.")],
    revenue: Annotated[str | None, typer.Option(help="What a licence brought in.")] = None,
    quantity: Annotated[int, typer.Option(help="How many runs or minutes.", min=1)] = 1,
    release: Annotated[int | None, typer.Option(help="The release's version.", min=1)] = None,
    values: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="CSV with task,value (whole numbers)."),
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Write a use down: everybody who made the data is owed their share at once.

    Example:  fairhand pay usage digits training-run --by "Example Lab" --key run-7 --release 1
    """
    from dataclasses import asdict

    from fairhand.core.money import MICROS, Money, parse_money
    from fairhand.use_cases.record_usage import RecordUsage, record_usage

    if kind not in _ONES:
        raise _wrong(f"{kind!r} is none of {', '.join(_ONES)}.")
    with opened(workspace) as house:
        found = find_project(house, project)
        try:
            earned = None if revenue is None else parse_money(revenue, found.currency)
        except ValueError as error:
            raise _wrong(f"--revenue: {error}.") from None
        command = RecordUsage(
            project_id=found.id,
            recorded_by=owner_id_of(house),
            key=key,
            kind=_ONES[kind],
            licensee=by,
            happened_at=house.clock(),
            quantity=quantity,
            revenue=earned,
            release_id=_release_id(house, found.id, release),
            values=_values(values) if values else {},
        )
        made = record_usage(house.db, command, house.clock())
    pool = Money(made.pool_micros // MICROS, made.currency)
    again = " It had been written down before." if made.again else ""
    tell(asdict(made), f"{pool} for {made.people} people.{again}")


def _release_id(house: House, project_id: int, version: int | None) -> int | None:
    from fairhand.core.errors import NotFoundError
    from fairhand.use_cases.read_releases import list_releases

    if version is None:
        return None
    releases = list_releases(house.db, project_id)
    found = next((one for one in releases if one.version == version), None)
    if found is None:
        have = ", ".join(str(one.version) for one in releases) or "none"
        raise NotFoundError(f"There is no release version {version}; there are: {have}.")
    return found.id


def _values(path: Path) -> dict[int, int]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {int(row["task"]): int(row["value"]) for row in csv.DictReader(file)}
    except (KeyError, TypeError, ValueError, UnicodeDecodeError) as error:
        raise _wrong(
            f"{path.name} must be CSV with task,value in whole numbers ({error})."
        ) from None


def _split(text: str) -> dict[SplitKey, int]:
    try:
        parts = [round(float(part) * 10) for part in text.split(",")]
        seconds, equal, value = parts
    except ValueError:
        raise _wrong("--split takes three percentages, as 60,40,0.") from None
    return {"seconds": seconds, "equal": equal, "value": value}


def _wrong(message: str) -> Exception:
    from fairhand.core.errors import InvalidError

    return InvalidError(message)
