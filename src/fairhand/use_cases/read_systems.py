"""The register of automated systems, read from the code that is there."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

import fairhand
from fairhand.model.system import EFFECTS, AutomatedSystem, registered_systems
from fairhand.people.accounts import store as accounts
from fairhand.people.conduct import monitor_store as store
from fairhand.people.conduct.monitor_store import Switch
from fairhand.storage.database import Database

_MARKS: Final = ("@automated(", "@aggregator(", "@strategy(", "@watcher(", "@consensus_rule(")
_HELPERS: Final = frozenset(
    ("core/systems.py", "quality/systems.py", "work/active_learning/systems.py")
)

FAMILIES: Final = {
    "work": "Handing out work",
    "gold": "Gold tasks",
    "choose": "Choosing what to ask first",
    "aggregate": "Joining answers",
    "consensus": "One answer from several",
    "watch": "Pointing out unusual work",
    "assist": "Proposals and models",
    "pay": "Pay and time",
    "care": "Exposure to hard content",
    "learn": "Learning and qualification",
    "ready": "Readiness",
    "intake": "What people give of themselves",
    "conduct": "Decisions and appeals",
    "monitor": "Watching those who decide",
    "other": "Other systems",
}
"""What the first word of a system's name stands for, in the order of the page."""

_ALSO: Final = {
    "likeness": "intake",
    "content": "care",
    "conversation": "work",
    "exposure": "care",
    "exam": "learn",
    "skill": "learn",
    "appeals": "conduct",
    "place": "conduct",
}


@cache
def list_systems() -> tuple[AutomatedSystem, ...]:
    """List every automated system that the source has, by family and name.

    No list is kept by hand: every file that registers something is found and imported.
    """
    for module in modules_that_register():
        importlib.import_module(module)
    order = list(FAMILIES)
    return tuple(
        sorted(registered_systems(), key=lambda one: (order.index(family_of(one)), one.name))
    )


def modules_that_register() -> Iterator[str]:
    """Find every module that registers a system, whether it is imported already or not."""
    root = Path(fairhand.__path__[0])
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root)
        if name.as_posix() in _HELPERS or name.stem == "read_systems":
            continue
        if any(mark in path.read_text(encoding="utf-8") for mark in _MARKS):
            parts = name.with_suffix("").parts
            yield ".".join(("fairhand", *(parts[:-1] if parts[-1] == "__init__" else parts)))


def family_of(one: AutomatedSystem) -> str:
    """Give the family that a system is listed under."""
    first = one.name.replace("-", ".").partition(".")[0]
    family = _ALSO.get(first, first)
    return family if family in FAMILIES else "other"


@dataclass(frozen=True, slots=True)
class ListedSystem:
    """A system with how somebody has switched it; None: it runs as its code says."""

    system: AutomatedSystem
    family: str
    switch: Switch | None
    switched_by: str

    @property
    def is_on(self) -> bool:
        """Tell whether it may run."""
        return self.switch is None or self.switch.is_on


def read_systems(db: Database) -> list[ListedSystem]:
    """List the register with its switches."""
    with db.read() as connection:
        switches = store.list_switches(connection)
        names = accounts.names_of(connection, {one.set_by for one in switches.values()})
    found = []
    for one in list_systems():
        switch = switches.get(one.name)
        by = "" if switch is None else names.get(switch.set_by, f"#{switch.set_by}")
        found.append(ListedSystem(one, family_of(one), switch, by))
    return found


def write_register() -> str:
    """Write the register as a Markdown page; the same code gives the same page."""
    lines = [
        "# Automated systems",
        "",
        "This page is made from the code by `fairhand systems --markdown`, and a test fails when",
        "it is behind. What is not registered is not loaded. No system suspends anybody, ends work",
        "or pays less: only named humans do, and every such decision can be appealed.",
        "",
        "What a system may do at most:",
        "",
        *[f"- **{effect}**: {words}" for effect, words in EFFECTS.items()],
        "",
    ]
    for family, found in groupby(list_systems(), key=family_of):
        lines += [f"## {FAMILIES[family]}", ""]
        for one in found:
            lines += _entry(one)
    return "\n".join(lines)


def _entry(one: AutomatedSystem) -> list[str]:
    switch = f"While it is off: {one.switch}" if one.switch else "None."
    parameters = [f"  - {part.name}: {part.value} ({part.weight})" for part in one.parameters]
    return [
        f"### {one.title}",
        "",
        f"`{one.name}`, **{one.effect}**, in `{one.code}`.",
        "",
        one.purpose,
        "",
        f"- Reads: {'; '.join(one.reads)}",
        *(["- What sways it:", *parameters] if parameters else []),
        f"- Humans: {one.oversight}",
        f"- Off switch: {switch}",
        "",
    ]
