"""`fairhand release origin`: who stands behind the answers, and what follows from the mix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.opening import find_project, opened
from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.voice import table, tell

if TYPE_CHECKING:
    from fairhand.use_cases.read_origin import OriginReport

_SAID = {"pass": "ok", "warn": "warns", "refuse": "REFUSES"}


def register(group: typer.Typer) -> None:
    """Add the command to `release`."""
    group.command("origin")(origin)


def origin(
    what: Annotated[
        str, typer.Argument(metavar="PROJECT|ID", help="A project, or a release's number.")
    ],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show how much of a project or a release is people's, and what the guard makes of it.

    A number is a release; anything else a project as it is now, judged as its next release would.

    Example:  fairhand release origin digits
    """
    from fairhand.use_cases.read_origin import origin_json, read_origin, read_release_origin

    with opened(workspace) as house:
        if what.isdecimal():
            report = read_release_origin(house, int(what))
        else:
            report = read_origin(house, find_project(house, what).id, house.clock())
    content = origin_json(report)
    if report.facts is None or report.judgement is None:
        tell(
            content, "There is nothing to tell yet: no answer is joined, or the release is silent."
        )
        return
    shown = table("", "Rule", "Says", "Why")
    for one in report.judgement.findings:
        shown.add_row(one.rule.replace("_", " "), _SAID[one.verdict], one.words)
    tell(content, *_mix(report), shown, *_ahead(report))


def guard_options(given: list[str], why: str) -> dict[str, Any]:
    """Read `--guard NAME=VALUE` and `--why`; InvalidError names what is no bound."""
    from fairhand.core.errors import InvalidError
    from fairhand.proof.release.guard import dump_bounds, parse_bounds

    bounds: dict[str, Any] = {"why": why} if why else {}
    for text in given:
        name, is_said, value = text.partition("=")
        if not is_said:
            raise InvalidError(f"--guard {text}: write it as NAME=VALUE, as max_depth=2.")
        if name == "waived":
            bounds.setdefault("waived", []).append(value)
        else:
            bounds[name] = int(value) if value.lstrip("-").isdecimal() else value
    return dump_bounds(parse_bounds(bounds)) if bounds else {}


def _mix(report: OriginReport) -> list[str]:
    counts = (report.facts or {})["counts"]
    what = "as it is now" if report.version is None else f"version {report.version}"
    parts = ", ".join(f"{origin} {count:,}" for origin, count in counts["answers"].items())
    lines = [
        f"{report.project.slug}, {what}: {counts['real']:,} of {counts['rows']:,} items are "
        f"people's ({100 * counts['real'] / counts['rows']:.1f} %)",
        f"  answers: {parts}",
    ]
    if not report.enforced:
        lines.append("  the project is only tried out: the guard holds nothing back")
    return lines


def _ahead(report: OriginReport) -> list[str]:
    seen = report.outlook
    if seen is None:
        return []
    settles = "grows without bound" if seen.settles is None else f"settles at {seen.settles:.2f}"
    replaced, added = seen.replaced[-1], seen.added[-1]
    return [
        f"In the toy model that the bounds come from, the error at this mix {settles} "
        "(people alone: 1; least 0.62 at a weight of 0.618).",
        f"After {replaced[0]} generations: {replaced[1]:.0f} when data are replaced, "
        f"{added[1]:.2f} when they are added to.",
    ]
