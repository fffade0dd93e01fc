"""`fairhand doctor`: what is wrong with this server, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from fairhand.cli.opening import need_workspace, settings_of
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import tell

if TYPE_CHECKING:
    from fairhand.core.settings import Settings
    from fairhand.use_cases.examine_house import Finding

_SIGNS = {"ok": "ok  ", "warn": "WARN", "fail": "FAIL"}


def register(app: typer.Typer) -> None:
    """Add `doctor`."""
    app.command("doctor")(doctor)


def doctor(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Look at everything this server needs: database, files, keys, log, jobs, clock, backup.

    Each line says how it is and what to do. Exit 1 when something fails.

    Example:  fairhand doctor --workspace team
    """
    from dataclasses import asdict

    settings = settings_of(workspace)
    need_workspace(settings)
    findings = _examined(settings)
    failed = sum(one.state == "fail" for one in findings)
    warned = sum(one.state == "warn" for one in findings)
    tell(
        {"failed": failed, "warned": warned, "findings": [asdict(one) for one in findings]},
        *(line for one in findings for line in _lines(one)),
        f"{len(findings)} looked at: {failed} fail, {warned} to look at.",
    )
    if failed:
        raise typer.Exit(1)


def _examined(settings: Settings) -> list[Finding]:
    """Open the house and look; what keeps it from opening is the finding then."""
    from fairhand.core.errors import FairhandError
    from fairhand.storage import migrate
    from fairhand.storage.database import Database
    from fairhand.use_cases.examine_house import Finding, examine_house
    from fairhand.use_cases.house import open_house

    db = Database(settings.database_dsn, pool_size=1)
    try:
        migrate.check(db)  # a look must not upgrade anything
    except FairhandError as error:
        is_old = error.code == "schema_outdated"
        remedy = "fairhand backup, then fairhand upgrade." if is_old else ""
        return [Finding("migrations" if is_old else "database", "fail", error.message, remedy)]
    finally:
        db.close()
    house = open_house(settings)
    try:
        return examine_house(house)
    finally:
        house.close()


def _lines(one: Finding) -> list[str]:
    told = [f"{_SIGNS[one.state]}  {one.name}: {one.words}"]
    return [*told, f"      -> {one.remedy}"] if one.remedy else told
