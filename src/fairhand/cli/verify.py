"""`fairhand verify …`: releases and receipts, offline and without a workspace; or your own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairhand.cli.options import AsJson, Workspace
from fairhand.cli.progress import progress
from fairhand.cli.voice import issue_lines, issues_json, remark, tell

if TYPE_CHECKING:
    from fairhand.proof.log.note import Verifier
    from fairhand.proof.release.verify import VerifyReport
    from fairhand.use_cases.whole_receipt import ReceiptReport

group = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Check a release or a receipt offline: nothing is believed, everything recomputed.",
)
_MARKS = {"proven": "ok  ", "wrong": "FAIL", "open": "?   "}


def register(app: typer.Typer) -> None:
    """Add `verify`; its commands that need more than this file come by name, as those of pay."""
    import_module("fairhand.cli.verify_promise")
    app.add_typer(group, name="verify")


@group.command("workspace")
def workspace_(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Check your own workspace: the books, everybody's paid time, the whole log, the records.

    Nothing cached is believed: balances are summed again, paid time is replayed from its events,
    the log is recomputed from its leaves up, and answers, agreements, statements, releases, pay
    policies, rates, floors, royalties, roles, grants, decisions, appeals, disputes and reviews
    must be what the log said of them when they came. Exit 1 when something is not as it must be;
    what was written before the log said all of it is counted and is no fault.

    Example:  fairhand verify workspace
    """
    from fairhand.cli.opening import opened
    from fairhand.use_cases.read_audit import audit_workspace

    with opened(workspace) as house:
        found = audit_workspace(house.db, house.log_keys)
    issues = [one for one in found if one.severity == "error"]
    held_less = [one for one in found if one.severity == "warning"]
    words = (
        "Something is not as it must be:"
        if issues
        else "Books, paid time, log and records are right."
    )
    contents = {"issues": issues_json(issues), "held_less": issues_json(held_less)}
    tell({"ok": not issues, **contents}, words)
    for line in issue_lines(issues):
        remark(line)
    if held_less:
        remark("Held to the log in part, for they were written before it said all of it:")
    for line in issue_lines(held_less):
        remark(line)
    if issues:
        raise typer.Exit(1)


@group.command("release")
def release(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="The release.")
    ],
    key: Annotated[
        list[str] | None,
        typer.Option(help="The log's public key, or a file with it (`fairhand log key`)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a release: log, manifest, files, rows, numbers and card. Exit 1 on a flipped bit.

    DIR may also be a folder of releases: then each is checked. Without --key the key that came
    with the release is used: that shows that the files belong together, not who made them.

    Example:  fairhand verify release digits-v1 --key log.vkey
    """
    trusted = read_keys(key)
    found = {one: _verify(one, trusted) for one in _releases_in(folder)}
    lines = [line for one, report in found.items() for line in _report_lines(one, report)]
    contents = [{"directory": str(one)} | _report_json(report) for one, report in found.items()]
    all_hold = all(report.ok for report in found.values())
    is_one = list(found) == [folder]
    tell(contents[0] if is_one else {"ok": all_hold, "releases": contents}, *lines)
    for report in found.values():
        for line in issue_lines(report.issues):
            remark(line)
    if not all_hold:
        raise typer.Exit(1)


def _releases_in(folder: Path) -> list[Path]:
    """A folder is a release itself, or holds releases side by side."""
    from fairhand.proof.release.manifest import LOG, MANIFEST

    def is_one(path: Path) -> bool:
        return (path / MANIFEST).exists() or (path / LOG).exists()

    below = sorted(path for path in folder.iterdir() if is_one(path))
    return [folder] if is_one(folder) or not below else below


def _verify(folder: Path, trusted: Sequence[Verifier]) -> VerifyReport:
    from fairhand.proof.release.verify import verify_release

    with progress(f"Verifying {folder.name}") as report:
        steps = count(1)
        return verify_release(folder, trusted, lambda _step: report(next(steps), 3))


def _report_lines(folder: Path, found: VerifyReport) -> list[str]:
    lines = [
        f"  {'ok  ' if one.passed else 'FAIL'} {one.name}: {one.detail}" for one in found.checks
    ]
    verdict = "holds" if found.ok else "DOES NOT HOLD"
    return [*lines, f"The release in {folder} {verdict}."]


def _report_json(found: VerifyReport) -> dict[str, Any]:
    checks = [
        {"name": one.name, "passed": one.passed, "detail": one.detail} for one in found.checks
    ]
    return {"ok": found.ok, "checks": checks, "issues": issues_json(found.issues)}


@group.command("receipt")
def receipt(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A kept receipt.")],
    key: Annotated[
        list[str] | None,
        typer.Option(help="The log's public key, or a file with it (`fairhand log key`)."),
    ] = None,
    handovers: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="handovers.json of the log, where its key changed."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check receipts, and say of each in one sentence what it proves. Exit 1 when it does not.

    FILE is a receipt as the page of receipts gives it, many of them (one to a line), or a bare
    .tlog-proof. Without --key the key in the receipt is used: that shows that its parts belong
    together, not who made them. A key that yours handed over to, or that handed over to yours, is
    trusted too, for what is of before its retirement.

    Example:  fairhand verify receipt fairhand-receipt-12.json --key log.vkey
    Example:  fairhand verify receipt old.json --key log.vkey --handovers handovers.json
    """
    from fairhand.proof.log.rotation import parse_handovers
    from fairhand.use_cases.whole_receipt import is_proven, verify_any

    trusted = read_keys(key)
    notes = [] if handovers is None else parse_handovers(handovers.read_bytes())
    reports = [verify_any(one, trusted, notes) for one in read_receipts(file)]
    lines = []
    for one in reports:
        if len(reports) == 1 or not one.ok:
            lines += [f"  {_MARKS[told.state]} {told.name}: {told.words}" for told in one.told]
        lines.append(one.sentence or "NOT PROVEN: what is marked FAIL does not hold.")
    contents = [_receipt_json(one) for one in reports]
    all_hold = all(is_proven(one) for one in reports)
    tell(contents[0] if len(reports) == 1 else {"ok": all_hold, "receipts": contents}, *lines)
    if not all_hold:
        raise typer.Exit(1)


def read_receipts(file: Path) -> Iterator[str]:
    """Read the receipts of a file: one, or many, one to a line; holds one of them at a time."""
    from fairhand.core.errors import MalformedError
    from fairhand.use_cases.whole_receipt import LARGEST

    with file.open("rb") as opened:
        is_json = opened.read(1) == b"{"
        opened.seek(0)
        found = False
        while part := opened.readline(LARGEST + 2) if is_json else opened.read(LARGEST + 1):
            try:
                text = part.decode("utf-8")
            except UnicodeDecodeError:
                raise MalformedError(f"{file.name} is not a receipt: it is not text.") from None
            if len(part) > LARGEST + 1:
                raise MalformedError(f"{file.name} holds a line too long for a receipt.")
            line = text.removesuffix("\n") if is_json else text
            if line:
                found = True
                yield line
    if not found:
        yield ""


def _receipt_json(report: ReceiptReport) -> dict[str, Any]:
    from fairhand.use_cases.whole_receipt import is_proven

    told = [{"name": one.name, "state": one.state, "words": one.words} for one in report.told]
    event = dict(report.event) if report.event is not None else None
    return {
        "ok": is_proven(report),
        "sentence": report.sentence,
        "event": event,
        "releases": list(report.releases),
        "checks": told,
    }


def read_keys(given: Sequence[str] | None) -> list[Verifier]:
    """Read public keys, each from the text itself or the file it names: one to a line."""
    return [key for one in given or () for key in _keys_in(one)]


def _keys_in(given: str) -> list[Verifier]:
    from fairhand.core.errors import InvalidError
    from fairhand.proof.log.note import NoteError, parse_vkey

    path = Path(given)
    try:
        text = path.read_text("utf-8") if "+" not in given and path.is_file() else given
        return [parse_vkey(line) for line in text.split() or [text]]
    except (NoteError, UnicodeDecodeError) as error:
        raise InvalidError(
            f"--key is neither a log's public key nor a file with one: {error}."
        ) from None
