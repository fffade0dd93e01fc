"""The Quality page: what it shows, to whom, and that its buttons do what they say."""

from __future__ import annotations

import pytest

from fairhand.quality import insight_store
from fairhand.quality.watch.signal import Signal
from fairhand.use_cases.aggregate_labels import aggregate_labels
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.refit_quality import refit_quality
from tests.web.world import TestClient, World


@pytest.fixture
def answered(world: World) -> World:
    """Amina and Bao answer all five tasks, and differ on the first."""
    db, now = world.house.db, world.cast.clock.now
    join_project(db, JoinProject(world.people["Bao"], world.project), now)
    for name in ("Amina", "Bao"):
        client = world.client(name)
        for place in range(5):
            task = world.next_task(client)["task_id"]
            world.cast.clock.advance(6_000)
            pet = "dog" if (name, place) == ("Bao", 0) else "cat"
            body = {"client_key": world.cast.key(), "value": {"pet": pet}}
            assert client.post(f"/api/v1/tasks/{task}/submit", json=body).status_code == 201
    aggregate_labels(db, world.project, world.cast.clock.now)
    refit_quality(db, world.project, world.cast.clock.now)
    return world


def page_of(world: World, client: TestClient) -> str:
    found = client.get(f"/projects/{world.project}/quality")
    assert found.status_code == 200, found.text
    return found.text


def disputed(world: World) -> int:
    found = world.client("Carmen").get(f"/api/v1/projects/{world.project}/quality").json()
    first = found["doubts"][0]
    assert sorted(first["votes"]) == [["cat", 1], ["dog", 1]]
    return int(first["task_id"])


def test_before_any_answer_the_page_says_what_will_stand_here(world: World) -> None:
    page = page_of(world, world.client("Carmen"))
    assert "No disagreement so far" in page
    assert "Nobody has answered this question yet" in page
    assert "Nothing stands out" in page


def test_the_owner_sees_the_dispute_first_and_asks_one_more(answered: World) -> None:
    client, task = answered.client("Carmen"), disputed(answered)
    page = page_of(answered, client)
    assert "cat × 1" in page
    assert "dog × 1" in page
    assert "Amina" in page
    action = f"/projects/{answered.project}/quality/ask"
    sent = client.post(action, data=answered.form(client, task_id=str(task)))
    assert sent.status_code == 303
    free = answered.next_task(_newcomer(answered))
    assert free["task_id"] == task


def _newcomer(world: World) -> TestClient:
    command = JoinProject(world.people["Carmen"], world.project)
    join_project(world.house.db, command, world.cast.clock.now)
    return world.client("Carmen")


def test_saying_what_is_right_makes_gold_and_taking_it_back_undoes_it(answered: World) -> None:
    client, task = answered.client("Carmen"), disputed(answered)
    base = f"/projects/{answered.project}/quality"
    right = answered.form(client, task_id=str(task), question="pet", label="cat")
    assert client.post(f"{base}/gold", data=right).status_code == 303
    gold = client.get(f"/api/v1/projects/{answered.project}/gold").json()
    assert [(one["task_id"], one["answers"], one["right"]) for one in gold["tasks"]] == [
        (task, 2, 1)
    ]
    assert "1 gold task<" in page_of(answered, client)
    share = client.post(f"{base}/share", data=answered.form(client, percent="7,5"))
    assert share.status_code == 303
    assert 'value="7.5"' in page_of(answered, client)
    back = client.post(f"{base}/ungold", data=answered.form(client, task_id=str(task)))
    assert back.status_code == 303
    assert client.get(f"/api/v1/projects/{answered.project}/gold").json()["tasks"] == []


@pytest.mark.parametrize(
    ("door", "fields", "words"),
    [
        ("gold", {"task_id": "1", "question": "pet", "label": ""}, "Choose the right answer"),
        ("gold", {"task_id": "1", "question": "pet", "label": "whale"}, "whale"),
        ("gold", {"task_id": "99999", "question": "pet", "label": "cat"}, "no task 99999"),
        ("share", {"percent": "many"}, "Give a number"),
        ("share", {"percent": "90"}, "0 to 50"),
        ("ungold", {"task_id": "2"}, "not a gold task"),
        ("signals/5", {"note": "hm"}, "no signal 5"),
    ],
)
def test_what_cannot_be_done_is_said_on_the_page(
    answered: World, door: str, fields: dict[str, str], words: str
) -> None:
    client = answered.client("Carmen")
    sent = client.post(
        f"/projects/{answered.project}/quality/{door}", data=answered.form(client, **fields)
    )
    assert sent.status_code in (404, 422)
    assert words in sent.text
    assert "Where people disagree" in sent.text


def test_a_signal_is_set_aside_with_a_note_and_opened_again(answered: World) -> None:
    db, now = answered.house.db, answered.cast.clock.now
    seen = Signal(
        "too_fast",
        (answered.people["Bao"],),
        {"fast": 3.0},
        3.0,
        "3 of 5 came at once.",
        ("Ease.",),
    )
    with db.write() as connection:
        insight_store.save_signals(connection, answered.project, [("pet", seen)], now)
    client = answered.client("Carmen")
    page = page_of(answered, client)
    assert "3 of 5 came at once." in page
    assert "Ease." in page
    (found,) = client.get(f"/api/v1/projects/{answered.project}/quality").json()["signals"]
    action = f"/projects/{answered.project}/quality/signals/{found['id']}"
    note = answered.form(client, state="set_aside", note="She knows <b>them</b>.")
    assert client.post(action, data=note).status_code == 303
    page = page_of(answered, client)
    assert "Set aside" in page
    assert "&lt;b&gt;them" in page
    assert client.post(action, data=answered.form(client, state="open")).status_code == 303


def test_names_are_for_those_who_may_list_people(answered: World) -> None:
    auditor = answered.client("Farid")
    page = page_of(answered, auditor)
    assert "Amina" not in page
    assert f"Person {answered.people['Amina']}" in page
    assert "Make gold" not in page
    assert auditor.get(f"/api/v1/projects/{answered.project}/gold").status_code == 403
    assert answered.client("Dmitri").get(f"/projects/{answered.project}/quality").status_code in (
        403,
        404,
    )


def test_nothing_on_the_desk_tells_a_gold_task_from_another(world: World) -> None:
    carmen, amina = world.client("Carmen"), world.client("Amina")
    ordinary = world.next_task(amina)
    world.cast.clock.advance(6_000)
    body = {"client_key": world.cast.key(), "value": {"pet": "cat"}}
    amina.post(f"/api/v1/tasks/{ordinary['task_id']}/submit", json=body)
    known = {"value": {"pet": "dog"}, "explanation": "It barks."}
    for task in range(ordinary["task_id"] + 1, ordinary["task_id"] + 5):
        carmen.put(f"/api/v1/projects/{world.project}/gold/{task}", json=known)
    carmen.put(f"/api/v1/projects/{world.project}/gold", json={"percent": 50})
    met = amina.post(f"/api/v1/projects/{world.project}/next", json={})
    while met.json()["task"] is None:  # a gold task's turn comes by lot
        world.cast.clock.advance(30_000)
        with world.house.db.write() as connection:
            connection.exec_driver_sql("UPDATE enrolment SET handed_out = handed_out + 1")
        met = amina.post(f"/api/v1/projects/{world.project}/next", json={})
    assert met.json()["task"].keys() == ordinary.keys()
    assert "gold" not in met.text
    assert "barks" not in met.text
    sent = amina.post(
        f"/api/v1/tasks/{met.json()['task']['task_id']}/submit",
        json=body | {"client_key": world.cast.key()},
    )
    assert sent.status_code == 201
    assert "gold" not in sent.text
