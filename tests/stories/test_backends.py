"""Backends in a project: added, walked to hop by hop, told of answers, removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fairhand.core.errors import ConflictError, InvalidError, NotFoundError
from fairhand.people.accounts.rules import may
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.add_assistant import AddAssistant, add_assistant, free_name
from fairhand.use_cases.backend_access import TOKEN_HOURS, find_backend
from fairhand.use_cases.change_source import ChangeSource, change_source
from fairhand.use_cases.check_backend import HOPS, CheckBackend, Checked, check_backend
from fairhand.use_cases.end_assistant import EndAssistant, end_assistant
from fairhand.use_cases.read_sources import read_source_problems, read_sources
from fairhand.use_cases.tell_backends import tell_all, tell_backend
from fairhand.work.prelabel import store
from fairhand.work.prelabel.blind import is_held_out
from fairhand.work.prelabel.store import Assistant
from tests.cast import Cast
from tests.small_servers import Answer, Asked, SmallServer, serving

BLOBS = BlobStore("memory://")


def pets(asked: Asked) -> Answer:
    """A backend that takes everything for a cat."""
    if asked.path != "/predict":
        return Answer({"status": "UP", "model_class": "Cats", "model_version": "v1"})
    result = {"from_name": "pet", "to_name": "text", "type": "choices",
              "value": {"choices": ["cat"]}}  # fmt: skip
    return Answer({"results": [{"result": [result], "score": 0.8}] * len(asked.json["tasks"])})


def instead(path: str, answer: Answer) -> Callable[[Asked], Answer]:
    """The same backend, except at one path."""
    return lambda asked: answer if asked.path == path else pets(asked)


@pytest.fixture
def cast(sqlite_db: Database) -> Cast:
    made = Cast(sqlite_db)
    made.load_floors()
    return made


@pytest.fixture
def server() -> Iterator[SmallServer]:
    with serving(pets) as running:
        yield running


def connect(cast: Cast, project: int, url: str, **more: Any) -> Assistant:  # noqa: ANN401
    config = {"url": url, "hostname": "http://fairhand.example.org"} | more.pop("config", {})
    command = AddAssistant(
        cast.carmen, project, "label_studio", more.pop("name", "cats"), config,
        **{"allow_private": True} | more,
    )  # fmt: skip
    return add_assistant(cast.db, command, cast.clock.now)


def walk(cast: Cast, one: Assistant) -> Checked:
    command = CheckBackend(one.project_id, one.id, cast.carmen)
    return check_backend(cast.db, BLOBS, command, cast.clock.now)


def again(cast: Cast, one: Assistant) -> Assistant:
    with cast.db.read() as connection:
        found = store.load_assistant(connection, one.id)
    assert found is not None
    return found


def answer(cast: Cast, project: int, who: str, label: str = "dog") -> int:
    """Answer one task; gives its number."""
    task = cast.next_task(cast.person(who), project)
    cast.submit(cast.person(who), task, label)
    return task


def test_the_whole_way_is_walked_and_the_version_written_down(
    cast: Cast, server: SmallServer
) -> None:
    one = connect(cast, cast.project(tasks=3), server.url)
    checked = walk(cast, one)
    assert [hop.name for hop in checked.hops] == list(HOPS)
    assert [hop.ok for hop in checked.hops] == [True] * len(HOPS)
    assert checked.model == "cats@v1"
    assert [found.value for found in checked.proposals] == [{"pet": "cat"}] * 2
    (source,) = read_sources(cast.db, one.project_id)
    assert source.newest is not None
    assert (source.newest.model, source.newest.state) == ("cats@v1", "candidate")
    assert (source.assistant.state, source.assistant.problem) == ("on", None)
    walk(cast, one)
    assert read_sources(cast.db, one.project_id)[0].versions == 1


@pytest.mark.parametrize(
    ("path", "said", "hop"),
    [
        ("/health", Answer("no", 500), "health"),
        ("/health", Answer(b"<html>"), "health"),
        ("/setup", Answer({"error": "unknown tag"}, 500), "setup"),
        ("/setup", Answer([]), "setup"),
        ("/predict", Answer({"error": "CUDA"}, 500), "predict"),
        ("/predict", Answer({"results": [{}] * 3}), "shape"),
        ("/predict", Answer(b"[" * 5_000), "shape"),
        ("/predict", Answer({"results": [3, 4]}), "shape"),
        (
            "/predict",
            Answer({"results": [{"result": [{"type": "choices", "from_name": "pet",
                                             "value": {"choices": ["cow"]}}]}] * 2}),
            "values",
        ),
        ("/predict", Answer(None, 307, {"Location": "http://169.254.169.254/"}), "address"),
    ],
)  # fmt: skip
def test_the_hop_that_fails_is_named_with_what_to_do(
    cast: Cast, path: str, said: Answer, hop: str
) -> None:
    with serving(instead(path, said)) as server:
        one = connect(cast, cast.project(tasks=3), server.url)
        checked = walk(cast, one)
    failed = checked.failed
    assert failed is not None
    assert failed.words
    assert failed.advice
    if hop == "address":  # found out on the way to predict, after it was passed before
        assert failed.name == "predict"
    else:
        assert failed.name == hop
    place = HOPS.index(failed.name)
    assert [one.ok for one in checked.hops] == [
        *[True] * place, False, *[None] * (len(HOPS) - place - 1)
    ]  # fmt: skip
    (problem,) = read_source_problems(cast.db, one.project_id)
    assert problem.problem is not None
    assert problem.problem["hop"] == failed.name
    assert problem.state == "failing"


def test_nobody_there_fails_to_connect_and_a_forbidden_address_is_not_asked(
    cast: Cast, server: SmallServer
) -> None:
    project = cast.project(tasks=3)
    with serving(pets) as gone:
        one = connect(cast, project, gone.url)
    failed = walk(cast, one).failed
    assert failed is not None
    assert failed.name == "connect"
    within = connect(cast, project, server.url, name="within", allow_private=False)
    failed = walk(cast, within).failed
    assert failed is not None
    assert failed.name == "address"
    assert "backend_hosts" in failed.words
    assert not server.asked


def test_a_name_is_used_once_and_a_free_one_is_found(cast: Cast, server: SmallServer) -> None:
    project = cast.project(tasks=1)
    assert free_name(cast.db, project, "cats") == "cats"
    one = connect(cast, project, server.url)
    end_assistant(cast.db, EndAssistant(cast.carmen, project, one.id), cast.clock.now)
    with pytest.raises(ConflictError, match="cats"):
        connect(cast, project, server.url)
    assert free_name(cast.db, project, "cats") == "cats-2"


@pytest.mark.parametrize(
    "changed",
    [
        {"url": "ftp://example.org"},
        {"url": ""},
        {"url": "http://me:pw@example.org"},
        {"hostname": "nowhere"},
        {"basic_user": "me", "basic_secret": "HOME"},
        {"allowed": ["127.0.0.1:22"]},
        {"colour": "red"},
    ],
)
def test_what_cannot_be_a_backend_is_refused(cast: Cast, changed: dict[str, Any]) -> None:
    project = cast.project(tasks=1)
    with pytest.raises(InvalidError):
        connect(cast, project, "http://example.org:9090", config=changed)
    assert read_sources(cast.db, project) == []


def test_a_token_reads_one_project_for_a_day_until_its_backend_is_removed(
    cast: Cast, server: SmallServer
) -> None:
    project, other = cast.project(tasks=1), cast.project(tasks=1)
    one = connect(cast, project, server.url)
    walk(cast, one)
    token = next(each.json for each in server.asked if each.path == "/setup")["access_token"]
    actor = find_backend(cast.db, token, cast.clock.now)
    assert actor is not None
    assert may(actor, "task.read", project)
    assert not may(actor, "task.read", other)
    for action in ("project.status", "project.edit", "work", "own", "pay.view_all", "log.view"):
        assert not may(actor, action, project), action
    forged = token[:-1] + ("0" if token[-1] != "0" else "1")
    later = token.replace(f"_{token.split('_')[2]}_", f"_{int(token.split('_')[2]) + 1}_")
    for wrong in (forged, later, "fhb_1_2_3", "", "fh_" + token, token + " "):
        assert find_backend(cast.db, wrong, cast.clock.now) is None
    end_assistant(cast.db, EndAssistant(cast.carmen, project, one.id), cast.clock.now)
    assert find_backend(cast.db, token, cast.clock.now) is None


def test_a_token_ends_by_itself(cast: Cast, server: SmallServer) -> None:
    walk(cast, connect(cast, cast.project(tasks=1), server.url))
    token = next(each.json for each in server.asked if each.path == "/setup")["access_token"]
    cast.clock.advance(TOKEN_HOURS * 3_600_000 - 1_000)
    assert find_backend(cast.db, token, cast.clock.now) is not None
    cast.clock.advance(1_000)
    assert find_backend(cast.db, token, cast.clock.now) is None


def told(server: SmallServer) -> list[Any]:
    return [each.json for each in server.asked if each.path == "/webhook"]


def test_answers_are_told_in_order_once_and_not_those_from_before(
    cast: Cast, server: SmallServer
) -> None:
    project = cast.project("Amina", "Bao", tasks=4)
    answer(cast, project, "Amina", "owl")
    one = connect(cast, project, server.url)
    tasks = [answer(cast, project, "Amina", "dog"), answer(cast, project, "Bao", "cat")]
    assert tell_all(cast.db, BLOBS, cast.clock) == 2
    assert tell_all(cast.db, BLOBS, cast.clock) == 0
    assert [each["task"]["id"] for each in told(server)] == tasks
    first = told(server)[0]
    assert first["action"] == "ANNOTATION_CREATED"
    assert first["annotation"]["result"][0]["value"] == {"choices": ["dog"]}
    assert first["project"]["id"] == project
    assert again(cast, one).told_through == 3


def test_telling_goes_the_same_way_on_both_databases(db: Database, server: SmallServer) -> None:
    cast = Cast(db)
    cast.load_floors()
    project = cast.project("Amina", tasks=2)
    one = connect(cast, project, server.url)
    walk(cast, one)
    task = answer(cast, project, "Amina", "dog")
    assert read_sources(db, project)[0].behind == 1
    assert tell_all(db, BLOBS, cast.clock) == 1
    assert [each["task"]["id"] for each in told(server)] == [task]
    (source,) = read_sources(db, project)
    assert (source.behind, source.versions, source.assistant.problem) == (0, 1, None)
    end_assistant(db, EndAssistant(cast.carmen, project, one.id), cast.clock.now)
    assert tell_all(db, BLOBS, cast.clock) == 0


def test_a_revised_answer_is_told_as_updated(cast: Cast, server: SmallServer) -> None:
    project = cast.project("Amina", tasks=2)
    connect(cast, project, server.url)
    amina = cast.person("Amina")
    task = cast.next_task(amina, project)
    number = int(cast.submit(amina, task, "dog").reply["annotation_id"])
    cast.revise(amina, number)
    cast.submit(amina, task, "cat", revises=number)
    tell_all(cast.db, BLOBS, cast.clock)
    assert [each["action"] for each in told(server)] == ["ANNOTATION_CREATED", "ANNOTATION_UPDATED"]


def test_what_is_held_out_to_measure_by_is_never_told(cast: Cast, server: SmallServer) -> None:
    project = cast.project("Amina", tasks=12)
    cast.change("UPDATE project SET holdout_permille = 500 WHERE id = :id", id=project)
    one = connect(cast, project, server.url)
    tasks = [answer(cast, project, "Amina") for _ in range(12)]
    taught = [task for task in tasks if not is_held_out(task, 500)]
    assert 0 < len(taught) < 12
    tell_all(cast.db, BLOBS, cast.clock)
    assert [each["task"]["id"] for each in told(server)] == taught
    assert again(cast, one).told_through == 12


def test_a_backend_that_learns_nothing_is_told_nothing(cast: Cast, server: SmallServer) -> None:
    project = cast.project("Amina", tasks=2)
    connect(cast, project, server.url, config={"learns": False})
    answer(cast, project, "Amina")
    tell_all(cast.db, BLOBS, cast.clock)
    assert told(server) == []


def test_a_backend_that_fails_is_told_again_later_and_later_and_nothing_is_lost(
    cast: Cast,
) -> None:
    project = cast.project("Amina", tasks=6)
    broken = [True]

    def moody(asked: Asked) -> Answer:
        if asked.path == "/webhook" and broken[0]:
            return Answer({"error": "out of memory"}, 500)
        return pets(asked)

    with serving(moody) as server:
        one = connect(cast, project, server.url)
        tasks = [answer(cast, project, "Amina") for _ in range(3)]
        waits = []
        for _ in range(4):
            tell_all(cast.db, BLOBS, cast.clock)
            before, waited = len(told(server)), 0
            while len(told(server)) == before:
                cast.clock.advance(5_000)
                waited += 5
                tell_all(cast.db, BLOBS, cast.clock)
            waits.append(waited)
        assert waits == sorted(waits)
        assert waits[-1] > waits[0]
        problem = again(cast, one).problem
        assert problem is not None
        assert "out of memory" in problem["message"]
        assert {each["task"]["id"] for each in told(server)} == {tasks[0]}
        broken[0] = False
        cast.clock.advance(3_600_000)
        assert tell_all(cast.db, BLOBS, cast.clock) == 3
        assert [each["task"]["id"] for each in told(server)][-3:] == tasks
        assert again(cast, one).problem is None


def test_a_new_version_of_a_backend_is_written_down(cast: Cast) -> None:
    version = ["v1"]

    def learning(asked: Asked) -> Answer:
        if asked.path == "/webhook":
            version[0] = f"v{int(version[0][1:]) + 1}"
        if asked.path == "/setup":
            return Answer({"model_version": version[0]})
        return pets(asked)

    with serving(learning) as server:
        project = cast.project("Amina", tasks=2)
        one = connect(cast, project, server.url)
        walk(cast, one)
        answer(cast, project, "Amina")
        tell_backend(cast.db, BLOBS, project, one.id, cast.clock)
        (source,) = read_sources(cast.db, project)
        assert source.versions == 2
        assert source.newest is not None
        assert source.newest.model == "cats@v2"


def test_training_is_asked_for_at_the_next_turn_and_once(cast: Cast, server: SmallServer) -> None:
    project = cast.project(tasks=2)
    one = connect(cast, project, server.url)
    command = ChangeSource(cast.carmen, project, one.id, train=True)
    change_source(cast.db, command, cast.clock.now)
    for _ in range(2):
        tell_all(cast.db, BLOBS, cast.clock)
        cast.clock.advance(120_000)
    assert [each["action"] for each in told(server)] == ["START_TRAINING"]
    assert "train" not in again(cast, one).config


def test_a_source_is_asked_on_clicks_when_its_owner_says_so(
    cast: Cast, server: SmallServer
) -> None:
    project = cast.project(tasks=1)
    one = connect(cast, project, server.url)
    for wanted in (True, False):
        command = ChangeSource(cast.carmen, project, one.id, interactive=wanted)
        assert change_source(cast.db, command, cast.clock.now).interactive is wanted
    with pytest.raises(NotFoundError):
        change_source(cast.db, ChangeSource(cast.carmen, project + 1, one.id, True), cast.clock.now)


def test_a_removed_backend_is_told_nothing_and_its_proposals_are_hidden(
    cast: Cast, server: SmallServer
) -> None:
    project = cast.project("Amina", tasks=3)
    one = connect(cast, project, server.url)
    walk(cast, one)
    with cast.db.write() as connection:
        (version,) = store.list_versions(connection, project)
        store.promote(connection, project, version.id, cast.clock.now, cast.carmen)
    assert read_sources(cast.db, project)[0].is_shown
    answer(cast, project, "Amina")
    end_assistant(cast.db, EndAssistant(cast.carmen, project, one.id), cast.clock.now)
    assert tell_all(cast.db, BLOBS, cast.clock) == 0
    assert read_sources(cast.db, project) == []
    with cast.db.read() as connection:
        assert store.load_shown(connection, project).version_id is None
    with pytest.raises(NotFoundError):
        end_assistant(cast.db, EndAssistant(cast.carmen, project, one.id), cast.clock.now)
