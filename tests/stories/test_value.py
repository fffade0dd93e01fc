"""Which data helped: sealed before it is measured, measured again by anybody, paid by."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.core.money import MICROS
from fairhand.pay.royalties.rules import Terms
from fairhand.proof.release import value_store
from fairhand.storage.blobs import BlobStore
from fairhand.use_cases import house as houses
from fairhand.use_cases.check_value import check_value
from fairhand.use_cases.measure_value import MeasureValue, measure_value
from fairhand.use_cases.open_value_test import OpenValueTest, open_value_test
from fairhand.use_cases.read_royalties import read_usage
from fairhand.use_cases.read_value import people_of, read_own_value, read_value
from fairhand.use_cases.record_usage import RecordUsage, record_usage
from fairhand.use_cases.seal_value_test import SealedTest, SealValueTest, seal_value_test
from fairhand.use_cases.set_royalty_terms import SetRoyaltyTerms, set_royalty_terms
from tests.stories.gate_world import GateWorld, make_gate_world
from tests.stories.terminal import run

PRESENT = "measured"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> GateWorld:
    """Twenty pets that Amina, Bao and Esi agreed on, released."""
    return make_gate_world(tmp_path_factory.mktemp("value"), tasks=20)


@pytest.fixture(scope="module")
def content(first: GateWorld, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A study of it that was opened, as its file says it."""
    return opened(first.again(tmp_path_factory.mktemp("opened")))


@pytest.fixture
def world(first: GateWorld, tmp_path: Path) -> GateWorld:
    """A copy of it for one test."""
    return first.again(tmp_path)


def seal(world: GateWorld, nonce: str = "n") -> SealedTest:
    question = question_name(world)
    asked = SealValueTest(world.made.release_id, question, world.cast.carmen, nonce)
    return seal_value_test(world.db, asked, world.cast.clock.now)


def question_name(world: GateWorld) -> str:
    manifest = json.loads((Path(world.made.directory) / "manifest.json").read_bytes())
    name: str = manifest["facts"]["questions"][0]["name"]
    return name


def measure(world: GateWorld, study_id: int) -> value_store.Study:
    blobs = BlobStore(f"file://{world.folder}/blobs")
    asked = MeasureValue(study_id, world.cast.carmen)
    return measure_value(world.db, blobs, asked, world.cast.clock.now)


def opened(world: GateWorld) -> dict[str, Any]:
    made = seal(world)
    measure(world, made.study_id)
    asked = OpenValueTest(made.study_id, world.cast.carmen)
    return open_value_test(world.db, asked, world.cast.clock.now)


def test_the_test_set_is_in_the_log_before_anything_is_measured_by_it(world: GateWorld) -> None:
    made = seal(world)
    ((kind, body),) = world.cast.rows(
        f"SELECT kind, CAST(body AS TEXT) FROM event WHERE id = {made.event_id}"
    )
    assert kind == "value.test_sealed"
    assert made.test_sha256 in body
    assert "tasks" not in json.loads(body)
    study = measure(world, made.study_id)
    assert study.committed_event == made.event_id
    kinds = [row[0] for row in world.cast.rows("SELECT kind FROM event WHERE kind LIKE 'value.%'")]
    assert kinds == ["value.test_sealed", "value.measured"]


def test_values_are_whole_and_add_up_to_the_gain(world: GateWorld) -> None:
    study = measure(world, seal(world).study_id)
    with world.db.read() as connection:
        values = value_store.load_values(connection, study.id)
    assert len(values) == 20 - 4
    assert (
        abs(sum(nano for _, nano in values.values()) / 1e9 - study.result[PRESENT]["gain"]) < 1e-7
    )
    assert not values.keys() & set(study.result["sealed"]["tasks"])


def test_anybody_with_the_release_gets_the_same_whole_numbers(
    first: GateWorld, content: dict[str, Any]
) -> None:
    found = check_value(first.made.directory, content)
    assert found.issues == ()
    assert (found.tasks, found.test_tasks) == (16, 4)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda one: one["values"][0].__setitem__(2, one["values"][0][2] + 1), "changed after"),
        (lambda one: one["sealed"].__setitem__("nonce", "another"), "was chosen"),
        (lambda one: one.__setitem__("test_sha256", "0" * 64), "committed to"),
        (lambda one: one["values"].pop(), "another value"),
        (lambda one: one["measured"].__setitem__("features_sha256", "0" * 64), "features"),
    ],
)
def test_a_study_that_was_changed_is_found_out(
    first: GateWorld,
    content: dict[str, Any],
    spoil: Any,  # noqa: ANN401
    says: str,
) -> None:
    changed = json.loads(json.dumps(content))
    spoil(changed)
    assert any(says in issue for issue in check_value(first.made.directory, changed).issues)


def test_a_file_that_is_no_study_or_of_another_release_is_refused(
    first: GateWorld, content: dict[str, Any]
) -> None:
    with pytest.raises(InvalidError, match="not an opened"):
        check_value(first.made.directory, {"values": 3})
    other = json.loads(json.dumps(content))
    other["sealed"]["manifest_sha256"] = "0" * 64
    with pytest.raises(InvalidError, match="another release"):
        check_value(first.made.directory, other)
    with pytest.raises(NotFoundError, match="no release"):
        check_value(first.folder / "nowhere", content)


def test_a_test_set_stays_closed_until_it_has_judged_and_judges_once(world: GateWorld) -> None:
    made = seal(world)
    ask = OpenValueTest(made.study_id, world.cast.carmen)
    with pytest.raises(ConflictError, match="Measure first"):
        open_value_test(world.db, ask, world.cast.clock.now)
    measure(world, made.study_id)
    with pytest.raises(ConflictError, match="measured before"):
        measure(world, made.study_id)
    once = open_value_test(world.db, ask, world.cast.clock.now)
    assert open_value_test(world.db, ask, world.cast.clock.now) == once
    assert "by_person" not in once["measured"]


def test_a_question_that_is_no_choice_is_refused_by_name(world: GateWorld) -> None:
    asked = SealValueTest(world.made.release_id, "colour", world.cast.carmen)
    with pytest.raises(InvalidError, match="colour"):
        seal_value_test(world.db, asked, world.cast.clock.now)
    with pytest.raises(NotFoundError):
        seal_value_test(world.db, SealValueTest(999, "pet", 1), world.cast.clock.now)


def test_a_measured_study_decides_the_bounded_part_of_a_royalty(world: GateWorld) -> None:
    now = world.cast.clock.now
    split = {"seconds": 800, "value": 200}
    terms = Terms(0, 150, 1_000, 0, 0, split, now)  # type: ignore[arg-type]  # its keys
    set_royalty_terms(world.db, SetRoyaltyTerms(world.project, world.cast.carmen, terms), now)

    def use(key: str) -> tuple[int, list[Any]]:
        command = RecordUsage(
            world.project,
            world.cast.carmen,
            key,
            "training_run",
            "Example Lab",
            now,
            release_id=world.made.release_id,
        )
        made = record_usage(world.db, command, now)
        return made.pool_micros, read_usage(world.db, made.usage_id)[1]

    _, before = use("before")
    assert all("value" not in share.why for share in before)
    study = measure(world, seal(world).study_id)
    pool, shares = use("after")
    assert study.result[PRESENT]["gain"] > 0
    assert sum(share.amount_micros for share in shares) == pool == 1_000 * MICROS
    assert sum(share.why.get("value", 0) for share in shares) == pool // 5


def test_each_sees_their_own_share_and_nobody_that_of_few(world: GateWorld) -> None:
    study = measure(world, seal(world).study_id)
    assert read_value(world.db, world.project).people == ()
    amina = world.cast.person("Amina")
    own = read_own_value(world.db, world.secret, amina, world.project)
    assert own is not None
    assert own[1] <= own[0] <= own[2]
    assert own[0] == pytest.approx(1 / 3)
    carmen = world.cast.carmen
    assert read_own_value(world.db, world.secret, carmen, world.project) is None
    many = [{"name": str(one), "value": 0.1, "low": 0.0, "high": 0.2} for one in range(10)]
    shown: Any = SimpleNamespace(result={PRESENT: {"by_person": many, "gain": 1.0}})
    assert people_of(study) == ()
    assert len(people_of(shown)) == 10


@pytest.mark.slow
def test_the_command_line_seals_measures_shows_opens_and_checks(
    world: GateWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(world.folder)
    at_its_time = partial(houses.open_house, clock=world.cast.clock)
    monkeypatch.setattr(houses, "open_house", at_its_time)
    there = ["-w", str(world.folder)]

    def said(*words: str, code: int = 0) -> str:
        found = run(*words)
        assert found.code == code, found
        return found.out

    number = str(world.made.release_id)
    sealed = said("value", "seal", number, "--question", question_name(world), *there)
    assert "4 tasks will judge" in sealed
    assert "together bring" in said("value", "measure", "1", *there)
    assert "judged by 4" in said("value", "show", "1", *there)
    said("value", "open", "1", *there)
    folder = str(world.copied())
    assert "to the last digit" in said("value", "check", folder, "study-1.value.json")
    path = world.folder / "study-1.value.json"
    content = json.loads(path.read_text())
    content["values"][0][2] += 1
    path.write_text(json.dumps(content))
    assert "does not hold" in said("value", "check", folder, "study-1.value.json", code=1)
