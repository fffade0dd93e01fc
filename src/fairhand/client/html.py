"""Small tables for notebooks: every word of a person or a server is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def facts(title: str, rows: Iterable[tuple[str, object]]) -> str:
    """Write a title and a table of what is known."""
    cells = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th><td>{escape(str(value))}</td></tr>"
        for name, value in rows
    )
    return f"<div><strong>{escape(title)}</strong><table>{cells}</table></div>"


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a title and a table with a head."""
    names = "".join(f"<th style='text-align:left'>{escape(name)}</th>" for name in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    body = f"<thead><tr>{names}</tr></thead><tbody>{lines}</tbody>"
    return f"<div><strong>{escape(title)}</strong><table>{body}</table></div>"
