"""Conversations as the task page draws them: Markdown made safe here, in the order dealt here.

What a model wrote is foreign text: no HTML of its own, no picture (asking for one would tell its
writer who reads it, and when), and links that open elsewhere and say nothing of where from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from fairhand.labels.replies import (
    CONVERSATION,
    DOCUMENTS,
    REPLIES,
    Turn,
    deal,
    read_conversation,
    read_documents,
    read_replies,
    read_titles,
    seed_of,
)

_LINKS = {"a": {"target": "_blank"}}
_FIRST_HEADING = 3


def shown_data(data: Mapping[str, Any], columns: Iterable[str]) -> dict[str, Any]:
    """Give the columns that people see, without what would tell them who wrote a reply.

    Of a reply, a turn or a document only what is to be judged is left: no model's name, no rank
    that a search gave it.
    """
    shown = frozenset(columns)
    return {name: _blind(name, value) for name, value in data.items() if name in shown}


def talk_view(
    data: Mapping[str, Any], columns: Iterable[str], person_id: int, task_id: int
) -> dict[str, Any]:
    """Write the conversation, the replies and the order of documents that a person is shown.

    Gives `talk` (None without any conversation or reply), whose replies stand in the order dealt
    to this person, and `dealt`, the ids of the documents in theirs.
    """
    shown = frozenset(columns)
    seed = seed_of(person_id, task_id)
    documents = read_documents(data.get(DOCUMENTS)) if DOCUMENTS in shown else {}
    return {
        "talk": _talk(data, shown, seed),
        **({"dealt": deal(seed, documents)} if documents else {}),
    }


def _blind(name: str, value: Any) -> Any:  # noqa: ANN401  # any JSON value
    if name == CONVERSATION:
        return [asdict(turn) for turn in read_conversation(value)]
    if name == REPLIES:
        return [{"id": reply.id, "text": reply.text} for reply in read_replies(value)]
    if name == DOCUMENTS:
        titles = read_titles(value)
        return [
            {"id": one, "title": titles.get(one, ""), "text": text}
            for one, text in read_documents(value).items()
        ]
    return value


def _talk(data: Mapping[str, Any], shown: frozenset[str], seed: str) -> dict[str, Any] | None:
    turns = read_conversation(data.get(CONVERSATION)) if CONVERSATION in shown else ()
    replies = read_replies(data.get(REPLIES)) if REPLIES in shown else ()
    if not turns and not replies:
        return None
    by_id = {reply.id: reply for reply in replies}
    drawn = [
        {"id": name, "html": reply_html(by_id[name].text), "turns": _turns(by_id[name].turns)}
        for name in deal(seed, by_id)
    ]
    return {"turns": _turns(turns), "replies": drawn}


@lru_cache(maxsize=512)
def reply_html(text: str) -> str:
    """Render Markdown that a model or a contributor wrote, safe to put into any page.

    Headings begin at the third level and never skip one, however the text uses them.
    """
    tokens = _MARKDOWN.parse(text)
    _level(tokens)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return nh3.clean(
        html,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values=_LINKS,
    )


def _turns(turns: Sequence[Turn]) -> list[dict[str, str]]:
    return [{"role": turn.role, "html": reply_html(turn.text)} for turn in turns]


def _level(tokens: Sequence[Token]) -> None:
    """Put headings one after another into levels that a reader of headings can follow."""
    last, level = _FIRST_HEADING - 1, _FIRST_HEADING
    for token in tokens:
        if token.type == "heading_open":
            level = min(6, int(token.tag[1]) + _FIRST_HEADING - 1, last + 1)
            last = level
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{level}"


def _named_picture(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    place: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    """Say that a picture stands here, instead of asking its host for it."""
    token = tokens[place]
    return f"<em>[{escape(token.content or 'picture')}: {escape(str(token.attrGet('src')))}]</em>"


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.add_render_rule("image", _named_picture)
    return parser


_MARKDOWN = _parser()
