"""Backends and functions are held against the shown model on the same held-out answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from fairhand.compute.assistants.contract import AssistantError, Item, Proposal
from fairhand.storage.database import Database
from fairhand.use_cases import weigh_version as story
from fairhand.use_cases.promote_version import PromoteVersion, promote_version
from fairhand.use_cases.weigh_version import weigh_sources, weigh_version
from fairhand.work.prelabel import store
from fairhand.work.prelabel.store import NewAssistant, NewVersion
from tests.stories.assist_world import CARMEN, AssistWorld, make_moods
from tests.stories.quality_world import MORNING

Answer = Callable[[Item], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Source:
    """A source that answers as it was told to."""

    answer: Answer
    model: str = "source@1"

    def predict(self, items: Sequence[Item]) -> list[Proposal]:
        return [Proposal(self.answer(item), 0.9) for item in items]


@pytest.fixture
def made(sqlite_db: Database) -> AssistWorld:
    made = make_moods(sqlite_db, count=150)
    made.tick()
    made.answer(150)
    return made


def add(made: AssistWorld, kind: str = "function") -> int:
    with made.db.write() as connection:
        new = NewAssistant(made.project_id, kind, f"a {kind}", {}, CARMEN)
        one = store.add_assistant(connection, new, MORNING)
        assert one is not None
        version = NewVersion(made.project_id, one, "source@1")
        return store.add_version(connection, version, MORNING)


def version_of(made: AssistWorld, version_id: int) -> store.ModelVersion:
    with made.db.read() as connection:
        found = store.load_version(connection, version_id)
    assert found is not None
    return found


def test_a_source_that_beats_the_commonest_answer_takes_over_by_itself(
    made: AssistWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(lambda item: made.truth[item.task_id])
    monkeypatch.setattr(story, "open_version", lambda *_: source)
    version_id = add(made)

    assert weigh_version(made.db, weigh_sources(made.db, made.blobs, made.project_id), MORNING) == (
        version_id
    )
    found = version_of(made, version_id)
    assert found.state == "promoted"
    assert found.report["score"] == 1.0
    assert found.held_out >= 20
    assert weigh_sources(made.db, made.blobs, made.project_id) == [], "it is the shown one"


def test_what_an_owner_rolled_back_from_does_not_come_back_by_itself(
    made: AssistWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Source(lambda item: made.truth[item.task_id])
    monkeypatch.setattr(story, "open_version", lambda *_: good)
    version_id = add(made)
    weigh_version(made.db, weigh_sources(made.db, made.blobs, made.project_id), MORNING)
    other = add(made, "onnx")
    promote_version(made.db, PromoteVersion(CARMEN, made.project_id, other), MORNING)
    monkeypatch.setattr(story, "open_shown", lambda *_: None)

    found = weigh_sources(made.db, made.blobs, made.project_id)
    assert [one.version.id for one in found] == [version_id]
    assert weigh_version(made.db, found, MORNING) is None
    assert version_of(made, version_id).state == "retired"


def test_a_source_that_fails_is_shown_with_its_reason(
    made: AssistWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_item: Item) -> dict[str, Any]:
        raise AssistantError("It is away.", hop="connect")

    monkeypatch.setattr(story, "open_version", lambda *_: Source(fail))
    version_id = add(made)
    assert weigh_version(made.db, weigh_sources(made.db, made.blobs, made.project_id), MORNING) is (
        None
    )
    with made.db.read() as connection:
        one = store.load_assistant(connection, version_of(made, version_id).assistant_id)
    assert one is not None
    assert one.problem is not None
    assert one.problem["hop"] == "connect"


def test_an_endpoint_that_costs_money_is_measured_on_what_it_proposed_already(
    made: AssistWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> Source:
        raise AssertionError("nobody pays to be measured")

    monkeypatch.setattr(story, "open_version", never)
    version_id = add(made, "openai")
    assert weigh_sources(made.db, made.blobs, made.project_id) == []
    proposed = [
        store.NewProposed(task_id, {"mood": "glad"}, "source@1") for task_id in made.world.tasks
    ]
    with made.db.write() as connection:
        store.save_predictions(connection, made.project_id, version_id, proposed, MORNING)

    (found,) = weigh_sources(made.db, made.blobs, made.project_id)
    assert found.weighed is not None
    assert not found.weighed.verdict.takes_over, "it says the same for every text"
    weigh_version(made.db, [replace(found)], MORNING)
    assert version_of(made, version_id).state == "refused"
