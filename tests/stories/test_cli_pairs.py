"""Preferences of a release come out as trainers read them: prompt, chosen, rejected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fairhand.core.clock import Instant
from fairhand.formats.preferences import preferences_of
from fairhand.storage.database import Database
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.publish_release import PublishRelease, publish_release
from fairhand.use_cases.read_templates import read_template
from tests.stories.quality_world import MORNING
from tests.stories.release_world import make_press
from tests.stories.terminal import run
from tests.stories.test_every_template import answers_of, make_world

DATA = {
    "conversation": [{"role": "system", "text": "Be kind."}, {"role": "prompter", "text": "Hi"}],
    "replies": ["one", "two", {"id": "c", "conversation": [{"role": "assistant", "text": "3"}]}],
}


def chosen(value: dict[str, Any]) -> list[tuple[str, str]]:
    """Pair what was chosen with what was not, by the last words of each."""
    rows = preferences_of([{"data": DATA, "value": value}])
    return [(row["chosen"][-1]["content"], row["rejected"][-1]["content"]) for row in rows]


def test_a_ranking_gives_a_pair_for_every_two_it_tells_apart() -> None:
    assert chosen({"ranks": [["b"], ["a", "c"]]}) == [("two", "one"), ("two", "3")]
    assert chosen({"best": "c", "worst": "a"}) == [("3", "one")]


def test_ties_and_answers_to_other_questions_give_none() -> None:
    for value in ({"verdict": "tie"}, {"verdict": "both_bad"}, {"grades": {"a": 1}}, {}):
        assert chosen(value) == []
    assert chosen({"best": "z", "worst": "a"}) == []
    assert list(preferences_of([{"data": DATA, "value": "cat"}, {"value": ["a"]}])) == []


def test_the_prompt_is_the_conversation_in_the_words_of_trainers() -> None:
    (row,) = preferences_of([{"data": DATA, "value": {"best": "a", "worst": "b"}}])
    assert [turn["role"] for turn in row["prompt"]] == ["system", "user"]
    assert row["chosen"] == [{"role": "assistant", "content": "one"}]


def test_a_project_of_preferences_ends_in_pairs(sqlite_db: Database, tmp_path: Path) -> None:
    press = make_press(tmp_path)
    template = read_template("preference")
    world, project = make_world(sqlite_db, press.blobs, template)
    answers = answers_of(template)
    world.work(lambda _who, number: answers[number])
    aggregate_labels(sqlite_db, project.id, world.now)
    now = Instant(MORNING + 9_000_000)
    released = publish_release(sqlite_db, PublishRelease(project.id), now, press)
    output = tmp_path / "pairs.jsonl"
    told = run("pairs", str(released.directory), "-o", str(output), "--question", "better")
    assert told.code == 0, told.err
    pairs = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    preferred = [one for one in answers if one["better"]["verdict"] == "better"]
    assert len(pairs) == len(preferred) == 3
    assert "bread box" in pairs[0]["chosen"][0]["content"]
    assert pairs[0]["strength"] == 3
