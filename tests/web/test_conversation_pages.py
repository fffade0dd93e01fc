"""Conversation trees at their doors: the owner's pages, the API, the preview of Markdown."""

from __future__ import annotations

import json

import pytest

from fairhand.use_cases.create_project import CreateProject, create_project
from fairhand.use_cases.read_templates import read_template
from fairhand.work.conversations import store
from fairhand.work.conversations.rules import Settled, Terms
from fairhand.work.projects.rules import ProjectPolicy
from tests.web.world import World


def plant(world: World) -> tuple[int, int]:
    """A project of trees, and one that is ready: a prompt and two ranked replies, one left out."""
    template = read_template("conversation-trees")
    carmen, now = world.people["Carmen"], world.cast.clock.now
    policy = ProjectPolicy(
        title="Trees",
        purpose="To try conversations.",
        guidelines="Be kind.",
        questions=template.questions,
        currency="GBP",
        rate_micros_per_hour=1_500_000_000,
        min_overlap=1,
        max_overlap=1,
        target_confidence=0.9,
    )
    db = world.house.db
    project = create_project(db, CreateProject(carmen, policy, "demo"), now)
    with db.write() as connection:
        tree = store.add_conversation(connection, project.id, Terms(), "en", now)

        def say(parent: int | None, role: str, depth: int, words: str, state: str) -> int:
            return store.add_message(
                connection,
                conversation_id=tree,
                project_id=project.id,
                parent_id=parent,
                role=role,
                depth=depth,
                words=words,
                state=state,
                now=now,
            )

        root = say(None, "prompter", 0, "How far is **the moon**?", "accepted")
        worse = say(root, "assistant", 1, "Far. <script>alert(1)</script>", "accepted")
        best = say(root, "assistant", 1, "About 384,000 km.", "accepted")
        say(root, "assistant", 1, "I would rather not say.", "rejected")
        store.set_ranks(connection, {best: 0, worse: 1})
        store.settle(connection, Settled(best, True, 0.75, 3, 3, (), ()))
        store.set_state(connection, tree, "ready", "", now)
    return project.id, tree


@pytest.fixture
def trees(world: World) -> tuple[int, int]:
    return plant(world)


def test_the_owner_sees_where_trees_stand_and_reads_one(
    world: World, trees: tuple[int, int]
) -> None:
    project, tree = trees
    carmen = world.client("Carmen")
    listed = carmen.get(f"/projects/{project}/conversations?state=ready").text
    assert "How far is **the moon**?" in listed
    assert "3 of 12" in listed
    read = carmen.get(f"/projects/{project}/conversations/{tree}").text
    assert "<strong>the moon</strong>" in read
    assert "<script>alert" not in read
    assert read.index("384,000") < read.index("Far.") < read.index("rather not")
    assert "left out" in read


def test_terms_are_set_on_the_page_and_what_cannot_be_is_said_beside_the_field(
    world: World, trees: tuple[int, int]
) -> None:
    carmen = world.client("Carmen")
    path = f"/projects/{trees[0]}/conversations"
    token = {"csrf_token": carmen.headers["x-csrf-token"]}
    typed = {
        "reviews": "2", "accept_percent": "50 %", "rankings": "0", "wanted_messages": "5",
        "most_depth": "2", "most_replies": "2",
    }  # fmt: skip
    assert carmen.post(f"{path}/terms", data=typed | token).status_code == 303
    with world.house.db.read() as connection:
        assert store.load_terms(connection, trees[0]) == Terms(2, 0.5, 0, 5, 2, 2)
    wrong = carmen.post(f"{path}/terms", data=typed | token | {"reviews": "many"})
    assert wrong.status_code == 422
    assert "Write a whole number." in wrong.text


def test_a_tree_that_has_ended_cannot_be_halted_and_one_that_grows_can(
    world: World, trees: tuple[int, int]
) -> None:
    project, tree = trees
    carmen = world.client("Carmen")
    told = carmen.post(
        f"/api/v1/projects/{project}/conversations/{tree}/halt", json={"reason": "x"}
    )
    assert (told.status_code, told.json()["code"]) == (409, "has_ended")
    with world.house.db.write() as connection:
        store.set_state(connection, tree, "growing", "", world.cast.clock.now)
    token = {"csrf_token": carmen.headers["x-csrf-token"], "reason": "It names a person."}
    path = f"/projects/{project}/conversations/{tree}"
    assert carmen.post(f"{path}/halt", data=token).status_code == 303
    assert "It names a person." in carmen.get(path).text


def test_ready_trees_are_given_in_three_forms_without_anybodys_name(
    world: World, trees: tuple[int, int]
) -> None:
    project, tree = trees
    carmen = world.client("Carmen")

    def lines(form: str) -> list[dict[str, object]]:
        found = carmen.get(f"/api/v1/projects/{project}/conversations/export?form={form}")
        assert found.status_code == 200
        return [json.loads(line) for line in found.text.splitlines()]

    (whole,) = lines("trees")
    assert whole["conversation"] == tree
    replies = whole["prompt"]["replies"]  # type: ignore[index]
    assert [(one["rank"], one["quality"]) for one in replies] == [(0, 0.75), (1, None)]
    (chat,) = lines("chats")
    assert chat["messages"] == [
        {"role": "user", "content": "How far is **the moon**?"},
        {"role": "assistant", "content": "About 384,000 km."},
    ]
    (pair,) = lines("preferences")
    assert pair["chosen"] == [{"role": "assistant", "content": "About 384,000 km."}]
    assert carmen.get(f"/api/v1/projects/{project}/conversations/export?form=x").status_code == 422


def test_the_api_lists_counts_and_reads(world: World, trees: tuple[int, int]) -> None:
    project, tree = trees
    carmen = world.client("Carmen")
    path = f"/api/v1/projects/{project}/conversations"
    told = carmen.get(path).json()
    assert told["counts"]["ready"] == 1
    assert told["grows"] is True
    assert [one["conversation_id"] for one in told["conversations"]] == [tree]
    assert len(carmen.get(f"{path}/{tree}").json()["messages"]) == 4
    assert carmen.get(f"{path}/{tree + 1}").status_code == 404
    assert carmen.get(f"{path}?state=asleep").status_code == 404
    assert world.client("Amina").get(path).status_code == 403


def test_markdown_is_previewed_safely_by_whoever_may_work(world: World) -> None:
    amina = world.client("Amina")
    words = "# Hi\n<b>x</b> ![p](https://example.org/p.png)"
    told = amina.post("/api/v1/preview", json={"text": words})
    assert told.status_code == 200
    html = told.json()["html"]
    assert "<h3>Hi</h3>" in html
    assert "<img" not in html
    assert "<b>" not in html
    assert world.client().post("/api/v1/preview", json={"text": "x"}).status_code == 401
