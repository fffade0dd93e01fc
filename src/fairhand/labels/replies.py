"""Conversations, replies and documents in a task's data, and the order a person is shown them in.

`conversation` is a list of `{"role": "prompter" | "assistant" | "system", "text": ...}`, or one
text that was asked; `replies` a list of `{"id", "text", "conversation"?}`, or plain texts, whose
ids are then "a", "b" and so on. The words of other tools are read too: `user` and `human` ask,
`content` is text. `documents` is a list of `{"id", "title"?, "text"}`. What cannot be read is left
out: nothing here raises.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Final

from fairhand.labels.kind import Json

CONVERSATION: Final = "conversation"
REPLIES: Final = "replies"
DOCUMENTS: Final = "documents"

MAX_REPLIES: Final = 26
MAX_DOCUMENTS: Final = 200
_ROLES: Final = {
    "prompter": "prompter",
    "user": "prompter",
    "human": "prompter",
    "assistant": "assistant",
    "model": "assistant",
    "system": "system",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said; `role` is prompter, assistant or system."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One of several things to compare: a text, or a conversation of its own."""

    id: str
    text: str
    turns: tuple[Turn, ...] = ()


def read_conversation(found: Json) -> tuple[Turn, ...]:
    """Read the turns of a conversation, in order."""
    if isinstance(found, str):
        return (Turn("prompter", found),) if found.strip() else ()
    if not isinstance(found, list):
        return ()
    return tuple(turn for one in found if (turn := _turn(one)) is not None)


def read_replies(found: Json) -> tuple[Reply, ...]:
    """Read the replies, as they stand; of two with one id the first counts."""
    if not isinstance(found, list):
        return ()
    replies: dict[str, Reply] = {}
    for place, one in enumerate(found[:MAX_REPLIES]):
        reply = _reply(one, ascii_lowercase[place])
        if reply is not None:
            replies.setdefault(reply.id, reply)
    return tuple(replies.values())


def read_documents(found: Json) -> dict[str, str]:
    """Map each document's id to its text; of two with one id the first counts."""
    if not isinstance(found, list):
        return {}
    documents: dict[str, str] = {}
    for one in found[:MAX_DOCUMENTS]:
        name, text = (one.get("id"), one.get("text")) if isinstance(one, Mapping) else (None, None)
        if isinstance(name, str) and name and isinstance(text, str):
            documents.setdefault(name, text)
    return documents


def read_titles(found: Json) -> dict[str, str]:
    """Map ids of documents to their titles, where they have one."""
    if not isinstance(found, list):
        return {}
    titles: dict[str, str] = {}
    for one in found[:MAX_DOCUMENTS]:
        name, title = (one.get("id"), one.get("title")) if isinstance(one, Mapping) else ("", "")
        if isinstance(name, str) and isinstance(title, str) and title:
            titles.setdefault(name, title)
    return titles


def reply_ids(data: Mapping[str, Json] | None) -> tuple[str, ...]:
    """Name what there is to compare in a task; nothing where its data is not known."""
    return tuple(reply.id for reply in read_replies((data or {}).get(REPLIES)))


def deal(seed: str, ids: Iterable[str]) -> list[str]:
    """Put things into the order in which they are shown: for each seed one of its own.

    Every order is equally likely over seeds, and leaving a thing out does not move the others.
    """
    return sorted(ids, key=lambda one: hashlib.sha256(_bytes(f"{seed}\0{one}")).digest())


def seed_of(person_id: int, task_id: int) -> str:
    """Name what a person's order of a task's things is dealt from."""
    return f"{person_id}/{task_id}"


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _turn(one: Json) -> Turn | None:
    if not isinstance(one, Mapping):
        return None
    role = one.get("role")
    text = one.get("text", one.get("content"))
    known = _ROLES.get(role) if isinstance(role, str) else None
    return Turn(known, text) if known and isinstance(text, str) else None


def _reply(one: Json, letter: str) -> Reply | None:
    if isinstance(one, str):
        return Reply(letter, one)
    if not isinstance(one, Mapping):
        return None
    name, text = one.get("id", letter), one.get("text", "")
    turns = read_conversation(one.get(CONVERSATION))
    if not isinstance(name, str) or not name or not isinstance(text, str):
        return None
    return Reply(name, text, turns) if text or turns else None
