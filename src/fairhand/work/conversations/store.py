"""SQL of conversation trees: their terms, messages, tasks, and the answers they have taken in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
from sqlalchemy import bindparam, text

from fairhand.core.clock import Instant
from fairhand.storage.database import Connection, insert
from fairhand.storage.tables.desk import (
    conversation,
    conversation_answer,
    conversation_terms,
    message,
    message_task,
)
from fairhand.storage.tables.work import lease
from fairhand.work.conversations.rules import Message, Settled, State, Terms

_NAMES = "reviews, accept_share, rankings, wanted_messages, most_depth, most_replies"
_TERMS = text(f"SELECT {_NAMES} FROM conversation_terms WHERE project_id = :project_id")
_LOCK = text(
    "UPDATE conversation_terms SET taken_to = taken_to WHERE project_id = :project_id "
    f"RETURNING {_NAMES}, taken_to"
)
_SET_TERMS = text(
    "UPDATE conversation_terms SET reviews = :reviews, accept_share = :accept_share, "
    "rankings = :rankings, wanted_messages = :wanted_messages, most_depth = :most_depth, "
    "most_replies = :most_replies, changed_at = :now WHERE project_id = :project_id"
)
_TAKEN_TO = text(
    "UPDATE conversation_terms SET taken_to = :taken_to WHERE project_id = :project_id"
)
# What came long ago has been taken in by now: `taken_to` only spares looking at it again.
_NOT_TAKEN = """
    FROM annotation AS a WHERE a.project_id = :project_id
    AND a.id > coalesce((SELECT t.taken_to FROM conversation_terms AS t
                         WHERE t.project_id = :project_id), 0)
    AND NOT EXISTS (SELECT 1 FROM conversation_answer AS c WHERE c.annotation_id = a.id)
"""
_ANY_FRESH = text(f"SELECT 1 {_NOT_TAKEN} LIMIT 1")
_FRESH = text(
    "SELECT f.id, f.task_id, f.person_id, f.value, f.counted, f.superseded, f.submitted_at, "
    "t.data, w.conversation_id, w.message_id, w.step FROM (SELECT a.id, a.task_id, a.person_id, "
    f"a.value, a.counted, a.superseded, a.submitted_at {_NOT_TAKEN} ORDER BY a.id LIMIT :most) "
    "AS f JOIN task AS t ON t.id = f.task_id LEFT JOIN message_task AS w ON w.task_id = f.task_id "
    "ORDER BY f.id"
)
_CONVERSATION = text(
    "SELECT id, project_id, state, language, wanted_messages, most_depth, most_replies, "
    "ended_because, created_at, changed_at FROM conversation WHERE id = :id"
)
_LISTED = text(
    "SELECT c.id, c.project_id, c.state, c.language, c.wanted_messages, c.most_depth, "
    "c.most_replies, c.ended_because, c.created_at, c.changed_at, "
    "(SELECT m.text FROM message AS m WHERE m.conversation_id = c.id AND m.parent_id IS NULL) "
    "AS prompt, (SELECT count(*) FROM message AS m WHERE m.conversation_id = c.id "
    "AND m.state = 'accepted') AS accepted FROM conversation AS c "
    "WHERE c.project_id = :project_id AND (:state = '' OR c.state = :state) AND c.id > :after "
    "ORDER BY c.id LIMIT :most"
)
_COUNTED = text(
    "SELECT state, count(*) AS n FROM conversation WHERE project_id = :project_id GROUP BY state"
)
_GOING_ON = text(
    "SELECT id FROM conversation WHERE project_id = :project_id "
    "AND state IN ('prompt_review', 'growing', 'ranking') ORDER BY id"
)
_MESSAGES = text(
    "SELECT id, conversation_id, parent_id, role, depth, state, author_id, rank, text, quality, "
    "reviews, annotation_id, model, created_at FROM message "
    "WHERE conversation_id = :conversation_id ORDER BY id"
)
_ASKS = text(
    "SELECT task_id, message_id, step, done FROM message_task "
    "WHERE conversation_id = :conversation_id ORDER BY task_id"
)
_ANSWERS = text(
    "SELECT a.task_id, a.person_id, a.value FROM annotation AS a "
    "JOIN message_task AS w ON w.task_id = a.task_id "
    "WHERE w.conversation_id = :conversation_id AND w.step IN ('review', 'rank') "
    "AND a.counted AND NOT a.superseded ORDER BY a.id"
)
_OF_PERSON = text(
    "SELECT m.id FROM message AS m JOIN annotation AS a ON a.id = m.annotation_id "
    "WHERE a.task_id = :task_id AND a.person_id = :person_id"
)
# A text that nobody has begun to review may still be changed by who wrote it.
_UNSEEN = text(
    "SELECT w.task_id FROM message AS m JOIN message_task AS w ON w.message_id = m.id "
    "AND w.step = 'review' WHERE m.id = :message_id AND m.state = 'review' AND NOT EXISTS "
    "(SELECT 1 FROM lease AS l WHERE l.task_id = w.task_id AND l.state <> 'released')"
)
_REWRITE = text("UPDATE message SET text = :text, annotation_id = :annotation_id WHERE id = :id")
_REWRITE_TASK = text("UPDATE task SET data = :data WHERE id = :task_id")
_TASK_DATA = text("SELECT data FROM task WHERE id = :task_id")
_SETTLE = text(
    "UPDATE message SET state = :state, quality = :quality, reviews = :reviews WHERE id = :id"
)
_ACCEPT = text(
    "UPDATE message SET state = 'accepted' WHERE id = :id AND state = 'rejected' "
    "RETURNING conversation_id"
)
_REVIVE = text(
    "UPDATE conversation SET state = 'growing', ended_because = NULL, changed_at = :now "
    "WHERE id = :id AND state = 'low_grade'"
)
_RANK = text("UPDATE message SET rank = :rank WHERE id = :id")
_STATE = text(
    "UPDATE conversation SET state = :state, ended_because = :because, changed_at = :now "
    "WHERE id = :id AND state <> :state"
)
_TASKS = text(
    "SELECT id, fingerprint FROM task WHERE project_id = :project_id "
    "AND fingerprint IN :fingerprints"
).bindparams(bindparam("fingerprints", expanding=True))
# Never below what is taken: who is at it may finish, and is paid.
_PLACES = text(
    "UPDATE queue SET wanted = CASE WHEN taken > :places THEN taken ELSE :places END "
    "WHERE task_id = :task_id AND wanted > :places"
)
_WANTED = text("SELECT wanted FROM queue WHERE task_id = :task_id")
_ASKED = text("SELECT conversation_id, message_id FROM message_task WHERE task_id = :task_id")
_DONE = text("UPDATE message_task SET done = :yes WHERE task_id = :task_id")


@dataclass(frozen=True, slots=True)
class Conversation:
    """A tree without its messages; its size is what the project's terms were when it began."""

    id: int
    project_id: int
    state: State
    language: str
    wanted_messages: int
    most_depth: int
    most_replies: int
    ended_because: str | None
    created_at: Instant
    changed_at: Instant


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in a list: how it begins and how many messages it has."""

    conversation: Conversation
    prompt: str
    accepted: int


@dataclass(frozen=True, slots=True)
class Written:
    """A message with its words and what reviewers thought of it."""

    message: Message
    text: str
    quality: float | None
    reviews: int
    annotation_id: int | None
    model: str | None
    created_at: Instant


@dataclass(frozen=True, slots=True)
class Fresh:
    """An answer that no tree has taken in; without `conversation_id` its task began none yet."""

    id: int
    task_id: int
    person_id: int
    value: dict[str, Any]
    counted: bool
    superseded: bool
    submitted_at: Instant
    data: dict[str, Any]
    conversation_id: int | None
    message_id: int | None
    step: str | None


def load_terms(connection: Connection, project_id: int) -> Terms:
    """Load what a project asks of its trees; the usual terms where it has set none."""
    row = connection.execute(_TERMS, {"project_id": project_id}).one_or_none()
    return Terms() if row is None else Terms(*row)


def lock_terms(connection: Connection, project_id: int, now: Instant) -> Terms:
    """Load the terms and let nobody else grow this project's trees until commit."""
    first = {"project_id": project_id, "changed_at": now, **_plain(Terms())}
    statement = insert(connection, conversation_terms).on_conflict_do_nothing()
    connection.execute(statement, first)
    row = connection.execute(_LOCK, {"project_id": project_id}).one()
    return Terms(*row[:6])


def save_terms(connection: Connection, project_id: int, terms: Terms, now: Instant) -> None:
    """Write the terms of a project whose terms are locked."""
    connection.execute(_SET_TERMS, {"project_id": project_id, "now": now, **_plain(terms)})


def has_fresh(connection: Connection, project_id: int) -> bool:
    """Say whether there is an answer that no tree has taken in."""
    return connection.execute(_ANY_FRESH, {"project_id": project_id}).first() is not None


def list_fresh(connection: Connection, project_id: int, most: int) -> list[Fresh]:
    """List answers that no tree has taken in, oldest first."""
    found = connection.execute(_FRESH, {"project_id": project_id, "most": most})
    return [
        Fresh(
            row.id, row.task_id, row.person_id, orjson.loads(row.value), bool(row.counted),
            bool(row.superseded), row.submitted_at, orjson.loads(row.data), row.conversation_id,
            row.message_id, row.step,
        )
        for row in found
    ]  # fmt: skip


def mark_taken(
    connection: Connection, project_id: int, answers: Sequence[Fresh], settled_before: Instant
) -> None:
    """Remember that these answers were taken in; what came before an instant is left alone."""
    if not answers:
        return
    statement = insert(connection, conversation_answer).on_conflict_do_nothing()
    connection.execute(statement, [{"annotation_id": one.id} for one in answers])
    old = [one.id for one in answers if one.submitted_at < settled_before]
    if old:
        connection.execute(_TAKEN_TO, {"project_id": project_id, "taken_to": max(old)})


def add_conversation(
    connection: Connection, project_id: int, terms: Terms, language: str, now: Instant
) -> int:
    """Begin a conversation."""
    row = {
        "project_id": project_id,
        "state": "prompt_review",
        "language": language[:35],
        "wanted_messages": terms.wanted_messages,
        "most_depth": terms.most_depth,
        "most_replies": terms.most_replies,
        "created_at": now,
        "changed_at": now,
    }
    statement = conversation.insert().returning(conversation.c.id)
    return cast(int, connection.execute(statement, row).scalar_one())


def add_message(
    connection: Connection,
    *,
    conversation_id: int,
    project_id: int,
    parent_id: int | None,
    role: str,
    depth: int,
    words: str,
    state: str,
    now: Instant,
    author_id: int | None = None,
    annotation_id: int | None = None,
) -> int:
    """Add a turn to a conversation."""
    row = {
        "conversation_id": conversation_id,
        "project_id": project_id,
        "parent_id": parent_id,
        "role": role,
        "depth": depth,
        "text": words,
        "author_id": author_id,
        "annotation_id": annotation_id,
        "state": state,
        "created_at": now,
    }
    statement = message.insert().returning(message.c.id)
    return cast(int, connection.execute(statement, row).scalar_one())


def find_message(connection: Connection, task_id: int, person_id: int) -> int | None:
    """Find the message that a person wrote in a task."""
    found = connection.execute(_OF_PERSON, {"task_id": task_id, "person_id": person_id})
    return found.scalar_one_or_none()


def rewrite(connection: Connection, message_id: int, annotation_id: int, words: str) -> bool:
    """Take a newer text of its author; False once somebody has been given it to review."""
    task_id = connection.execute(_UNSEEN, {"message_id": message_id}).scalar_one_or_none()
    if task_id is None:
        return False
    connection.execute(_REWRITE, {"id": message_id, "text": words, "annotation_id": annotation_id})
    data = orjson.loads(connection.execute(_TASK_DATA, {"task_id": task_id}).scalar_one())
    data["conversation"][-1]["text"] = words
    connection.execute(_REWRITE_TASK, {"task_id": task_id, "data": orjson.dumps(data).decode()})
    return True


def load_conversation(connection: Connection, conversation_id: int) -> Conversation | None:
    """Load a conversation without its messages."""
    row = connection.execute(_CONVERSATION, {"id": conversation_id}).one_or_none()
    return None if row is None else Conversation(*row)


def list_conversations(
    connection: Connection, project_id: int, state: str = "", after: int = 0, most: int = 50
) -> list[Listed]:
    """List conversations, eldest first; `state` "" for all."""
    asked = {"project_id": project_id, "state": state, "after": after, "most": most}
    found = connection.execute(_LISTED, asked)
    return [Listed(Conversation(*row[:10]), row.prompt or "", row.accepted) for row in found]


def count_states(connection: Connection, project_id: int) -> dict[str, int]:
    """Count a project's conversations by state."""
    found = connection.execute(_COUNTED, {"project_id": project_id})
    return {row.state: row.n for row in found}


def list_going_on(connection: Connection, project_id: int) -> list[int]:
    """List the conversations that have not ended."""
    return list(connection.execute(_GOING_ON, {"project_id": project_id}).scalars())


def load_messages(connection: Connection, conversation_id: int) -> list[Written]:
    """Load a conversation's messages, eldest first."""
    found = connection.execute(_MESSAGES, {"conversation_id": conversation_id})
    return [
        Written(
            Message(row.id, row.parent_id, row.role, row.depth, row.state, row.author_id, row.rank),
            row.text,
            row.quality,
            row.reviews,
            row.annotation_id,
            row.model,
            row.created_at,
        )
        for row in found
    ]


def load_asks(
    connection: Connection, conversation_id: int
) -> tuple[list[tuple[int, int, str, bool]], dict[int, list[tuple[int, dict[str, Any]]]]]:
    """Load (task, message, step, done) of a conversation's tasks, and (person, value) by task."""
    asked = {"conversation_id": conversation_id}
    asks = [
        (row.task_id, row.message_id, row.step, bool(row.done))
        for row in connection.execute(_ASKS, asked)
    ]
    answers: dict[int, list[tuple[int, dict[str, Any]]]] = {}
    for row in connection.execute(_ANSWERS, asked):
        answers.setdefault(row.task_id, []).append((row.person_id, orjson.loads(row.value)))
    return asks, answers


def find_tasks(
    connection: Connection, project_id: int, fingerprints: Sequence[str]
) -> dict[str, int]:
    """Find tasks by fingerprint."""
    if not fingerprints:
        return {}
    asked = {"project_id": project_id, "fingerprints": list(fingerprints)}
    return {row.fingerprint: row.id for row in connection.execute(_TASKS, asked)}


def add_ask(
    connection: Connection,
    *,
    project_id: int,
    conversation_id: int,
    message_id: int,
    task_id: int,
    step: str,
    never: Iterable[int],
    now: Instant,
) -> None:
    """Note what a task asks about which message, and keep it from some people for ever."""
    row = {
        "task_id": task_id,
        "conversation_id": conversation_id,
        "message_id": message_id,
        "step": step,
    }
    connection.execute(insert(connection, message_task).on_conflict_do_nothing(), row)
    bars = [
        {
            "task_id": task_id,
            "person_id": person_id,
            "project_id": project_id,
            "state": "released",
            "hold": "online",
            "served_at": now,
            "expires_at": now,
            "ended_at": now,
        }
        for person_id in sorted(never)
    ]
    if bars:
        connection.execute(insert(connection, lease).on_conflict_do_nothing(), bars)


def find_ask(connection: Connection, task_id: int) -> tuple[int, int] | None:
    """Find (conversation, message) that a task asks about."""
    row = connection.execute(_ASKED, {"task_id": task_id}).one_or_none()
    return None if row is None else (row.conversation_id, row.message_id)


def wanted_of(connection: Connection, task_id: int) -> int:
    """Say how many answers a task asks for."""
    return cast(int, connection.execute(_WANTED, {"task_id": task_id}).scalar_one())


def lower_places(connection: Connection, task_id: int, places: int) -> None:
    """Ask for no more answers than `places`; who holds the task may finish it."""
    connection.execute(_PLACES, {"task_id": task_id, "places": places})


def close_ask(connection: Connection, task_id: int) -> None:
    """Ask nobody any more."""
    lower_places(connection, task_id, 0)
    connection.execute(_DONE, {"task_id": task_id, "yes": True})


def settle(connection: Connection, settled: Settled) -> None:
    """Write what a message's reviews came to."""
    row = {
        "id": settled.message_id,
        "state": "accepted" if settled.accepted else "rejected",
        "quality": settled.quality,
        "reviews": settled.reviews,
    }
    connection.execute(_SETTLE, row)


def accept_message(connection: Connection, message_id: int, now: Instant) -> int | None:
    """Take a rejected message after all; gives its conversation, None where it was not rejected.

    A conversation that ended with it grows again.
    """
    found = connection.execute(_ACCEPT, {"id": message_id}).scalar_one_or_none()
    if found is not None:
        connection.execute(_REVIVE, {"id": found, "now": now})
    return found


def set_ranks(connection: Connection, ranks: Mapping[int, int]) -> None:
    """Write the places of messages among their siblings, 0 the best."""
    connection.execute(_RANK, [{"id": one, "rank": rank} for one, rank in ranks.items()])


def set_state(
    connection: Connection, conversation_id: int, state: State, because: str, now: Instant
) -> bool:
    """Write a conversation's state; False when it was that already."""
    row = {"id": conversation_id, "state": state, "because": because[:200] or None, "now": now}
    return connection.execute(_STATE, row).rowcount > 0


def _plain(terms: Terms) -> dict[str, Any]:
    return {
        "reviews": terms.reviews,
        "accept_share": terms.accept_share,
        "rankings": terms.rankings,
        "wanted_messages": terms.wanted_messages,
        "most_depth": terms.most_depth,
        "most_replies": terms.most_replies,
    }
