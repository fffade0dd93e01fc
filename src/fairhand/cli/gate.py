"""`fairhand gate`: training begins only on a release that is fit for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer
from typer.core import TyperCommand

from fairhand.cli.gate_command import become, find_command
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.progress import progress
from fairhand.cli.voice import remark, table, tell

if TYPE_CHECKING:
    from fairhand.cli.gate_places import Place
    from fairhand.proof.release.fit_folder import Folder
    from fairhand.proof.release.fitness import Finding
    from fairhand.proof.release.gate_file import GateFile

_AFTER = "fairhand.gate.command"
_MARKS = {"pass": "ok", "warn": "warn", "refuse": "NO", "unchecked": "?"}
_STEPS = ("proof", "files", "rows")


class AfterDashes(TyperCommand):
    """Keeps what stands after `--` apart: it is somebody else's command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # click's context
        """Cut the arguments in two."""
        own, after = args, []
        if "--" in args:
            place = args.index("--")
            own, after = args[:place], args[place + 1 :]
        ctx.meta[_AFTER] = after
        return super().parse_args(ctx, own)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401
        """Show where the command goes."""
        return [*super().collect_usage_pieces(ctx), "-- COMMAND..."]


def register(app: typer.Typer) -> None:
    """Add `gate`."""
    app.command("gate", cls=AfterDashes)(gate)


def gate(
    ctx: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="RELEASE.TOML", help="What is asked; see the how-to."),
    ] = None,
    release: Annotated[
        str | None, typer.Option(help="A release's folder, or its number in the workspace.")
    ] = None,
    purpose: Annotated[
        str | None, typer.Option(help="What it is trained for (default: training).")
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(help="The house that made it; the token comes from FAIRHAND_TOKEN."),
    ] = None,
    log_key: Annotated[
        str | None, typer.Option("--log-key", help="The log's public key, or a file with it.")
    ] = None,
    offline_list: Annotated[
        Path | None,
        typer.Option(help="Without a network: a file of `fairhand release standing`."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="A key of yours for this run, as a build number: counts once."),
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who trains.")] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Run a training command only if its release is fit: whole, agreed to, paid, good, in order.

    Everything that stands in the way is named with who can mend it, and nothing is started: exit
    code 1. Otherwise the command takes this one's place, with its own exit code. Without a command
    it only says how things stand.

    Example:  fairhand gate release.toml -- python train.py

    Example:  fairhand gate --release 3 --purpose evaluation -- ./evaluate.sh
    """
    from fairhand.cli.gate_places import Given, place_of
    from fairhand.proof.release.fitness import is_fit, strictest
    from fairhand.proof.release.gate_file import parse_bounds

    command: list[str] = ctx.meta.get(_AFTER, [])
    asked, home = _read_file(file)
    source = ctx.get_parameter_source("workspace")  # a file goes before the environment
    is_said = source is not None and source.name == "COMMANDLINE"
    own = workspace if is_said or not (asked.server or asked.workspace) else None
    given = Given(release, purpose, server, log_key, offline_list, by, own)
    found_command = find_command(command) if command else ""
    bounds = parse_bounds(asked.raw)
    with place_of(asked, home, given) as place:
        folder = _look(place)
        findings = strictest(folder.findings, place.judge(folder, bounds))
        verdict = is_fit(findings)
        report = _report(place, folder, findings)
        if not verdict or not command:
            _tell(report, place, findings, verdict)
            raise typer.Exit(0 if verdict else 1)
        run_key = key or str(uuid4())
        _remark(place, findings)
        told = place.begin(folder, run_key, bounds)
    remark(told)
    become(
        found_command,
        command,
        {
            "FAIRHAND_RELEASE": str(folder.path.absolute()),
            "FAIRHAND_RELEASE_MANIFEST": folder.manifest_sha256,
            "FAIRHAND_GATE_KEY": run_key,
        },
    )


def _read_file(path: Path | None) -> tuple[GateFile, Path]:
    """Read a release.toml; places in it are beside it."""
    import tomllib

    from fairhand.core.errors import MalformedError, NotFoundError
    from fairhand.proof.release.gate_file import GateFile, parse_gate_file

    if path is None:
        return GateFile(), Path()
    if not path.is_file():
        raise NotFoundError(f"There is no file {path}. `fairhand gate --help` shows what it says.")
    try:
        return parse_gate_file(tomllib.loads(path.read_text("utf-8"))), path.parent
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MalformedError(f"{path.name} cannot be read: {error}") from None


def _look(place: Place) -> Folder:
    from fairhand.proof.release.fit_folder import look_at_folder

    with progress(f"Checking {place.folder.name}") as report:
        return look_at_folder(
            place.folder, place.key, lambda step: report(_STEPS.index(step) + 1, len(_STEPS))
        )


def _report(place: Place, folder: Folder, findings: tuple[Finding, ...]) -> dict[str, Any]:
    from fairhand.proof.release.fitness import is_fit
    from fairhand.use_cases.run_gate import finding_json

    return {
        "fit": is_fit(findings),
        "directory": str(folder.path),
        "manifest_sha256": folder.manifest_sha256 or None,
        "purpose": place.purpose,
        "asked": place.asked,
        "findings": [
            finding_json(one) | {"who": place.who(one), "link": place.link(one)} for one in findings
        ],
    }


def _tell(
    report: dict[str, Any], place: Place, findings: tuple[Finding, ...], verdict: bool
) -> None:
    shown = table("", "", "What", "What was found")
    for one in findings:
        shown.add_row(_MARKS[one.verdict], one.title, one.words)
    tell(report, shown, *_mending(place, findings), _said(place, verdict))


def _remark(place: Place, findings: tuple[Finding, ...]) -> None:
    """Before somebody else's command speaks, say on stderr only what is not plainly well."""
    for one in findings:
        if one.verdict in ("warn", "unchecked"):
            remark(f"{_MARKS[one.verdict]:>5}  {one.title}: {one.words}")
    remark(_said(place, True))


def _mending(place: Place, findings: tuple[Finding, ...]) -> list[str]:
    from fairhand.cli.gate_places import who_in_words

    lines = []
    for one in findings:
        if one.verdict == "refuse" and one.who:
            who = who_in_words(place.who(one))
            lines.append(f"{one.title}: {one.mend or one.words}")
            where = f" {place.link(one)}" if one.link else ""
            lines.append(f"    {who}{':' if where else ''}{where}")
    return lines


def _said(place: Place, verdict: bool) -> str:
    unasked = "" if place.asked else " Nobody was asked; what needs the house was not checked."
    if verdict:
        return f"Training may begin: {place.folder}.{unasked}"
    return (
        f"Training may not begin on {place.folder}. Nothing was started or written down.{unasked}"
    )
