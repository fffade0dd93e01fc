"""Which words the task page says: collected from its scripts and pages, chosen for one page.

A script says words as plain literals, `t('Submit')` or `t(n === 1 ? '1 task' : '{n} tasks')`. Words
that are written down in one place and said in another stand on a line that ends with `// t`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.extract import extract

from fairhand.core.words import desk_words
from fairhand.web.shared.assets import Assets

_WEB: Final = Path(__file__).resolve().parent.parent
SCRIPTS: Final = _WEB / "desk" / "static"
PAGES: Final = (
    _WEB / "desk" / "templates" / "task.html",
    _WEB / "desk" / "templates" / "translation.html",
    _WEB / "shared" / "templates" / "base.html",
)
_CALL: Final = re.compile(r"(?<![\w.$])(?:desk\.|this\.|context\.)?t\(")
_LITERAL: Final = re.compile(r"(?P<quote>['\"])(?P<text>(?:\\.|(?!(?P=quote))[^\\\n])*)(?P=quote)")
_COMPARED: Final = re.compile(r"[!=]==?\s*$")
_MARKED: Final = re.compile(r"^.*//\s*t\s*$", re.MULTILINE)
_JINJA: Final = "jinja2.ext:babel_extract"


def words_in(script: str) -> list[str]:
    """List what a script's source says, in order, each once."""
    found: dict[str, None] = {}
    for call in _CALL.finditer(script):
        found |= dict.fromkeys(_literals(_first_argument(script, call.end())))
    for line in _MARKED.finditer(script):
        found |= dict.fromkeys(_literals(line.group()))
    return list(found)


def collect_words() -> list[str]:
    """List everything that the task page's scripts and its pages say, sorted."""
    found: set[str] = set()
    for path in sorted(SCRIPTS.glob("*.js")):
        found.update(words_in(path.read_text("utf-8")))
    for path in PAGES:
        with path.open("rb") as file:
            for _, message, _, _ in extract(_JINJA, file, keywords={"_": None}):
                found.add(message if isinstance(message, str) else message[0])
    return sorted(found)


def page_words(assets: Assets, language: str, scripts: Iterable[str]) -> dict[str, str]:
    """Give a language's words for these scripts; nothing for English, which they speak already."""
    chosen: dict[str, str] = {}
    for name in scripts:
        chosen |= _words_of(assets, language, name)
    return chosen


def all_words(language: str) -> Mapping[str, str]:
    """Give every word of a language, for tools that a page fetches later."""
    return {source: forms[0] for source, forms in desk_words(language).messages.items()}


@cache
def _words_of(assets: Assets, language: str, script: str) -> dict[str, str]:
    source = assets[script].plain.decode()
    said = {_unescaped(found["text"]) for found in _LITERAL.finditer(source)}
    return {words: other for words, other in all_words(language).items() if words in said}


def _first_argument(script: str, start: int) -> str:
    """The text from here to the comma or bracket that ends the first argument."""
    depth, at = 0, start
    while at < len(script):
        literal = _LITERAL.match(script, at)
        if literal:
            at = literal.end()
            continue
        if script[at] in "([{":
            depth += 1
        elif script[at] in ")]}" or (script[at] == "," and depth == 0):
            if depth == 0:
                break
            depth -= 1
        at += 1
    return script[start:at]


def _literals(text: str) -> Iterator[str]:
    for found in _LITERAL.finditer(text):
        if not _COMPARED.search(text[: found.start()]) and found["text"]:
            yield _unescaped(found["text"])


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
