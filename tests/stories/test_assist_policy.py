"""An owner ticks assistance: a model is picked, shares are set, and unticking hides it all."""

from __future__ import annotations

import pytest

from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.model.project import Question
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.set_assist_policy import SetAssistPolicy, set_assist_policy
from fairhand.work.prelabel import store
from fairhand.work.prelabel.store import NewVersion
from tests.stories.quality_world import MORNING, QualityWorld, make_quality_world

CARMEN = 1
BLOBS = BlobStore("memory://")


@pytest.fixture
def world(db: Database) -> QualityWorld:
    return make_quality_world(db, tasks=4, people=1)


def set_to(world: QualityWorld, **wanted: object) -> store.AssistPolicy:
    command = SetAssistPolicy(CARMEN, world.project.id, **wanted)  # type: ignore[arg-type]
    return set_assist_policy(world.db, command, MORNING, blobs=BLOBS)


def shown(world: QualityWorld) -> store.Shown:
    with world.db.read() as connection:
        return store.load_shown(connection, world.project.id)


def promote_one(world: QualityWorld) -> int:
    with world.db.write() as connection:
        one = store.find_assistant(connection, world.project.id, "built-in")
        assert one is not None
        new = NewVersion(world.project.id, one.id, "text-linear@1")
        version_id = store.add_version(connection, new, MORNING)
        store.promote(connection, world.project.id, version_id, MORNING, CARMEN)
    return version_id


def test_ticking_picks_a_built_in_model_and_keeps_shares_to_measure_by(
    world: QualityWorld,
) -> None:
    assert set_to(world, is_on=True).is_on

    with world.db.read() as connection:
        (one,) = store.list_assistants(connection, world.project.id)
    assert one.config["questions"] == {"pet": "text-linear"}
    assert "text" in one.config["why"]["pet"]
    assert shown(world) == store.Shown(None, 100, 200)


def test_unticking_hides_proposals_and_ticking_again_shows_the_last_model(
    world: QualityWorld,
) -> None:
    set_to(world, is_on=True, blind_permille=50)
    version_id = promote_one(world)

    set_to(world, is_on=False)
    assert shown(world) == store.Shown(None, 0, 0)

    set_to(world, is_on=True)
    assert shown(world) == store.Shown(version_id, 100, 200)


def test_a_change_of_one_setting_keeps_the_others(world: QualityWorld) -> None:
    set_to(world, is_on=True, coverage={"language": {"sw": 0.3}}, target_quality=0.9)
    policy = set_to(world, reorders=False, blind_permille=20)

    assert policy.is_on
    assert not policy.reorders
    assert policy.coverage == {"language": {"sw": 0.3}}
    assert policy.target_quality == 0.9
    assert shown(world).blind_permille == 20
    assert set_to(world, target_quality=0.0).target_quality is None


def test_a_measurement_that_switches_it_off_says_why(world: QualityWorld) -> None:
    set_to(world, is_on=True)
    policy = set_to(world, is_on=False, because={"reason": "It does not help."})
    assert policy.off_because == {"reason": "It does not help."}

    assert set_to(world, reorders=False).off_because == {"reason": "It does not help."}
    assert set_to(world, is_on=True).off_because is None


def test_everything_that_is_wrong_is_said_at_once(world: QualityWorld) -> None:
    with pytest.raises(InvalidError) as wrong:
        set_to(
            world, is_on=True, strategy="guess", ask="beg", blind_permille=900, target_quality=1.5
        )

    places = {issue.place for issue in wrong.value.issues}
    assert places == {"strategy", "ask", "blind_permille", "target_quality"}
    command = SetAssistPolicy(CARMEN, 999, is_on=True)
    with pytest.raises(NotFoundError):
        set_assist_policy(world.db, command, MORNING, blobs=BLOBS)


def test_what_no_built_in_model_answers_needs_another_one(db: Database) -> None:
    mask = Question("cells", "mask", "Where are cells?", {"labels": [{"value": "cell"}]})
    with pytest.raises(ConflictError):
        set_to(make_quality_world(db, tasks=1, people=1, questions=(mask,)), is_on=True)
