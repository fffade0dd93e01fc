"""Conversation trees grow out of answers: three people, from a prompt to ranked replies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.model.project import Project
from fairhand.model.task import NewTask
from fairhand.people.conduct import store as conduct
from fairhand.storage.database import Database
from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.grow_conversations import ConversationsGrown, grow_conversations
from fairhand.use_cases.halt_conversation import HaltConversation, halt_conversation
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.read_templates import read_template
from fairhand.use_cases.repair_decision import Why, repair_decision
from fairhand.use_cases.set_conversation_terms import (
    SetConversationTerms,
    set_conversation_terms,
)
from fairhand.work.conversations import store
from fairhand.work.conversations.rules import Terms
from fairhand.work.projects import store as projects
from fairhand.work.projects.rules import ProjectPolicy
from tests.stories.quality_world import (
    IDLE_CAP_MS,
    MORNING,
    TERMS,
    QualityWorld,
    add_person,
)

SMALL = Terms(reviews=2, accept_share=0.6, rankings=1, wanted_messages=3, most_depth=1,
              most_replies=2)  # fmt: skip
AMINA, BAO, ESI = 0, 1, 2


@dataclass(slots=True)
class Grove:
    """A project of the template, with one task to begin a conversation."""

    world: QualityWorld
    project: Project
    said: list[tuple[int, str, list[str]]] = field(default_factory=list)

    @property
    def db(self) -> Database:
        return self.world.db

    def next_task(self, who: int) -> tuple[int, dict[str, Any]] | None:
        """Hand a person a task; give it with its data."""
        self.world.now = Instant(self.world.now + 5_000)
        asked = HandOutTask(self.world.people[who], self.project.id)
        handed = hand_out_task(self.db, asked, self.world.now, terms=TERMS, idle_cap_ms=IDLE_CAP_MS)
        if handed.lease is None:
            return None
        with self.db.read() as connection:
            sheet = projects.load_task_sheet(connection, handed.lease.task_id, 0)
        assert sheet is not None
        return sheet.task.id, sheet.task.data

    def answer(self, who: int, value: dict[str, Any]) -> int:
        """Let a person answer what they are given."""
        given = self.next_task(who)
        assert given is not None, f"there is nothing for person {who}"
        self.world.submit(who, given[0], value)
        self.grow()
        return given[0]

    def grow(self) -> ConversationsGrown:
        return grow_conversations(self.db, self.project.id, self.world.now)

    def work(self, who: int, keeps: bool = True) -> str | None:
        """Let a person do the next thing as a careful person would; says which step it was."""
        given = self.next_task(who)
        if given is None:
            return None
        task_id, data = given
        step = str(data["step"])
        self.said.append((who, step, [turn["text"] for turn in data.get("conversation", [])]))
        self.world.submit(who, task_id, self._value(who, step, data, keeps))
        self.grow()
        return step

    def _value(self, who: int, step: str, data: dict[str, Any], keeps: bool) -> dict[str, Any]:
        if step == "review":
            no = {"keep": "no", "reason": "It answers another question."}
            return {"keep": "yes", "quality": "good"} if keeps else no
        if step == "rank":
            ids = sorted((one["id"] for one in data["replies"]), key=int, reverse=True)
            return {"order": {"ranks": [[one] for one in ids]}}
        return {step: f"A {step} by person {who}, long enough."}

    def state(self) -> str:
        with self.db.read() as connection:
            (only,) = store.list_conversations(connection, self.project.id)
        return only.conversation.state

    def messages(self) -> list[store.Written]:
        with self.db.read() as connection:
            (only,) = store.list_conversations(connection, self.project.id)
            return store.load_messages(connection, only.conversation.id)

    def rows(self, sql: str) -> list[Any]:
        with self.db.read() as connection:
            return list(connection.execute(text(sql)))


@pytest.fixture
def grove(sqlite_db: Database) -> Grove:
    return plant(sqlite_db, {"step": "prompt", "text": "Begin."})


def plant(db: Database, *rows: dict[str, Any]) -> Grove:
    template = read_template("conversation-trees")
    policy = ProjectPolicy(
        title=template.title,
        purpose=template.purpose,
        guidelines=template.guidelines,
        questions=template.questions,
        currency="GBP",
        rate_micros_per_hour=1_500_000_000,
        min_overlap=1,
        max_overlap=1,
        target_confidence=0.9,
    )
    carmen, *people = [add_person(db, name) for name in ("Carmen", "Amina", "Bao", "Esi")]
    project = create_project(db, CreateProject(carmen, policy, mode="demo"), MORNING)
    tasks = [NewTask(row, f"{at:064d}", f"row {at}") for at, row in enumerate(rows)]
    with db.write() as connection:
        projects.add_tasks(connection, project, tasks, [None] * len(tasks), MORNING)
    set_conversation_terms(db, SetConversationTerms(carmen, project.id, SMALL), MORNING)
    for person_id in people:
        join_project(db, JoinProject(person_id, project.id), MORNING)
    return Grove(QualityWorld(db, project, [], people), project)


def test_three_people_grow_a_tree_from_a_prompt_to_ranked_replies(db: Database) -> None:
    grove = plant(db, {"step": "prompt", "text": "Begin."})
    assert grove.work(AMINA) == "prompt"
    assert grove.state() == "prompt_review"
    assert grove.work(AMINA) is None
    assert (grove.work(BAO), grove.work(ESI)) == ("review", "review")
    assert grove.state() == "growing"
    assert grove.work(AMINA) is None
    assert (grove.work(BAO), grove.work(ESI)) == ("reply", "reply")
    steps = [grove.work(who) for who in (AMINA, AMINA, BAO, ESI)]
    assert steps == ["review"] * 4
    assert grove.state() == "ranking"
    assert (grove.work(BAO), grove.work(ESI)) == (None, None)
    assert grove.work(AMINA) == "rank"
    assert grove.state() == "ready"
    assert [grove.work(who) for who in (AMINA, BAO, ESI)] == [None] * 3
    prompt, one, two = grove.messages()
    assert [prompt.message.author_id, one.message.author_id, two.message.author_id] == [
        grove.world.people[who] for who in (AMINA, BAO, ESI)
    ]
    assert (one.message.rank, two.message.rank) == (1, 0)
    assert one.quality == pytest.approx(2 / 3)


def test_nobody_is_given_their_own_words_to_review_or_rank(grove: Grove) -> None:
    while any(grove.work(who) for who in (AMINA, BAO, ESI)):
        pass
    assert grove.state() == "ready"
    reviews = [(who, turns[-1]) for who, step, turns in grove.said if step == "review"]
    assert len(reviews) == 6
    assert all(f"person {who}," not in words for who, words in reviews)


def test_growing_again_without_new_answers_changes_nothing(grove: Grove) -> None:
    grove.work(AMINA)
    grove.work(BAO)
    before = grove.rows("SELECT * FROM message_task"), grove.rows("SELECT * FROM queue")
    assert grove.grow() == ConversationsGrown()
    carmen = 1
    set_conversation_terms(grove.db, SetConversationTerms(carmen, grove.project.id, SMALL), MORNING)
    assert (grove.rows("SELECT * FROM message_task"), grove.rows("SELECT * FROM queue")) == before


def test_a_rejected_message_is_told_with_its_reasons_and_comes_back_by_appeal(grove: Grove) -> None:
    grove.work(AMINA)
    grove.work(BAO, keeps=False)
    grove.work(ESI, keeps=False)
    assert grove.state() == "low_grade"
    with grove.db.read() as connection:
        (row,) = connection.execute(text("SELECT id, person_id, kind, reason FROM decision")).all()
        decision = conduct.load_decision(connection, row.id)
    assert (row.person_id, row.kind) == (grove.world.people[AMINA], "answer_not_taken")
    assert "0 of 2 reviewers would keep it" in row.reason
    assert decision is not None
    assert decision.inputs["what reviewers wrote"] == ["It answers another question."] * 2
    assert sorted(decision.subject["behind"]) == sorted(grove.world.people[1:])
    why = Why("They had not read it.", decider_id=1)
    with grove.db.write() as connection:
        assert repair_decision(connection, decision, why, grove.world.now)["accepted"] is True
    assert grove.state() == "growing"
    assert grove.work(BAO) == "reply"


def test_who_changes_their_text_before_anybody_looks_at_it_is_reviewed_by_the_new_one(
    grove: Grove,
) -> None:
    given = grove.next_task(AMINA)
    assert given is not None
    first = grove.world.submit(AMINA, given[0], {"prompt": "The first words of it."})
    grove.grow()
    second = grove.world.submit(AMINA, given[0], {"prompt": "The better words of it."}, first)
    grove.grow()
    assert [one.text for one in grove.messages()] == ["The better words of it."]
    review = grove.next_task(BAO)
    assert review is not None
    assert review[1]["conversation"][-1]["text"] == "The better words of it."
    grove.world.submit(AMINA, given[0], {"prompt": "The very best words of it."}, second)
    grove.grow()
    assert [one.text for one in grove.messages()] == ["The better words of it."]


def test_an_author_who_reviews_themselves_by_the_back_door_is_not_counted(grove: Grove) -> None:
    grove.work(AMINA)
    (row,) = grove.rows("SELECT task_id FROM message_task WHERE step = 'review'")
    grove.world.submit(AMINA, row.task_id, {"keep": "yes", "quality": "excellent"})
    grove.grow()
    assert grove.state() == "prompt_review"
    assert (grove.work(BAO), grove.work(ESI)) == ("review", "review")
    assert grove.messages()[0].reviews == 2
    assert grove.messages()[0].quality == pytest.approx(2 / 3)


def test_a_conversation_that_came_with_the_data_goes_on_from_its_last_turn(
    sqlite_db: Database,
) -> None:
    turns = [{"role": "prompter", "text": "How far is the moon?"}]
    grove = plant(sqlite_db, {"step": "reply", "conversation": turns, "language": "en"})
    assert grove.work(BAO) == "reply"
    assert grove.state() == "growing"
    root, first = grove.messages()
    assert (root.message.state, root.message.author_id) == ("accepted", None)
    assert (first.message.role, first.message.depth) == ("assistant", 1)
    assert {grove.work(ESI), grove.work(ESI)} == {"reply", "review"}
    while any(grove.work(who) for who in (AMINA, BAO, ESI)):
        pass
    assert grove.state() == "ready"


def test_a_halted_tree_asks_nobody_any_more_and_what_was_begun_can_be_finished(
    grove: Grove,
) -> None:
    grove.work(AMINA)
    given = grove.next_task(BAO)
    assert given is not None
    (only,) = grove.rows("SELECT id FROM conversation")
    command = HaltConversation(1, grove.project.id, only.id, "It names a person.")
    halted = halt_conversation(grove.db, command, grove.world.now)
    assert (halted.state, halted.ended_because) == ("halted", "It names a person.")
    grove.world.submit(BAO, given[0], {"keep": "yes", "quality": "good"})
    grove.grow()
    assert grove.state() == "halted"
    assert (grove.work(BAO), grove.work(ESI)) == (None, None)
    with pytest.raises(ConflictError):
        halt_conversation(grove.db, command, grove.world.now)


def test_halting_needs_a_reason_and_a_conversation_of_the_project(grove: Grove) -> None:
    with pytest.raises(InvalidError):
        halt_conversation(grove.db, HaltConversation(1, grove.project.id, 1, "  "), MORNING)
    with pytest.raises(NotFoundError):
        halt_conversation(grove.db, HaltConversation(1, grove.project.id, 99, "why"), MORNING)


def test_a_project_that_asks_something_else_grows_nothing(sqlite_db: Database) -> None:
    from tests.stories.quality_world import make_quality_world

    world = make_quality_world(sqlite_db, tasks=1, people=1)
    world.submit_next(0, lambda _who, _task: {"pet": "cat"})
    assert grow_conversations(sqlite_db, world.project.id, world.now) == ConversationsGrown()
