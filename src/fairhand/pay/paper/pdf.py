"""A statement as a PDF: small, selectable, in reading order, the same bytes every time.

The letters are Noto Sans cut down to Latin, Greek and Cyrillic, and fpdf2 embeds only those that
are used. A letter of another script is drawn as a question mark in a box; the statement's JSON
has it in full.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any, Final

from fontTools.ttLib import TTFont
from fpdf import FPDF, XPos, YPos

from fairhand.core.words import Words
from fairhand.pay.paper.sheet import Part, Row, Sheet

_FAMILY: Final = "Noto Sans"
_FILES: Final = (("", "NotoSans-Regular.ttf"), ("B", "NotoSans-Bold.ttf"))
_MARGIN: Final = 18.0
_FOOT: Final = 20.0
_INK: Final = (28, 35, 33)
_SOFT: Final = (84, 92, 88)
_LINE: Final = (190, 196, 192)
_BOX: Final = "\ufffd"
_NAME_WIDTH: Final = 62.0


def make_pdf(sheet: Sheet, words: Words) -> bytes:
    """Draw a sheet as A4 pages; the same sheet gives the same bytes."""
    paper = _Paper(sheet, words)
    paper.add_page()
    _head(paper, sheet)
    paper.heading(sheet.lines_title)
    for row in sheet.rows:
        _row(paper, row)
    for part in sheet.parts:
        _part(paper, part)
    return bytes(paper.output())


class _Paper(FPDF):
    """A4 with page numbers, the person's language and title set."""

    def __init__(self, sheet: Sheet, words: Words) -> None:
        super().__init__("portrait", "mm", "A4")
        self._words = words
        self._sheet = sheet
        for style, name in _FILES:
            file = resources.files("fairhand.pay.paper") / "fonts" / name
            with resources.as_file(file) as path:
                self.add_font(_FAMILY, style, str(path))
        self.set_creation_date(datetime.fromtimestamp(sheet.made_at // 1_000, UTC))
        self.set_title(drawable(sheet.title))
        self.set_subject("; ".join(drawable(line) for line in sheet.about))
        self.set_creator("Fairhand")
        self.set_lang(sheet.language)
        self.viewer_preferences = _title_shown()
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.set_auto_page_break(True, margin=_FOOT)

    def footer(self) -> None:
        """Number the page under the statement's title."""
        self.set_y(-14)
        self.ink(8, soft=True)
        number = self._words(
            "{title}, page {page} of {pages}",
            title=self._sheet.title,
            page=self.page_no(),
            pages="{nb}",
        )
        self.cell(0, 5, drawable(number), align="R")

    def ink(self, size: float, style: str = "", *, soft: bool = False) -> None:
        """Choose the letters for what comes next."""
        self.set_font(_FAMILY, style, size)
        self.set_text_color(*(_SOFT if soft else _INK))

    def say(self, text: str, size: float = 9.5, style: str = "", *, soft: bool = False) -> None:
        """Write a paragraph over the whole width."""
        self.ink(size, style, soft=soft)
        self.multi_cell(
            0, size * 0.5, drawable(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )

    def heading(self, text: str) -> None:
        """Begin a part, never at the very foot of a page."""
        if self.will_page_break(24):
            self.add_page()
        self.ln(4)
        self.set_draw_color(*_LINE)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(1.5)
        self.say(text, 12, "B")
        self.ln(1)


def drawable(text: str) -> str:
    """Replace what the embedded letters cannot draw, so that nothing is lost without a sign."""
    known = _letters()
    return "".join(char if ord(char) in known else _BOX for char in text)


@cache
def _letters() -> frozenset[int]:
    file = resources.files("fairhand.pay.paper") / "fonts" / _FILES[0][1]
    with resources.as_file(file) as path, TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


def _title_shown() -> Any:  # noqa: ANN401  # fpdf2 has no types
    from fpdf import ViewerPreferences

    return ViewerPreferences(display_doc_title=True)


def _head(paper: _Paper, sheet: Sheet) -> None:
    paper.say("Fairhand", 10, "B", soft=True)
    paper.say(sheet.title, 18, "B")
    paper.ln(1)
    for line in sheet.about:
        paper.say(line, 9.5, "B" if sheet.is_simulated and line == sheet.about[-1] else "")
    paper.ln(3)
    paper.say(sheet.to_pay_title, 9.5, soft=True)
    paper.say(sheet.to_pay, 20, "B")


def _row(paper: _Paper, row: Row) -> None:
    if paper.will_page_break(20):
        paper.add_page()
    paper.ink(9.5, "B")
    amount = drawable(row.amount)
    width = paper.get_string_width(amount) + 2
    title = drawable(f"{row.n}. {row.project} – {row.what}")
    top, page = paper.get_y(), paper.page
    paper.multi_cell(
        paper.epw - width - 3, 5, title, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
    )
    bottom, last = paper.get_y(), paper.page
    if page == last:
        paper.set_xy(paper.w - paper.r_margin - width, top)
    paper.cell(width if page == last else 0, 5, amount, align="R")
    paper.set_xy(paper.l_margin, bottom if page == last else bottom + 5)
    paper.say(row.how, 9)
    for note in row.notes:
        paper.say(note, 9)
    for line in row.evidence:
        paper.say(line, 7.5, soft=True)
    paper.ln(1.5)


def _part(paper: _Paper, part: Part) -> None:
    paper.heading(part.title)
    for name, value in part.facts:
        _fact(paper, name, value)
    if part.facts and part.words:
        paper.ln(1)
    for sentence in part.words:
        paper.say(sentence, 9)


def _fact(paper: _Paper, name: str, value: str) -> None:
    """A name and its value beside each other, as high as the higher of the two."""
    if paper.will_page_break(12):
        paper.add_page()
    top = paper.get_y()
    paper.ink(9, soft=True)
    paper.multi_cell(_NAME_WIDTH, 4.6, drawable(name), align="L", new_x=XPos.RIGHT, new_y=YPos.NEXT)
    bottom = paper.get_y()
    paper.set_xy(paper.l_margin + _NAME_WIDTH + 3, top)
    paper.ink(9)
    paper.multi_cell(0, 4.6, drawable(value), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_y(max(bottom, paper.get_y()))
    paper.ln(0.6)
