"""A terminal for tests: run `fairhand` in this process, or as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import typer.testing
from typer.main import get_command

from fairhand.cli.app import app
from fairhand.core.clock import system_now
from fairhand.core.settings import load_settings
from fairhand.use_cases.house import open_database
from tests.readied import make_ready

CHOICE = ("--choice", "mood:How does it sound?=glad,sad")
# Typer makes all commands anew for every one that is run, which takes longer than most of them do.
_BUILT = cache(get_command)
POLICY = ("--purpose", "To tell moods apart.", "--currency", "GBP", "--rate", "13.00")


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401  # any JSON value
        """The one JSON document on stdout; fails when there is anything else."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Terminal:
    """Runs commands on one workspace."""

    workspace: Path

    def run(self, *arguments: str) -> Said:
        """Run a command that takes a workspace, on this one."""
        return run(*arguments, "-w", str(self.workspace))

    def ok(self, *arguments: str) -> Said:
        """Run a command that must succeed."""
        said = self.run(*arguments)
        assert said.code == 0, said.err or said.out
        return said

    def init(self) -> Said:
        """Make the workspace, with Carmen as its owner."""
        return self.ok("init", "--owner", "Carmen", "--email", "carmen@example.org", "--json")

    def project(self, title: str = "Moods", *more: str) -> int:
        """Make a project with one choice."""
        made = self.ok("project", "create", title, *CHOICE, *POLICY, *more, "--json")
        return int(made.json["id"])

    def make_ready(self, project_id: int) -> None:
        """Give a project what its gate asks besides tasks, guidelines and money."""
        db = open_database(load_settings(self.workspace))
        make_ready(db, project_id, 1, system_now())
        db.close()

    def file(self, name: str, content: str | bytes) -> str:
        """Write a file beside the workspace and give its path."""
        path = self.workspace.parent / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)


def run(*arguments: str) -> Said:
    """Run a command in this process."""
    with patch.object(typer.testing, "_get_command", _BUILT):
        done = typer.testing.CliRunner().invoke(app, list(arguments), catch_exceptions=True)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Said(done.exit_code, done.stdout, done.stderr)


def run_apart(*arguments: str, code: str = "from fairhand.cli import main; main()") -> Said:
    """Run a command as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120
    )
    return Said(done.returncode, done.stdout, done.stderr)
