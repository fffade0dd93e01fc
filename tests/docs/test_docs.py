"""What the documentation points at exists: files, headings, make targets, commands."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(
    r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|<(?:img|a)\b[^>]*?(?:src|href)=\"([^\"]+)\""
)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?<!import)(?:^|[\s`$])fairhand ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)")
_MAKE = re.compile(r"(?:^|`|\$ )make ([a-z][a-z-]+)(?=[`\s]|$)", re.MULTILINE)


def links_of(page: Path) -> Iterator[str]:
    """Yield the links of a page that lead into this repository."""
    for match in _LINK.finditer(_FENCE.sub("", page.read_text("utf-8"))):
        link = match[1] or match[2]
        if not re.match(r"[a-z]+:", link):
            yield link


def anchors_of(page: Path) -> set[str]:
    """List the anchors that the headings of a page make."""
    text = _FENCE.sub("", page.read_text("utf-8"))
    titles = re.findall(r"^#+ +(.+?)\s*$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def code_of(page: Path) -> str:
    """Join what a page shows as code: fenced blocks and `inline` pieces."""
    text = page.read_text("utf-8")
    inline = re.findall(r"`([^`\n]+)`", _FENCE.sub("", text))
    return "\n".join([*_FENCE.findall(text), *inline])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links_of(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        is_there = target.exists() and target.is_relative_to(ROOT)
        if not is_there or (anchor and target.suffix == ".md" and anchor not in anchors_of(target)):
            broken.append(link)
    assert broken == []


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {name for page in PAGES for name in _MAKE.findall(code_of(page))}
    assert named - targets == set()


def test_every_command_that_is_named_exists() -> None:
    named = {name for page in PAGES for name in _COMMAND.findall(code_of(page))}
    known = known_commands()
    groups = {name.split()[0] for name in known if " " in name}
    unknown = {
        name
        for name in named
        if name not in known and (name.split()[0] in groups or name.split()[0] not in known)
    }
    assert unknown == set()


def known_commands() -> set[str]:
    """Ask the command itself what it can do."""
    done = subprocess.run(
        [sys.executable, "-c", _LIST_COMMANDS], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split("\n")) - {""}


_LIST_COMMANDS = """
import typer.main
from fairhand.cli.app import app
def walk(command, words):
    for name, each in getattr(command, "commands", {}).items():
        print(" ".join([*words, name]))
        walk(each, [*words, name])
walk(typer.main.get_command(app), [])
"""
