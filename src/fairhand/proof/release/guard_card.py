"""What a card says of where its items come from: the mix, every rule, and what was loosened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_SAID = {"pass": "ok", "warn": "**warns**", "refuse": "**refuses**"}


def guard_section(guard: Mapping[str, Any] | None) -> Iterator[str]:
    """Write the section as lines of Markdown; nothing for a release that does not know."""
    if guard is None:
        return
    counts = guard["counts"]
    yield "## Where its items come from"
    yield ""
    yield f"- Items (answers to a question about a task): {counts['rows']}"
    yield f"- Of people: {_share(counts['real'], counts['rows'])}"
    for name, title in (("answers", "Answers"), ("data", "Data")):
        parts = ", ".join(f"{origin} {count}" for origin, count in counts[name].items())
        yield f"- {title}: {parts}"
    depths = ", ".join(f"depth {depth}: {count}" for depth, count in counts["depths"].items())
    yield f"- Models between an item and a person: {depths}"
    blind = counts["blind"]
    if blind["tasks"]:
        yield (
            f"- Of {blind['tasks']} tasks with a proposal in view, {blind['relabelled']} were also "
            f"answered by somebody who did not see it, and {blind['same']} of these the same"
        )
    yield ""
    yield "| rule | says | why |"
    yield "|---|---|---|"
    for one in guard["findings"]:
        yield f"| {one['rule'].replace('_', ' ')} | {_SAID[one['verdict']]} | {_cell(one)} |"
    yield ""
    for words in guard["loosened"]:
        yield f"- Loosened by the owner: {_plain(words)}. Why: {_plain(guard['bounds']['why'])}"
    if not guard["enforced"]:
        yield "- The project was only tried out: the guard was asked and held nothing back."
    elif guard["verdict"] == "warn":
        yield "- Published in knowledge of the warnings."
    yield f"- {guard['policy']}"
    yield ""


def _share(part: int, whole: int) -> str:
    return f"{part} ({100 * part / whole:.1f} %)" if whole else "0"


def _cell(finding: Mapping[str, Any]) -> str:
    source = f" ({finding['source']})" if finding["source"] else ""
    return _plain(f"{finding['words']}{source}").replace("|", "\\|")


def _plain(text: str) -> str:
    """Let no text of an owner or a file be read as Markdown or as HTML."""
    escaped = text.replace("\\", "\\\\").replace("<", "&lt;").replace("\n", " ")
    for mark in "`*_[]":
        escaped = escaped.replace(mark, f"\\{mark}")
    return escaped
