"""`fairhand backup`, `fairhand restore`, `fairhand upgrade`: years of running it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from fairhand.cli.opening import need_workspace, opened, settings_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.progress import progress
from fairhand.cli.voice import remark, tell

Report = Callable[[str, int, int | None], None]


def register(app: typer.Typer) -> None:
    """Add `backup`, `restore` and `upgrade`."""
    app.command("backup")(backup)
    app.command("restore")(restore)
    app.command("upgrade")(upgrade)


@contextmanager
def _shown(title: str) -> Iterator[Report]:
    with progress(title) as report:
        yield lambda what, done, total: report(done, total)


def backup(
    target: Annotated[
        Path, typer.Argument(help="A new folder to write the backup to; or `verify`.")
    ],
    source: Annotated[
        Path | None, typer.Argument(help="After `verify`: the backup to check.")
    ] = None,
    incremental: Annotated[
        Path | None,
        typer.Option(help="An earlier backup on the same disk: files it has are shared with it."),
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Back up everything while people go on working: database, files, keys, settings.

    The folder holds whoever can sign as you: keep it safe. Interrupted, it leaves nothing behind.

    Example:  fairhand backup /backups/monday

    Example:  fairhand backup /backups/tuesday --incremental /backups/monday

    Example:  fairhand backup verify /backups/monday
    """
    from fairhand.core.errors import InvalidError
    from fairhand.use_cases.back_up import BackUp, back_up

    if source is not None:
        if str(target) != "verify":
            raise InvalidError("Name one folder to back up to, or `verify` and a backup.")
        _verify(source)
        return
    with opened(workspace) as house, _shown("Back up") as report:
        made = back_up(house, BackUp(target, incremental), report)
    for sha256 in made.missing[:5]:
        remark(f"Note: the stored file {sha256[:12]} is named and not there; it was taken back.")
    tell(
        {"target": str(target), **_summary(made)},
        f"Backed up to {target}: {made.engine}, revision {made.revision}, "
        f"{made.blobs:,} files ({made.blob_bytes:,} bytes).",
        f"Ledger {made.marks.ledger_sha256[:16]}… of {made.marks.ledger_entries:,} entries; "
        f"log of {made.marks.log_size:,}.",
        f"Check it with: fairhand backup verify {target}",
    )


def _verify(source: Path) -> None:
    """Check that a backup is whole; exit 1 when it is not."""
    from fairhand.cli.voice import issue_lines, issues_json
    from fairhand.use_cases.verify_backup import verify_backup

    with _shown("Check") as report:
        manifest, issues = verify_backup(source, report)
    content = {"source": str(source), "whole": not issues, "issues": issues_json(issues)}
    verdict = "The backup is damaged:" if issues else "The backup is whole."
    tell(content | _summary(manifest), verdict, *issue_lines(issues))
    if issues:
        raise typer.Exit(1)


def restore(
    source: Annotated[Path, typer.Argument(help="The folder of a backup.")],
    to: Annotated[
        Path,
        typer.Option("--to", help="The new workspace: a new or empty folder."),
    ],
    database_url: Annotated[
        str, typer.Option(help="PostgreSQL: an empty database to restore into.")
    ] = "",
    blob_url: Annotated[
        str, typer.Option(help="Where files go, if not into the folder (s3://bucket/prefix).")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Restore a backup into a new folder; checks every hash, and upgrades it if it is older.

    Example:  fairhand restore /backups/monday --to team

    Example:  fairhand restore /backups/monday --to team --database-url postgresql://localhost/new
    """
    from dataclasses import asdict

    from fairhand.use_cases.restore_backup import RestoreBackup, restore_backup

    command = RestoreBackup(source, to, database_url, blob_url)
    with _shown("Restore") as report:
        done = restore_backup(command, report)
    older = done.upgraded_from
    upgraded = f" It was at revision {older} and is upgraded." if older else ""
    tell(
        {"workspace": str(to), "upgraded_from": older, "marks": asdict(done.marks)},
        f"Restored to {to}; ledger and log are as they were.{upgraded}",
        f"Serve it with: fairhand serve --workspace {to}",
    )


def upgrade(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only try it on a copy and say what would change.")
    ] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Bring the database to this version; it is tried on a copy first. Exit 1 if that fails.

    Example:  fairhand upgrade --dry-run
    """
    from dataclasses import asdict

    from fairhand.storage import migrate
    from fairhand.storage.database import Database
    from fairhand.use_cases.rehearse_upgrade import rehearse_upgrade

    settings = settings_of(workspace)
    need_workspace(settings)
    db = Database(settings.database_dsn)
    try:
        with _shown("Try on a copy") as report:
            found = rehearse_upgrade(db, report)
        may = not (found.troubles or dry_run)
        if may:
            migrate.upgrade(db)
    finally:
        db.close()
    tell({**asdict(found), "done": may}, *_changes(found, may))
    if found.troubles:
        raise typer.Exit(1)


def _changes(found: Any, done: bool) -> Iterator[str]:  # noqa: ANN401  # Rehearsal, imported late
    if not found.steps:
        yield f"The database is at revision {found.revision}: there is nothing to upgrade."
        return
    yield f"From revision {found.revision or 'none'} to {found.wanted}:"
    yield from (f"  {step}" for step in found.steps)
    for what, names in (
        ("New tables", found.new_tables),
        ("New columns", found.new_columns),
        ("No longer there", found.gone),
    ):
        if names:
            yield f"{what}: {', '.join(names)}"
    yield f"On a copy it took {found.seconds:.1f} s."
    yield from (f"Trouble: {trouble}" for trouble in found.troubles)
    if found.troubles:
        yield "Nothing was changed. Keep the version you have, and tell us."
    else:
        yield "Done." if done else "It works on a copy. Back up, then run: fairhand upgrade"


def _summary(manifest: Any) -> dict[str, Any]:  # noqa: ANN401  # Manifest, imported late
    from dataclasses import asdict

    said: dict[str, Any] = asdict(manifest)
    said.pop("files")
    return said
