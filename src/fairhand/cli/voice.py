"""How the command speaks: one JSON document or text on stdout, everything else on stderr."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from fairhand.core.errors import FairhandError

_SHOWN_ISSUES = 20
_WIDTH_OF_A_PIPE = 200


class Problem(Protocol):
    """Something wrong with its place, as `core.errors.Issue` says it."""

    @property
    def place(self) -> str: ...

    @property
    def message(self) -> str: ...

    @property
    def severity(self) -> str: ...


@dataclass
class Voice:
    """What the person asked for: `--json`, `--debug`."""

    as_json: bool = False
    debug: bool = False


_VOICE: ContextVar[Voice | None] = ContextVar("fairhand_voice", default=None)


def new_voice() -> Voice:
    """Begin a command with nothing asked for yet."""
    fresh = Voice()
    _VOICE.set(fresh)
    return fresh


def voice() -> Voice:
    """The voice of the command that is running."""
    return _VOICE.get() or new_voice()


def remember_json(value: bool) -> bool:
    """Note that the person asked for JSON (the callback of `--json`)."""
    voice().as_json = voice().as_json or value
    return value


def tell(content: Any, *parts: str | Table) -> None:  # noqa: ANN401  # any JSON value
    """Give the result: `content` as JSON when that was asked for, else the parts as text."""
    if voice().as_json:
        typer.echo(json.dumps(content, ensure_ascii=False))
        return
    for part in parts:
        if isinstance(part, str):
            typer.echo(part)
        else:
            _show_table(part)


def remark(text: str) -> None:
    """Say something beside the result, on stderr."""
    typer.echo(text, err=True)


def table(title: str, *columns: str) -> Table:
    """Start a table; a column that begins with `>` is set to the right."""
    from rich import box
    from rich.table import Table

    made = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD)
    for name in columns:
        is_right = name.startswith(">")
        made.add_column(name.removeprefix(">"), justify="right" if is_right else "left")
    return made


def _show_table(part: Table) -> None:
    from rich.console import Console

    console = Console()
    if console.is_terminal:
        console.print(part, markup=False, highlight=False)
        return
    console = Console(width=_WIDTH_OF_A_PIPE, no_color=True)
    with console.capture() as captured:
        console.print(part, markup=False, highlight=False)
    # Other programs read it by lines: no empty one at either end, nothing to fill them up.
    lines = [line.rstrip() for line in captured.get().splitlines()]
    typer.echo("\n".join(lines).strip("\n"))


def issue_lines(issues: Sequence[Problem]) -> list[str]:
    """Write issues one a line, the first twenty of them."""
    lines = [f"  {_placed(issue)}" for issue in issues[:_SHOWN_ISSUES]]
    if len(issues) > _SHOWN_ISSUES:
        lines.append(f"  … and {len(issues) - _SHOWN_ISSUES:,} more")
    return lines


def _placed(issue: Problem) -> str:
    """Put the place before the message, unless the message says it itself."""
    if issue.message.startswith(issue.place):
        return issue.message
    return f"{issue.place}: {issue.message}"


def issues_json(issues: Iterable[Problem]) -> list[dict[str, str]]:
    """Write issues as the JSON API does."""
    return [
        {"place": issue.place, "message": issue.message, "severity": issue.severity}
        for issue in issues
    ]


def exit_code(error: FairhandError) -> int:
    """Map an error to the exit codes that `fairhand --help` promises."""
    if error.status == 503:
        return 3
    return 1 if error.status in (403, 409) else 2


def complain(error: FairhandError) -> int:
    """Say what happened and what to do; give the exit code."""
    if voice().as_json:
        body = {"code": error.code, "message": error.message, "issues": issues_json(error.issues)}
        with suppress(OSError):  # nobody reads it any more, or it has no room
            typer.echo(json.dumps({"error": body}, ensure_ascii=False))
    remark(f"Error: {error.message}")
    for line in issue_lines(error.issues):
        remark(line)
    return exit_code(error)
