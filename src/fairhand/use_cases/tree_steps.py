"""One conversation tree takes in an answer, and grows by what follows from its answers.

A part of `grow_conversations`, `halt_conversation`, `set_conversation_terms` and of upheld appeals;
what is to follow is decided by `work.conversations.rules`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from fairhand.core.clock import Instant
from fairhand.core.ids import sha256_hex
from fairhand.core.systems import loaded
from fairhand.labels.answers import Asked
from fairhand.labels.replies import CONVERSATION, REPLIES, read_conversation
from fairhand.model.decision import NewDecision
from fairhand.model.project import Project
from fairhand.model.task import NewTask
from fairhand.people.accounts import store as accounts
from fairhand.people.conduct import words
from fairhand.storage.database import Connection
from fairhand.use_cases.note_decision import note_decision
from fairhand.work.assignment import store as queue
from fairhand.work.conversations import store
from fairhand.work.conversations.rules import (
    ENDED,
    KEEP,
    ORDER,
    QUALITY,
    REASON,
    STEP,
    WRITTEN,
    YES,
    Ask,
    Plan,
    Role,
    Said,
    Settled,
    Terms,
    Tree,
    Wanted,
    plan,
)
from fairhand.work.conversations.store import Conversation, Fresh, Written
from fairhand.work.projects import store as projects

_OTHER: Mapping[str, Role] = {"prompter": "assistant", "assistant": "prompter"}


@dataclass(frozen=True, slots=True)
class Grown:
    """What one look at a tree did."""

    accepted: int = 0
    rejected: int = 0
    asked: int = 0
    state: str = ""


def asks_for_trees(questions: Sequence[Asked]) -> bool:
    """Say whether a project's questions grow conversations: one asks for a text on a step."""
    return any(
        one.kind == "text"
        and one.name in WRITTEN
        and one.only_if is not None
        and one.only_if.get("data") == STEP
        for one in questions
    )


def take_answer(
    connection: Connection, project_id: int, terms: Terms, answer: Fresh, now: Instant
) -> int | None:
    """Make a message of what was written; gives the conversation that has something new."""
    if not answer.counted or answer.superseded:
        return None
    words_written = next((answer.value[name] for name in WRITTEN if name in answer.value), None)
    if answer.step in ("review", "rank") or not isinstance(words_written, str):
        return answer.conversation_id
    before = store.find_message(connection, answer.task_id, answer.person_id)
    if before is not None:
        store.rewrite(connection, before, answer.id, words_written)
        return answer.conversation_id
    place = _place_of(connection, project_id, terms, answer, now)
    if place is None:
        return None
    conversation_id, parent = place
    store.add_message(
        connection,
        conversation_id=conversation_id,
        project_id=project_id,
        parent_id=parent.message.id if parent else None,
        role=_OTHER[parent.message.role] if parent else "prompter",
        depth=parent.message.depth + 1 if parent else 0,
        words=words_written,
        state="review",
        now=now,
        author_id=answer.person_id,
        annotation_id=answer.id,
    )
    return conversation_id


def grow_tree(
    connection: Connection, project: Project, terms: Terms, conversation_id: int, now: Instant
) -> Grown:
    """Do what follows from a tree's answers; done again it changes nothing."""
    conversation = store.load_conversation(connection, conversation_id)
    version = projects.load_version(connection, project.id, project.version)
    if conversation is None or version is None:
        return Grown()
    written = {one.message.id: one for one in store.load_messages(connection, conversation_id)}
    tree = _tree(connection, conversation, written, version.questions)
    sized = replace(
        terms,
        wanted_messages=conversation.wanted_messages,
        most_depth=conversation.most_depth,
        most_replies=conversation.most_replies,
    )
    following: Plan = loaded("conversation.gate", plan)(tree, sized)
    for settled in following.settled:
        store.settle(connection, settled)
        if not settled.accepted:
            _tell_author(connection, project.id, written[settled.message_id], settled, sized, now)
    if following.ranks:
        store.set_ranks(connection, following.ranks)
    for task_id in following.done:
        store.close_ask(connection, task_id)
    asked = _ask(connection, project, conversation, written, tree, following, now)
    store.set_state(connection, conversation_id, following.state, following.because, now)
    accepted = sum(one.accepted for one in following.settled)
    return Grown(accepted, len(following.settled) - accepted, asked, following.state)


def accept_after_all(connection: Connection, message_id: int, now: Instant) -> bool:
    """Take a message that reviewers rejected, after an appeal; its tree goes on with it."""
    conversation_id = store.accept_message(connection, message_id, now)
    if conversation_id is None:
        return False
    conversation = store.load_conversation(connection, conversation_id)
    project = projects.load_project(connection, conversation.project_id) if conversation else None
    if project is not None:
        terms = store.lock_terms(connection, project.id, now)
        grow_tree(connection, project, terms, conversation_id, now)
    return True


def _place_of(
    connection: Connection, project_id: int, terms: Terms, answer: Fresh, now: Instant
) -> tuple[int, Written | None] | None:
    """Find where a text belongs: under a message, or at the root of a new conversation (None).

    Gives None where it belongs nowhere: its conversation has ended, or its task had none.
    """
    language = str(answer.data.get("language", ""))
    if "prompt" in answer.value:
        return store.add_conversation(connection, project_id, terms, language, now), None
    asked = store.find_ask(connection, answer.task_id)
    if asked is None:
        return _begin_with(connection, project_id, terms, answer, now)
    conversation = store.load_conversation(connection, asked[0])
    if conversation is None or conversation.state in ENDED:
        return None
    messages = store.load_messages(connection, conversation.id)
    parent = next((one for one in messages if one.message.id == asked[1]), None)
    return None if parent is None else (conversation.id, parent)


def _begin_with(
    connection: Connection, project_id: int, terms: Terms, answer: Fresh, now: Instant
) -> tuple[int, Written] | None:
    """Begin a conversation with turns that came with the import; they need no review."""
    turns = [
        turn
        for turn in read_conversation(answer.data.get(CONVERSATION))
        if turn.role in _OTHER and turn.text
    ]
    if not turns:
        return None
    language = str(answer.data.get("language", ""))
    conversation_id = store.add_conversation(connection, project_id, terms, language, now)
    last: int | None = None
    for depth, turn in enumerate(turns):
        last = store.add_message(
            connection,
            conversation_id=conversation_id,
            project_id=project_id,
            parent_id=last,
            role=turn.role,
            depth=depth,
            words=turn.text,
            state="accepted",
            now=now,
        )
    assert last is not None, "there is a turn"  # noqa: S101
    store.add_ask(
        connection,
        project_id=project_id,
        conversation_id=conversation_id,
        message_id=last,
        task_id=answer.task_id,
        step="reply",
        never=(),
        now=now,
    )
    return conversation_id, store.load_messages(connection, conversation_id)[-1]


def _tree(
    connection: Connection,
    conversation: Conversation,
    written: Mapping[int, Written],
    questions: Sequence[Asked],
) -> Tree:
    asks, answers = store.load_asks(connection, conversation.id)
    scale = _scale(questions)
    return Tree(
        conversation.id,
        conversation.state,
        tuple(one.message for one in written.values()),
        tuple(
            Ask(
                task_id,
                message_id,
                cast(Any, step),
                done,
                tuple(_said(who, value, scale) for who, value in answers.get(task_id, ())),
            )
            for task_id, message_id, step, done in asks
        ),
    )


def _scale(questions: Sequence[Asked]) -> Mapping[str, float]:
    """Map the grades of the question `quality` to 0 (the first) up to 1 (the last)."""
    for one in questions:
        if one.name == QUALITY and one.kind == "choice":
            grades = [label["value"] for label in one.config["labels"]]
            return {grade: at / max(1, len(grades) - 1) for at, grade in enumerate(grades)}
    return {}


def _said(person_id: int, value: Mapping[str, Any], scale: Mapping[str, float]) -> Said:
    grade, order = value.get(QUALITY), value.get(ORDER) or {}
    ranks = order.get("ranks") or [[order[end]] for end in ("best", "worst") if end in order]
    return Said(
        person_id,
        keeps=value.get(KEEP) == YES,
        quality=scale.get(grade) if isinstance(grade, str) else None,
        reason=str(value.get(REASON, "")),
        order=tuple(tuple(int(one) for one in tied) for tied in ranks),
    )


def _ask(
    connection: Connection,
    project: Project,
    conversation: Conversation,
    written: Mapping[int, Written],
    tree: Tree,
    following: Plan,
    now: Instant,
) -> int:
    """Make the tasks that are wanted, or ask for more or fewer answers in those there are."""
    there = {(one.message_id, one.step): one.task_id for one in tree.asks}
    accepted = {one.message_id for one in following.settled if one.accepted}
    new: dict[str, tuple[Wanted, NewTask]] = {}
    for one in following.wanted:
        task_id = there.get((one.message_id, one.step))
        if task_id is None:
            task = _task(conversation, written, accepted, one)
            new[task.fingerprint] = (one, task)
        elif store.wanted_of(connection, task_id) < one.places:
            queue.reopen(connection, task_id, project.id, one.places)
        else:
            store.lower_places(connection, task_id, one.places)
    tasks = [task for _, task in new.values()]
    projects.add_tasks(connection, project, tasks, [None] * len(tasks), now)
    for fingerprint, task_id in store.find_tasks(connection, project.id, list(new)).items():
        one = new[fingerprint][0]
        store.add_ask(
            connection,
            project_id=project.id,
            conversation_id=conversation.id,
            message_id=one.message_id,
            task_id=task_id,
            step=one.step,
            never=one.never,
            now=now,
        )
        if store.wanted_of(connection, task_id) < one.places:
            queue.reopen(connection, task_id, project.id, one.places)
        else:
            store.lower_places(connection, task_id, one.places)
    return len(new)


def _task(
    conversation: Conversation, written: Mapping[int, Written], accepted: set[int], one: Wanted
) -> NewTask:
    """Write a task: the turns up to its message, and for a ranking the replies to it."""
    role = written[one.message_id].message.role
    step = "follow_up" if one.step == "reply" and role == "assistant" else one.step
    data: dict[str, Any] = {STEP: step, CONVERSATION: _turns(written, one.message_id)}
    if one.step == "rank":
        data[REPLIES] = [
            {"id": str(child.message.id), "text": child.text}
            for child in written.values()
            if child.message.parent_id == one.message_id
            and (child.message.state == "accepted" or child.message.id in accepted)
        ]
    if conversation.language:
        data["language"] = conversation.language
    name = f"conversation:{conversation.id}:{one.step}:{one.message_id}"
    return NewTask(data, sha256_hex(name.encode()), name)


def _turns(written: Mapping[int, Written], message_id: int) -> list[dict[str, str]]:
    turns: list[dict[str, str]] = []
    at: int | None = message_id
    while at is not None:
        one = written[at]
        turns.append({"role": one.message.role, "text": one.text})
        at = one.message.parent_id
    return turns[::-1]


def _tell_author(
    connection: Connection,
    project_id: int,
    one: Written,
    settled: Settled,
    terms: Terms,
    now: Instant,
) -> None:
    """Say to its author why a message was not taken; simulated people are told nothing."""
    author_id, annotation_id = one.message.author_id, one.annotation_id
    person = accounts.load_person(connection, author_id) if author_id is not None else None
    if person is None or author_id is None or annotation_id is None or person.is_simulated:
        return
    new = NewDecision(
        person_id=author_id,
        project_id=project_id,
        kind="answer_not_taken",
        reason=words.MESSAGE_REASON,
        counterfactual=words.MESSAGE_OTHERWISE,
        values={
            "message": one.message.id,
            "kept": settled.keeps,
            "of": settled.reviews,
            "percent": round(100 * terms.accept_share),
        },
        pay_effect=words.NO_PAY_EFFECT,
        inputs={
            "message": one.message.id,
            "annotation": annotation_id,
            "your answer": one.text[:1_000],
            "reviewers": settled.reviews,
            "reviewers who kept it": settled.keeps,
            "what reviewers wrote": [reason[:500] for reason in settled.reasons],
        },
        weights=[("reviewers who kept it", f"{settled.keeps} of {settled.reviews}")],
        subject={"message": one.message.id, "annotation": annotation_id},
        system="conversation.gate",
        behind=settled.by,
        client_key=f"message:{one.message.id}",
    )
    note_decision(connection, new, now)
