"""`fairhand release …`: make, list and show dataset releases."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli import release_card, release_diff, release_origin, release_share, revocations
from fairhand.cli.opening import find_project, opened, owner_id_of
from fairhand.cli.options import AsJson, ProjectName, Workspace
from fairhand.cli.progress import progress
from fairhand.cli.release_diff import split_options
from fairhand.cli.release_origin import guard_options
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from fairhand.proof.release.store import StoredRelease
    from fairhand.use_cases.house import House
    from fairhand.use_cases.publish_release import Press

group = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Immutable dataset versions with their proof."
)


class ReleaseEngine(StrEnum):
    """Who makes a release's rows."""

    EMBEDDED = "embedded"
    NATIVE = "native"
    RAY = "ray"


class Media(StrEnum):
    """Whether a release carries the files or only their hashes."""

    HASHES = "hashes"
    COPY = "copy"


def register(app: typer.Typer) -> None:
    """Add `release`."""
    release_origin.register(group)
    revocations.register(group)
    release_share.register(group)
    release_card.register(group)
    release_diff.register(group)
    app.add_typer(group, name="release")


@group.command("create")
def create(
    project: ProjectName,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The folder to write (default: in the workspace)."),
    ] = None,
    licence: Annotated[
        str | None, typer.Option(help="The licence of the release, as CC-BY-4.0.")
    ] = None,
    media: Annotated[Media, typer.Option(help="Copy images along, or name them.")] = Media.HASHES,
    purpose: Annotated[
        list[str] | None,
        typer.Option(help="Of a campaign: what it is for, as training; may be repeated."),
    ] = None,
    territory: Annotated[
        list[str] | None,
        typer.Option(help="Of a campaign: a country where it will be used; may be repeated."),
    ] = None,
    days: Annotated[int, typer.Option(help="Of a campaign: how long it may be used.")] = 90,
    recipient: Annotated[
        str, typer.Option(help="Of a campaign: the licensee whom it is for.")
    ] = "",
    supersedes: Annotated[
        int | None, typer.Option(help="Of a campaign: the release whose place it takes.")
    ] = None,
    accept_warnings: Annotated[
        bool,
        typer.Option("--accept-warnings", help="Publish in knowledge of what the guard warns of."),
    ] = False,
    guard: Annotated[
        list[str] | None,
        typer.Option(help="A bound of the synthetic-data guard, as max_depth=2; may be repeated."),
    ] = None,
    why: Annotated[
        str, typer.Option(help="Why a bound is looser than usual; it stands in the card.")
    ] = "",
    split: Annotated[
        str | None,
        typer.Option(help="Part it: 80/10/10, or train=70/dev=15/test=15."),
    ] = None,
    split_by: Annotated[
        str, typer.Option(help="What stays together: task, person, or time (oldest first).")
    ] = "task",
    stratify: Annotated[
        list[str] | None,
        typer.Option(help="A question or field whose mix is alike in all splits."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another number gives other splits.")] = 0,
    note: Annotated[
        list[str] | None,
        typer.Option(help="Your words for the datasheet, as not_for=...; may be repeated."),
    ] = None,
    engine: Annotated[
        ReleaseEngine | None,
        typer.Option(help="`native` or `ray`: a large one, by many processes; the same bytes."),
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Write the next version of a project's dataset: Parquet, JSONL, card, manifest, proof.

    What has come in is aggregated and learned anew first. Stopped half-way, the same command
    finishes it. Copied media get content credentials (C2PA) where fairhand[people] is installed.

    Example:  fairhand release create digits -o digits-v1 --licence CC-BY-4.0 --media copy
    Example:  fairhand release create street-signs --engine native
    """
    from fairhand.proof.release.card import UNSTATED
    from fairhand.use_cases.publish_release import PublishRelease, publish_release
    from fairhand.use_cases.settle_quality import settle_quality

    with opened(workspace) as house:
        found = find_project(house, project)
        command = PublishRelease(
            found.id,
            output,
            owner_id_of(house),
            licence or UNSTATED,
            media.value,
            purposes=tuple(purpose or ()),
            territory=tuple(territory or ()),
            days=days,
            recipient=recipient,
            supersedes=supersedes,
            guard=guard_options(guard or [], why),
            accept_warnings=accept_warnings,
            splits=split_options(split, split_by, stratify, seed),
            notes=release_card.note_options(note),
        )
        with progress(f"Releasing {found.slug}") as report:
            settle_quality(house.db, found.id, house.clock)
            press = press_of(house, lambda done: report(done, None))
            if engine is not None:
                press = replace(press, engine=engine.value)
            made = publish_release(house.db, command, house.clock(), press)
    tell(
        {
            "release_id": made.release_id,
            "version": made.version,
            "directory": str(made.directory),
            "manifest_sha256": made.manifest_sha256,
            "stats": made.stats,
        },
        f"Version {made.version} of {found.slug} is in {made.directory}",
        f"  manifest SHA-256 {made.manifest_sha256}",
        f"  read:   {made.directory / 'card.md'}",
        f"  check:  fairhand verify release {made.directory}",
    )


def press_of(house: House, report: Any = lambda done: None) -> Press:  # noqa: ANN401
    """Give a release what it needs of the house."""
    from fairhand.use_cases.publish_release import Press
    from fairhand.use_cases.release_credentials import credentials_of

    folder = house.settings.workspace / "releases"
    engine = house.settings.release_engine
    credentials = partial(credentials_of, house.content_signer, house.clock)
    return Press(
        folder, house.blobs, house.signer, house.secret, report, engine, credentials=credentials
    )


@group.command("list")
def list_all(project: ProjectName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the releases of a project, newest first.

    Example:  fairhand release list digits
    """
    from fairhand.proof.release.store import list_releases

    with opened(workspace) as house:
        found = find_project(house, project)
        with house.db.read() as connection:
            made = [_content(one) for one in list_releases(connection, found.id)]
    shown = table("", ">Id", ">Version", "Made", ">Rows", "Folder")
    for one in made:
        rows = str((one["stats"] or {}).get("rows", ""))
        shown.add_row(
            str(one["release_id"]), str(one["version"]), one["made_at"], rows, one["directory"]
        )
    tell({"releases": made}, shown if made else f"{found.slug} has no release yet.")


@group.command("show")
def show(
    number: Annotated[int, typer.Argument(metavar="ID", help="The release's number.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show a release and its card.

    Example:  fairhand release show 3
    """
    from fairhand.core.errors import NotFoundError
    from fairhand.proof.release.store import load_release

    with opened(workspace) as house, house.db.read() as connection:
        found = load_release(connection, number)
    if found is None:
        raise NotFoundError(f"There is no release {number}; `fairhand release list` shows them.")
    card = Path(found.directory) / "card.md"
    text = card.read_text("utf-8") if card.is_file() else f"The card is not there any more: {card}"
    tell(_content(found) | {"card": text}, text)


def _content(one: StoredRelease) -> dict[str, Any]:
    from fairhand.core.clock import iso

    return {
        "release_id": one.id,
        "project_id": one.project_id,
        "version": one.version,
        "state": one.state,
        "made_at": iso(one.created_at),
        "manifest_sha256": one.manifest_sha256,
        "directory": one.directory,
        "stats": one.stats,
    }
