"""Joins our own ES modules into one file per entry, so that a phone asks once, not eleven times.

Not a general bundler: it knows the small dialect that our modules are written in and refuses
anything else out loud. Named imports from `./file.js` without renaming, exports on the
declaration, no template literal over several lines. Whole-line comments are left out.
"""

from __future__ import annotations

import re
from pathlib import Path

_BLOCK_COMMENT = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n?", re.DOTALL | re.MULTILINE)
_LINE_COMMENT = re.compile(r"^[ \t]*//.*\n?", re.MULTILINE)
_TYPES_ONLY = re.compile(r"^export \{\};\n?", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{2,}")
_IMPORT = re.compile(r"^import\s*\{([^}]*)\}\s*from\s*'\./([\w.-]+\.js)';[ \t]*\n?", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)
_DECLARED = re.compile(
    r"^(?:export )?(?:async )?(?:function\*?|const|let|class)\s+([A-Za-z_$][\w$]*)", re.MULTILINE
)
_FOREIGN = re.compile(r"^(?:import\b(?!\()|export\b).*$", re.MULTILINE)


class BundleError(ValueError):
    """A module is written in a way that the bundler does not know; says where."""


def bundle(entry: Path) -> str:
    """The entry module with everything it imports, in order; the entry keeps its exports."""
    order: list[Path] = []
    _visit(entry.resolve(), order, ())
    names: dict[str, Path] = {}
    parts: list[str] = []
    for path in order:
        source = _without_comments(path)
        _claim_names(source, path, names)
        body = _IMPORT.sub("", source)
        if path != order[-1]:
            body = _EXPORT.sub("", body)
        _refuse_foreign_syntax(body, path, is_entry=path == order[-1])
        parts.append(body.strip())
    return "\n".join(part for part in parts if part) + "\n"


def _visit(path: Path, order: list[Path], trail: tuple[Path, ...]) -> None:
    if path in trail:
        raise BundleError(f"{path.name} imports itself by way of {trail[-1].name}")
    if path in order:
        return
    if not path.is_file():
        raise BundleError(f"{trail[-1].name if trail else 'the page'} imports {path}: not there")
    for match in _IMPORT.finditer(_without_comments(path)):
        if " as " in match.group(1):
            raise BundleError(f"{path.name}: imports are not renamed here")
        _visit(path.parent / match.group(2), order, (*trail, path))
    order.append(path)


def _without_comments(path: Path) -> str:
    text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count("`") % 2:
            raise BundleError(f"{path.name}:{number}: a template literal must end on its line")
    text = _TYPES_ONLY.sub("", _LINE_COMMENT.sub("", _BLOCK_COMMENT.sub("", text)))
    return _BLANK_LINES.sub("\n", text)


def _claim_names(source: str, path: Path, names: dict[str, Path]) -> None:
    for name in _DECLARED.findall(source):
        if name in names:
            raise BundleError(f"{name} is declared in {names[name].name} and in {path.name}")
        names[name] = path


def _refuse_foreign_syntax(body: str, path: Path, *, is_entry: bool) -> None:
    for line in _FOREIGN.findall(body):
        if not (is_entry and _EXPORT.match(line)):
            raise BundleError(f"{path.name}: {line!r} is not in our dialect")
