"""The page of which data helped, its doors for the owner, and each person's own line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fairhand.client.value import Value
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.pay.royalties.rules import Terms
from fairhand.use_cases.ask_value import AskValue, ask_value
from fairhand.use_cases.check_value import check_value
from fairhand.use_cases.record_usage import RecordUsage, record_usage
from fairhand.use_cases.set_royalty_terms import SetRoyaltyTerms, set_royalty_terms
from tests.stories.gate_world import GateWorld, make_gate_world
from tests.stories.test_value import measure, question_name, seal
from tests.web.test_pages import run_jobs
from tests.web.world import TestClient, World


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> GateWorld:
    """Twenty pets that Amina, Bao and Esi agreed on, released."""
    return make_gate_world(tmp_path_factory.mktemp("value"), tasks=20)


@pytest.fixture
def pets(first: GateWorld, tmp_path: Path) -> GateWorld:
    """A copy of it for one test."""
    return first.again(tmp_path)


@pytest.fixture
def world(pets: GateWorld) -> Iterator[World]:
    """The server of that copy."""
    house = pets.house()
    people = {"Carmen": pets.cast.carmen, "Amina": pets.cast.person("Amina")}
    yield World(pets.cast, house, pets.project, pets.project, people)
    house.close()


def page(client: TestClient, where: str) -> str:
    answer = client.get(where)
    assert answer.status_code == 200, answer.text
    return answer.text


def send(world: World, client: TestClient, where: str, **fields: str) -> int:
    return client.post(where, data=world.form(client, **fields)).status_code


def test_an_owner_sees_classes_and_each_person_their_own_line(
    pets: GateWorld, world: World
) -> None:
    carmen, where, now = world.client("Carmen"), f"/projects/{pets.project}/value", world.cast.clock
    split = {"seconds": 800, "value": 200}
    terms = Terms(0, 150, 1_000, 0, 0, split, now.now)  # type: ignore[arg-type]  # its keys
    set_royalty_terms(pets.db, SetRoyaltyTerms(pets.project, pets.cast.carmen, terms), now.now)
    measure(pets, seal(pets).study_id)
    command = RecordUsage(
        pets.project, pets.cast.carmen, "run", "training_run", "Example Lab", now.now,
        release_id=pets.made.release_id,
    )  # fmt: skip
    record_usage(pets.db, command, now.now)
    seen = page(carmen, where)
    assert "right votes" in seen
    assert "Share of the whole by label" in seen
    assert "fewer than 10 people" in seen
    own = page(world.client("Amina"), "/earnings/royalties")
    assert "33.3 % of the whole" in own


def test_an_owner_seals_measures_and_opens_in_the_browser(pets: GateWorld, world: World) -> None:
    carmen, where = world.client("Carmen"), f"/projects/{pets.project}/value"
    assert "Nothing was measured yet" in page(carmen, where)
    what = f"{pets.made.release_id}:{question_name(pets)}"
    assert f'value="{what}"' in page(carmen, where)
    assert send(world, carmen, where, what=what) == 303
    assert "Measure study 1" in page(carmen, where)
    assert send(world, carmen, f"{where}/1/open") == 409
    assert carmen.get(f"{where}/1/opened").status_code == 409
    assert send(world, carmen, f"{where}/1/measure") == 303
    assert "waits" in page(carmen, f"{where}/progress")
    assert send(world, carmen, f"{where}/1/measure") == 409
    assert {job.state for job in run_jobs(world)} == {"done"}
    assert "Study 1 is measured" in page(carmen, f"{where}/progress")
    assert "Open study 1" in page(carmen, where)
    assert send(world, carmen, f"{where}/1/open") == 303
    assert "Download study 1" in page(carmen, where)
    file = carmen.get(f"{where}/1/opened")
    assert "study-1.value.json" in file.headers["content-disposition"]
    assert check_value(pets.made.directory, file.json()).issues == ()


def test_the_api_and_the_sdk_go_the_same_way(pets: GateWorld, world: World) -> None:
    carmen, release = world.client("Carmen"), pets.made.release_id

    def call(method: str, path: str, body: Any = None, **_: Any) -> Any:  # noqa: ANN401
        answer = carmen.request(method, path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    http: Any = SimpleNamespace(json=call)
    value = Value(http, lambda _job: run_jobs(world))
    sealed = value.seal(release, question_name(pets))
    assert (sealed["state"], sealed["test_tasks"]) == ("sealed", 4)
    assert "nonce" not in str(sealed)
    measured = value.measure(release, sealed["study"])
    assert measured["tasks"] == 16
    assert "by_person" not in measured
    assert [one["state"] for one in value.studies(release)] == ["measured"]
    opened = value.open(release, sealed["study"])
    assert opened == value.opened(release, sealed["study"])
    assert check_value(pets.made.directory, opened).issues == ()


def test_what_cannot_be_studied_is_refused_in_words(pets: GateWorld, world: World) -> None:
    carmen, where = world.client("Carmen"), f"/projects/{pets.project}/value"
    for what in ("", "999:pet", f"{pets.made.release_id}:colour", ":"):
        answer = carmen.post(where, data=world.form(carmen, what=what))
        assert answer.status_code == 422, what
        assert 'role="alert"' in answer.text
    assert send(world, carmen, f"{where}/9/measure") == 404
    assert send(world, carmen, f"{where}/9/open") == 404
    api = f"/api/v1/releases/{pets.made.release_id}/value"
    assert carmen.post(api, json={"question": "colour"}).status_code == 422
    for path in ("9", "9/opened"):
        assert carmen.get(f"{api}/{path}").status_code == 404
    assert world.client("Amina").get(where).status_code == 403


def test_a_measured_study_is_asked_for_no_more(pets: GateWorld) -> None:
    made, now = seal(pets), pets.cast.clock.now
    with pytest.raises(NotFoundError):
        ask_value(pets.db, AskValue(pets.cast.carmen, 999, made.study_id), now)
    measure(pets, made.study_id)
    with pytest.raises(ConflictError, match="measured before"):
        ask_value(pets.db, AskValue(pets.cast.carmen, pets.project, made.study_id), now)
