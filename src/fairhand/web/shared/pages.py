"""Rendering of pages: one Jinja environment, autoescaped, with what every page needs."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import nh3
import orjson
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from fairhand.core.clock import Instant, iso
from fairhand.core.money import MICROS, Money, ceil_fraction, exponent
from fairhand.core.words import ENGLISH, LANGUAGES, Words, words_for
from fairhand.labels.registry import kinds
from fairhand.people.accounts.rules import Actor, may
from fairhand.web.shared.assets import Assets
from fairhand.web.shared.desk_modules import modules_of

_WEB = Path(__file__).resolve().parent.parent
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@cache
def make_templates(assets: Assets) -> Environment:
    """Build the environment over every screen's templates, once a process.

    Names are unique over screens.
    """
    folders = sorted(_WEB.glob("*/templates"))
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = assets.url
    environment.globals["desk_tools"] = modules_of(assets, kinds())
    environment.globals["_"] = ENGLISH
    environment.globals["may_do"] = may
    environment.filters["money"] = money
    environment.filters["fine_money"] = fine_money
    environment.filters["minutes"] = minutes
    environment.filters["when"] = when
    environment.filters["exactly"] = exactly
    environment.filters["counted"] = counted
    return environment


def money(micros: int, currency: str) -> str:
    """Show micros as money, rounded down to what is whole."""
    return str(Money(micros // MICROS, currency))


def fine_money(micros: int, currency: str) -> str:
    """Show micros as money with two digits more than the currency has, where they say something.

    For shares that may be smaller than the smallest coin; rounded down.
    """
    if micros % MICROS == 0:
        return money(micros, currency)
    digits = exponent(currency) + 2
    whole, part = divmod(abs(micros) * 100 // MICROS, 10**digits)
    return f"{currency} {'-' if micros < 0 else ''}{whole}.{part:0{digits}d}"


def counted(number: int, noun: str, many: str = "") -> str:
    """Say how many there are of something: `1 task`, `1,200 tasks`."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def exactly(minor_units: str, currency: str) -> str:
    """Show an exact fraction of minor units as money, rounded up at four digits more."""
    digits = exponent(currency) + 4
    whole, part = divmod(ceil_fraction(Fraction(minor_units) * 10**4), 10**digits)
    return f"{whole}.{part:0{digits}d}"


def minutes(milliseconds: int) -> str:
    """Show a duration as `1 h 05 min`, or `2 min 10 s` when it is short."""
    seconds = milliseconds // 1_000
    if seconds >= 3_600:
        return f"{seconds // 3_600} h {seconds % 3_600 // 60:02d} min"
    if seconds >= 60:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds} s"


def when(at: int) -> str:
    """Show an instant as date and time in UTC."""
    return iso(Instant(at))[:16].replace("T", " ") + " UTC"


def markdown(text: str) -> Markup:
    """Render Markdown without raw HTML, then sanitise: the one way text becomes HTML.

    Headings go down two levels: the text always stands under a page's own title and section.
    """
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return Markup(nh3.clean(html, url_schemes={"http", "https", "mailto"}))  # noqa: S704


def script_json(value: object) -> Markup:
    """Write JSON for a `<script type="application/json">` so that nothing in it ends the script."""
    dumped = orjson.dumps(value).decode()
    escaped = dumped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(escaped)  # noqa: S704  # escaped above for this one place


def words_of(request: Request) -> Words:
    """Give the words of whoever is not signed in: the first that their browser asks for."""
    asked = [one.partition(";q=") for one in request.headers.get("accept-language", "").split(",")]
    for tag, _, _share in sorted(asked, key=lambda one: _share_of(one[2]), reverse=True):
        language = tag.strip().split("-")[0].lower()
        if language in LANGUAGES:
            return words_for(language)
    return ENGLISH


def _share_of(text: str) -> float:
    """Read a preference of RFC 9110, section 12.4.2; what is none counts as the least."""
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def render(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    actor: Actor | None = None,
    status: int = 200,
) -> HTMLResponse:
    """Render a page with the shared context: who is signed in, where they may go, the mode.

    A page in the reader's language brings its words as `_` and names the language as `lang`; the
    others are English and say so.
    """
    words: Words = context.get("_", ENGLISH)
    templates: Environment = request.app.state.templates
    shared = {
        "person": actor,
        "csrf_token": actor.csrf_token if actor and actor.csrf_token else "",
        "nav": [
            {"href": href, "title": title, "current": _current(href, request.url.path)}
            for href, title in _nav(actor, words)
        ],
        "request_path": request.url.path,
        "lang": words.language,
        "ngettext": words.plural,
    }
    html = templates.get_template(template).render({**shared, **context})
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})


def _current(href: str, path: str) -> str:
    """Say how a door is the current one: this very page, one behind it, or neither."""
    if href == path:
        return "page"
    return "true" if href != "/" and path.startswith(f"{href}/") else ""


def _nav(actor: Actor | None, words: Words) -> list[tuple[str, str]]:
    _ = words
    if actor is None:
        return []
    items = [("/", _("Work")), ("/earnings", _("Earnings"))]
    items += [("/learn", _("Learning")), ("/wellbeing", _("Wellbeing")), ("/rights", _("Rights"))]
    everywhere = [0, *actor.roles]
    if any(may(actor, "project.status", project_id) for project_id in everywhere):
        items.append(("/projects", _("Projects")))
    if may(actor, "pay.view_all"):
        items.append(("/pay", _("Pay")))
    if may(actor, "people.list"):
        items.append(("/people", _("People")))
    if may(actor, "conduct.view"):
        items.append(("/conduct", _("Conduct")))
    items.append(("/log", _("Log")))
    return items
