"""Every command teaches, fails clearly and speaks JSON when asked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

import fairhand
from fairhand.cli.app import app
from tests.stories.terminal import Said, Terminal, run, run_apart


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "team")


def _commands(group: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:  # noqa: ANN401
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, (*above, name))
        else:
            yield (*above, name)


ALL = sorted(_commands(typer.main.get_command(app)))


def test_there_are_the_commands_that_the_tutorial_names() -> None:
    named = {" ".join(command) for command in ALL}
    assert named >= {
        "init",
        "demo",
        "import",
        "invite",
        "serve",
        "worker",
        "status",
        "project create",
        "project fund",
        "pay close",
        "pay floors approve",
        "release create",
        "verify release",
        "verify receipt",
        "log seal",
        "token create",
    }


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_help_teaches_with_an_example(command: tuple[str, ...]) -> None:
    said = run(*command, "--help")
    assert said.code == 0
    assert f"Example:  {'export FAIRHAND_TOKEN=$(' * (command[0] == 'token')}fairhand" in said.out
    assert "--json" in said.out


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nsys.argv = ['fairhand', '--help']\nfrom fairhand.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'sqlalchemy', 'fastapi', 'pydantic', 'httpx', 'pyarrow', 'dbos'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    said = run_apart(code=code)
    assert "LOADED []" in said.out


def test_the_version_is_the_package_s() -> None:
    assert run("--version").out == f"fairhand {fairhand.__version__}\n"


def test_init_prints_a_one_time_link_and_the_key_of_the_log(terminal: Terminal) -> None:
    said = terminal.init()
    assert said.json["created"] is True
    assert said.json["link"].startswith("http://127.0.0.1:8000/sign-in/")
    assert said.json["log_key"] == terminal.ok("log", "key").out.strip()
    assert (terminal.workspace / "fairhand.db").exists()


def test_init_twice_changes_nothing(terminal: Terminal) -> None:
    terminal.init()
    people = terminal.ok("people", "--json").json
    again = terminal.ok("init", "--owner", "Dmitri", "--json")
    assert again.json["created"] is False
    assert "link" not in again.json
    assert terminal.ok("people", "--json").json == people


def test_init_refuses_an_owner_that_cannot_be(terminal: Terminal) -> None:
    said = terminal.run("init", "--email", "nonsense", "--country", "Britain")
    assert said.code == 2
    assert "'nonsense' is not an e-mail address" in said.err
    assert "two capital letters" in said.err
    assert not terminal.workspace.exists()


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("project", "list"),
        ("people",),
        ("pay", "owed"),
        ("log", "seal"),
        ("serve",),
        ("worker",),
    ],
    ids=" ".join,
)
def test_before_init_a_command_says_so_and_creates_nothing(
    terminal: Terminal, command: tuple[str, ...]
) -> None:
    said = terminal.run(*command)
    assert said.code == 3
    assert "Run `fairhand init` first" in said.err
    assert not terminal.workspace.exists()


def test_an_error_is_one_json_document_too(terminal: Terminal) -> None:
    said = terminal.run("status", "--json")
    assert said.code == 3
    assert said.json["error"]["code"] == "not_initialised"


def test_a_setting_that_is_wrong_is_named(terminal: Terminal) -> None:
    terminal.init()
    (terminal.workspace / "fairhand.toml").write_text("port = 70000\n")
    said = terminal.run("status")
    assert said.code == 2
    assert "port" in said.err
    (terminal.workspace / "fairhand.toml").write_text("port = = 1\n")
    assert "fairhand.toml cannot be read" in terminal.run("status").err


def test_a_database_that_is_none_is_an_error_without_a_traceback(terminal: Terminal) -> None:
    terminal.init()
    (terminal.workspace / "fairhand.db").write_bytes(b"this is not a database" * 1000)
    for leftover in terminal.workspace.glob("fairhand.db-*"):
        leftover.unlink()
    said = run_apart("status", "-w", str(terminal.workspace))
    assert said.code == 3
    assert "Traceback" not in said.err
    assert "fairhand --debug" in said.err or "database" in said.err


def test_debug_shows_where_it_went_wrong(terminal: Terminal) -> None:
    said = run_apart("--debug", "status", "-w", str(terminal.workspace))
    assert said.code == 1
    assert "Traceback" in said.err


@pytest.mark.parametrize(
    "wrong", [("nonsense",), ("status", "--nonsense"), ("import",), ("token", "create", "--days=0")]
)
def test_wrong_usage_ends_with_two(wrong: tuple[str, ...]) -> None:
    said = run(*wrong)
    assert said.code == 2
    assert "Usage:" in said.err


@pytest.mark.parametrize(
    "command", [("export",), ("release", "show"), ("status",), ("link",)], ids=" ".join
)
def test_a_number_larger_than_any_is_wrong_input_and_no_fault_of_ours(
    terminal: Terminal, command: tuple[str, ...]
) -> None:
    terminal.init()
    said = terminal.run(*command, "9" * 20)
    assert said.code == 2
    assert "on our side" not in said.err


def test_ctrl_c_says_that_it_stopped_and_ends_with_130(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.init()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fairhand.cli.people.tell", interrupted)
    said = terminal.run("people")
    assert (said.code, said.out, said.err) == (130, "", "Stopped.\n")


@pytest.mark.parametrize("more", [(), ("--json",)], ids=["text", "json"])
def test_output_that_cannot_be_written_is_an_error_without_a_traceback(
    terminal: Terminal, more: tuple[str, ...]
) -> None:
    terminal.init()
    command = [sys.executable, "-m", "fairhand", "people", "-w", str(terminal.workspace), *more]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 3
    assert done.stderr.splitlines()[0].startswith("Error: No space left on device")
    assert "Traceback" not in done.stderr


def test_a_table_for_a_pipe_has_no_empty_lines_around_it_and_none_is_filled_up(
    terminal: Terminal,
) -> None:
    terminal.init()
    lines = terminal.ok("people").out.split("\n")
    assert lines[0].split() == ["Id", "Name", "Address", "Country", "Roles", "Simulated"]
    assert lines.pop() == ""
    assert all(line == line.rstrip() != "" for line in lines)


def test_what_is_neither_a_release_nor_a_folder_is_said_before_a_workspace_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = run("release", "diff", str(tmp_path), "nonesuch")
    assert said.code == 2
    assert said.err.startswith("Error: nonesuch is neither a release's number nor a folder")


def _link(said: Said) -> str:
    return str(said.json["link"])


def test_invite_gives_a_link_once_and_knows_who_is_there(terminal: Terminal) -> None:
    terminal.init()
    amina = ("invite", "Amina", "--email", "amina@example.org", "--country", "KE", "--json")
    first = terminal.ok(*amina)
    again = terminal.run(*amina)
    assert again.code == 1
    assert again.json["error"]["code"] == "email_taken"
    renewed = terminal.ok("link", "amina@example.org", "--json")
    assert renewed.json["person_id"] == first.json["person_id"]
    assert _link(renewed) != _link(first)
    assert terminal.run("link", "Nobody").code == 2


def test_a_role_is_one_of_six(terminal: Terminal) -> None:
    terminal.init()
    terminal.ok("invite", "Farid")
    terminal.ok("role", "Farid", "auditor")
    said = terminal.run("role", "Farid", "king")
    assert said.code == 2
    assert "choose from owner, manager, reviewer, trainer, contributor, auditor" in said.err
    roles = {
        one["display_name"]: one["roles"] for one in terminal.ok("people", "--json").json["people"]
    }
    assert roles["Farid"] == ["auditor", "contributor"]


def test_two_people_of_one_name_are_told_apart_by_number(terminal: Terminal) -> None:
    terminal.init()
    numbers = [terminal.ok("invite", "Bao", "--json").json["person_id"] for _ in range(2)]
    said = terminal.run("link", "Bao")
    assert said.code == 2
    assert all(str(number) in said.err for number in numbers)
    assert terminal.ok("link", str(numbers[1]), "--json").json["person_id"] == numbers[1]


def test_a_token_is_printed_alone_for_use_in_a_shell(terminal: Terminal) -> None:
    terminal.init()
    said = terminal.ok("token", "create", "notebook", "--scope", "manage")
    assert said.out.startswith("fh_")
    assert len(said.out.split()) == 1
    for label in ("", " ", "x" * 101):
        wrong = terminal.run("token", "create", label)
        assert (wrong.code, wrong.out) == (2, "")
        assert "up to 100 characters" in wrong.err
